/**
 * What attention on an instance really is, from the vectors behind it: the output of query (i, k) and value column c is
 * W_{i,c}(x_k) / (S_i(x_k) + P), where W counts the keys that have a 1 in that column. Computed in 256-bit fixed point,
 * so that even an error in the last bit of a float64 is measured.
 */
import { innerProduct, type OrthogonalVectors } from '../../problems/orthogonal-vectors.ts';
import { divide, exactProduct, exp, multiply, one, toFixed, toNumber } from '../../readout/fixed-point.ts';
import { nodeOf } from '../../readout/readout.ts';
import type { AttentionOptions } from '../../../reductions/ov-to-attention.ts';
import type { ValueColumn } from './disguise.ts';

export interface Truth {
  readonly rows: number;
  readonly columns: number;
  /** The true outputs are high + low up to about 2^-105 of themselves; |low| is below a unit in the last place. */
  readonly high: Float64Array;
  readonly low: Float64Array;
}

/** #{j : ⟨a_i, b_j⟩ = s and key j has a 1 in value column c} for s = 0, 1, …; the first column has a 1 on every key. */
export type Histogram = readonly Float64Array[];

/** For each left vector i the histograms of its value columns, 1 + `bits` of them: all keys, then bit 0, 1, … of j. */
export function histograms(vectors: OrthogonalVectors, bits: number): readonly Histogram[] {
  const { left, right } = vectors;
  return Array.from({ length: left.rows }, (_, i) => {
    const columns = Array.from({ length: 1 + bits }, () => new Float64Array(left.columns + 1));
    for (let j = 0; j < right.rows; j++) {
      const s = innerProduct(vectors, { i, j });
      columns[0]![s]!++;
      for (let bit = 0; bit < bits; bit++) columns[1 + bit]![s]! += (j >>> bit) & 1;
    }
    return columns;
  });
}

/** The true outputs, where column c of V holds 0 and `values[c].factor`. */
export function truth(
  found: readonly Histogram[],
  { readout, pads }: Pick<AttentionOptions, 'readout' | 'pads'>,
  values: readonly ValueColumn[],
): Truth {
  const columns = values.length;
  const { scale, bound, scales } = readout;
  const nodes = scales.length;
  const powers = scales.map((t) => powersOf(nodeOf(scale, bound, t), found[0]![0]!.length));
  const padded = BigInt(pads.count) * exp(exactProduct(scale, bound, bound));
  const factors = values.map(({ factor }) => toFixed(factor));
  const rows = found.length * nodes;
  const high = new Float64Array(rows * columns);
  const low = new Float64Array(rows * columns);
  found.forEach((histogram, i) => {
    powers.forEach((power, k) => {
      const sums = histogram.map((counts) => weighted(counts, power));
      const total = sums[0]! + padded;
      values.forEach(({ source }, c) => {
        const y = divide(multiply(sums[source]!, factors[c]!), total);
        const at = (i * nodes + k) * columns + c;
        const nearest = toNumber(y);
        high[at] = nearest;
        low[at] = toNumber(y - toFixed(nearest));
      });
    });
  });
  return { rows, columns, high, low };
}

/** x^0 … x^(count-1). */
function powersOf(x: bigint, count: number): bigint[] {
  const powers = [one];
  while (powers.length < count) powers.push(multiply(powers.at(-1)!, x));
  return powers;
}

function weighted(counts: Float64Array, powers: readonly bigint[]): bigint {
  let sum = 0n;
  counts.forEach((count, s) => {
    if (count !== 0) sum += BigInt(count) * powers[s]!;
  });
  return sum;
}
