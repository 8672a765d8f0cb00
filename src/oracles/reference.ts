/**
 * The reference oracle: plain float64, one row at a time, two passes over the keys (the largest logit, then the
 * sums), every step as accurate as is easy and nothing done for speed.
 *
 * A logit is carried as an unevaluated sum hi + lo, from error-free products (Veltkamp 1968, Dekker 1971) and sums
 * (Knuth's TwoSum), so that its error does not grow with its size; inner products are Ogita, Rump and Oishi's Dot2
 * (2005). Weights are exp(hi - shift)·(1 + lo), and sums are compensated.
 */
import type { Attention, OutputError } from '../problems/attention.ts';
import { entries } from '../problems/attention.ts';
import { roundTo } from '../problems/dtype.ts';
import { gamma, quotientClaim, together, u } from './claim.ts';
import { logitBounds, logitMeter, meterKeys, meterQueries } from './logit-meter.ts';
import { productError, sumError } from './error-free.ts';
import type { AttendOptions, Attended, Oracle, Shape } from './oracle.ts';
import { requireFinite, requireFitting } from './validate.ts';

/** The largest weight of a row is e^340 ≈ 2^490, so that weights e^1048 times smaller are still normal numbers. */
const lift = 340;

/** Rows between two looks at the clock, the signal and the progress. */
const rowsAtOnce = 16;

/**
 * An oracle that is slow and obviously right.
 *
 * @example
 * const { output } = await referenceOracle().attend({ q, k, v, scale: 1 / q.columns, dtype: 'f64' });
 */
export function referenceOracle(): Oracle {
  return { name: 'reference', claim, attend, close: async () => {} };
}

/**
 * The bound, in units of u = 2^-53, first for one weight w = exp(logit - shift):
 *
 * - Dot2 leaves ⟨q,k⟩ = hi + lo up to γ_2d·γ_(d+1)·Σ|q·k|; nothing where products and sums are exact.
 * - scale·(hi + lo), then hi - shift, are error-free but for 3 roundings of lo terms, and all lo terms together are
 *   at most ε = γ_(d+2)·maxLogit + u·(2·maxLogit + lift + 1).
 * - exp(ε) is taken as 1 + ε: ε² more.
 * - Math.exp is within 1 ulp ≤ 2u (assumed of the engine; test/oracles/reference.test.ts compares V8's with
 *   decimal arithmetic), 1 + lo rounds by u, the product by u.
 *
 * The sum of n weights, compensated: n²u² and a last rounding u. With values: each product w·v rounds by u.
 */
function claim({ dtype, keys, headDim: d, maxLogit, exactProducts }: Shape): OutputError {
  const dot = exactProducts ? 0 : gamma(2 * d) * gamma(d + 1) * maxLogit;
  const low = (exactProducts ? u : gamma(d + 2)) * maxLogit + u * (2 * maxLogit + lift + 1);
  const weight = together(dot, 3 * u * low, low * low, 2 * u, u, u);
  const sum = [(keys * u) ** 2, u];
  return quotientClaim(dtype, together(weight, u, ...sum), together(weight, ...sum));
}

async function attend(attention: Attention, options: AttendOptions = {}): Promise<Attended> {
  const started = performance.now();
  requireFitting(attention);
  const { q, k, v, scale, dtype } = attention;
  const d = q.columns;
  const meter = logitMeter(d, scale);
  const keys = entries(k);
  meterKeys(meter, keys, k.rows, 0);
  const columns = entries(v);
  requireFinite('v', columns, columns.length, v.columns, 0);

  const values = new Float64Array(q.rows * v.columns);
  const queries = new Float64Array(Math.min(rowsAtOnce, q.rows) * d);
  const weights = new Float64Array(k.rows);
  const lows = new Float64Array(k.rows);
  for (let from = 0; from < q.rows; from += rowsAtOnce) {
    const to = Math.min(q.rows, from + rowsAtOnce);
    q.read(from, to, queries);
    meterQueries(meter, queries, to - from, from);
    for (let row = from; row < to; row++) {
      const query = queries.subarray((row - from) * d, (row - from + 1) * d);
      weigh(query, keys, scale, meter.exact ? exactProduct : dot2, weights, lows);
      average(weights, columns, values.subarray(row * v.columns, (row + 1) * v.columns));
    }
    options.onProgress?.(to / q.rows);
    await new Promise((resolve) => setTimeout(resolve));
    options.signal?.throwIfAborted();
  }
  for (let e = 0; e < values.length; e++) values[e] = roundTo(dtype, values[e]!);

  const error = claim({ dtype, keys: k.rows, headDim: d, ...logitBounds(meter) });
  return {
    output: { rows: q.rows, columns: v.columns, values, error },
    path: 'two-pass',
    reason: 'the only one there is',
    seconds: (performance.now() - started) / 1000,
  };
}

/** Writes ⟨q, k_j⟩ for all keys as hi + lo. */
type InnerProducts = (query: Float64Array, keys: Float64Array, his: Float64Array, los: Float64Array) => void;

/** Where the meter has shown that products and sums are exact there is no lo. */
const exactProduct: InnerProducts = (query, keys, his, los) => {
  const d = query.length;
  for (let j = 0; j < his.length; j++) {
    let sum = 0;
    for (let c = 0; c < d; c++) sum += query[c]! * keys[j * d + c]!;
    his[j] = sum;
    los[j] = 0;
  }
};

/** Ogita, Rump and Oishi's Dot2, its sum left in two parts. */
const dot2: InnerProducts = (query, keys, his, los) => {
  const d = query.length;
  for (let j = 0; j < his.length; j++) {
    let hi = 0;
    let lo = 0;
    for (let c = 0; c < d; c++) {
      const product = query[c]! * keys[j * d + c]!;
      const sum = hi + product;
      lo += productError(query[c]!, keys[j * d + c]!, product) + sumError(hi, product, sum);
      hi = sum;
    }
    his[j] = hi;
    los[j] = lo;
  }
};

/** The weights of all keys for one query: exp(scale·⟨q,k⟩) up to a common factor. `lows` is room to work. */
function weigh(
  query: Float64Array,
  keys: Float64Array,
  scale: number,
  innerProducts: InnerProducts,
  weights: Float64Array,
  lows: Float64Array,
): void {
  innerProducts(query, keys, weights, lows);
  let most = -Infinity;
  for (let j = 0; j < weights.length; j++) {
    const logit = scale * weights[j]!;
    lows[j] = productError(scale, weights[j]!, logit) + scale * lows[j]!;
    weights[j] = logit;
    if (logit > most) most = logit;
  }
  const shift = lift - most;
  for (let j = 0; j < weights.length; j++) {
    const shifted = weights[j]! + shift;
    weights[j] = Math.exp(shifted) * (1 + (sumError(weights[j]!, shift, shifted) + lows[j]!));
  }
}

/** One row of the output: the average of each column of `columns` under `weights`. */
function average(weights: Float64Array, columns: Float64Array, into: Float64Array): void {
  const total = sumOf(weights.length, (j) => weights[j]!);
  for (let c = 0; c < into.length; c++) {
    into[c] = sumOf(weights.length, (j) => weights[j]! * columns[j * into.length + c]!) / total;
  }
}

function sumOf(n: number, term: (j: number) => number): number {
  let hi = 0;
  let lo = 0;
  for (let j = 0; j < n; j++) {
    const x = term(j);
    const sum = hi + x;
    lo += sumError(hi, x, sum);
    hi = sum;
  }
  return hi + lo;
}
