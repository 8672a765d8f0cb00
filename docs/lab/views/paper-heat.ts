/** Q, K and the softmax weights of the paper's route as linked heat maps, and what is pointed at in words. */
import { number } from '../numbers.ts';
import type { PaperMatrices, Shrunk } from '../paper-matrices.ts';
import { coloursNow, ramp } from '../theme.ts';
import { matrixView, type MatrixOptions, type Picture } from './matrix.ts';
import { indices, one } from './pointing.ts';

/** Blocks of the pictures: of queries, of keys, of coordinates. */
interface Place {
  readonly query?: number;
  readonly key?: number;
  readonly coordinate?: number;
}

export interface PaperHeat {
  draw(matrices: PaperMatrices): void;
  /** For another theme. */
  redraw(): void;
}

export function paperHeat(
  hosts: Readonly<Record<'q' | 'k' | 'a', HTMLElement>>,
  said: HTMLElement,
): PaperHeat {
  const hint = said.textContent;
  let shown: PaperMatrices | undefined;
  let pinned = false;
  const options = (of: 'q' | 'k' | 'weights', at: (row: number, column: number) => Place): MatrixOptions => ({
    height: 330,
    square: false,
    pointed: (row, column) => {
      if (pinned || shown === undefined) return;
      const { columns, values } = shown[of];
      const what = of === 'weights' ? 'weight' : 'entry';
      light(at(row, column), `${what} ${number(values[row * columns + column]!)}`);
    },
    left: () => {
      if (!pinned) light({});
    },
    pin: () => (pinned = !pinned),
  });
  const q = matrixView(
    hosts.q,
    options('q', (query, coordinate) => ({ query, coordinate })),
  );
  const k = matrixView(
    hosts.k,
    options('k', (key, coordinate) => ({ key, coordinate })),
  );
  const a = matrixView(
    hosts.a,
    options('weights', (query, key) => ({ query, key })),
  );
  document.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape') return;
    pinned = false;
    light({});
  });

  const light = ({ query, key, coordinate }: Place, entry?: string): void => {
    if (shown === undefined) return;
    const [queries, columns] = [one(query), one(coordinate)];
    // A block of keys is rows of K and columns of the weights, which may be blocked otherwise.
    const { weights } = shown;
    const from =
      key === undefined ? 0 : key * (coordinate === undefined ? weights.block.columns : shown.k.block.rows);
    const rows = key === undefined ? [] : [Math.floor(from / shown.k.block.rows)];
    const across = key === undefined ? [] : [Math.floor(from / weights.block.columns)];
    q.light({ rows: queries, columns });
    k.light({ rows, columns });
    a.light({ rows: queries, columns: across });
    const words = [
      ...(query === undefined ? [] : [sayQuery(shown, query)]),
      ...(key === undefined ? [] : [sayKey(shown, from)]),
      ...(coordinate === undefined
        ? []
        : [sayRange('coordinate', coordinate, shown.q.block.columns, shown.q.of.columns)]),
    ];
    if (entry !== undefined) words.push(entry);
    said.textContent = words.length === 0 ? hint : words.join(' · ');
  };

  const draw = (matrices: PaperMatrices): void => {
    const fresh = shown !== matrices;
    shown = matrices;
    q.draw(signed(matrices.q, 'Q: queries', matrices.queries));
    k.draw(signed(matrices.k, 'K: keys and pads', matrices.keys));
    a.draw(attention(matrices));
    if (fresh) pinned = false;
    if (fresh) light({});
  };
  return {
    draw,
    redraw() {
      if (shown !== undefined) draw(shown);
    },
  };
}

function sayRange(what: string, at: number, block: number, end: number): string {
  const last = Math.min(end, (at + 1) * block);
  return block === 1 ? `${what} ${at}` : `${what}s ${at * block} to ${last - 1}`;
}

function sayQuery({ q, queries, left, output }: PaperMatrices, at: number): string {
  if (q.block.rows > 1) return sayRange('query row', at, q.block.rows, q.of.rows);
  if (at >= queries) return `query row ${at}, a pad`;
  const verdict = `the output is ${number(output[at]!)}`;
  return `query a_${at % left} under message ${Math.floor(at / left)}: ${verdict}`;
}

const sayKey = ({ keys }: PaperMatrices, at: number): string =>
  at < keys ? `key b_${at}` : `pad key ${at - keys}`;

/** Positive entries in the colour of the vectors, negative ones in the pads', by magnitude. */
function signed(matrix: Shrunk, name: string, real: number): Picture {
  const { low, high, pad } = coloursNow();
  const [positive, negative] = [ramp(low, high), ramp(low, pad)];
  const { rows, columns, values, of, block } = matrix;
  const bound = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) || 1;
  const strength = Uint8Array.from(values, (value) => Math.round((255 * Math.abs(value)) / bound));
  const pixels = Uint32Array.from(strength, (level, at) => (values[at]! < 0 ? negative : positive)[level]!);
  return {
    rows,
    columns,
    pixels,
    strength,
    ...(real < of.rows ? { pads: { row: real / block.rows } } : {}),
    label: `${name}, ${of.rows} by ${of.columns}, entries up to ${number(bound)}; arrow keys move`,
  };
}

function attention({ weights, keys }: PaperMatrices): Picture {
  const { low, high, pad } = coloursNow();
  const [real, pads] = [ramp(low, high), ramp(low, pad)];
  const { rows, columns, values, of, block } = weights;
  const isPad = indices(columns, (c) => c * block.columns >= keys);
  const first = isPad[0] ?? columns;
  // The square root, so that small weights are seen.
  const strength = Uint8Array.from(values, (value) => Math.round(255 * Math.sqrt(value)));
  const pixels = Uint32Array.from(strength, (level, at) => (at % columns < first ? real : pads)[level]!);
  return {
    rows,
    columns,
    pixels,
    strength,
    pads: { column: first },
    label: `softmax weights, ${of.rows} queries by ${keys} keys and ${of.columns - keys} pads; arrow keys move`,
  };
}
