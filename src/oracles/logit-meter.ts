/**
 * What an oracle's claim needs to know of Q and K, measured in one pass, O((n_q + n_k)·d): a bound on the logits,
 * and whether ⟨q,k⟩ is exact in float64 in whatever order it is summed. That is so when for each query q there is a
 * power of two u_q that divides its entries, one u_k divides those of K, and Σ_c |q_c|·max_j|k_jc| is at most
 * 2^53·u_q·u_k: then every product and every partial sum is a multiple of u_q·u_k of at most 53 bits.
 *
 * Keys are metered before queries, each matrix in blocks of rows. Metering refuses what is not finite.
 */
import type { Attention, Matrix } from '../problems/attention.ts';
import { logitFault, largestLogit, requireFinite } from './validate.ts';

export interface LogitBounds {
  /** A bound on scale · Σ_c |q_c · k_c| over all pairs, hence on every |logit|. */
  readonly maxLogit: number;
  /** True where every product and every partial sum of ⟨q,k⟩ is exact in float64. */
  readonly exactProducts: boolean;
}

export interface LogitMeter {
  readonly headDim: number;
  readonly scale: number;
  /** max_j |k_jc| for each column c. */
  readonly keyMax: Float64Array;
  /** A power of two that divides all keys so far; 0 where there is none that is fine enough to matter. */
  keyUnit: number;
  /** Products and sums of every query so far are exact. */
  exact: boolean;
  /** max over queries of Σ_c |q_c| · keyMax[c]. */
  rowMax: number;
}

/** The coarsest unit tried: an entry of a matrix of zeros has it. */
const coarsest = 2 ** 451;
/** Below this, products of two units leave float64; a matrix that needs it counts as inexact. */
export const finest: number = 2 ** -530;
/** Rounding in `rowMax` itself: its d additions are off by less than this factor for any d below 2^20. */
const outward = 1 + 2 ** -32;

export function logitMeter(headDim: number, scale: number): LogitMeter {
  return {
    headDim,
    scale,
    keyMax: new Float64Array(headDim),
    keyUnit: coarsest,
    exact: true,
    rowMax: 0,
  };
}

/** Meters `rows` keys, row after row in `block`; `first` is the number of the first. Throws an `InputError`. */
export function meterKeys(meter: LogitMeter, block: Float64Array, rows: number, first: number): void {
  const { headDim: d, keyMax } = meter;
  requireFinite('k', block, rows * d, d, first);
  for (let e = 0, c = 0; e < rows * d; e++) {
    const x = Math.abs(block[e]!);
    if (x > keyMax[c]!) keyMax[c] = x;
    if (++c === d) c = 0;
  }
  meter.keyUnit = commonUnit(block, 0, rows * d, meter.keyUnit);
}

/** Meters `rows` queries as `meterKeys` does keys. Throws an `InputError`, also for logits beyond 2^30. */
export function meterQueries(meter: LogitMeter, block: Float64Array, rows: number, first: number): void {
  const { headDim: d, keyMax } = meter;
  requireFinite('q', block, rows * d, d, first);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let c = 0; c < d; c++) sum += Math.abs(block[row * d + c]!) * keyMax[c]!;
    noteQuery(meter, first + row, sum, meter.exact ? rowUnit(block, row * d, (row + 1) * d) : 0);
  }
}

/**
 * Takes in a query of which Σ_c |q_c|·keyMax[c] is `sum`, a little rounded, and which `unit` divides; gives a power of
 * two that divides its products with keys. Throws an `InputError` for logits beyond 2^30.
 */
export function noteQuery(meter: LogitMeter, row: number, sum: number, unit: number): number {
  if (sum * meter.scale * outward > largestLogit) throw logitFault(row, sum * meter.scale);
  if (sum > meter.rowMax) meter.rowMax = sum;
  const product = unit < finest ? 0 : unit * meter.keyUnit;
  meter.exact &&= isExactIn(53, sum, product);
  return product;
}

/** Are all products and partial sums of a row exact in floating point of `bits` bits? */
export function isExactIn(bits: number, sum: number, unit: number): boolean {
  return unit > 0 && sum * outward <= 2 ** bits * unit;
}

/** The bounds for everything metered so far. */
export function logitBounds({ rowMax, scale, exact }: LogitMeter): LogitBounds {
  return { maxLogit: rowMax * scale * outward, exactProducts: exact };
}

/** The bounds of a whole attention, read once. Throws an `InputError` for what no oracle would take. */
export function measureLogits({ q, k, scale }: Attention): LogitBounds {
  const meter = logitMeter(q.columns, scale);
  inBlocks(k, (block, rows, first) => meterKeys(meter, block, rows, first));
  inBlocks(q, (block, rows, first) => meterQueries(meter, block, rows, first));
  return logitBounds(meter);
}

function inBlocks(matrix: Matrix, visit: (block: Float64Array, rows: number, first: number) => void): void {
  const step = Math.max(1, Math.floor(2 ** 16 / Math.max(1, matrix.columns)));
  const block = new Float64Array(Math.min(step, matrix.rows) * matrix.columns);
  for (let from = 0; from < matrix.rows; from += step) {
    const to = Math.min(matrix.rows, from + step);
    matrix.read(from, to, block);
    visit(block, to - from, from);
  }
}

/** A power of two that divides the entries `from` … `to - 1`, the largest or nearly so; 0 if below `finest`. */
function rowUnit(block: Float64Array, from: number, to: number): number {
  let most = 0;
  for (let e = from; e < to; e++) most = Math.max(most, Math.abs(block[e]!));
  return commonUnit(
    block,
    from,
    to,
    most === 0 ? coarsest : Math.min(coarsest, 2 ** Math.ceil(Math.log2(most))),
  );
}

/** The largest power of two ≤ `unit` that divides the entries `from` … `to - 1` of `block`; 0 if below `finest`. */
function commonUnit(block: Float64Array, from: number, to: number, unit: number): number {
  if (unit < finest) return 0;
  let inverse = 1 / unit;
  for (let e = from; e < to; e++) {
    while (!isMultiple(block[e]!, inverse)) {
      unit /= 2;
      inverse *= 2;
      if (unit < finest) return 0;
    }
  }
  return unit;
}

/** Is x a multiple of the power of two 1/`inverse`? The product is exact, or so small that it is no integer but 0. */
function isMultiple(x: number, inverse: number): boolean {
  const units = x * inverse;
  return units === Math.floor(units) && (units !== 0 || x === 0);
}
