/**
 * Which numbers may stand in a query or a key. They are rounded to the tensors' format before the nodes are
 * defined, with so few significant bits that every product t·B and every partial sum of ⟨q, k⟩ is exact where the
 * format allows it. What an implementation gets wrong is then its own arithmetic, not our rounding.
 */
import { significantBits, truncateTo, type Dtype } from '../problems/dtype.ts';

/** Significant bits of the bounds B that the planner chooses among: they fit every format. */
export const plannedBoundBits = 8;

/**
 * Significant bits that are enough for a t_k, and for a B from a user: they place a node within 2^-22 of where it was
 * meant to be, which no readout notices. More would cost exactness, since a row has the pad coordinate B beside its
 * t_k, which can be 2^14 times smaller: 22 + 14 + 12 bits leave room for sums of 32 and, with a planned B, of 512.
 */
const enoughScaleBits = 22;
const enoughBoundBits = 12;

/** Bits that a kernel's sums can hold: half-precision tensors are multiplied and added in float32. */
const sumBits = (dtype: Dtype): number => (dtype === 'f64' ? 53 : 24);

/** Bits left for the two factors of a product when d of them are added. */
const productBits = (dtype: Dtype, headDim: number): number => sumBits(dtype) - Math.ceil(Math.log2(headDim));

/** `bound` rounded down to a number that the format and exact products allow. */
export function representableBound(dtype: Dtype, headDim: number, bound: number): number {
  const half = Math.floor(productBits(dtype, headDim) / 2);
  return truncateTo(Math.min(significantBits(dtype), enoughBoundBits, half), bound);
}

/** Significant bits that a t_k may have beside a given B. Throws a RangeError where B leaves it fewer than four. */
export function scaleBits(dtype: Dtype, headDim: number, bound: number): number {
  let boundBits = 1;
  while (truncateTo(boundBits, bound) !== bound) boundBits++;
  const bits = Math.min(significantBits(dtype), enoughScaleBits, productBits(dtype, headDim) - boundBits);
  if (bits < 4) throw new RangeError(`a bound of ${boundBits} bits leaves no exact products in ${dtype}`);
  return bits;
}
