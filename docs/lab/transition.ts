/** The transition: what `seth transition` wrote, as figures and tables. */
import './lab.css';
import * as Plot from '@observablehq/plot';
import result from './transition.json';
import { asImage } from './figure.ts';
import { number, superscript } from './numbers.ts';
import { watchWidth } from './room.ts';
import { openTheme } from './theme.ts';

const find = (id: string): HTMLElement => document.querySelector<HTMLElement>(`#${id}`)!;

type OnPaper = (typeof result.paper)[number];

const gammas = result.config.exponents;
const shown = new Set(gammas);
/** Lines differ by their dashes and are named at their ends: colour is not needed to tell them apart. */
const dashes = ['1 3', '8 3 2 3', '', '8 4', '3 3'];

function figure(host: HTMLElement, of: 'rankExponent' | 'amplificationExponent', rule?: string): void {
  const draw = (): void => {
    const rows = result.paper.filter(({ gamma }) => shown.has(gamma));
    const last = Math.max(...result.config.paper);
    /** Labels that would lie on each other go up. */
    const ends = rows.filter(({ log2n }) => log2n === last);
    const lift = (gamma: number): number => {
      const own = ends.find((row) => row.gamma === gamma)![of];
      return -13 * ends.filter((row) => row.gamma < gamma && Math.abs(row[of] - own) < 0.12).length;
    };
    const kept = (gamma: number): OnPaper[] => rows.filter((row) => row.gamma === gamma);
    const plot = Plot.plot({
      width: Math.max(280, width()),
      height: 320,
      marginRight: 58,
      x: { label: 'log₂ n', domain: [Math.min(...result.config.paper), last], ticks: 8 },
      y: { label: 'exponent of n', domain: [0, 4.5], clamp: true, grid: true, ticks: 5 },
      marks: [
        ...(rule === undefined
          ? []
          : [
              Plot.ruleY([1], { stroke: 'var(--focus)', strokeWidth: 1.5 }),
              Plot.text([{ x: last, y: 1 }], {
                x: 'x',
                y: 'y',
                text: () => rule,
                textAnchor: 'end',
                dy: 10,
                fill: 'var(--focus)',
                stroke: 'var(--panel)',
              }),
            ]),
        ...gammas
          .filter((gamma) => shown.has(gamma))
          .flatMap((gamma) => [
            Plot.lineY(kept(gamma), {
              x: 'log2n',
              y: of,
              stroke: gamma === 0.5 ? 'var(--lit)' : 'var(--high)',
              strokeWidth: gamma === 0.5 ? 2.5 : 1.6,
              strokeDasharray: dashes[gammas.indexOf(gamma) % dashes.length]!,
              clip: true,
            }),
            Plot.text(kept(gamma).slice(-1), {
              x: 'log2n',
              y: (row: OnPaper) => Math.min(4.4, row[of]),
              text: () => `γ = ${gamma}`,
              textAnchor: 'start',
              dy: lift(gamma),
              dx: 6,
              fill: gamma === 0.5 ? 'var(--lit)' : 'var(--ink)',
            }),
          ]),
        Plot.tip(
          rows,
          Plot.pointer({
            x: 'log2n',
            y: of,
            fill: 'var(--panel)',
            title: (row: OnPaper) =>
              `n = 2^${row.log2n}, γ = ${row.gamma}\nB = ${number(row.bound)}, d = ${row.d}\n${of === 'rankExponent' ? `degree ${row.degree}, rank` : 'amplification'} n^${number(row[of])}`,
          }),
        ),
      ],
    });
    const text = gammas
      .map(
        (gamma) =>
          [gamma, result.paper.find((row) => row.gamma === gamma && row.log2n === last)![of]] as const,
      )
      .map(([gamma, value]) => `γ = ${gamma}: ${number(value)} at n = 2^${last}`)
      .join('; ');
    host.replaceChildren(asImage(plot, `exponent of n: ${text}`));
  };
  const width = watchWidth(host, draw);
  draw();
  redraw.push(draw);
}

const redraw: (() => void)[] = [];
const seconds = (value: number | null): string => (value === null ? '–' : value.toPrecision(2));

function table(host: HTMLElement, head: readonly string[], rows: readonly (readonly string[])[]): void {
  const line = (cells: readonly string[], kind: 'th' | 'td'): HTMLTableRowElement => {
    const tr = document.createElement('tr');
    for (const text of cells) {
      const cell = tr.appendChild(document.createElement(kind));
      cell.textContent = text;
      if (kind === 'th') cell.scope = 'col';
    }
    return tr;
  };
  const top = document.createElement('thead');
  top.append(line(head, 'th'));
  const body = document.createElement('tbody');
  body.append(...rows.map((row) => line(row, 'td')));
  host.append(top, body);
}

/** A decode's verdict, as the page says it. */
const sayVerdict = (verdict: string): string =>
  ({ yes: 'satisfiable', no: 'unsatisfiable (wrong)', refuted: 'output refused' })[verdict] ?? verdict;

find('dimension').textContent = String(result.config.dimension);
find('version').textContent = result.version;
find('seed').textContent = String(result.config.seed);
for (const gamma of gammas) {
  const label = document.createElement('label');
  const box = label.appendChild(document.createElement('input'));
  box.type = 'checkbox';
  box.checked = true;
  label.append(` ${gamma}`);
  box.addEventListener('change', () => {
    if (box.checked) shown.add(gamma);
    else shown.delete(gamma);
    for (const draw of redraw) draw();
  });
  find('gammas').append(label);
}
table(
  find('measured'),
  ['n', 'd', 'γ', 'B', 'degree', 'rank', 'polynomial, s', 'exact, s', 'error seen', 'certified'],
  result.measured.map((row) => [
    `2${superscript(row.log2n)}`,
    String(row.d),
    String(row.gamma),
    number(row.bound),
    String(row.degree),
    number(row.rank),
    seconds(row.seconds),
    seconds(row.exactSeconds),
    row.seen === null ? '–' : number(row.seen),
    row.certified === null ? '–' : number(row.certified),
  ]),
);
table(
  find('hard'),
  [
    'variables',
    'queries × keys',
    'd',
    'B',
    'rank it would take',
    'polynomial',
    'polynomial, forced',
    'exact attention',
  ],
  result.hard.map((row) => [
    String(row.variables),
    `${row.queries} × ${row.keys}`,
    String(row.headDim),
    number(row.bound),
    number(10 ** row.log10Rank),
    ...[row.polynomial, row.forced, row.exact].map(sayVerdict),
  ]),
);
openTheme(document.querySelector<HTMLButtonElement>('#theme')!, () => {});
figure(find('rank'), 'rankExponent', 'above: no faster than exact');
figure(find('amplification'), 'amplificationExponent');
document.documentElement.dataset['settled'] = 'true';
