/**
 * What the polynomial method needs to know of Q, K and V before it starts, in one pass over each, O(n·d): a bound M on
 * scale·Σ_c|q_c·k_c|, hence on every |logit| (finding the largest itself would take all pairs), and the powers of two
 * that bring the entries of each column of K and V to at most 1.
 *
 * M is for each query the lesser of Σ_c|q_c|·max_j|k_jc| and ‖q‖·max_j‖k_j‖ (Cauchy and Schwarz, for the absolute values
 * too), the largest of these over the queries. Data whose entries are below B have a smaller M than B²·d·scale.
 */
import type { Attention, Matrix } from '../../problems/attention.ts';
import { logitMeter, meterKeys, meterQueries } from '../logit-meter.ts';
import { requireFinite, requireFitting } from '../validate.ts';

export interface Measured {
  /** A bound on scale·Σ_c|q_c·k_c| over all pairs. */
  readonly M: number;
  /** The same from the columns alone; not smaller. It bounds scale·Σ_c|q_c|·max_j|k_jc|. */
  readonly columnBound: number;
  /** Powers of two at or above the largest entry of each column; 1 for a column of zeros. */
  readonly keyUnits: Float64Array;
  readonly valueUnits: Float64Array;
}

/** Sums of fewer than 2^20 squares and a root round by less than this factor. */
const outward = 1 + 2 ** -30;

/** Throws an `InputError` for what no oracle takes. */
export function measure(attention: Attention): Measured {
  requireFitting(attention);
  const { q, k, v, scale } = attention;
  const meter = logitMeter(q.columns, scale);
  let longest = 0;
  inBlocks(k, (block, rows, first) => {
    meterKeys(meter, block, rows, first);
    for (let row = 0; row < rows; row++) longest = Math.max(longest, norm(block, row, k.columns));
  });
  let M = 0;
  inBlocks(q, (block, rows, first) => {
    meterQueries(meter, block, rows, first);
    for (let row = 0; row < rows; row++) {
      const byNorm = norm(block, row, q.columns) * longest;
      let byColumns = 0;
      for (let c = 0; c < q.columns; c++)
        byColumns += Math.abs(block[row * q.columns + c]!) * meter.keyMax[c]!;
      // Where a square or a product has left float64, the columns decide.
      M = Math.max(M, byNorm > 2 ** -400 ? Math.min(byNorm, byColumns) : byColumns);
    }
  });
  const valueMax = new Float64Array(v.columns);
  inBlocks(v, (block, rows, first) => {
    requireFinite('v', block, rows * v.columns, v.columns, first);
    for (let e = 0; e < rows * v.columns; e++) {
      const c = e % v.columns;
      valueMax[c] = Math.max(valueMax[c]!, Math.abs(block[e]!));
    }
  });
  return {
    M: M * scale * outward,
    columnBound: meter.rowMax * scale * outward,
    keyUnits: meter.keyMax.map(powerAbove),
    valueUnits: valueMax.map(powerAbove),
  };
}

/** ‖row‖ upward; ∞ where a square leaves float64 above, and as large as the largest entry where it does below. */
function norm(block: Float64Array, row: number, columns: number): number {
  let sum = 0;
  let most = 0;
  for (let e = row * columns; e < (row + 1) * columns; e++) {
    sum += block[e]! * block[e]!;
    most = Math.max(most, Math.abs(block[e]!));
  }
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
