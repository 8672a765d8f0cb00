/**
 * How large the sums S_i(x) = Σ_j x^⟨a_i,b_j⟩ of an instance are. n bounds them all; for half precision that is too
 * far from the truth to plan with, so some rows are measured: the lightest left vectors, whose inner products are the
 * smallest and whose sums are the largest, as a rule. An estimate: another row can be larger still, and then the
 * certificate of the decode says so.
 */
import { innerProduct, weight, type OrthogonalVectors } from '../problems/orthogonal-vectors.ts';

/** How many left vectors are measured, and how much larger than the largest of them any row is taken to be. */
const measured = 64;
const margin = 4;

/** x ↦ an estimate of max_i S_i(x), from the lightest left vectors: O(n·d) time, no randomness. */
export function estimatedMass(vectors: OrthogonalVectors): (x: number) => number {
  const { left, right } = vectors;
  const weights = Array.from({ length: left.rows }, (_, i) => weight(left, i));
  const lightest = weights.map((_, i) => i).toSorted((a, b) => weights[a]! - weights[b]! || a - b);
  const histograms = lightest.slice(0, measured).map((i) => {
    const histogram = new Float64Array(left.columns + 1);
    for (let j = 0; j < right.rows; j++) histogram[innerProduct(vectors, { i, j })]!++;
    return histogram;
  });
  return (x) =>
    margin * Math.max(...histograms.map((h) => h.reduceRight((sum, count) => sum * x + count, 0)));
}
