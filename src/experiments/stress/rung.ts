/**
 * From a specification to what is asked and what is right: formulas by seed, split and list, some left vectors of them,
 * the frozen readout, the matrices and their disguise, the true outputs and the certified demand. Further pad keys bring
 * the number of keys to a power of two where the rung wants one.
 */
import type { Attention } from '../../problems/attention.ts';
import { planted } from '../../problems/families/planted.ts';
import { random } from '../../problems/families/random.ts';
import { uniform } from '../../problems/families/uniform.ts';
import { degree, type BitMatrix, type OrthogonalVectors } from '../../problems/orthogonal-vectors.ts';
import { unpack } from '../../readout/cache.ts';
import { evaluatePlan, plan, type Demand } from '../../readout/planner.ts';
import { amplification, padMass } from '../../readout/readout.ts';
import { ovToAttention, type AttentionOptions } from '../../../reductions/ov-to-attention.ts';
import { plainSplit, splitAndList } from '../../../reductions/split-and-list.ts';
import { underflow } from '../../oracles/careful-kernel.ts';
import { certifiedDemand } from './demand.ts';
import { disguised, furtherColumns, valueColumns, type ValueColumn } from './disguise.ts';
import { readouts } from './readouts.ts';
import type { RungSpec } from './suite.ts';
import { histograms, truth, type Histogram, type Truth } from './truth.ts';

/** One attention problem of a rung, and its answer. */
export interface Head {
  readonly vectors: OrthogonalVectors;
  readonly attention: Attention;
  readonly histograms: readonly Histogram[];
  readonly truth: Truth;
}

export interface Rung {
  readonly spec: RungSpec;
  readonly heads: readonly Head[];
  /** The same for all heads. */
  readonly options: AttentionOptions;
  /** The columns of V and of the output, the same for all heads. */
  readonly columns: readonly ValueColumn[];
  /**
   * Outputs with |out − true| ≤ relative·|true| + absolute decode to the right counts, certified; the relative part is
   * the largest for which that is so in every head.
   */
  readonly demand: { readonly relative: number; readonly absolute: number };
  readonly shape: {
    readonly queries: number;
    readonly keys: number;
    readonly headDim: number;
    readonly valueDim: number;
  };
  /** Σ|w_k|. */
  readonly amplification: number;
}

/** Everything about the spec's instance; seconds for the largest of the full suite. */
export function buildRung(spec: RungSpec): Rung {
  const { demand, vectors, found } = planned(spec);
  const { dtype, witness } = spec;
  const frozen = readouts[spec.id];
  const readout =
    frozen === undefined
      ? plan(demand).readout
      : unpack({ kind: 'minimax', degree: demand.degree, scale: demand.scale }, frozen);
  const { pads: fewest } = evaluatePlan(demand, readout);
  const keys = demand.keys + fewest.count;
  const count = spec.fillKeys ? 2 ** Math.ceil(Math.log2(keys)) - demand.keys : fewest.count;
  const pads = { count, mass: padMass(count, readout.bound, readout.scale) };
  const options: AttentionOptions = { readout, pads, dtype, witness };
  const columns = valueColumns(spec, found[0]![0]!.length - 1);
  const heads = vectors.map((pair, h): Head => ({
    vectors: pair,
    attention: disguised(ovToAttention.encode(pair, options), columns, spec, h),
    histograms: found[h]!,
    truth: truth(found[h]!, options, columns),
  }));
  const absolute = underflow(dtype);
  const demands = heads.map((head) =>
    certifiedDemand(head.histograms, head.truth, options, columns, absolute),
  );
  const { q, k, v } = heads[0]!.attention;
  return {
    spec,
    heads,
    options,
    columns,
    demand: { relative: Math.min(...demands), absolute },
    shape: { queries: q.rows, keys: k.rows, headDim: q.columns, valueDim: v.columns },
    amplification: amplification(readout),
  };
}

/** What the planner is asked for, and the vectors it is for. Freezing a readout is answering it once. */
export function planned(spec: RungSpec): {
  readonly demand: Demand;
  readonly vectors: readonly OrthogonalVectors[];
  readonly found: readonly (readonly Histogram[])[];
} {
  const vectors = Array.from({ length: spec.heads }, (_, h) => vectorsOf(spec, spec.seed + h));
  const bits = spec.witness === 'columns' ? bitsOf(vectors[0]!.right.rows) : 0;
  const found = vectors.map((pair) => histograms(pair, bits));
  // A column that is decoded, and that holds small numbers, loses more of them to underflow.
  const least = Math.min(
    ...valueColumns(spec, bits)
      .slice(0, 1 + bits)
      .map(({ factor }) => Math.abs(factor)),
  );
  const headDim = spec.headDim ?? vectors[0]!.left.columns + 1 + furtherColumns(spec);
  const totals = found.flat().map((histogram) => histogram[0]!);
  const demand: Demand = {
    kind: 'minimax',
    keys: vectors[0]!.right.rows,
    degree: Math.max(...vectors.map(degree)),
    scale: spec.scaleName === 'linear' ? 1 / headDim : 1 / Math.sqrt(headDim),
    headDim,
    dtype: spec.dtype,
    error: () => ({ relative: spec.error, absolute: underflow(spec.dtype) / least }),
    mass: (x) => Math.max(...totals.map((counts) => counts.reduceRight((sum, count) => sum * x + count, 0))),
  };
  return { demand, vectors, found };
}

/** The vectors of a formula: planted for an even seed, uniform for an odd one, with the planted model's half kept. */
function vectorsOf(spec: RungSpec, seed: number): OrthogonalVectors {
  const { variables, clauses, prune } = spec;
  const family = seed % 2 === 0 ? planted : uniform;
  const { cnf, known } = family.generate({ variables, clauses }, seed);
  const vectors = splitAndList.encode(cnf, { ...plainSplit, prune });
  if (spec.left === undefined) return vectors;
  const half = Math.ceil(variables / 2);
  const model = (known?.planted ?? []).slice(0, half).reduce((row, bit, k) => row + (bit ? 2 ** k : 0), 0);
  const others = random(seed).subset(spec.left - 1, vectors.left.rows - 1);
  const rows = [model, ...others.map((row) => (row >= model ? row + 1 : row))].toSorted((a, b) => a - b);
  return { ...vectors, left: rowsOf(vectors.left, rows) };
}

function rowsOf({ columns, stride, words }: BitMatrix, rows: readonly number[]): BitMatrix {
  const kept = new Uint32Array(rows.length * stride);
  rows.forEach((row, r) => kept.set(words.subarray(row * stride, (row + 1) * stride), r * stride));
  return { rows: rows.length, columns, stride, words: kept };
}

/** Bits that an index below n needs. */
const bitsOf = (n: number): number => Math.ceil(Math.log2(n));
