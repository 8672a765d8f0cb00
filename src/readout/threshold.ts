/** The threshold readout: one node, so small that what is not orthogonal does not add up to ¼. */
import type { Readout } from './readout.ts';

/** The one query entry is B itself: r(s) = exp(−scale·B²)^s. */
export function thresholdReadout(degree: number, bound: number, scale: number): Readout {
  return { kind: 'threshold', degree, bound, scale, scales: [bound], weights: [1], weightAtOne: 0 };
}

/** The bound at which n · x_min = ¼: √(ln(4n)/scale), Θ(log n) when 1/scale = d = Θ(log n). */
export const thresholdBound = (keys: number, scale: number): number => Math.sqrt(Math.log(4 * keys) / scale);
