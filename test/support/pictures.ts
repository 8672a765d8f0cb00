/**
 * The pictures of the README, drawn by Observable Plot from what the library makes of a formula. `npm run docs` writes them, a
 * test compares byte for byte.
 */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import {
  carefulError,
  countPartners,
  entries,
  families,
  getBit,
  innerProduct,
  nodeValues,
  openOracle,
  plainSplit,
  prepare,
  type BitMatrix,
  type Cnf,
} from '../../src/index.ts';

const grid = (rows: number, columns: number): { row: number; column: number }[] =>
  Array.from({ length: rows * columns }, (_, at) => ({
    row: Math.floor(at / columns),
    column: at % columns,
  }));

interface Panel {
  readonly title: string;
  readonly under: string;
  readonly rows: number;
  readonly columns: number;
  /** The colour of a cell, 0 (white) to 1. */
  readonly shade: (row: number, column: number) => number;
  /** What is written in a cell. */
  readonly text?: (row: number, column: number) => string;
}

/** A panel `size` high whose cells are squares, or narrower ones where there are many columns. */
function draw({ title, under, rows, columns, shade, text }: Panel, size: number, width: number): string {
  const cells = grid(rows, columns).map(({ row, column }) => ({
    row,
    column,
    shade: shade(row, column),
    text: text?.(row, column) ?? '',
  }));
  const bare = { axis: null, padding: 0, round: false } as const;
  const figure = Plot.plot({
    document: parseHTML('<!doctype html><body></body>').document,
    className: 'plot',
    width,
    height: size,
    margin: 1,
    x: { ...bare, domain: Array.from({ length: columns }, (_, c) => c) },
    y: { ...bare, domain: Array.from({ length: rows }, (_, r) => r) },
    color: { type: 'linear', domain: [0, 1], range: ['#ffffff', '#123a6b'], interpolate: 'rgb' },
    marks: [
      Plot.cell(
        cells.filter(({ shade }) => columns < 20 || shade > 1 / 256), // white ones need not be drawn without a frame
        { x: 'column', y: 'row', fill: 'shade', stroke: '#c4ccd8', strokeWidth: columns < 20 ? 0.5 : 0 },
      ),
      Plot.frame({ stroke: '#c4ccd8' }),
      Plot.text(
        cells.filter((cell) => cell.text !== ''),
        {
          x: 'column',
          y: 'row',
          text: 'text',
          fontSize: 10,
          fill: (cell: { shade: number }) => (cell.shade > 0.5 ? '#ffffff' : '#1c2733'),
        },
      ),
    ],
  });
  const drawing = figure.outerHTML
    .replaceAll(/<style>[\s\S]*?<\/style>/g, '')
    .replace('<svg ', '<svg y="28" ');
  const label = (y: number, weight: string, words: string): string =>
    `<text y="${y}" font-size="12" font-weight="${weight}">${words}</text>`;
  return `${label(16, 'bold', title)}\n${drawing}\n${label(size + 44, 'normal', under)}`;
}

function sideBySide(
  title: string,
  panels: readonly Panel[],
  size: number,
  widths: readonly number[],
): string {
  const gap = 28;
  const total = widths.reduce((sum, width) => sum + width, 0) + gap * (panels.length + 1);
  let x = gap;
  const drawn = panels.map((panel, at) => {
    const part = `<g transform="translate(${x} 0)">\n${draw(panel, size, widths[at]!)}\n</g>`;
    x += widths[at]! + gap;
    return part;
  });
  const box = `viewBox="0 0 ${total} ${size + 56}" width="${total}" height="${size + 56}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${box} font-family="system-ui, sans-serif" fill="#1c2733" role="img">`,
    `<title>${title}</title>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    ...drawn,
    '</svg>\n',
  ].join('\n');
}

const options = {
  ...plainSplit,
  route: 'minimax',
  dtype: 'f64',
  scaleName: 'linear',
  witness: 'scan',
} as const;

/** The chain on six variables: clauses, vectors, inner products, attention, counts. */
export async function chainPicture(): Promise<string> {
  const { cnf } = families['planted']!.generate({ variables: 6, clauses: 14 }, 2);
  const {
    vectors,
    attention,
    options: given,
  } = prepare(cnf, { ...options, bound: 5 }, () => carefulError('f64'));
  const oracle = await openOracle('reference');
  const { output } = await oracle.attend(attention);
  await oracle.close();
  const { counts } = countPartners(vectors, output, given);
  const m = cnf.clauses.length;
  const n = vectors.left.rows;
  const nodes = nodeValues(given.readout);
  const least = Math.min(...nodes);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const product = (i: number, j: number): number => innerProduct(vectors, { i, j });
  const literal = (v: number, c: number): string => signOf(cnf, c, v + 1);
  const bits = (matrix: BitMatrix, title: string, under: string): Panel => ({
    title,
    under,
    rows: n,
    columns: m,
    shade: (row, column) => getBit(matrix, row, column),
  });
  return sideBySide(
    'From a formula to the number of its models',
    [
      {
        title: 'formula',
        under: `${cnf.variables} variables × ${m} clauses`,
        rows: cnf.variables,
        columns: m,
        shade: (v, c) => (literal(v, c) === '' ? 0 : 0.15),
        text: literal,
      },
      bits(vectors.left, 'a: left halves', `${n} vectors, 1 = unsatisfied`),
      bits(vectors.right, 'b: right halves', `${n} vectors`),
      {
        title: '⟨a, b⟩',
        under: '0: orthogonal, a model',
        rows: n,
        columns: n,
        shade: (i, j) => (product(i, j) === 0 ? 1 : 0),
        text: (i, j) => `${product(i, j)}`,
      },
      {
        title: 'exp(logits)',
        under: `x = ${least.toFixed(2)} to the ⟨a, b⟩, B = ${given.readout.bound}`,
        rows: n,
        columns: n,
        shade: (i, j) => least ** product(i, j),
      },
      {
        title: 'partners',
        under: `${total} models`,
        rows: n,
        columns: 1,
        shade: (i) => counts[i]! / Math.max(...counts),
        text: (i) => `${counts[i]}`,
      },
    ],
    176,
    [176, 176, 176, 176, 176, 60],
  );
}

const signOf = ({ clauses }: Cnf, clause: number, variable: number): string =>
  clauses[clause]!.includes(variable) ? '+' : clauses[clause]!.includes(-variable) ? '−' : '';

/** The weights exp(logits) of one instance at three bounds: what stands out, and what does not any more. */
export function heatMap(): string {
  const { cnf } = families['planted']!.generate({ variables: 10, clauses: 44 }, 2);
  const panels = [20, 10, 5].map((bound): Panel => {
    const {
      attention,
      options: given,
      vectors,
    } = prepare(cnf, { ...options, bound }, () => carefulError('f64'));
    const { q, k, scale } = attention;
    const [Q, K, d] = [entries(q), entries(k), q.columns];
    const { scales } = given.readout;
    const last = scales.indexOf(Math.max(...scales)); // the query with the largest entries
    const weight = (i: number, j: number): number => {
      let logit = 0;
      for (let c = 0; c < d; c++) logit += Q[(i * scales.length + last) * d + c]! * K[j * d + c]!;
      return Math.exp(scale * logit);
    };
    const over = bound / Math.sqrt(Math.log(vectors.right.rows));
    return {
      title: `B = ${bound}`,
      under: `${over.toFixed(1)}·√(ln n), a step of ⟨a, b⟩ is a factor ${Math.exp(-scale * Math.max(...scales) * bound).toPrecision(2)}`,
      rows: vectors.left.rows,
      columns: vectors.right.rows,
      shade: weight,
    };
  });
  return sideBySide('exp(logits), 32 queries by 32 keys, at three bounds', panels, 320, [320, 320, 320]);
}
