/**
 * The polynomial p of degree g for which δ(x) = p(x)·e^-x - 1 is smallest on [-M, M], by Remez's exchange, and a bound on
 * δ that does not depend on how p was found.
 *
 * The functions x^j·e^-x are a Chebyshev system, so that p is the one for which δ takes its largest absolute value at
 * g + 2 points with alternating signs (Cheney, Introduction to Approximation Theory, chapter 3). On g + 2 given points
 * δ(x_i) = (-1)^i·E means p(x_i) = e^(x_i)·(1 + (-1)^i·E), and the divided difference of p over all of them is 0: that is
 * E, and Newton's formula is p. If δ only alternates at the points, the least of its |δ(x_i)| is a lower bound on what
 * any polynomial of degree g can do (de la Vallée-Poussin).
 *
 * Of worst cases this p is the best: with 1 + δ anywhere in [1 - ε, 1 + ε], logits in [-M, M] and values in [0, 1], an
 * output can be off by tanh(¼·ln((1 + ε)/(1 - ε))) ≈ ε/2, and no constant factor of p changes that, as it cancels.
 */
import { gamma } from '../claim.ts';
import type { ExponentialPolynomial } from './exponential.ts';
import { logTail } from './series.ts';

/** Between these the exchange is worth its time: below, the series is as good; above, float64 loses what is gained. */
export const leastMinimaxM: number = 2 ** -12;
export const largestMinimaxM: number = 32;

/** The polynomial in x, M from `leastMinimaxM` to `largestMinimaxM`. */
export function minimaxPolynomial(M: number, degree: number): ExponentialPolynomial {
  const points = extremePoints(degree);
  const last = 24 * (degree + 2) - 1;
  const grid = Float64Array.from({ length: last + 1 }, (_, i) => extreme(i, last));
  const inverse = grid.map((y) => Math.exp(-M * y));
  const errors = new Float64Array(grid.length);
  let best = new Float64Array(degree + 1);
  let least = Infinity;
  for (let round = 0; round < 12; round++) {
    const { newton, level } = levelled(points, M);
    let worst = 0;
    for (let i = 0; i < grid.length; i++) {
      errors[i] = newtonAt(newton, points, grid[i]!) * inverse[i]! - 1;
      worst = Math.max(worst, Math.abs(errors[i]!));
    }
    if (worst < least) {
      least = worst;
      best = powersOf(newton, points);
    }
    if (!(worst > 1.0002 * Math.abs(level))) break;
    const extremes = alternation(errors);
    if (extremes.length < points.length) break; // rounding is all that is left
    // Of the runs at either end the smaller ones go.
    while (extremes.length > points.length) {
      if (Math.abs(errors[extremes[0]!]!) < Math.abs(errors[extremes.at(-1)!]!)) extremes.shift();
      else extremes.pop();
    }
    extremes.forEach((at, i) => (points[i] = grid[at]!));
  }
  return certified(
    M,
    best.map((c, j) => c / M ** j),
    least,
  );
}

/** The polynomial with these coefficients and a bound on its |δ|, which is `expected` to be that large or larger. */
export function certified(M: number, coefficients: Float64Array, expected: number): ExponentialPolynomial {
  const magnitude = Math.max(1, magnitudeOf(coefficients, M)) * (1 + 2 ** -30);
  const error = relativeError(M, coefficients, magnitude, expected);
  return { degree: coefficients.length - 1, coefficients, error, magnitude };
}

/** Coefficients of the polynomial that is e^x at x = M·y for each of the points y. */
export function interpolant(M: number, points: readonly number[]): Float64Array {
  const newton = new Float64Array(points.length);
  points.forEach((y, i) => (newton[i] = Math.exp(M * y))); // from() would take longer than all the rest
  divideDifferences(newton, points);
  const coefficients = powersOf(newton, points);
  for (let j = 1, power = M; j < points.length; j++, power *= M) coefficients[j]! /= power;
  return coefficients;
}

/** What max|δ| of no polynomial of that degree is below, but for rounding, by one system of equations: a few microseconds. */
export function leastError(M: number, degree: number): number {
  return Math.abs(levelOf(extremePoints(degree), M));
}

/** The extremes of T_(degree + 1), which are nearly the points where δ is to alternate. */
const extremePoints = (degree: number): number[] =>
  Array.from({ length: degree + 2 }, (_, i) => extreme(i, degree + 1));

/** The extremes of Chebyshev's T_last, i from 0 to `last`, rising from -1 to 1. */
export const extreme = (i: number, last: number): number => -Math.cos((Math.PI * i) / last);

/** By Horner's rule. */
export function valueAt(coefficients: Float64Array, x: number): number {
  let value = 0;
  for (let j = coefficients.length - 1; j >= 0; j--) value = value * x + coefficients[j]!;
  return value;
}

/** Newton's coefficients, for the points but the last, of the polynomial in y = x/M whose δ is ±E at all of them. */
function levelled(
  points: readonly number[],
  M: number,
): { readonly newton: Float64Array; readonly level: number } {
  const last = points.length - 1;
  const level = levelOf(points, M);
  const newton = Float64Array.from(
    { length: last },
    (_, i) => Math.exp(M * points[i]!) * (1 + (i % 2 === 0 ? level : -level)),
  );
  divideDifferences(newton, points);
  return { newton, level };
}

/** Values at the first of the points become Newton's coefficients. */
function divideDifferences(values: Float64Array, points: readonly number[]): void {
  for (let k = 1; k < values.length; k++) {
    for (let i = values.length - 1; i >= k; i--) {
      values[i] = (values[i]! - values[i - 1]!) / (points[i]! - points[i - k]!);
    }
  }
}

/** The ±E that δ takes at all of these points. */
function levelOf(points: readonly number[], M: number): number {
  let sum = 0;
  let alternating = 0;
  for (let i = 0; i < points.length; i++) {
    let weight = Math.exp(M * points[i]!);
    for (let j = 0; j < points.length; j++) if (j !== i) weight /= points[i]! - points[j]!;
    sum += weight;
    alternating += i % 2 === 0 ? weight : -weight;
  }
  return -sum / alternating;
}

function newtonAt(newton: Float64Array, points: readonly number[], y: number): number {
  let value = 0;
  for (let i = newton.length - 1; i >= 0; i--) value = value * (y - points[i]!) + newton[i]!;
  return value;
}

/** Newton's form in powers of y. */
function powersOf(newton: Float64Array, points: readonly number[]): Float64Array<ArrayBuffer> {
  const powers = new Float64Array(newton.length);
  for (let i = newton.length - 1; i >= 0; i--) {
    for (let j = newton.length - 1; j >= 1; j--) powers[j] = powers[j - 1]! - points[i]! * powers[j]!;
    powers[0] = newton[i]! - points[i]! * powers[0]!;
  }
  return powers;
}

/** Where |δ| is largest in each run of one sign. */
function alternation(errors: Float64Array): number[] {
  const extremes: number[] = [];
  let last = 0; // the error at the last of them
  for (let i = 0; i < errors.length; i++) {
    const error = errors[i]!;
    if (i === 0 || Math.sign(error) !== Math.sign(last)) extremes.push(i);
    else if (Math.abs(error) > Math.abs(last)) extremes[extremes.length - 1] = i;
    else continue;
    last = error;
  }
  return extremes;
}

function magnitudeOf(coefficients: Float64Array, M: number): number {
  return coefficients.reduceRight((sum, c) => sum * M + Math.abs(c), 0);
}

/**
 * A bound on |δ| over [-M, M]. With e^-x replaced by its Chebyshev series of degree N, of which the tail is t, δ is a
 * polynomial of degree D = N + g to within t·P, P = Σ|p_j|M^j, and N is such that this is little beside the `expected`
 * |δ|; and a polynomial of degree D is on the interval at most 1/cos(πD/2K) times as large as at the K zeros of T_K
 * (Ehlich and Zeller 1964). K = 32·D: an eighth of a percent.
 *
 * At a zero in float64: M·cos is off by less than 4 ulps of M, which moves δ by |δ'| ≤ e^M·P·(1 + g/M) times that; e^-x by
 * an ulp; and Horner's rule by γ_2g·P.
 */
function relativeError(M: number, coefficients: Float64Array, magnitude: number, expected: number): number {
  const degree = coefficients.length - 1;
  let N = Math.ceil(M);
  const small = Math.max(-45, Math.min(0, Math.log(expected / magnitude) - 9)); // from 2^-64 up, e^-9 of δ
  while (logTail(M, N) > small) N++;
  const tail = Math.exp(logTail(M, N)) * magnitude;
  const D = N + degree;
  const K = 32 * D;
  let most = 0;
  for (let i = 0; i < K; i++) {
    const x = M * Math.cos((Math.PI * (i + 0.5)) / K);
    most = Math.max(most, Math.abs(valueAt(coefficients, x) * Math.exp(-x) - 1));
  }
  const rounding = (gamma(2 * degree + 8) + 2 ** -50 * (M + degree + 1)) * Math.exp(M) * magnitude;
  const bound = (most + rounding + tail) / Math.cos(Math.PI / 64) + tail;
  return Number.isFinite(bound) ? bound * (1 + 2 ** -30) : Infinity;
}
