/**
 * Polynomials in place of exp on [-M, M]. What counts is the error relative to exp: weights are off by that factor, and
 * an output by twice it. Two kinds, of which the better is taken: the Chebyshev series of exp (series.ts), which exists
 * in closed form for every M and degree, and the polynomial of least relative error (minimax.ts), which gains up to e^M
 * and is made where M is small.
 */
import { largestMinimaxM, leastMinimaxM, minimaxPolynomial } from './minimax.ts';
import { chebyshevSeries } from './series.ts';

export interface ExponentialPolynomial {
  readonly degree: number;
  /** Of x^0 … x^degree. */
  readonly coefficients: Float64Array;
  /** A bound on |p(x)·e^-x - 1| for |x| ≤ M, of p with the coefficients as they are here. */
  readonly error: number;
  /** A bound on Σ_j |p_j|·M^j, at least 1. */
  readonly magnitude: number;
}

/** The polynomial of so high a degree, 0 … `highestDegree`, with the smaller certified error; M from 0 to `largestM`. */
export function exponentialPolynomial(M: number, degree: number): ExponentialPolynomial {
  const series = chebyshevSeries(M, degree);
  if (M < leastMinimaxM || M > largestMinimaxM) return series;
  const minimax = minimaxPolynomial(M, degree);
  return minimax.error < series.error ? minimax : series;
}
