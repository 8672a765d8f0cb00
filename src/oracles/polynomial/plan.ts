/**
 * What the polynomial method would do for an attention, what error it would have and what it would cost: nothing runs.
 *
 * Rows are sorted into tiers by the bounds on their logits. Tier t has a polynomial p_t for [-M_t, M_t], and the degree
 * rises with M_t, so that short rows take fewer monomials. A query of tier a meets a key of tier c with the polynomial of
 * the lower of the two tiers, whose interval holds all their logits and whose monomials both have.
 */
import type { OutputError } from '../../problems/attention.ts';
import type { Dtype } from '../../problems/dtype.ts';
import { claimFor, largestFeature, weightError, weightsFor } from './claim.ts';
import { exponentialPolynomial, type ExponentialPolynomial } from './exponential.ts';
import { largestMinimaxM } from './minimax.ts';
import { rankOf } from './monomials.ts';
import { degreeFor, highestDegree, largestM } from './series.ts';

/** Sizes of an attention, and the measured bounds of its logits. */
export interface Sizes {
  readonly queries: number;
  readonly keys: number;
  readonly headDim: number;
  readonly valueDim: number;
  readonly dtype: Dtype;
  readonly M: number;
  readonly queryBounds: Float64Array;
  readonly keyBounds: Float64Array;
  readonly columnBound: number;
}

export interface Tier {
  /** Rows with a bound up to this, and above that of the tier before. */
  readonly M: number;
  readonly p: ExponentialPolynomial;
  readonly queries: number;
  readonly keys: number;
}

export interface Plan {
  /** The bound on the logits that the degree is for. */
  readonly M: number;
  /** The error of outputs, relative to A|V|/A1, that was asked for. */
  readonly target: number;
  /** The degree that certifies the target: the least that was found, or, where none is made, one whose tail suffices. */
  readonly degree: number;
  /** binom(d + degree, degree), a float where it is large. */
  readonly rank: number;
  /** Multiplications that this takes, and those of exact attention that take as long. */
  readonly work: number;
  readonly exactWork: number;
  /** The polynomials with their error; undefined where no degree certifies the target in float64. */
  readonly certified?: Certified;
}

export interface Certified {
  /** By rising M and degree; the last has the plan's. */
  readonly tiers: readonly Tier[];
  readonly error: OutputError;
}

/** More monomials are not tried, even when forced: sums over them would fill the memory. */
export const mostMonomials: number = 2 ** 20;

/** Below so much work tiers cost more than they save. */
export const tieredWork: number = 2e7;

/** Error 1/n unless another is asked for. */
export const defaultError = (keys: number): number => 1 / Math.max(keys, 4);

/** Tiers are made for plans with at least `tiersFrom` work. */
export function planFor(sizes: Sizes, target: number, tiersFrom: number = tieredWork): Plan {
  const { M, headDim, dtype } = sizes;
  const most = weightsFor(target);
  const { degree, p } = leastDegree(sizes, most);
  const top = { M, p, queries: sizes.queries, keys: sizes.keys };
  const whole = { M, target, degree, ...costOf(sizes, degree) };
  if (p === undefined || rankOf(headDim, degree) > mostMonomials) return whole;
  const tiers = whole.work < tiersFrom ? [{ ...top, p }] : tiersBelow(sizes, { ...top, p }, most);
  const error = claimFor(dtype, Math.max(...tiers.map((tier) => errorOf(sizes, tier.M, tier.p, degree))));
  const work = tiers.reduce((sum, tier) => sum + costOf({ ...sizes, ...tier }, tier.p.degree).work, 0);
  return { ...whole, work, certified: { tiers, error } };
}

/** The least degree that certifies, with its polynomial; without one the degree whose tail would suffice. */
function leastDegree(
  sizes: Sizes,
  most: number,
): { readonly degree: number; readonly p?: ExponentialPolynomial } {
  const { M } = sizes;
  const named = degreeFor(M, most);
  if (M > largestM || named > highestDegree) return { degree: named };
  const certified = (degree: number): ExponentialPolynomial | undefined => {
    const p = exponentialPolynomial(M, degree);
    return errorOf(sizes, M, p) <= most ? p : undefined;
  };
  // The tail knows nothing of rounding, which can ask for a degree or two more.
  let p: ExponentialPolynomial | undefined;
  for (let d = named; p === undefined && d <= Math.min(named + 2, highestDegree); d++) p = certified(d);
  if (p === undefined) return { degree: named };
  if (M > largestMinimaxM) return { degree: p.degree, p };
  for (let lower; p.degree > 0 && (lower = certified(p.degree - 1)) !== undefined;) p = lower;
  return { degree: p.degree, p };
}

/** Tiers of lower degrees under the one for all rows, as long as a twentieth of the rows are short enough. */
function tiersBelow(sizes: Sizes, top: Tier & { readonly p: ExponentialPolynomial }, most: number): Tier[] {
  const made = [{ M: top.M, p: top.p }];
  for (let degree = top.p.degree - 1; degree >= 0; degree--) {
    const tier = widest(sizes, degree, { above: made[0]!.M, highest: top.p.degree, most });
    const rows = countUpTo(sizes.queryBounds, tier.M) + countUpTo(sizes.keyBounds, tier.M);
    if (rows * 20 < sizes.queries + sizes.keys) break;
    made.unshift(tier);
  }
  const counted = (bounds: Float64Array, t: number): number =>
    (t === made.length - 1 ? bounds.length : countUpTo(bounds, made[t]!.M)) -
    (t === 0 ? 0 : countUpTo(bounds, made[t - 1]!.M));
  return made.map((tier, t) => ({
    ...tier,
    queries: counted(sizes.queryBounds, t),
    keys: counted(sizes.keyBounds, t),
  }));
}

/** A polynomial of that degree for an M about as large as certifies. Errors rise faster than M^(g+1). */
function widest(
  sizes: Sizes,
  degree: number,
  { above, highest, most }: { readonly above: number; readonly highest: number; readonly most: number },
): { readonly M: number; readonly p: ExponentialPolynomial } {
  let widestFound = { M: 0, p: exponentialPolynomial(0, degree) };
  let M = above;
  for (let step = 0; step < 4; step++) {
    const p = exponentialPolynomial(M, degree);
    const error = errorOf(sizes, M, p, highest);
    if (error <= most && M > widestFound.M) widestFound = { M, p };
    M = Math.min(above, M * (Math.min(error, 1e300) / most) ** (-1 / (degree + 1)) * (1 - 2 ** -10));
  }
  return widestFound;
}

const countUpTo = (bounds: Float64Array, M: number): number =>
  bounds.reduce((count, bound) => (bound <= M ? count + 1 : count), 0);

/** The tier of a row with this bound; the last holds what is left. */
export function tierOf(tiers: readonly Tier[], bound: number): number {
  let t = 0;
  while (t < tiers.length - 1 && bound > tiers[t]!.M) t++;
  return t;
}

/** The largest degree not above the plan's that can be computed at all, whatever its error, and that error. */
export function truncated(sizes: Sizes, plan: Plan): Certified {
  let degree = Math.min(plan.degree, highestDegree);
  while (degree > 0 && rankOf(sizes.headDim, degree) > mostMonomials) degree--;
  return ofDegree(sizes, degree);
}

/** One tier with a polynomial of that degree, and the error that it has. */
export function ofDegree(sizes: Sizes, degree: number): Certified {
  const { M, queries, keys, dtype } = sizes;
  const p = exponentialPolynomial(M, degree);
  return { tiers: [{ M, p, queries, keys }], error: claimFor(dtype, errorOf(sizes, M, p)) };
}

/**
 * The relative error of weights of logits up to M by this polynomial, ∞ where it could leave float64 on the way; `highest`
 * is the degree of the top tier, whose monomials are summed with it.
 */
function errorOf(sizes: Sizes, M: number, p: ExponentialPolynomial, highest: number = p.degree): number {
  const { headDim, keys } = sizes;
  const sums = { degree: highest, rank: rankOf(headDim, highest), keys, headDim };
  return isRoomy(sizes, p) ? weightError(M, p, sums) : Infinity;
}

/** May no c_α q^α leave 2^400? |q^α|/α!·m! summed over a degree m is (scale·Σ|q_c|·unit_c)^m, unit_c ≤ 2·max|k_c|. */
function isRoomy({ columnBound }: Sizes, p: ExponentialPolynomial): boolean {
  let most = 0;
  p.coefficients.forEach(
    (c, m) => (most = Math.max(most, Math.log(Math.abs(c) + 1e-300) + m * Math.log(2 * columnBound + 1))),
  );
  return most <= largestFeature;
}

/** Work in units of a multiplication with addition of the polynomial kernel, of rows that all take one degree. */
export function costOf(
  { queries, keys, headDim, valueDim }: Pick<Sizes, 'queries' | 'keys' | 'headDim' | 'valueDim'>,
  degree: number,
): Pick<Plan, 'rank' | 'work' | 'exactWork'> {
  const rank = rankOf(headDim, degree);
  const pairs = Math.ceil((valueDim + 1) / 2);
  return {
    rank,
    work:
      (queries + keys) * pairs * (rank * 2 + (degree === 0 ? 0 : rankOf(headDim, degree - 1)) + 8 * headDim),
    exactWork: queries * keys * (headDim + valueDim + exponential),
  };
}

/** Multiplications that take as long as one exponential of the dense kernel, measured (test/bench/transition.ts). */
const exponential = 18;
