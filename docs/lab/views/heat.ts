/** Q, K and the attention matrix as heat maps: light is 0, dark the largest, and the pad coordinate has a colour of its own. */
import { number } from '../numbers.ts';
import { isDrawn, type Drawn, type LabStore, type View } from '../state.ts';
import { coloursNow, ramp } from '../theme.ts';
import type { Focus } from '../focus.ts';
import { matrixView, type Lit, type MatrixView, type Picture } from './matrix.ts';
import { indices, pointing } from './pointing.ts';

export function heatViews(hosts: Record<'q' | 'k' | 'a', HTMLElement>, store: LabStore): View[] {
  const { to, left, pin } = pointing(store);
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
  const open = (host: HTMLElement, pointed: (row: number, column: number) => void, height: number) =>
    matrixView(host, { height, square: false, pointed, left, pin });
  const q = open(hosts.q, (row, column) => to({ ...query(row), ...coordinate(column) }), 330);
  const k = open(hosts.k, (row, column) => to({ ...key(row), ...coordinate(column) }), 330);
  const a = open(hosts.a, (row, column) => to({ ...query(row), ...key(column) }), 330);

  const view = (
    matrix: MatrixView,
    pictureOf: (state: Drawn) => Picture,
    litOf: (state: Drawn) => Lit,
  ): View => ({
    draw(state) {
      if (isDrawn(state)) matrix.draw(pictureOf(state));
    },
    light(state) {
      if (isDrawn(state)) matrix.light(litOf(state));
    },
  });
  return [
    view(q, queries, (state) => ({ rows: queryRows(state), columns: coordinates(state) })),
    view(k, keys, (state) => ({ rows: keyRows(state), columns: coordinates(state) })),
    view(a, attention, (state) => ({ rows: queryRows(state), columns: keyRows(state) })),
  ];
}

function queryRows({ snapshot, focus }: Drawn): number[] {
  const nodes = snapshot.nodes.length;
  if (focus.left === undefined && focus.node === undefined) return [];
  return indices(
    snapshot.left.rows * nodes,
    (row) =>
      (focus.left === undefined || Math.floor(row / nodes) === focus.left) &&
      (focus.node === undefined || row % nodes === focus.node),
  );
}

function keyRows({ snapshot, focus }: Drawn): number[] {
  if (focus.right !== undefined) return [focus.right];
  return focus.pad === true ? indices(snapshot.pads.count).map((p) => snapshot.right.rows + p) : [];
}

function coordinates({ snapshot, focus }: Drawn): number[] {
  if (focus.clause !== undefined) return [focus.clause];
  return focus.pad === true ? [snapshot.headDim - 1] : [];
}

const queries = ({ snapshot }: Drawn): Picture => {
  const { q, headDim, readout } = snapshot;
  return {
    rows: q.length / headDim,
    columns: headDim,
    pixels: bySize(q, readout.bound, (at) => at % headDim === headDim - 1),
    pads: { column: headDim - 1 },
    label: `Q: ${q.length / headDim} queries of ${headDim} coordinates, entries from 0 to ${number(readout.bound)}; arrow keys move`,
  };
};

const keys = ({ snapshot }: Drawn): Picture => {
  const { k, headDim, readout, right, pads } = snapshot;
  return {
    rows: k.length / headDim,
    columns: headDim,
    pixels: bySize(k, readout.bound, (at) => at >= right.rows * headDim),
    pads: { row: right.rows, column: headDim - 1 },
    label: `K: ${right.rows} keys and ${pads.count} pads of ${headDim} coordinates, entries 0, ${number(-readout.bound)} and, on pads, ${number(readout.bound)}; arrow keys move`,
  };
};

const attention = ({ snapshot }: Drawn): Picture => {
  const { levels, largestWeight, k, headDim, right } = snapshot;
  const columns = k.length / headDim;
  const { low, high, pad } = coloursNow();
  const [real, pads] = [ramp(low, high), ramp(low, pad)];
  const pixels = new Uint32Array(levels.length);
  for (let row = 0; row < levels.length; row += columns) {
    for (let c = 0; c < right.rows; c++) pixels[row + c] = real[levels[row + c]!]!;
    for (let c = right.rows; c < columns; c++) pixels[row + c] = pads[levels[row + c]!]!;
  }
  return {
    rows: levels.length / columns,
    columns,
    pixels,
    pads: { column: right.rows },
    label: `attention weights: ${levels.length / columns} queries by ${columns} keys, up to ${number(largestWeight)}; arrow keys move`,
  };
};

/** Entries by size: in the pads' colour where `isPad` says so, else in the blue of the vectors. */
function bySize(values: Float32Array, bound: number, isPad: (at: number) => boolean): Uint32Array {
  const { low, high, pad } = coloursNow();
  const [real, pads] = [ramp(low, high), ramp(low, pad)];
  const pixels = new Uint32Array(values.length);
  for (let at = 0; at < values.length; at++) {
    const level = Math.min(255, Math.round((255 * Math.abs(values[at]!)) / bound));
    pixels[at] = (isPad(at) ? pads : real)[level]!;
  }
  return pixels;
}
