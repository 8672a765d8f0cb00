/**
 * Attention, as the theorem has it: `Att(Q,K,V) = diag(A·1)⁻¹ A V` with `A = exp(scale · QKᵀ)` entrywise.
 * Alman and Song's scale is 1/d; most kernels use 1/√d; here it is any positive number.
 */
import type { Dtype } from './dtype.ts';

/**
 * A real matrix that is read in blocks of rows, so that a large one need never stand in memory whole. Reading
 * is pure: the same rows, the same numbers.
 */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /**
   * Writes rows `from` … `to - 1` (0 ≤ from ≤ to ≤ rows), row after row, into the first
   * `(to - from) * columns` entries of `into`.
   */
  read(from: number, to: number, into: Float64Array): void;
}

/** What an oracle sees: matrices, a scale and a number format, never the formula or the vectors behind them. */
export interface Attention {
  /** Queries, n_q × d. */
  readonly q: Matrix;
  /** Keys, n_k × d with n_k ≥ 1. */
  readonly k: Matrix;
  /** Values, n_k × d_v. */
  readonly v: Matrix;
  /** The number that multiplies QKᵀ. */
  readonly scale: number;
  /** The format of the tensors: every entry is exact in it, and an output is delivered in it. */
  readonly dtype: Dtype;
}

/**
 * How far an output may be from the true one, entry by entry:
 * |out − Att| ≤ relative · (A|V| / A1) + absolute. For V ≥ 0 the first factor is Att itself.
 */
export interface OutputError {
  readonly relative: number;
  readonly absolute: number;
}

/** An attention output: n_q × d_v, row after row, with the error that whoever computed it claims. */
export interface AttentionOutput {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float64Array;
  readonly error: OutputError;
}

/** A matrix over `data`, row after row, not copied; `data.length` must be `rows * columns`. */
export function denseMatrix(rows: number, columns: number, data: Float64Array): Matrix {
  return {
    rows,
    columns,
    read: (from, to, into) => into.set(data.subarray(from * columns, to * columns)),
  };
}

/** All entries of a matrix, row after row: `rows * columns` float64s of memory. */
export function entries(matrix: Matrix): Float64Array {
  const all = new Float64Array(matrix.rows * matrix.columns);
  matrix.read(0, matrix.rows, all);
  return all;
}

/** max |entry|, reading the matrix once in blocks; 0 for an empty one. NaN if an entry is NaN. */
export function maxAbs(matrix: Matrix): number {
  const step = Math.max(1, Math.floor(65536 / Math.max(1, matrix.columns)));
  const block = new Float64Array(step * matrix.columns);
  let most = 0;
  for (let from = 0; from < matrix.rows; from += step) {
    const to = Math.min(matrix.rows, from + step);
    matrix.read(from, to, block);
    for (let e = 0; e < (to - from) * matrix.columns; e++) most = Math.max(most, Math.abs(block[e]!));
  }
  return most;
}
