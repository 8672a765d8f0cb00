/**
 * Attention that is approximate by design. What is approximated is the softmax alone: weights are computed for every
 * pair, not in the time that the method is used for, because what counts here is the output.
 */
import { random } from '../../../src/problems/families/random.ts';
import type { Kernel, Matrices } from './kernel.ts';

/** Linear attention by Taylor's polynomial of exp, of even degree, so that weights are positive. */
export const taylorKernel = (degree: number): Kernel =>
  byWeights((logits) => logits.map((x) => taylor(x, degree)));

/** Logits of a row rounded to 8 bits: 255 steps from -m to m, m the largest absolute value. */
export const eightBitKernel: Kernel = byWeights((logits) => {
  const step = logits.reduce((most, x) => Math.max(most, Math.abs(x)), 0) / 127 || 1;
  const rounded = logits.map((x) => Math.round(x / step) * step);
  const largest = rounded.reduce((most, x) => Math.max(most, x));
  return rounded.map((x) => Math.exp(x - largest));
});

/**
 * Performer (Choromanski et al., ICLR 2021, arXiv 2009.14794): exp(⟨x, y⟩) is the mean of φ_w(x)·φ_w(y) over normal w,
 * φ_w(x) = exp(⟨w, x⟩ − |x|²/2), and here over `features` of them.
 */
export function performerKernel(features: number, seed: number): Kernel {
  return (matrices) => {
    const { q, k, v, queries, keys, headDim: d, valueDim, scale } = matrices;
    const directions = normals(features * d, seed);
    const left = logFeatures(q, queries, d, scale, directions, features);
    const right = logFeatures(k, keys, d, scale, directions, features);
    // Any factor of all keys' features, or of one query's, cancels in the quotient.
    const lift = right.reduce((most, x) => Math.max(most, x));
    const sums = new Float64Array(features * (1 + valueDim)); // Σ_j φ(k_j), Σ_j φ(k_j)·v_j
    for (let j = 0; j < keys; j++) {
      for (let r = 0; r < features; r++) {
        const feature = Math.exp(right[j * features + r]! - lift);
        sums[r * (1 + valueDim)]! += feature;
        for (let c = 0; c < valueDim; c++)
          sums[r * (1 + valueDim) + 1 + c]! += feature * v[j * valueDim + c]!;
      }
    }
    const output = new Float64Array(queries * valueDim);
    for (let i = 0; i < queries; i++) {
      const row = left.subarray(i * features, (i + 1) * features);
      const most = row.reduce((largest, x) => Math.max(largest, x));
      const totals = new Float64Array(1 + valueDim);
      row.forEach((x, r) => {
        const feature = Math.exp(x - most);
        for (let c = 0; c <= valueDim; c++) totals[c]! += feature * sums[r * (1 + valueDim) + c]!;
      });
      for (let c = 0; c < valueDim; c++) output[i * valueDim + c] = totals[1 + c]! / totals[0]!;
    }
    return output;
  };
}

/** ⟨w_r, x⟩ − |x|²/2 for each row x of the matrix times √scale, and each direction. */
function logFeatures(
  matrix: Float64Array,
  rows: number,
  d: number,
  scale: number,
  directions: Float64Array,
  features: number,
): Float64Array {
  const factor = Math.sqrt(scale);
  const logs = new Float64Array(rows * features);
  for (let row = 0; row < rows; row++) {
    const x = matrix.subarray(row * d, (row + 1) * d).map((entry) => entry * factor);
    const half = x.reduce((sum, entry) => sum + entry * entry, 0) / 2;
    for (let r = 0; r < features; r++) {
      let dot = 0;
      for (let c = 0; c < d; c++) dot += directions[r * d + c]! * x[c]!;
      logs[row * features + r] = dot - half;
    }
  }
  return logs;
}

/** Attention whose weights of a row are any function of its logits. */
function byWeights(weigh: (logits: Float64Array) => Float64Array): Kernel {
  return ({ q, k, v, queries, keys, headDim: d, valueDim, scale }: Matrices) => {
    const output = new Float64Array(queries * valueDim);
    const logits = new Float64Array(keys);
    for (let i = 0; i < queries; i++) {
      for (let j = 0; j < keys; j++) {
        let dot = 0;
        for (let c = 0; c < d; c++) dot += q[i * d + c]! * k[j * d + c]!;
        logits[j] = scale * dot;
      }
      const weights = weigh(logits);
      const total = weights.reduce((sum, w) => sum + w, 0);
      for (let c = 0; c < valueDim; c++) {
        let weighted = 0;
        for (let j = 0; j < keys; j++) weighted += weights[j]! * v[j * valueDim + c]!;
        output[i * valueDim + c] = weighted / total;
      }
    }
    return output;
  };
}

function taylor(x: number, degree: number): number {
  let sum = 1;
  for (let k = degree; k > 0; k--) sum = 1 + (x / k) * sum;
  return sum;
}

/** Normal random numbers, by Box and Muller. */
function normals(count: number, seed: number): Float64Array {
  const draw = random(seed);
  return Float64Array.from({ length: count }, () => {
    const radius = Math.sqrt(-2 * Math.log((draw.next() + 1) / 2 ** 32));
    return radius * Math.cos((2 * Math.PI * draw.next()) / 2 ** 32);
  });
}
