/**
 * Q, K, V, the attention matrix A and its output y = AV as heat maps: light is 0, dark the largest, and what belongs to
 * the pads has a colour of its own. V stands beside K and y beside A, row for row.
 */
import { clausesIn, modelsOf, vectorsIn, type Focus } from '../focus.ts';
import { counted, number } from '../numbers.ts';
import { isDrawn, type Drawn, type LabStore, type View } from '../state.ts';
import { coloursNow, ramp } from '../theme.ts';
import { drawnMatrix } from './drawn-matrix.ts';
import type { Lit, Picture } from './matrix.ts';
import { indices, one } from './pointing.ts';

export type HeatHosts = Readonly<Record<'q' | 'k' | 'v' | 'a' | 'y', HTMLElement>>;

export function heatViews(hosts: HeatHosts, store: LabStore): View[] {
  const nodesNow = (): number => store.get().snapshot?.nodes.length ?? 1;
  const query = (row: number): Focus => ({ left: Math.floor(row / nodesNow()), node: row % nodesNow() });
  const key = (row: number): Focus => {
    const real = store.get().snapshot?.right.rows ?? 0;
    return row < real ? { right: row } : { pad: true };
  };
  const coordinate = (column: number): Focus => {
    const { headDim = 0 } = store.get().snapshot ?? {};
    return column < headDim - 1 ? { clause: column } : { pad: true };
  };

  const view = (
    host: HTMLElement,
    pointed: (row: number, column: number) => Focus,
    pictureOf: (state: Drawn) => Picture,
    litOf: (state: Drawn) => Lit,
  ): View => drawnMatrix(host, store, { square: false, pointed, pictureOf, litOf });
  return [
    view(
      hosts.q,
      (row, column) => ({ ...query(row), ...coordinate(column) }),
      queries,
      (state) => ({ rows: queryRows(withoutClause(state)), columns: coordinates(state) }),
    ),
    view(
      hosts.k,
      (row, column) => ({ ...key(row), ...coordinate(column) }),
      keys,
      (state) => ({ rows: keyRows(withoutClause(state)), columns: coordinates(state) }),
    ),
    view(hosts.v, key, values, (state) => ({ rows: keyRows(state) })),
    view(
      hosts.a,
      (row, column) => ({ ...query(row), ...key(column) }),
      attention,
      (state) => ({ rows: queryRows(state), columns: keyRows(state) }),
    ),
    view(hosts.y, query, output, (state) => ({ rows: queryRows(state) })),
  ];
}

/** What the darkest colours stand for. */
export const scalesView = (hosts: Readonly<Record<'q' | 'k' | 'a' | 'pads', HTMLElement>>): View => ({
  draw(state) {
    if (!isDrawn(state)) return;
    const { readout, largest } = state.snapshot;
    hosts.q.textContent = `B = ${number(readout.bound)}`;
    hosts.k.textContent = `−B = ${number(-readout.bound)}`;
    hosts.a.textContent = number(largest.key);
    hosts.pads.textContent = number(largest.pad);
  },
});

/** In Q and K a clause is its column, and a variable its clauses'; the column's cells say which rows have it. */
function withoutClause(state: Drawn): Drawn {
  const { clause: _, variable: __, ...focus } = state.focus;
  return { ...state, focus };
}

function queryRows(state: Drawn): number[] {
  const { snapshot, focus } = state;
  const nodes = snapshot.nodes.length;
  const rows = vectorsIn(state, 'left');
  if (focus.node === undefined) return rows.flatMap((i) => indices(nodes).map((k) => i * nodes + k));
  const of = focus.left === undefined ? indices(snapshot.left.rows) : rows;
  return of.map((i) => i * nodes + focus.node!);
}

function keyRows(state: Drawn): number[] {
  const { snapshot, focus } = state;
  const pads = focus.pad === true ? indices(snapshot.pads.count).map((p) => snapshot.right.rows + p) : [];
  return [...vectorsIn(state, 'right'), ...pads];
}

function coordinates(state: Drawn): number[] {
  const { snapshot, focus } = state;
  return [...clausesIn(state), ...(focus.pad === true ? one(snapshot.headDim - 1) : [])];
}

const queries = ({ snapshot }: Drawn): Picture => {
  const { q, headDim, readout } = snapshot;
  return {
    rows: q.length / headDim,
    columns: headDim,
    ...shaded(levelsOf(q, readout.bound), (at) => at % headDim === headDim - 1),
    pads: { column: headDim - 1 },
    label: `Q: ${counted(q.length / headDim, 'query', 'queries')} of ${headDim} coordinates, entries from 0 to ${number(readout.bound)}; arrow keys move`,
  };
};

const keys = ({ snapshot }: Drawn): Picture => {
  const { k, headDim, readout, right, pads } = snapshot;
  return {
    rows: k.length / headDim,
    columns: headDim,
    ...shaded(levelsOf(k, readout.bound), (at) => at >= right.rows * headDim),
    pads: { row: right.rows, column: headDim - 1 },
    label: `K: ${counted(right.rows, 'key')} and ${counted(pads.count, 'pad')} of ${headDim} coordinates, entries 0, ${number(-readout.bound)} and, on pads, ${number(readout.bound)}; arrow keys move`,
  };
};

const values = ({ snapshot }: Drawn): Picture => {
  const { right, pads } = snapshot;
  const rows = right.rows + pads.count;
  const value = (row: number): 0 | 1 => (row < right.rows ? 1 : 0);
  const levels = Uint8Array.from({ length: rows }, (_, row) => 255 * value(row));
  return {
    rows,
    columns: 1,
    ...shaded(levels, () => false),
    text: (row) => String(value(row)),
    strong: (row) => value(row) === 1,
    pads: { row: right.rows },
    label: `V: 1 on ${counted(right.rows, 'key')}, 0 on ${counted(pads.count, 'pad')}; arrow keys move`,
  };
};

const attention = ({ snapshot }: Drawn): Picture => {
  const { levels, largest, k, headDim, right, nodes } = snapshot;
  const columns = k.length / headDim;
  return {
    rows: levels.length / columns,
    columns,
    ...shaded(levels, (at) => at % columns >= right.rows),
    spots: modelsOf(snapshot).map(([i, j]) => [i * nodes.length + smallest(nodes), j]),
    pads: { column: right.rows },
    label: `attention weights: ${counted(levels.length / columns, 'query', 'queries')} by ${right.rows} keys, up to ${number(largest.key)}, and ${counted(columns - right.rows, 'pad')}, up to ${number(largest.pad)}; arrow keys move`,
  };
};

/** The node at which a model's weight stands out most. */
const smallest = (nodes: readonly number[]): number => nodes.indexOf(Math.min(...nodes));

const output = ({ snapshot }: Drawn): Picture => {
  const values = Float32Array.from(snapshot.output);
  const largest = values.reduce((most, y) => Math.max(most, y), 0);
  return {
    rows: values.length,
    columns: 1,
    ...shaded(levelsOf(values, largest || 1, Math.sqrt), () => false),
    label: `y: ${counted(values.length, 'output')}, the weight on keys, up to ${number(largest)}; arrow keys move`,
  };
};

/** Sizes as shares of the largest that there can be, 0 … 255. */
function levelsOf(values: Float32Array, bound: number, curve = (share: number): number => share): Uint8Array {
  const levels = new Uint8Array(values.length);
  for (let at = 0; at < values.length; at++)
    levels[at] = Math.min(255, Math.round(255 * curve(Math.abs(values[at]!) / bound)));
  return levels;
}

/** By level, in the pads' colour where `isPad` says so, else in the blue of the vectors. */
function shaded(levels: Uint8Array, isPad: (at: number) => boolean): Pick<Picture, 'pixels' | 'strength'> {
  const { low, high, pad } = coloursNow();
  const [real, pads] = [ramp(low, high), ramp(low, pad)];
  const pixels = new Uint32Array(levels.length);
  for (let at = 0; at < levels.length; at++) pixels[at] = (isPad(at) ? pads : real)[levels[at]!]!;
  return { pixels, strength: levels };
}
