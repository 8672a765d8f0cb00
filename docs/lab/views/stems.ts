/**
 * A plot of stems and dots over two axes, for screen readers one thing that the arrow keys go through. Its elements stay from one drawing to the next,
 * so that a drawing while one drags changes attributes and builds nothing; colours are the style sheet's.
 */
import { watchWidth } from '../room.ts';
import { walk } from './pointing.ts';

/** What an axis needs of a scale of d3-scale. */
export interface Scale {
  (value: number): number;
  range(range: Iterable<number>): this;
  invert(place: number): number;
}

export interface Axis {
  readonly label: string;
  /** Its domain is set; its range follows from the room there is. */
  readonly scale: Scale;
  readonly ticks: readonly number[];
  readonly tickText: (value: number) => string;
}

export interface Stem {
  readonly x: number;
  /** The stem goes from one to the other. */
  readonly from: number;
  readonly to: number;
  /** Where the dot is. */
  readonly y: number;
  /** `hollow` dots are rings, `open` ones rings in the colour of what is not certified. */
  readonly kind?: 'hollow' | 'open';
  /** The value lies beyond the axis: an arrow at its end stands for the dot. */
  readonly beyond?: 'above' | 'below';
}

export interface Drawing {
  readonly x: Axis;
  readonly y: Axis;
  readonly stems: readonly Stem[];
  /** Where the dots should be, a ring a stem; none where nothing is asked of them. */
  readonly targets?: readonly number[];
  /** The most that a stem is wide, in CSS pixels. */
  readonly widest: number;
  /** For screen readers: the whole, in a sentence. */
  readonly text: string;
}

export interface StemPlot {
  draw(drawing: Drawing): void;
  light(dots: readonly number[]): void;
}

/** Space for labels, in CSS pixels. */
const box = { left: 46, right: 12, top: 20, bottom: 34 };

/** Opens a plot in `host`, `height` CSS pixels high; `pointed` is told which stem is nearest to the pointer. */
export function stemPlot(
  host: HTMLElement,
  height: number,
  { pointed, left, pin }: { pointed: (at: number) => void; left: () => void; pin: () => void },
): StemPlot {
  const svg = host.appendChild(element('svg'));
  const [grid, stems, rings, dots, arrows, ticks, labels] = [
    'grid',
    'stems',
    'rings',
    'points',
    'arrows',
    'ticks',
    'labels',
  ].map((name) => {
    const group = svg.appendChild(element('g'));
    group.setAttribute('class', name);
    return group;
  }) as [SVGGElement, SVGGElement, SVGGElement, SVGGElement, SVGGElement, SVGGElement, SVGGElement];
  svg.setAttribute('aria-hidden', 'true');
  host.setAttribute('role', 'application');
  host.setAttribute('aria-roledescription', 'plot');
  svg.setAttribute('height', String(height));
  let drawing: Drawing | undefined;
  let lit: readonly number[] = [];

  walk(host, () => drawing?.stems.length ?? 0, { pointed, left, pin });
  host.addEventListener('pointermove', (event) => {
    if (drawing === undefined || drawing.stems.length === 0) return;
    const at = event.clientX - svg.getBoundingClientRect().left;
    const gap = ({ x }: Stem): number => Math.abs(drawing!.x.scale(x) - at);
    pointed(drawing.stems.reduce((best, stem, k, all) => (gap(stem) < gap(all[best]!) ? k : best), 0));
  });
  host.addEventListener('pointerleave', left);
  host.addEventListener('click', pin);

  const paint = (): void => {
    if (drawing === undefined) return;
    const { x, y, text } = drawing;
    const width = Math.max(220, widthNow());
    const floor = height - box.bottom;
    x.scale.range([box.left, width - box.right]);
    y.scale.range([floor, box.top]);
    svg.setAttribute('width', String(width));
    host.setAttribute('aria-label', `${text}; arrow keys move`);
    pool(grid, 'line', y.ticks, (line, tick) =>
      set(
        line,
        { x1: box.left, x2: width - box.right, y1: y.scale(tick), y2: y.scale(tick) },
        tick === 0 ? 'zero' : '',
      ),
    );
    const thick = Math.max(1.2, Math.min(drawing.widest, width / drawing.stems.length / 3));
    pool(stems, 'line', drawing.stems, (line, { x: at, from, to, kind }) =>
      set(line, { x1: x.scale(at), x2: x.scale(at), y1: y.scale(from), y2: y.scale(to) }, kind ?? ''),
    );
    stems.setAttribute('stroke-width', thick.toFixed(1));
    pool(rings, 'circle', drawing.targets ?? [], (ring, target, k) =>
      set(ring, { cx: x.scale(drawing!.stems[k]!.x), cy: y.scale(target), r: 5.5 }, ''),
    );
    pool(dots, 'circle', drawing.stems, (dot, { x: at, y: value, kind, beyond }, k) =>
      set(
        dot,
        {
          cx: x.scale(at),
          cy: y.scale(value),
          r: Math.max(1.6, Math.min(3.2, width / drawing!.stems.length / 3)),
        },
        `${kind ?? ''}${beyond === undefined ? '' : ' beyond'}${lit.includes(k) ? ' lit' : ''}`,
      ),
    );
    const pointers = drawing.stems.filter(({ beyond }) => beyond !== undefined);
    pool(arrows, 'path', pointers, (arrow, { x: at, y: value, beyond, kind }) => {
      const [middle, tip] = [x.scale(at), y.scale(value)];
      const foot = tip + (beyond === 'above' ? 7 : -7);
      arrow.setAttribute('d', `M${middle - 4} ${foot}L${middle} ${tip}L${middle + 4} ${foot}Z`);
      arrow.setAttribute('class', kind ?? '');
    });
    const marks = [
      ...x.ticks.map((tick) => ({ at: [x.scale(tick), floor + 14], text: x.tickText(tick), end: 'middle' })),
      ...y.ticks.map((tick) => ({
        at: [box.left - 6, y.scale(tick) + 4],
        text: y.tickText(tick),
        end: 'end',
      })),
    ];
    pool(ticks, 'text', marks, (node, mark) => write(node, mark));
    const named = [
      { at: [width - box.right, height - 4], text: `${x.label} →`, end: 'end' },
      { at: [4, 10], text: `↑ ${y.label}`, end: 'start' },
    ];
    pool(labels, 'text', named, (node, mark) => write(node, mark));
  };
  const widthNow = watchWidth(host, paint);

  return {
    draw(next) {
      drawing = next;
      paint();
    },
    light(next) {
      for (const at of lit) dots.children[at]?.classList.remove('lit');
      for (const at of next) dots.children[at]?.classList.add('lit');
      lit = next;
    },
  };
}

const element = <Name extends keyof SVGElementTagNameMap>(name: Name): SVGElementTagNameMap[Name] =>
  document.createElementNS('http://www.w3.org/2000/svg', name);

/** As many elements in a group as there are items, each brought up to date. */
function pool<Name extends 'line' | 'circle' | 'path' | 'text', Item>(
  group: SVGGElement,
  name: Name,
  items: readonly Item[],
  update: (node: SVGElementTagNameMap[Name], item: Item, k: number) => void,
): void {
  while (group.childElementCount > items.length) group.lastElementChild!.remove();
  while (group.childElementCount < items.length) group.append(element(name));
  let node = group.firstElementChild;
  items.forEach((item, k) => {
    update(node as SVGElementTagNameMap[Name], item, k);
    node = node!.nextElementSibling;
  });
}

function set(node: SVGElement, places: Readonly<Record<string, number>>, kind: string): void {
  for (const [name, value] of Object.entries(places)) node.setAttribute(name, value.toFixed(1));
  node.setAttribute('class', kind);
}

function write(
  node: SVGTextElement,
  { at, text, end }: { readonly at: readonly number[]; readonly text: string; readonly end: string },
): void {
  node.setAttribute('x', at[0]!.toFixed(1));
  node.setAttribute('y', at[1]!.toFixed(1));
  node.setAttribute('text-anchor', end);
  if (node.textContent !== text) node.textContent = text;
}
