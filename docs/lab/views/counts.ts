/** The decoded counts: what was read for each left vector, how far it may be off, and the integers it must choose from. */
import * as Plot from '@observablehq/plot';
import { widthOf } from '../room.ts';
import { asImage, type PlotElement } from '../figure.ts';
import { isDrawn, type Drawn, type LabState, type LabStore, type View } from '../state.ts';
import { pointing } from './pointing.ts';

export function countsView(host: HTMLElement, store: LabStore): View {
  const { to, left, pin } = pointing(store);
  let plot: PlotElement | undefined;
  let marks: Element[] = [];
  host.addEventListener('pointermove', (event) => {
    const rows = store.get().snapshot?.left.rows;
    if (plot === undefined || rows === undefined) return;
    const at = plot.scale('x')!.invert!(event.clientX - plot.getBoundingClientRect().left);
    to({ left: Math.max(0, Math.min(rows - 1, Math.round(at))) });
  });
  host.addEventListener('pointerleave', left);
  host.addEventListener('click', pin);
  const draw = (state: LabState): void => {
    if (!isDrawn(state)) return;
    plot = figure(
      state,
      Math.max(
        220,
        widthOf(host, () => draw(store.get())),
      ),
    );
    host.replaceChildren(plot);
    marks = [...plot.querySelectorAll('.points > *')];
  };
  return {
    draw,
    light: ({ focus }) => marks.forEach((mark, i) => mark.classList.toggle('lit', i === focus.left)),
  };
}

interface Bar {
  readonly i: number;
  readonly read: number;
  readonly low: number;
  readonly high: number;
  readonly certain: boolean;
}

function figure({ snapshot }: Drawn, width: number): PlotElement {
  const { estimates, margins, left } = snapshot;
  const certain = (i: number): boolean => margins[i]! < 0.5;
  // The axis fits what is certified, or else what there can be; bars beyond it are cut.
  let top = 1;
  estimates.forEach((read, i) => (top = Math.max(top, certain(i) ? read : 0)));
  const domain = [-0.7, Math.ceil(top) + 0.7] as const;
  const inside = (value: number): number =>
    Math.max(domain[0], Math.min(domain[1], Number.isNaN(value) ? 0 : value));
  const bars = Array.from(estimates, (read, i): Bar => {
    return {
      i,
      read: inside(read),
      low: inside(read - margins[i]!),
      high: inside(read + margins[i]!),
      certain: certain(i),
    };
  });
  const open = bars.filter((bar) => !bar.certain).length;
  const thick = Math.max(1.2, Math.min(6, width / left.rows / 3));
  const plot = Plot.plot({
    width,
    height: 220,
    marginLeft: 40,
    marginRight: 12,
    marginTop: 18,
    marginBottom: 34,
    x: {
      label: 'left vector i',
      domain: [-0.7, left.rows - 0.3],
      ticks: Math.min(left.rows, 10),
      tickFormat: 'd',
    },
    y: {
      label: 'partners read, ± bias + noise',
      domain: [...domain],
      ticks: Math.min(8, Math.ceil(top) + 1),
      tickFormat: 'd',
      grid: true,
    },
    marks: [
      Plot.ruleY([0], { stroke: 'var(--faint)' }),
      Plot.ruleX(bars, {
        x: 'i',
        y1: 'low',
        y2: 'high',
        stroke: ({ certain }: Bar) => (certain ? 'var(--high)' : 'var(--open)'),
        strokeOpacity: 0.55,
        strokeWidth: thick,
      }),
      Plot.dot(bars, {
        x: 'i',
        y: 'read',
        r: Math.max(1.6, Math.min(4, thick)),
        fill: ({ certain }: Bar) => (certain ? 'var(--high)' : 'var(--paper)'),
        stroke: ({ certain }: Bar) => (certain ? 'var(--high)' : 'var(--open)'),
        className: 'points',
      }),
    ],
  });
  return asImage(plot, `${left.rows} counts, ${open === 0 ? 'all certified' : `${open} of them open`}`);
}
