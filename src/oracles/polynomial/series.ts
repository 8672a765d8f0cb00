/**
 * exp on [-M, M] by its Chebyshev series, cut after degree g and written in powers of x:
 *
 *     exp(x) = I_0(M) + 2 Σ_{k ≥ 1} I_k(M) T_k(x/M),   |what is cut| ≤ 2 Σ_{k > g} I_k(M) on [-M, M],
 *
 * I_k the modified Bessel functions (DLMF 10.35.2), all positive, so that the tail needs no more than an upper bound of
 * each. Aggarwal and Alman (CCC 2022) show which degrees are necessary and sufficient.
 *
 * I_k(M) = (M/2)^k/k! · S_k with S_k = Σ_m (M²/4)^m / (m!·(k+1)…(k+m)), and S_k ≤ exp(M²/(4(k+1))). The coefficient of
 * x^j is Σ_k 2·t_kj·2^-k/k!·S_k·M^(k-j) for T_k(y) = Σ_j t_kj y^j: without a division by M, so that M = 0 gives Taylor.
 */
import { gamma } from '../claim.ts';
import type { ExponentialPolynomial } from './exponential.ts';

/** Higher degrees are named but not made: what needs them loses all digits of float64 on the way. */
export const highestDegree: number = 64;

/** A larger M is not tried: up to here no intermediate result leaves float64. */
export const largestM: number = 256;

/** Float64 rounding in a bound that is a sum of positive terms; 2^-30 is far more than it can be. */
const outward = 1 + 2 ** -30;

/** ln of a bound on 2 Σ_{k > degree} I_k(M), M as if it were at least 2^-1000. From term to term the bound falls at least as M/(2(k+1)). */
export function logTail(M: number, degree: number): number {
  M = Math.max(M, 2 ** -1000);
  const first = degree + 1;
  const ratio = M / (2 * (first + 1));
  let log = Math.LN2 + first * Math.log(M / 2) + (M * M) / (4 * (first + 1));
  for (let k = 2; k <= first; k++) log -= Math.log(k);
  // Where terms do not fall yet the bound says nothing: I_k itself is at most e^M.
  const sum = ratio < 1 ? log - Math.log1p(-ratio) : Infinity;
  return sum + 2 ** -30 * (1 + Math.abs(sum));
}

/** The least degree at which the tail is at most `relative`·e^-M, by `logTail`; M may be as large as 2^30. */
export function degreeFor(M: number, relative: number): number {
  const enough = (degree: number): boolean => quickTail(M, degree) <= Math.log(relative) - M;
  let high = 1;
  while (!enough(high)) high *= 2;
  let low = -1;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** `logTail`, with Stirling's lower bound of the factorial for degrees that are only ever named. */
function quickTail(M: number, degree: number): number {
  if (degree <= highestDegree) return logTail(M, degree);
  const k = degree + 1;
  const ratio = M / (2 * (k + 1));
  if (ratio >= 1) return Infinity;
  const factorial = k * Math.log(k) - k + 0.5 * Math.log(2 * Math.PI * k);
  return Math.LN2 + k * Math.log(M / 2) + (M * M) / (4 * (k + 1)) - factorial - Math.log1p(-ratio);
}

/** The polynomial of so high a degree, 0 … `highestDegree`; M from 0 to `largestM`. */
export function chebyshevSeries(M: number, degree: number): ExponentialPolynomial {
  const coefficients = new Float64Array(degree + 1);
  const sizes = new Float64Array(degree + 1);
  let t = Float64Array.of(1); // T_k
  let before = new Float64Array(0); // T_(k-1)
  let scale = 1; // 2^-k/k!, twice that from k = 1 on
  for (let k = 0; k <= degree; k++) {
    const weight = scale * besselSeries(M, k) * (k === 0 ? 1 : 2);
    for (let j = k & 1; j <= k; j += 2) {
      const term = weight * t[j]! * M ** (k - j);
      coefficients[j]! += term;
      sizes[j]! += Math.abs(term);
    }
    const next = new Float64Array(k + 2);
    // Signs alternate, so that nothing cancels in this recurrence.
    for (let j = 0; j <= k; j++) next[j + 1] = (k === 0 ? 1 : 2) * t[j]!;
    for (let j = 0; j < before.length; j++) next[j]! -= before[j]!;
    before = t;
    t = next;
    scale /= 2 * (k + 1);
  }
  let size = 0;
  let magnitude = 0;
  for (let j = degree; j >= 0; j--) {
    size = size * M + sizes[j]!;
    magnitude = magnitude * M + Math.abs(coefficients[j]!);
  }
  // A term has 2k roundings in its scale, k in t, at most 2 + log2(k) ulps in the power, fewer than 900 in the series (M ≤ 256); sums have k.
  const rounding = gamma(8 * degree + 1000) * size;
  return {
    degree,
    coefficients,
    error: Math.exp(M) * (Math.exp(logTail(M, degree)) + rounding) * outward,
    magnitude: Math.max(1, magnitude) * outward,
  };
}

/** S_k, all terms positive; ends when they no longer count. */
function besselSeries(M: number, k: number): number {
  let sum = 1;
  let term = 1;
  for (let m = 1; term > 2 ** -60 * sum; m++) {
    term *= (M * M) / 4 / (m * (k + m));
    sum += term;
  }
  return sum;
}
