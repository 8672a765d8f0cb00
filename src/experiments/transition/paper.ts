/**
 * Both sides of the transition in closed form, for n beyond what any machine holds. As exponents of n, the way the
 * theorem counts.
 *
 * The fast side: the worst logit for entries up to B is M = B²; the degree is what the tail of exp's Chebyshev series
 * needs for an error of 1/n (polynomial/series.ts), and the rank is binom(d + g, g). Where rank ≥ n there is nothing
 * to be gained. The hard side: reading a count by exact interpolation at D + 1 Chebyshev nodes in [x_min, 1],
 * x_min = exp(-B²/d), amplifies errors by Λ = T_D((1 + x_min)/(1 - x_min)), with D = d, the most that d coordinates can
 * have in common. A reduction needs Λ = n^O(1), for then an error of 1/n^O(1) decodes. For small n the linear program
 * (readout/minimax.ts) gives what a readout needs that may be off by 1/(8n).
 */
import { degreeFor } from '../../oracles/polynomial/series.ts';
import { weightsFor } from '../../oracles/polynomial/claim.ts';
import { truncateTo } from '../../problems/dtype.ts';
import { minimaxReadout } from '../../readout/minimax.ts';
import type { Point } from './config.ts';

export interface OnPaper extends Point {
  /** B², the largest |logit| there can be. */
  readonly logit: number;
  readonly degree: number;
  /** log_n of the rank: below 1 the method is subquadratic. */
  readonly rankExponent: number;
  /** log_n of the amplification of exact interpolation. */
  readonly amplificationExponent: number;
  /** log_n of the amplification of the minimax readout for D = d; null beyond `largestProgram`, where none is solved. */
  readonly minimaxExponent: number | null;
}

/** log₂ n up to which the linear program is solved. */
export const largestProgram = 16;

export function onPaper(point: Point): OnPaper {
  const { log2n, d, bound } = point;
  const logit = bound * bound;
  const { degree, rankExponent } = forPower(point, 1);
  const lnN = log2n * Math.LN2;
  return {
    ...point,
    logit,
    degree,
    rankExponent,
    amplificationExponent: logChebyshev(d, Math.exp(-logit / d)) / lnN,
    minimaxExponent: log2n > largestProgram ? null : Math.log(programAmplification(point)) / lnN,
  };
}

/** What an error of 1/n^power takes. */
export interface ForPower extends Point {
  readonly power: number;
  readonly degree: number;
  /** log_n of the rank. */
  readonly rankExponent: number;
}

export function forPower(point: Point, power: number): ForPower {
  const { log2n, n, d, bound } = point;
  const degree = degreeFor(bound * bound, weightsFor(n ** -power));
  return { ...point, power, degree, rankExponent: logRank(d, degree) / (log2n * Math.LN2) };
}

/** Σ|w_k| of the minimax readout with logits down to -B² and a tolerance of 1/(8n). */
function programAmplification({ n, d, bound }: Point): number {
  // Nodes are of exact products, which takes a bound of few bits.
  const setting = {
    degree: d,
    bound: truncateTo(16, bound),
    scale: 1 / d,
    headDim: 1,
    dtype: 'f64',
  } as const;
  const { weights } = minimaxReadout({ ...setting, tolerance: 1 / (8 * n) });
  return weights.reduce((sum, weight) => sum + Math.abs(weight), 0);
}

/** ln binom(d + g, g). */
export function logRank(d: number, g: number): number {
  let log = 0;
  for (let i = 1; i <= Math.min(d, g); i++) log += Math.log1p(Math.max(d, g) / i);
  return log;
}

/** ln T_D((1 + x)/(1 - x)), without overflow. */
export function logChebyshev(D: number, x: number): number {
  const angle = D * Math.acosh((1 + x) / (1 - x));
  return angle + Math.log1p(Math.exp(-2 * angle)) - Math.LN2;
}
