/**
 * What the polynomial method would do for an attention, what error it would have and what it would cost: nothing runs.
 *
 * Rows are sorted into tiers by the bounds on their logits. Tier t has a polynomial p_t for [-M_t, M_t], and the degree
 * rises with M_t, so that short rows take fewer monomials. A query of tier a meets a key of tier c with the polynomial of
 * the lower of the two tiers, whose interval holds all their logits and whose monomials both have.
 */
import type { OutputError } from '../../problems/attention.ts';
import type { Dtype } from '../../problems/dtype.ts';
import { claimFor, isRoomy, weightError, weightsFor } from './claim.ts';
import { costOf, relativeTime, type Cost, type Share } from './cost.ts';
import { exponentialPolynomial, type ExponentialPolynomial } from './exponential.ts';
import { largestMinimaxM, leastError, leastMinimaxM } from './minimax.ts';
import { rankOf } from './monomials.ts';
import { degreeFor, highestDegree, largestM } from './series.ts';
import { suited } from './typical.ts';

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
  readonly spread: number;
}

export interface Tier {
  /** Rows with a bound up to this, and above that of the tier before. */
  readonly M: number;
  readonly p: ExponentialPolynomial;
  readonly queries: number;
  readonly keys: number;
}

export interface Plan extends Cost {
  /** The bound on the logits that the degree is for. */
  readonly M: number;
  /** The error of outputs, relative to A|V|/A1, that was asked for. */
  readonly target: number;
  /** The degree that certifies the target: the least that was found, or, where none is made, one whose tail suffices. */
  readonly degree: number;
  /** Its time over that of exact attention, by a model of both: from 1 up it is not worth it. */
  readonly relativeTime: number;
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
  if (p === undefined || rankOf(headDim, degree) > mostMonomials) {
    return { ...whole, relativeTime: relativeTime(sizes, [{ ...sizes, degree }]) };
  }
  const made = whole.work < tiersFrom ? [{ ...top, p }] : tiersBelow(sizes, { ...top, p }, most);
  // Tiers below are as wide as the target allows, and leave nothing to give away.
  const tiers = [...made.slice(0, -1), { ...made.at(-1)!, p: suitedTo(sizes, p, most) }];
  const error = claimFor(dtype, Math.max(...tiers.map((tier) => errorOf(sizes, tier.M, tier.p, degree))));
  return {
    ...whole,
    work: workOf(sizes, tiers),
    relativeTime: relativeTime(sizes, tiers.map(shareOf)),
    certified: { tiers, error },
  };
}

const shareOf = ({ p, queries, keys }: Tier): Share => ({ degree: p.degree, queries, keys });

/** Multiplications that these tiers take. */
export const workOf = (sizes: Sizes, tiers: readonly Tier[]): number =>
  tiers.reduce((sum, tier) => sum + costOf({ ...sizes, ...shareOf(tier) }, tier.p.degree).work, 0);

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
  // What no polynomial of a degree can do needs no try; the tail knows nothing of rounding, which can ask for two more.
  const isHopeless = (degree: number): boolean => leastError(M, degree) * (1 - 2 ** -10) > most;
  let degree = M > largestMinimaxM ? named : 0;
  if (M >= leastMinimaxM && M <= largestMinimaxM) while (degree < named && isHopeless(degree)) degree++;
  for (let p; degree <= Math.min(named + 2, highestDegree); degree++) {
    if ((p = certified(degree)) !== undefined) return { degree, p };
  }
  return { degree: named };
}

/** Tiers of lower degrees under the one for all rows, as long as a twentieth of the rows are short enough. */
function tiersBelow(sizes: Sizes, top: Tier & { readonly p: ExponentialPolynomial }, most: number): Tier[] {
  const made = [{ M: top.M, p: top.p }];
  const isEnough = (M: number): boolean =>
    (countUpTo(sizes.queryBounds, M) + countUpTo(sizes.keyBounds, M)) * 20 >= sizes.queries + sizes.keys;
  for (let degree = top.p.degree - 1; degree >= 0; degree--) {
    const reach = reachOf(degree, made[0]!, most);
    if (!isEnough(reach)) break;
    const tier = widest(sizes, degree, { reach, highest: top.p.degree, most });
    if (tier === undefined || !isEnough(tier.M)) break;
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

/** About the largest M for which that degree certifies, not above the tier's that is `above`. */
function reachOf(degree: number, above: Pick<Tier, 'M' | 'p'>, most: number): number {
  const { M: highest, p } = above;
  if (highest < leastMinimaxM || highest > largestMinimaxM) return highest;
  // What is certified is more than the least error by a factor that grows about exponentially with M.
  const excess = p.error / leastError(highest, p.degree);
  let M = highest;
  for (let step = 0; step < 6; step++) {
    M = Math.min(highest, nearer(M, excess ** (M / highest) * leastError(M, degree), most, degree));
  }
  return M;
}

/** A polynomial of that degree for about as large an M as certifies, at first `reach`; undefined if four tries do not. */
function widest(
  sizes: Sizes,
  degree: number,
  { reach, highest, most }: { readonly reach: number; readonly highest: number; readonly most: number },
): { readonly M: number; readonly p: ExponentialPolynomial } | undefined {
  let M = reach;
  let found: { readonly M: number; readonly p: ExponentialPolynomial } | undefined;
  for (let step = 0; step < 4; step++) {
    const p = exponentialPolynomial(M, degree);
    const error = errorOf(sizes, M, p, highest);
    if (error <= most && M > (found?.M ?? 0)) found = { M, p };
    if (found !== undefined && error > most * (1 - 2 ** -5)) break;
    M = Math.min(reach * (1 + 2 ** -3), nearer(M, error, most, degree) * (1 - 2 ** -10));
  }
  return found;
}

/** The M for which an error is `most` that is `error` for M: it rises about as M^(degree + 1). */
const nearer = (M: number, error: number, most: number, degree: number): number =>
  M * (Math.min(error, 1e300) / most) ** (-1 / (degree + 1));

function countUpTo(bounds: Float64Array, M: number): number {
  let count = 0;
  for (let row = 0; row < bounds.length; row++) if (bounds[row]! <= M) count++;
  return count;
}

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
  return inOneTier(sizes, exponentialPolynomial(sizes.M, degree));
}

/** One tier with a polynomial of that degree, and the error that it has: the target if it can be met. */
export function ofDegree(sizes: Sizes, degree: number, target: number): Certified {
  return inOneTier(sizes, suitedTo(sizes, exponentialPolynomial(sizes.M, degree), weightsFor(target)));
}

function inOneTier(sizes: Sizes, p: ExponentialPolynomial): Certified {
  const { M, queries, keys, dtype } = sizes;
  return { tiers: [{ M, p, queries, keys }], error: claimFor(dtype, errorOf(sizes, M, p)) };
}

const suitedTo = (sizes: Sizes, p: ExponentialPolynomial, most: number): ExponentialPolynomial =>
  suited(p, { ...sizes, most }, (other) => errorOf(sizes, sizes.M, other));

/**
 * The relative error of weights of logits up to M by this polynomial, ∞ where it could leave float64 on the way; `highest`
 * is the degree of the top tier, whose monomials are summed with it.
 */
function errorOf(sizes: Sizes, M: number, p: ExponentialPolynomial, highest: number = p.degree): number {
  const { headDim, keys, columnBound } = sizes;
  const sums = { degree: highest, rank: rankOf(headDim, highest), keys, headDim };
  return isRoomy(columnBound, p) ? weightError(M, p, sums) : Infinity;
}
