/**
 * How large the sums S_i(x) = Σ_j x^⟨a_i,b_j⟩ of an instance are. n bounds them all; for half precision that is too
 * far from the truth to plan with, so a sample of the rows is measured. An estimate: a row outside the sample can
 * be larger, and then the certificate of the decode says so.
 */
import { innerProduct, type OrthogonalVectors } from '../problems/orthogonal-vectors.ts';

/** How many left vectors are measured, and how much larger than the largest of them any row is taken to be. */
const sampled = 64;
const margin = 8;

/** x ↦ an estimate of max_i S_i(x), from evenly spaced left vectors: O(n·d) time, no randomness. */
export function sampledMass(vectors: OrthogonalVectors): (x: number) => number {
  const { left, right } = vectors;
  const rows = Math.min(sampled, left.rows);
  const histograms = Array.from({ length: rows }, (_, r) => {
    const histogram = new Float64Array(left.columns + 1);
    const i = Math.floor((r * left.rows) / rows);
    for (let j = 0; j < right.rows; j++) histogram[innerProduct(vectors, { i, j })]!++;
    return histogram;
  });
  return (x) =>
    margin * Math.max(...histograms.map((h) => h.reduceRight((sum, count) => sum * x + count, 0)));
}
