/**
 * A plain attention kernel of each dtype, the right one, with a hook at each place where the faulty ones go wrong. It
 * computes in float64 for f64 and in float32 for the others, as kernels do: every product, sum and exponential is rounded.
 * Keys come in tiles of 64; a tile is added up by itself, and tiles are added to each other, so that a sum of thousands
 * loses little more than one of 64.
 */
import type { Dtype } from '../../../src/problems/dtype.ts';
import type { Kernel, Matrices } from './kernel.ts';

/** Rounds to the format that is computed in. */
export type Round = (x: number) => number;

export interface Hooks {
  /** What multiplies QKᵀ. */
  readonly scale?: (matrices: Matrices) => number;
  /** Queries, n_q × d. */
  readonly queries?: (matrices: Matrices) => Float64Array;
  /** Keys, n_k × d. */
  readonly keys?: (matrices: Matrices) => Float64Array;
  /** Values, n_k × d_v. */
  readonly values?: (matrices: Matrices) => Float64Array;
  /** A value, as the kernel has it. */
  readonly value?: (v: number) => number;
  /** How many of the keys are looked at. */
  readonly count?: (keys: number) => number;
  /** What is subtracted from a row's logits, the largest of which is given too. */
  readonly shift?: (largest: number, logits: Float64Array) => number;
  readonly exp?: (x: number) => number;
  /** Adds up `n` terms. */
  readonly sum?: (n: number, term: (j: number) => number, round: Round) => number;
  /** What the sum of the weights becomes before it divides. */
  readonly denominator?: (sum: number) => number;
}

export const tile = 64;

const nothing: Round = (x) => x;

/** What kernels of a dtype compute in. */
export const arithmeticOf = (dtype: Dtype): Round => (dtype === 'f64' ? nothing : Math.fround);

/** The kernel with these hooks; without any, the right one. */
export function plainKernel(hooks: Hooks = {}): Kernel {
  const {
    scale = (matrices) => matrices.scale,
    queries = (matrices) => matrices.q,
    keys = (matrices) => matrices.k,
    values = (matrices) => matrices.v,
    value = nothing,
    count = nothing,
    shift = nothing,
    exp = Math.exp,
    sum = sumByTiles,
    denominator = nothing,
  } = hooks;
  return (matrices) => {
    const { queries: rows, headDim: d, valueDim, dtype } = matrices;
    const round = arithmeticOf(dtype);
    const dot = dtype === 'f64' ? dot64 : dot32;
    const q = queries(matrices);
    const k = keys(matrices);
    const v = values(matrices);
    const n = count(matrices.keys);
    const factor = round(scale(matrices));
    const output = new Float64Array(rows * valueDim);
    const weights = new Float64Array(n);
    for (let i = 0; i < rows; i++) {
      const query = q.subarray(i * d, (i + 1) * d);
      let largest = -Infinity;
      for (let j = 0; j < n; j++) {
        weights[j] = round(factor * dot(query, k, j * d));
        largest = Math.max(largest, weights[j]!);
      }
      const subtracted = shift(largest, weights);
      for (let j = 0; j < n; j++) weights[j] = round(exp(round(weights[j]! - subtracted)));
      const total = denominator(sum(n, (j) => weights[j]!, round));
      for (let c = 0; c < valueDim; c++) {
        const weighted = sum(n, (j) => round(weights[j]! * value(v[j * valueDim + c]!)), round);
        output[i * valueDim + c] = round(weighted / total);
      }
    }
    return output;
  };
}

/** ⟨query, keys[at …]⟩ in float64; dot32 in float32. Apart, because most of the time is spent here. */
function dot64(query: Float64Array, keys: Float64Array, at: number): number {
  let sum = 0;
  for (let c = 0; c < query.length; c++) sum += query[c]! * keys[at + c]!;
  return sum;
}

function dot32(query: Float64Array, keys: Float64Array, at: number): number {
  let sum = 0;
  for (let c = 0; c < query.length; c++) {
    sum = Math.fround(sum + Math.fround(query[c]! * keys[at + c]!));
  }
  return sum;
}

function sumByTiles(n: number, term: (j: number) => number, round: Round): number {
  let total = 0;
  for (let from = 0; from < n; from += tile) {
    let part = 0;
    for (let j = from; j < Math.min(n, from + tile); j++) part = round(part + term(j));
    total = round(total + part);
  }
  return total;
}
