/** Candidate nodes: Chebyshev's extrema of [x_min, 1] in the entries that a query may have. */
import { roundToBits } from '../problems/dtype.ts';

/**
 * The `count` ≥ 2 extrema (1+x_min)/2 + (1−x_min)/2 · cos(πk/(count−1)) of T_{count−1} on [x_min, 1], as entries
 * t = ln(1/x)/(scale·B) of at most `bits` significant bits, increasing from 0 (x = 1) to B (x_min), without
 * repetitions. x_min is exp(−scale·B²), so the last one is B itself.
 */
export function chebyshevEntries(count: number, bound: number, scale: number, bits: number): number[] {
  const depth = -Math.expm1(-scale * bound * bound); // 1 − x_min
  const found: number[] = [];
  for (let k = 0; k < count; k++) {
    const below = depth * Math.sin((Math.PI * k) / (2 * (count - 1))) ** 2; // 1 − x, without cancellation
    const exact = k === count - 1 ? bound : -Math.log1p(-below) / (scale * bound);
    const t = k === 0 ? 0 : Math.min(bound, roundToBits(bits, exact));
    if (found.at(-1) !== t) found.push(t);
  }
  return found;
}
