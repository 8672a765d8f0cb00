/**
 * The error that the polynomial oracle claims, truncation and rounding, u = 2^-53.
 *
 * Write x = scale·⟨q,k⟩, M for a bound on scale·Σ|q_c·k_c| over all pairs, and p for the polynomial. A weight is taken as
 * p(x) instead of w = e^x ≥ e^-M: truncation makes it wrong by |p(x) - e^x| ≤ error·w, `error` being certified where the
 * polynomial is made (minimax.ts, series.ts), with its coefficients as they are. Where rows are in tiers this holds for
 * each pair with the polynomial that it meets, and the largest error of any tier counts.
 *
 * What is computed is Σ_j v_j p(x_ij) = Σ_α c_α q^α Σ_j k_j^α v_j in floating point. Everything is a product or a sum, so
 * with N roundings on any path from an entry to the result it is off by at most
 *
 *     γ_N · Σ_j |v_j| Σ_α |c_α| |q|^α |k_j|^α = γ_N · Σ_j |v_j| Σ_m |p_m| (scale·Σ_c|q_c·k_jc|)^m ≤ γ_N·P·Σ_j|v_j|,
 *
 * P = Σ_m |p_m| M^m, and Σ_j|v_j| ≤ e^M Σ_j w_j|v_j|. The roundings: 1 in each of the g scaled entries of a query; g - 1
 * in each monomial; 2g + 1 in c_α and one where it multiplies; one in each product with v and two more, for the order in
 * which the kernel multiplies; rank sums over monomials; the sums over keys, which are summed in groups of 8, or in the
 * reference in blocks of 512, and then one after the other: at most keys/8 + 600 in all, with those over
 * tiers and parts; in a query d·g runs are joined.
 *
 * Numerator and denominator have the same relative error, and `quotientClaim` does the rest. Entries were scaled by
 * powers of two so that |k| ≤ 1 and |v| ≤ 1: what underflows is below 2^-1000 times the largest c_α q^α, at most 2^400 as
 * `isRoomy` has it, and next to e^-M it is less than the 2^-500 that is added.
 */
import type { OutputError } from '../../problems/attention.ts';
import type { Dtype } from '../../problems/dtype.ts';
import { gamma, quotientClaim } from '../claim.ts';
import type { ExponentialPolynomial } from './exponential.ts';

/** ln of the largest c_α q^α with which the method is tried. */
const largestFeature = 277; // e^277 ≈ 2^400

/** Does no c_α q^α leave 2^400? |q^α|/α!·m! summed over a degree m is (scale·Σ|q_c|·unit_c)^m, unit_c ≤ 2·max|k_c|. */
export function isRoomy(columnBound: number, { coefficients }: ExponentialPolynomial): boolean {
  const perDegree = Math.log(2 * columnBound + 1);
  return coefficients.every((c, m) => Math.log(Math.abs(c) + 1e-300) + m * perDegree <= largestFeature);
}

/** What is summed: the highest degree of any tier with its rank, the keys, the head dimension. */
export interface Summed {
  readonly degree: number;
  readonly rank: number;
  readonly keys: number;
  readonly headDim: number;
}

/** The relative error of every Σ_j w_j|v_j| over keys whose logits are within M: at most this times the same sum. */
export function weightError(
  M: number,
  p: ExponentialPolynomial,
  { degree, rank, keys, headDim }: Summed,
): number {
  const roundings = (6 + headDim) * degree + 8 + rank + keys / 8 + 600;
  return (p.error + Math.exp(M) * (gamma(roundings) * p.magnitude + 2 ** -500)) * (1 + 2 ** -30);
}

/** The claim for outputs whose weights have this relative error. */
export function claimFor(dtype: Dtype, weight: number): OutputError {
  return quotientClaim(dtype, weight, weight);
}

/** The relative error of weights at which outputs are within `error` of the truth but for the rounding at the end. */
export function weightsFor(error: number): number {
  return error / (2 + error);
}
