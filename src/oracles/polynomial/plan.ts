/** What the polynomial method would do for an attention, what error it would have and what it would cost: nothing runs. */
import { claimFor, largestFeature, weightError, weightsFor } from './claim.ts';
import {
  degreeFor,
  exponentialPolynomial,
  highestDegree,
  largestM,
  type ExponentialPolynomial,
} from './exponential.ts';
import { rankOf } from './monomials.ts';
import type { OutputError } from '../../problems/attention.ts';
import type { Dtype } from '../../problems/dtype.ts';

/** Sizes of an attention, and the measured bounds of its logits. */
export interface Sizes {
  readonly queries: number;
  readonly keys: number;
  readonly headDim: number;
  readonly valueDim: number;
  readonly dtype: Dtype;
  readonly M: number;
  readonly columnBound: number;
}

export interface Plan {
  /** The bound on the logits that the degree is for. */
  readonly M: number;
  /** The error of outputs, relative to A|V|/A1, that was asked for. */
  readonly target: number;
  /** The degree that certifies the target by the tail of the series. */
  readonly degree: number;
  /** binom(d + degree, degree), a float where it is large. */
  readonly rank: number;
  /** Multiplications that this takes, and those of exact attention that take as long. */
  readonly work: number;
  readonly exactWork: number;
  /** The polynomial with its error; undefined where no degree certifies the target in float64. */
  readonly certified?: { readonly p: ExponentialPolynomial; readonly error: OutputError };
}

/** More monomials are not tried, even when forced: sums over them would fill the memory. */
export const mostMonomials: number = 2 ** 20;

/** Error 1/n unless another is asked for. */
export const defaultError = (keys: number): number => 1 / Math.max(keys, 4);

export function planFor(sizes: Sizes, target: number): Plan {
  const { M, headDim, dtype } = sizes;
  const most = weightsFor(target);
  let degree = degreeFor(M, most);
  const named = { M, target };
  const isMade = (): boolean =>
    M <= largestM && degree <= highestDegree && rankOf(headDim, degree) <= mostMonomials;
  while (isMade()) {
    const p = exponentialPolynomial(M, degree);
    const error = errorOf(sizes, p);
    if (error <= most) {
      return { ...named, ...costOf(sizes, degree), certified: { p, error: claimFor(dtype, error) } };
    }
    // Rounding took what truncation had left over: one more degree may do, unless rounding alone is too much.
    const truncation = Math.exp(M) * p.error;
    if (error - truncation > most || truncation < most / 1e3) break;
    degree++;
  }
  return { ...named, ...costOf(sizes, degree) };
}

/** The largest degree not above the plan's that can be computed at all, whatever its error, and that error. */
export function truncated(
  sizes: Sizes,
  plan: Plan,
): { readonly p: ExponentialPolynomial; readonly error: OutputError } {
  let degree = Math.min(plan.degree, highestDegree);
  while (degree > 0 && rankOf(sizes.headDim, degree) > mostMonomials) degree--;
  const p = exponentialPolynomial(sizes.M, degree);
  return { p, error: claimFor(sizes.dtype, errorOf(sizes, p)) };
}

/** The relative error of weights by this polynomial, ∞ where it could leave float64 on the way. */
export function errorOf(sizes: Sizes, p: ExponentialPolynomial): number {
  const { M, headDim, keys } = sizes;
  return isRoomy(sizes, p) ? weightError(M, p, { rank: rankOf(headDim, p.degree), keys, headDim }) : Infinity;
}

/** May no c_α q^α leave 2^400? |q^α|/α!·m! summed over a degree m is (scale·Σ|q_c|·unit_c)^m, unit_c ≤ 2·max|k_c|. */
function isRoomy({ columnBound }: Sizes, p: ExponentialPolynomial): boolean {
  let most = 0;
  p.coefficients.forEach(
    (c, m) => (most = Math.max(most, Math.log(Math.abs(c) + 1e-300) + m * Math.log(2 * columnBound + 1))),
  );
  return most <= largestFeature;
}

/** Work in units of a multiplication with addition of the polynomial kernel. */
export function costOf(
  { queries, keys, headDim, valueDim }: Omit<Sizes, 'M' | 'columnBound' | 'dtype'>,
  degree: number,
): Pick<Plan, 'degree' | 'rank' | 'work' | 'exactWork'> {
  const rank = rankOf(headDim, degree);
  const pairs = Math.ceil((valueDim + 1) / 2);
  return {
    degree,
    rank,
    work:
      (queries + keys) * pairs * (rank * 2 + (degree === 0 ? 0 : rankOf(headDim, degree - 1)) + 8 * headDim),
    exactWork: queries * keys * (headDim + valueDim + exponential),
  };
}

/** Multiplications that take as long as one exponential of the dense kernel, measured (test/bench/transition.ts). */
const exponential = 18;
