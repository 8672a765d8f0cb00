/**
 * What a mode has to pass on a device before it is used there. The claims need no such test where a device does what
 * WGSL says; this is against drivers that do not.
 */
import { denseMatrix, type Attention } from '../../problems/attention.ts';
import type { Dtype } from '../../problems/dtype.ts';
import { referenceOracle } from '../reference.ts';
import { unlessUnsuitable } from './failure.ts';
import type { GpuMode, ModeResult } from './gpu.ts';

/** Gives undefined where what `run` computes is right, otherwise a sentence that says what is not. */
export type SelfTest = (run: (attention: Attention) => Promise<ModeResult>) => Promise<string | undefined>;

/**
 * Small attentions against the reference oracle. Those of float32 have a tight claim where products are exact: there
 * single weights are read, through all of exp's range. The inexact ones go through the range of entries and values.
 */
export const selfTests: Readonly<Record<GpuMode, SelfTest>> = {
  exact: agrees([patterns('f64', (r) => r % 2), patterns('f64', () => 1)]),
  f32: agrees([singles('f32', 80), patterns('f32', (r) => r % 2), spread('f32', 40), spread('f32', 3)]),
  'f64-emulated': agrees([spread('f64', 700), spread('f64', 3)]),
};

function agrees(attentions: readonly Attention[]): SelfTest {
  return async (run) => {
    for (const attention of attentions) {
      const ours = await unlessUnsuitable(run(attention));
      if (typeof ours === 'string') return ours;
      const { output: reference } = await referenceOracle().attend(attention);
      const relative = ours.error.relative + reference.error.relative;
      const absolute = ours.error.absolute + reference.error.absolute;
      const wrong = reference.values.findIndex((y, e) => {
        const off = Math.abs(ours.values[e]! - y);
        return !(off <= relative * Math.abs(y) * (1 + 2 ** -20) + absolute); // V ≥ 0: A|V|/A1 is the output itself
      });
      if (wrong >= 0) {
        return `output ${wrong} is ${ours.values[wrong]} where ${reference.values[wrong]} is right to ${relative}`;
      }
    }
    return undefined;
  };
}

/** Queries and keys of the sort that reductions make, more keys than a chunk has: summed values, and only counts. */
function patterns(dtype: Dtype, value: (r: number) => number): Attention {
  const next = numbers();
  return make(
    dtype,
    [20, 600, 44],
    (r, c) => (c === 43 ? 8 : next() < 0.4 ? (1 + (r % 7)) / 4 : 0),
    (r, c) => (c === 43 ? (r < 590 ? 0 : 8) : r < 590 && next() < 0.4 ? -8 : 0),
    (r) => (r < 590 ? value(r) : 0),
  );
}

/** Output r is w/(1 + w), of the weight w = exp(-x), x up to `most`: four readings to each binary order. */
function singles(dtype: Dtype, most: number): Attention {
  const step = most / 500;
  return make(
    dtype,
    [500, 2, 1],
    (r) => Math.fround(step * r),
    (r) => -r,
    (r) => r,
  );
}

/** Logits of all sizes up to `most`, either sign, and values of all sizes. */
function spread(dtype: Dtype, most: number): Attention {
  const next = numbers();
  const size = Math.sqrt(most);
  return make(
    dtype,
    [24, 280, 5],
    () => Math.fround(size * (2 * next() - 1)),
    () => Math.fround(size * (2 * next() - 1)),
    () => Math.fround(next() * 2 ** Math.floor(20 * next() - 10)),
  );
}

function make(
  dtype: Dtype,
  [queries, keys, d]: readonly [number, number, number],
  q: (r: number, c: number) => number,
  k: (r: number, c: number) => number,
  v: (r: number) => number,
): Attention {
  const matrix = (rows: number, columns: number, entry: (r: number, c: number) => number) =>
    denseMatrix(
      rows,
      columns,
      Float64Array.from({ length: rows * columns }, (_, e) => entry(Math.floor(e / columns), e % columns)),
    );
  return { q: matrix(queries, d, q), k: matrix(keys, d, k), v: matrix(keys, 1, v), scale: 1 / d, dtype };
}

function numbers(): () => number {
  let state = 1;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}
