/**
 * The error claim of the dense kernel (assembly/index.ts), in units of u = 2^-53, for tiles of 32 keys.
 *
 * One weight, 2^(t-M+E)·exp(scale·r), against exp(logit) times the row's common power of two:
 *
 * - ⟨q,k⟩ as it is summed, off by at most γ_d·Σ|q·k|; nothing where products and sums are exact.
 * - r = s - t·lHi - t·lLo: the first product is exact because |t| < 2^31 and lHi has 22 bits, the first difference
 *   by Sterbenz's lemma (t = 0 or t·lHi/2 ≤ s ≤ 2t·lHi up to sign). lHi + lLo is off from L by 2^-73·L and t·lLo
 *   rounds by u·2^-21·t·L: together 2^-72·(maxLogit + 1). The second difference and the product with the scale
 *   round by u each, of |scale·r| ≤ 0.3467: together 0.7u.
 * - 1 + (r + r²·q(r)): interpolation 0.15u; q with at most 4 roundings on top of each other and r² and the product
 *   with it, on a term of at most 0.068, 0.055 where the result is 0.707: 0.5u; the inner sum, below 0.42: 0.36u;
 *   the last sum u. Scaling by a power of two is exact.
 *
 * That is 2.71u for exp, of which 3u is claimed. Where multiplications and additions are fused, they round less.
 *
 * Sums: within a tile 16 pairs of keys are added in 2 chains, then chains and lanes: 7 + 1 + 1 roundings. With
 * values, 1 for the product, and below four columns 4 chains, 3 + 2 + 1; from four on runs of 8 keys, 7, and 4 runs, 3.
 * Tiles are added up with TwoSum, whose errors are summed in a
 * second float64: 2·(tiles·u)². The two are added at the end: u. A new maximum multiplies by a power of two.
 */
import type { OutputError } from '../../problems/attention.ts';
import { gamma, quotientClaim, together, u } from '../claim.ts';
import type { Shape } from '../oracle.ts';
import { largestLogit } from '../validate.ts';

export function denseClaim({ dtype, keys, headDim, maxLogit, exactProducts }: Shape): OutputError {
  const dot = exactProducts ? 0 : gamma(headDim) * maxLogit;
  const reduction = maxLogit <= largestLogit ? 2 ** -72 * (maxLogit + 1) : Infinity;
  const weight = together(dot, reduction, 3 * u);
  const tiles = 2 * ((keys / 32 + 1) * u) ** 2;
  return quotientClaim(dtype, together(weight, 11 * u, tiles, u), together(weight, 9 * u, tiles, u));
}
