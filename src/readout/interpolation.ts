/**
 * The interpolation readout: S_i has degree at most D, so D + 1 nodes determine it, and its value at 0 is
 * Σ_k ℓ_k(0) S_i(x_k) with Lagrange's ℓ_k(0) = ∏_{j≠k} x_j/(x_j − x_k). Of all node sets in [x_min, 1], Chebyshev's
 * extrema have the least Σ|ℓ_k(0)|, namely T_D((1+x_min)/(1−x_min)).
 */
import { InputError } from '../problems/input-error.ts';
import { scaleBits } from './entries.ts';
import { divide, multiply, one, toNumber, type Fixed } from './fixed-point.ts';
import { chebyshevEntries } from './nodes.ts';
import { nodeOf, type Readout, type ReadoutSetting } from './readout.ts';

/** ℓ_k(0) for each of the nodes, all different. */
export function lagrangeAtZero(nodes: readonly Fixed[]): Fixed[] {
  return nodes.map((x, k) =>
    nodes.reduce((product, y, j) => (j === k ? product : multiply(product, divide(y, y - x))), one),
  );
}

/** T_D((1+x_min)/(1−x_min)), the amplification of the ideal nodes; infinite where float64 is. */
export function chebyshevAmplification(degree: number, xMin: number): number {
  return Math.cosh(degree * Math.acosh((1 + xMin) / (1 - xMin)));
}

/** Throws an `InputError` when two of the D + 1 nodes have the same entry in the format. */
export function interpolationReadout({ degree, bound, scale, headDim, dtype }: ReadoutSetting): Readout {
  const kind = 'interpolation';
  if (degree === 0) return { kind, degree, bound, scale, scales: [bound], weights: [1], weightAtOne: 0 };
  const bits = scaleBits(dtype, headDim, bound);
  const entries = chebyshevEntries(degree + 1, bound, scale, bits);
  if (entries.length < degree + 1) {
    throw new InputError({
      code: 'nodes-coincide',
      field: 'bound',
      expected: `${degree + 1} different query entries of ${bits} bits up to ${bound}`,
      found: `${entries.length}`,
      hint: 'take a larger --bound, --dtype f64 or --route minimax',
    });
  }
  const weights = lagrangeAtZero(entries.map((t) => nodeOf(scale, bound, t))).map(toNumber);
  return {
    kind,
    degree,
    bound,
    scale,
    scales: entries.slice(1),
    weights: weights.slice(1),
    weightAtOne: weights[0]!,
  };
}
