/**
 * A polynomial of the same degree that is better on the logits that occur and worse, within a limit, at ±M.
 *
 * Of the polynomial of least relative error |δ| is as large near 0 as at ±M, and most logits are near 0, where Taylor's has
 * hardly any error. A polynomial of degree g is given by g + 1 points where it is e^x. The minimax one's spread over
 * [-M, M], Taylor's are all 0, and for normal logits of standard deviation s those of the least squares of p - e^x are
 * nearly the zeros of Hermite's He_(g+1), hence about Chebyshev's of the interval ±s·√(2g + 2). Here they move on straight
 * lines from the first to the last, t from 0 to 1: the error on what occurs falls and the certificate rises. (The error of
 * least squares is orthogonal to all of lower degree, so about a multiple of He_(g+1), whose zeros have the mean square g·s²
 * (Szegő, Orthogonal Polynomials, chapter 6); Chebyshev's points on ±w have w²/2. It is where the points are to be near.)
 *
 * An output is Σ p(x_j)·v_j / Σ p(x_j). If values do not depend on logits, its error is a sum of p(x_j) - c·e^(x_j) times
 * values of mean 0, c the quotient of Σ p and Σ e^x: in proportion to the root mean square of p - c·e^x, with about the c for
 * which that is least. The t that is taken is the least for which this is a quarter of Taylor's, or 1. Why not all of
 * Taylor's: queries differ, and values do depend on logits by chance. For the same reason s² is taken as ½ - 1/g of the
 * query's that has most, and a degree up to 2, for which a fit gains least, has Taylor's polynomial at t = 1.
 */
import type { ExponentialPolynomial } from './exponential.ts';
import { certified, extreme, interpolant, largestMinimaxM, leastMinimaxM, valueAt } from './minimax.ts';
import { chebyshevSeries } from './series.ts';

/** A polynomial that misses e^x by this much at best can claim next to nothing, and then its sums can be near 0. */
const hopeless = 1 / 4;

/**
 * In place of the minimax `p` on [-M, M], M > 0, for logits of which the root mean square is up to `spread`, which is no
 * bound: `errorOf` it is at most `most`, a relative error, or, where that is out of reach for `p` as well, hardly above
 * Taylor's. `p` itself where nothing is to be gained.
 */
export function suited(
  p: ExponentialPolynomial,
  { M, spread, most }: { readonly M: number; readonly spread: number; readonly most: number },
  errorOf: (p: ExponentialPolynomial) => number,
): ExponentialPolynomial {
  const { degree } = p;
  // With logits that are mostly large it is the ends that count.
  if (M < leastMinimaxM || M > largestMinimaxM || !(spread > 0 && spread < M / 2)) return p;
  const taylor = chebyshevSeries(0, degree).coefficients;
  const quarter = typicalError(taylor, M, spread) / 4;
  if (typicalError(p.coefficients, M, spread) <= quarter) return p;
  const isMet = errorOf(p) <= most;
  if (isMet && errorOf(p) > (3 / 4) * most) return p; // what is left is not worth the time
  if (!isMet && p.error >= hopeless) return certified(M, taylor, p.error);
  const from = meetings(p.coefficients, M);
  if (from.length !== degree + 1) return p; // lost in rounding
  const width = (Math.sqrt((2 * degree + 2) * Math.max(0, 1 / 2 - 1 / degree)) * spread) / M;
  const to = from.map((_, i) => -width * Math.cos((Math.PI * (i + 0.5)) / (degree + 1)));
  const between = (t: number): Float64Array => {
    if (t === 1 && degree <= 2) return taylor; // all in one point
    return interpolant(
      M,
      from.map((y, i) => (1 - t) * y + t * to[i]!),
    );
  };
  const limit = isMet ? most : largestError(taylor, M) * (1 + 2 ** -9); // as far as a certificate is above what it bounds
  let t = border(1, (t) => typicalError(between(t), M, spread) > quarter).after;
  if (largestError(between(t), M) > limit) {
    t = border(t, (t) => largestError(between(t), M) <= limit * (1 - 2 ** -6)).before;
  }
  const found = certified(M, between(t), p.error);
  return errorOf(found) <= limit ? found : p;
}

/** Where in [0, end], to a 64th of it, `holds` ends to be true: the last place before, or 0, and the first after, or the end. */
function border(
  end: number,
  holds: (t: number) => boolean,
): { readonly before: number; readonly after: number } {
  let [before, after] = [0, end];
  for (let step = 0; step < 6; step++) {
    const middle = (before + after) / 2;
    if (holds(middle)) before = middle;
    else after = middle;
  }
  return { before, after };
}

/** The root mean square of p - c·e^x under a normal density, c the factor for which it is least. */
function typicalError(coefficients: Float64Array, M: number, spread: number): number {
  // All divided by e^x, which goes into the weight: Σ w·(p·e^-x - c)², w = e^2x times the density.
  const step = Math.min(M, 4 * spread) / 8;
  let [weights, sum, squares] = [0, 0, 0];
  for (let i = -8; i <= 8; i++) {
    const x = i * step;
    const weight = Math.exp(2 * x - (x / spread) ** 2 / 2);
    const off = valueAt(coefficients, x) * Math.exp(-x) - 1;
    weights += weight;
    sum += weight * off;
    squares += weight * off * off;
  }
  return Math.sqrt(Math.max(0, squares - (sum / weights) * sum)) / Math.abs(1 + sum / weights);
}

/** About the largest |δ| on [-M, M]. */
function largestError(coefficients: Float64Array, M: number): number {
  const last = 4 * coefficients.length;
  let most = 0;
  for (let i = 0; i <= last; i++) most = Math.max(most, Math.abs(errorAt(coefficients, i, last, M)));
  return most;
}

/** Where, in units of M, the polynomial is e^x. */
function meetings(coefficients: Float64Array, M: number): number[] {
  const last = 8 * coefficients.length;
  const found: number[] = [];
  let before = errorAt(coefficients, 0, last, M);
  for (let i = 1; i <= last; i++) {
    const here = errorAt(coefficients, i, last, M);
    if (before < 0 !== here < 0) {
      const left = extreme(i - 1, last);
      found.push(left + ((extreme(i, last) - left) * before) / (before - here));
    }
    before = here;
  }
  return found;
}

/** δ at M times an extreme of Chebyshev's T_last. */
function errorAt(coefficients: Float64Array, i: number, last: number, M: number): number {
  const x = M * extreme(i, last);
  return valueAt(coefficients, x) * Math.exp(-x) - 1;
}
