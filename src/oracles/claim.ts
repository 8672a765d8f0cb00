/** What the oracles' error claims have in common. The errors of each oracle's own steps are in its own file. */
import type { OutputError } from '../problems/attention.ts';
import { smallestNormal, smallestSubnormal, unitRoundoff, type Dtype } from '../problems/dtype.ts';

/** u of float64, in which all oracles here compute. */
export const u: number = 2 ** -53;

/** γ_n = nu/(1 - nu), the relative error of n roundings; ∞ where that says nothing. */
export function gamma(n: number): number {
  return n * u < 1 ? (n * u) / (1 - n * u) : Infinity;
}

/** ∏(1 + x) - 1 ≤ exp(Σx) - 1, for relative errors x ≥ 0 that follow upon each other; a little outward. */
export function together(...errors: readonly number[]): number {
  return Math.expm1(errors.reduce((sum, x) => sum + x, 0)) * (1 + 2 ** -40);
}

/**
 * The claim for N̂/D̂, where D̂ is A1 with relative error `denominator` and N̂ is AV with an error of at most
 * `numerator` times A|V|, divided in float64 and rounded to `dtype`:
 *
 *     |N̂/D̂ - N/D| ≤ |N̂ - N|/D̂ + |N|·|1/D̂ - 1/D| ≤ (A|V|/A1) · (numerator + denominator)/(1 - denominator),
 *
 * and |N̂/D̂| is at most 1 plus that, so that both roundings multiply it by 1 + u and 1 + u_dtype.
 *
 * The absolute part is for underflow. Weights are kept so that one that is lost is below 2^-1512 of the row's
 * largest; with |V| ≤ 2^450 and fewer than 2^29 keys what is lost moves no output by 2^-1033. The rest is the
 * format's own: half its smallest subnormal number. What is claimed is the smallest normal number, as for a
 * kernel that flushes subnormal outputs; for f16 the smallest subnormal, because there they matter.
 */
export function quotientClaim(dtype: Dtype, numerator: number, denominator: number): OutputError {
  const absolute = dtype === 'f16' ? smallestSubnormal(dtype) : smallestNormal(dtype);
  if (!(denominator < 0.5 && numerator < Infinity)) return { relative: Infinity, absolute };
  const quotient = (numerator + denominator) / (1 - denominator);
  const rounding = dtype === 'f64' ? u : u + unitRoundoff(dtype) + u * unitRoundoff(dtype);
  return { relative: quotient + (1 + quotient) * rounding, absolute };
}
