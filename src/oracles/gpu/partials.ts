/**
 * What kernels give back for each row: for each chunk of keys the sum of the weights and the sums of weights times
 * values, each as a number times a power of two. Here they are added up, in float64, and divided.
 */

/** Sums on their way, `quantities` a row: the weights' first, then one for each value column. */
export interface Partials {
  readonly rows: number;
  readonly quantities: number;
  readonly his: Float64Array;
  /** What rounding has left out of `his`. */
  readonly los: Float64Array;
  /** The power of two that multiplies both. */
  readonly exponents: Float64Array;
}

export function newPartials(rows: number, quantities: number): Partials {
  const size = rows * quantities;
  return {
    rows,
    quantities,
    his: new Float64Array(size),
    los: new Float64Array(size),
    exponents: new Float64Array(size).fill(-Infinity),
  };
}

/**
 * Adds x·2^e to sum `at`, compensated. Where powers of two differ by more than 2^900 the smaller addend is dropped:
 * |x| must lie between 2^-130 and 2^130 or be 0.
 */
export function addPartial({ his, los, exponents }: Partials, at: number, x: number, e: number): void {
  if (x === 0) return;
  const top = exponents[at]!;
  if (e > top) {
    const down = powerOfTwo(top - e);
    his[at]! *= down;
    los[at]! *= down;
    exponents[at] = e;
  } else {
    x *= powerOfTwo(e - top);
  }
  const hi = his[at]!;
  const sum = hi + x;
  const part = sum - hi;
  los[at]! += hi - (sum - part) + (x - part);
  his[at] = sum;
}

/** The outputs of row `row`, `columns` of them from `first` on: each sum over the sum of the weights. */
export function quotients(
  { quantities, his, los, exponents }: Partials,
  row: number,
  into: Float64Array,
  first: number,
): void {
  const at = row * quantities;
  const total = his[at]! + los[at]!;
  for (let c = 1; c < quantities; c++) {
    const sum = his[at + c]! + los[at + c]!;
    into[first + c - 1] = sum === 0 ? 0 : scaled(sum / total, exponents[at + c]! - exponents[at]!);
  }
}

/** 2^e for e ≤ 0; 0 below 2^-900. */
const powerOfTwo = (e: number): number => (e < -900 ? 0 : 2 ** e);

/** x·2^e in steps that are exact but for the last one that leaves the normal numbers. */
function scaled(x: number, e: number): number {
  for (let left = Math.max(-3000, Math.min(3000, e)); left !== 0;) {
    const step = Math.max(-1000, Math.min(1000, left));
    x *= 2 ** step;
    left -= step;
  }
  return x;
}
