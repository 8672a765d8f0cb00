/**
 * The minimax readout: the weights with |r(s) − [s = 0]| ≤ η for s ≤ D that amplify errors least, by a linear
 * program over a grid of entries. An exact r costs about (4d/B²)^D; letting it be off by η = τ/n, which n keys
 * turn into a bias of τ, costs ½(1/η)^κ instead.
 */
import { scaleBits } from './entries.ts';
import { toFixed, toNumber } from './fixed-point.ts';
import { chebyshevEntries } from './nodes.ts';
import { nodeOf, type Readout, type ReadoutSetting } from './readout.ts';
import { solveProgram } from './simplex.ts';

export interface MinimaxOptions extends ReadoutSetting {
  /** η, in (0, ½). */
  readonly tolerance: number;
  /** Candidate nodes; 65 come within 1% of the optimum over a finer grid. */
  readonly candidates?: number;
  /** What a unit of weight at node x costs, relative to x near 1; by default 1 everywhere. */
  readonly cost?: (x: number) => number;
}

/** Throws a RangeError when B is so small that 256-bit arithmetic does not reach the tolerance. */
export function minimaxReadout(options: MinimaxOptions): Readout {
  const { degree, bound, scale, headDim, dtype, tolerance, candidates = 65, cost = () => 1 } = options;
  const kind = 'minimax';
  if (degree === 0) return { kind, degree, bound, scale, scales: [bound], weights: [1], weightAtOne: 0 };
  const entries = chebyshevEntries(candidates, bound, scale, scaleBits(dtype, headDim, bound));
  const nodes = entries.map((t) => nodeOf(scale, bound, t));
  const { weights } = solveProgram({
    nodes,
    costs: nodes.map((x, k) => (k === 0 ? 0n : toFixed(cost(toNumber(x))))), // x = 1 is not asked: it costs nothing
    degree,
    tolerance: toFixed(tolerance),
  });
  const asked = weights.filter(([node]) => node !== 0);
  const atOne = weights.find(([node]) => node === 0)?.[1] ?? 0n;
  return {
    kind,
    degree,
    bound,
    scale,
    scales: asked.map(([node]) => entries[node]!),
    weights: asked.map(([, weight]) => toNumber(weight)),
    weightAtOne: toNumber(atOne),
  };
}

/** An estimate in closed form, and where it comes from. */
export interface Estimate {
  readonly amplification: number;
  readonly nodes: number;
  /** The exponent κ in ½(1/η)^κ. */
  readonly exponent: number;
}

/**
 * What a minimax readout costs, from Chebyshev polynomials of lower degree m, which are feasible for the dual:
 * p(0) = T_m(y₀) with y₀ = (1+x)/(1−x), Σ|c_s| = |T_m(y₁)| with y₁ = (3+x)/(1−x), x = x_min. With
 * ρ(y) = y + √(y²−1), amplification ≈ ½(1/η)^κ for κ = ln ρ(y₀)/(ln ρ(y₁) − ln ρ(y₀)). Within a factor of 2.5 for x_min
 * from 0.03 to 0.25, and too low beyond.
 */
export function estimateMinimax(xMin: number, tolerance: number): Estimate {
  const near = Math.acosh((1 + xMin) / (1 - xMin)); // ln ρ(y₀)
  const far = Math.acosh((3 + xMin) / (1 - xMin)); // ln ρ(y₁)
  const exponent = near / (far - near);
  return {
    exponent,
    amplification: 0.5 * (1 / tolerance) ** exponent,
    nodes: 1 + Math.log(1 / tolerance) / (far - near),
  };
}
