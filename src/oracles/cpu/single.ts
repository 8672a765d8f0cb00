/**
 * Which rows the float32 kernel takes (assembly/single.ts), and the claim for them. It takes a whole attention's keys
 * and values or none, and of the queries those for which it is as good as it can be:
 *
 * - rows whose inner products are exact in float32;
 * - rows whose inner products are exact in neither format, if their error moves no weight by more than 2^-10, and
 *   rows where it moves none by more than a sixteenth of the dtype's own rounding.
 *
 * All others go through the float64 kernel, so that what the meter calls exact stays exact and large logits keep
 * their digits. The choice depends on the row, the keys and the scale alone.
 */
import type { OutputError } from '../../problems/attention.ts';
import { unitRoundoff, type Dtype } from '../../problems/dtype.ts';
import { quotientClaim, together, u } from '../claim.ts';
import { isExactIn } from '../logit-meter.ts';
import type { Shape } from '../oracle.ts';
import { denseClaim } from './claim.ts';

/** u of float32. */
const single = 2 ** -24;

/** Beyond this, t has more than 11 bits. */
const largestLogit32 = 1024;

/** The most that inexact inner products may move a weight by. */
const tolerance = 2 ** -10;

/** A scale whose sixth power is a float32. */
export function suitsScale(scale: number): boolean {
  return scale >= 2 ** -16 && scale <= 2 ** 16;
}

/** The largest key or query, and the largest value, that it takes. */
export const largestKey32: number = 2 ** 60;
export const largestValue32: number = 2 ** 32;

/** The error of a row's logits from its inner products in float32, or undefined if the row is for float64. */
export function productError(
  { dtype, headDim, scale }: { readonly dtype: Dtype; readonly headDim: number; readonly scale: number },
  sum: number,
  unit: number,
): number | undefined {
  const logit = sum * scale;
  if (!(logit <= largestLogit32 && sum <= 2 ** 100)) return undefined;
  if (unit >= 2 ** -126 && isExactIn(24, sum, unit)) return 0;
  const error = roundings(headDim) * logit;
  if (error <= unitRoundoff(dtype) / 16) return error;
  return error <= tolerance && !isExactIn(53, sum, unit) ? error : undefined;
}

/** γ_d of float32, a little more than needed where products underflow. */
function roundings(headDim: number): number {
  return (headDim * single) / (1 - Math.min(0.5, headDim * single)) + 2 ** -60;
}

/**
 * The claim for rows that the float32 kernel takes, in units of u = 2^-24, for tiles of 32 keys; `dot` bounds the
 * logits' error from inner products. Derived for products and sums that round separately; fused they round less.
 *
 * - r = s - t·lHi - t·lLo: the first product and difference are exact (13 and 11 bits; Sterbenz). lLo is rounded and
 *   so is its product with t, by 2^-36·L·|t| each: together 2^-35·(maxLogit + 1), which has room for products that
 *   underflow, d·2^-149·scale. The last difference rounds by u·|r|, 0.35u with the scale.
 * - 1 + r·(c1 + r·q), c1 the scale rounded: interpolation 0.18u, c1 0.49u, the inner sum 0.42u, q and its product with
 *   r 5 roundings of a term of at most 0.055 where the result is 0.707, 0.39u, the product with r 0.42u, the last sum
 *   u: together 3.25u with r's, of which 3.5u is claimed. Scaling by a power of two is exact.
 * - The sum of a tile's weights: 2 chains of 4, then the two: 4u. Of weights times values: u for the product, and below
 *   four columns 4 chains of 2, then those, 3u; from four on runs of 8 keys, 7u, and 4 runs, 3u.
 * - Lanes and tiles are added up in float64: (tiles + 3)·2^-53. Rescaling is exact.
 *
 * A weight below 2^-210 of the row's largest is taken for that: with fewer than 2^29 keys and values up to 2^32 this
 * moves no output by 2^-149.
 */
export function singleClaim(
  { dtype, keys, maxLogit }: Pick<Shape, 'dtype' | 'keys' | 'maxLogit'>,
  dot: number,
  valueDim: number,
): OutputError {
  const reduction = maxLogit <= largestLogit32 ? 2 ** -35 * (maxLogit + 1) : Infinity;
  const weight = together(dot, reduction, 3.5 * single);
  const tiles = (keys / 32 + 4) * u;
  return quotientClaim(
    dtype,
    together(weight, (valueDim < 4 ? 4 : 11) * single, tiles),
    together(weight, 4 * single, tiles),
  );
}

/** The claim for any attention of this shape: the larger of the two kernels' where either can be taken. */
export function claimOfShape(shape: Shape): OutputError {
  const double = denseClaim(shape);
  if (shape.dtype === 'f64') return double;
  const most = shape.exactProducts ? unitRoundoff(shape.dtype) / 16 : tolerance;
  const dot = Math.min(roundings(shape.headDim) * shape.maxLogit, most);
  return worse(double, singleClaim({ ...shape, maxLogit: Math.min(shape.maxLogit, largestLogit32) }, dot, 4));
}

/** A claim that covers both. */
export function worse(a: OutputError, b: OutputError): OutputError {
  return { relative: Math.max(a.relative, b.relative), absolute: Math.max(a.absolute, b.absolute) };
}
