/**
 * What the polynomial method needs to know of Q, K and V before it starts, in two passes over K and one over Q and V,
 * O(n·d): for each query and each key a bound on scale·Σ_c|q_c·k_c| with all that it meets, hence on every |logit| (finding
 * the largest itself would take all pairs), and the powers of two that bring the entries of each column of K and V to at
 * most 1.
 *
 * A query's bound is the lesser of Σ_c|q_c|·max_j|k_jc| and ‖q‖·max_j‖k_j‖ (Cauchy and Schwarz, for the absolute values
 * too), a key's the same with queries. Data whose entries are below B have smaller ones than B²·d·scale.
 */
import type { Attention, Matrix } from '../../problems/attention.ts';
import { logitMeter, meterKeys, meterQueries } from '../logit-meter.ts';
import { requireFinite, requireFitting } from '../validate.ts';

export interface Measured {
  /** A bound on scale·Σ_c|q_c·k_c| over all pairs. */
  readonly M: number;
  /** The same over all pairs of a query, of a key. */
  readonly queryBounds: Float64Array;
  readonly keyBounds: Float64Array;
  /** M from the columns alone; not smaller. It bounds scale·Σ_c|q_c|·max_j|k_jc|. */
  readonly columnBound: number;
  /** Powers of two at or above the largest entry of each column; 1 for a column of zeros. */
  readonly keyUnits: Float64Array;
  readonly valueUnits: Float64Array;
  /** The root mean square of a query's logits, the largest of some. No bound: it says which errors matter, not how large they are. */
  readonly spread: number;
}

/** Sums of fewer than 2^20 squares and a root round by less than this factor. */
const outward = 1 + 2 ** -30;

/** Throws an `InputError` for what no oracle takes. */
export function measure(attention: Attention): Measured {
  requireFitting(attention);
  const { q, k, v, scale } = attention;
  const meter = logitMeter(q.columns, scale);
  let longestKey = 0;
  inBlocks(k, (block, rows, first) => {
    meterKeys(meter, block, rows, first);
    for (let row = 0; row < rows; row++) longestKey = Math.max(longestKey, norm(block, row, k.columns));
  });
  let longestQuery = 0;
  const queryMax = new Float64Array(q.columns);
  const queryBounds = new Float64Array(q.rows);
  inBlocks(q, (block, rows, first) => {
    meterQueries(meter, block, rows, first);
    columnMaxima(block, rows, queryMax);
    for (let row = 0; row < rows; row++) {
      const length = norm(block, row, q.columns);
      longestQuery = Math.max(longestQuery, length);
      queryBounds[first + row] = rowBound(block, row, meter.keyMax, length * longestKey) * scale * outward;
    }
  });
  const keyBounds = new Float64Array(k.rows);
  inBlocks(k, (block, rows, first) => {
    for (let row = 0; row < rows; row++) {
      const byNorm = norm(block, row, k.columns) * longestQuery;
      keyBounds[first + row] = rowBound(block, row, queryMax, byNorm) * scale * outward;
    }
  });
  const valueMax = new Float64Array(v.columns);
  inBlocks(v, (block, rows, first) => {
    requireFinite('v', block, rows * v.columns, v.columns, first);
    columnMaxima(block, rows, valueMax);
  });
  return {
    M: Math.min(largest(queryBounds), largest(keyBounds)),
    queryBounds,
    keyBounds,
    columnBound: meter.rowMax * scale * outward,
    keyUnits: meter.keyMax.map(powerAbove),
    valueUnits: valueMax.map(powerAbove),
    spread: spreadOf(attention),
  };
}

/** Of 32 queries with 32 keys, evenly spaced. */
function spreadOf({ q, k, scale }: Attention): number {
  const [queries, keys] = [q, k].map((matrix) => {
    const rows = Math.min(32, matrix.rows);
    return Array.from({ length: rows }, (_, i) => {
      const row = Math.floor((i * matrix.rows) / rows);
      const entries = new Float64Array(matrix.columns);
      matrix.read(row, row + 1, entries);
      return entries;
    });
  }) as [Float64Array[], Float64Array[]];
  let most = 0;
  for (const query of queries) {
    let squares = 0;
    for (const key of keys) {
      let product = 0;
      for (let c = 0; c < query.length; c++) product += query[c]! * key[c]!;
      squares += (product * scale) ** 2;
    }
    most = Math.max(most, squares / keys.length);
  }
  return Math.sqrt(most);
}

const largest = (bounds: Float64Array): number => bounds.reduce((most, x) => Math.max(most, x), 0);

function columnMaxima(block: Float64Array, rows: number, maxima: Float64Array): void {
  const columns = maxima.length;
  for (let e = 0, c = 0; e < rows * columns; e++) {
    maxima[c] = Math.max(maxima[c]!, Math.abs(block[e]!));
    if (++c === columns) c = 0;
  }
}

/** The lesser of both bounds; where a square or a product has left float64, the columns decide. */
function rowBound(block: Float64Array, row: number, maxima: Float64Array, byNorm: number): number {
  const columns = maxima.length;
  let byColumns = 0;
  for (let c = 0; c < columns; c++) byColumns += Math.abs(block[row * columns + c]!) * maxima[c]!;
  return byNorm > 2 ** -400 ? Math.min(byNorm, byColumns) : byColumns;
}

/** ‖row‖ upward; 0 for a row of zeros, otherwise ∞ where a square leaves float64, above or below. */
function norm(block: Float64Array, row: number, columns: number): number {
  let sum = 0;
  let most = 0;
  for (let e = row * columns; e < (row + 1) * columns; e++) {
    sum += block[e]! * block[e]!;
    most = Math.max(most, Math.abs(block[e]!));
  }
  if (most === 0) return 0;
  // Entries of which the square is lost count for 2^-500 each.
  return most < 2 ** -400 ? Infinity : (Math.sqrt(sum) + columns * 2 ** -500) * outward;
}

/** The least power of two ≥ x, or twice that; 1 for 0. From 2^-1000 up, so that its inverse is a number too. */
function powerAbove(x: number): number {
  return x === 0 ? 1 : 2 ** Math.max(-1000, Math.ceil(Math.log2(x)) + (Math.log2(x) % 1 === 0 ? 1 : 0));
}

export function inBlocks(
  matrix: Matrix,
  visit: (block: Float64Array, rows: number, first: number) => void,
): void {
  const step = Math.max(1, Math.floor(2 ** 16 / Math.max(1, matrix.columns)));
  const block = new Float64Array(Math.min(step, matrix.rows) * matrix.columns);
  for (let from = 0; from < matrix.rows; from += step) {
    const to = Math.min(matrix.rows, from + step);
    matrix.read(from, to, block);
    visit(block, to - from, from);
  }
}
