/** Attentions that oracles are tried on, and how far an output is from the truth as a share of its claim. */
import * as fc from 'fast-check';
import { denseMatrix, entries, type Attention } from '../../src/problems/attention.ts';
import { isExact, roundTo, truncateTo, type Dtype } from '../../src/problems/dtype.ts';
import type { Attended } from '../../src/oracles/oracle.ts';
import { decimalAttention, toDecimal } from '../support/decimal-attention.ts';

/** An attention from functions of row and column. */
export interface Recipe {
  readonly queries: number;
  readonly keys: number;
  readonly headDim: number;
  readonly valueDim: number;
  readonly scale?: number;
  readonly dtype?: Dtype;
  readonly q: (row: number, column: number) => number;
  readonly k: (row: number, column: number) => number;
  readonly v: (row: number, column: number) => number;
}

export function cook(recipe: Recipe): Attention {
  const { queries, keys, headDim, valueDim, dtype = 'f64', scale = 1 / headDim } = recipe;
  const fill = (rows: number, columns: number, entry: (r: number, c: number) => number) =>
    denseMatrix(
      rows,
      columns,
      Float64Array.from({ length: rows * columns }, (_, e) =>
        roundTo(dtype, entry(Math.floor(e / columns), e % columns)),
      ),
    );
  return {
    q: fill(queries, headDim, recipe.q),
    k: fill(keys, headDim, recipe.k),
    v: fill(keys, valueDim, recipe.v),
    scale,
    dtype,
  };
}

/** Numbers in [0, 1) that depend on the seed alone. */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let x = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
  };
}

/**
 * As a reduction makes it: queries t·a and a pad coordinate B, keys -B·b and pad keys that are B at the pad
 * coordinate, values 1 on real keys and 0 on pads; t of `bits` bits.
 */
export function hardAttention(
  seed: number,
  { queries, keys, pads, headDim, bound, bits, dtype = 'f64' }: HardShape,
): Attention {
  const next = numbers(seed);
  const last = headDim - 1;
  const scales = Array.from({ length: queries }, () => truncateTo(bits, bound * (next() + 2 ** -30)));
  return cook({
    queries,
    keys: keys + pads,
    headDim,
    valueDim: 1,
    dtype,
    q: (r, c) => (c === last ? bound : next() < 0.35 ? scales[r]! : 0),
    k: (r, c) => (r < keys ? (c === last || next() < 0.65 ? 0 : -bound) : c === last ? bound : 0),
    v: (r) => (r < keys ? 1 : 0),
  });
}

interface HardShape {
  readonly queries: number;
  readonly keys: number;
  readonly pads: number;
  readonly headDim: number;
  readonly bound: number;
  readonly bits: number;
  readonly dtype?: Dtype;
}

/**
 * Inputs that have broken softmaxes before, each with a name that says why, in the format `dtype` where it can hold
 * them.
 */
export function adversarial(
  dtype: Dtype = 'f64',
): readonly (readonly [name: string, attention: Attention])[] {
  const next = numbers(7);
  const signed = (): number => 2 * next() - 1;
  const shape = { queries: 5, keys: 70, headDim: 3, valueDim: 2, dtype };
  const plain = { q: signed, k: signed, v: signed };
  const cases: readonly (readonly [name: string, attention: Attention])[] = [
    [
      'logits of a hundred million',
      cook({ ...shape, ...plain, q: () => 1e4 * signed(), k: () => 2e4 * signed() }),
    ],
    [
      'logits of 1e-290',
      cook({ ...shape, ...plain, q: () => 1e-140 * signed(), k: () => 1e-150 * signed() }),
    ],
    ['queries of zero: all weights equal', cook({ ...shape, ...plain, q: () => 0 })],
    ['large equal logits', cook({ ...shape, ...plain, q: () => 30, k: () => 30, scale: 1 })],
    [
      'one dominant key',
      cook({ ...shape, ...plain, k: (r) => (r === 41 ? 900 : signed()), q: () => 1, scale: 1 }),
    ],
    [
      'a maximum that rises in every tile',
      cook({ ...shape, ...plain, q: () => 1, k: (r) => 8 * r, scale: 1 }),
    ],
    [
      'a maximum that leaps',
      cook({ ...shape, ...plain, q: () => 1, k: (r) => (r < 64 ? r : 1e5), scale: 1 }),
    ],
    [
      'values only where weights are tiny',
      cook({
        ...shape,
        ...plain,
        q: () => 1,
        k: (r) => (r === 3 ? 0 : -110 - r),
        v: (r) => +(r > 3),
        scale: 1,
      }),
    ],
    [
      'a huge value on a weight of e^-900',
      cook({
        ...shape,
        ...plain,
        q: () => 1,
        k: (r) => (r === 60 ? -300 : -1e4 * +(r > 0)),
        v: (r) => (r === 60 ? 2 ** 449 : 0),
        scale: 1,
      }),
    ],
    [
      'a huge value on a weight of e^-900 that was the maximum first',
      cook({
        ...shape,
        ...plain,
        q: () => 1,
        k: (r) => (r === 60 ? 300 : 0),
        v: (r) => (r === 1 ? 2 ** 449 : 0),
        scale: 1,
      }),
    ],
    ['negative zeros', cook({ ...shape, q: () => -0, k: (r) => (r % 2 ? -0 : 1), v: () => -0 })],
    [
      'subnormal entries',
      cook({
        ...shape,
        q: () => 5e-324,
        k: () => 1e-310 * signed(),
        v: () => 5e-324 * (1 + Math.floor(9 * next())),
      }),
    ],
    ['values that cancel', cook({ ...shape, ...plain, v: (r) => (r % 2 ? 1 : -1) })],
    [
      'inner products that cancel',
      cook({
        ...shape,
        ...plain,
        headDim: 2,
        q: () => 1e3 + 1e-3 * next(),
        k: (_, c) => (c ? 1e3 : -1e3),
        scale: 1,
      }),
    ],
    ['one key', cook({ ...shape, ...plain, keys: 1 })],
    ['one query', cook({ ...shape, ...plain, queries: 1 })],
    ['one query, one key, one coordinate', cook({ ...shape, ...plain, queries: 1, keys: 1, headDim: 1 })],
    [
      'one coordinate',
      cook({ ...shape, ...plain, headDim: 1, q: () => 9 * signed(), k: () => 9 * signed() }),
    ],
    ['no coordinates', cook({ ...shape, ...plain, headDim: 0, scale: 1 })],
    ['no value columns', cook({ ...shape, ...plain, valueDim: 0 })],
    ['a hundred value columns', cook({ ...shape, ...plain, queries: 2, valueDim: 100 })],
    ['no queries', cook({ ...shape, ...plain, queries: 0 })],
    [
      'a scale of 2^-450',
      cook({
        ...shape,
        ...plain,
        q: () => 2 ** 222 * signed(),
        k: () => 2 ** 230 * signed(),
        scale: 2 ** -450,
      }),
    ],
    [
      'a scale of 2^450',
      cook({
        ...shape,
        ...plain,
        q: () => 2 ** -224 * signed(),
        k: () => 2 ** -225 * signed(),
        scale: 2 ** 450,
      }),
    ],
    [
      'a scale that is no power of two',
      cook({
        ...shape,
        ...plain,
        q: () => Math.round(40 * signed()),
        k: () => Math.round(20 * signed()),
        scale: 0.3,
      }),
    ],
    ...[3, 4, 5, 8, 9, 64].map(
      (valueDim) =>
        [
          `${valueDim} value columns`,
          cook({ ...shape, ...plain, queries: 2, valueDim, q: () => 5 * signed(), k: () => 5 * signed() }),
        ] as const,
    ),
    ...[1, 3, 4, 5, 31, 32, 33, 63, 64, 65, 96, 97].map(
      (keys) =>
        [
          `${keys} keys`,
          cook({ ...shape, ...plain, keys, q: () => 5 * signed(), k: () => 5 * signed() }),
        ] as const,
    ),
    [
      'a reduction, B = 8',
      hardAttention(1, { queries: 6, keys: 200, pads: 30, headDim: 92, bound: 8, bits: 40 }),
    ],
    [
      'a reduction, B = 12.5',
      hardAttention(2, { queries: 6, keys: 200, pads: 30, headDim: 92, bound: 12.5, bits: 40 }),
    ],
    [
      'a reduction, B = 26',
      hardAttention(3, { queries: 6, keys: 200, pads: 1, headDim: 92, bound: 26, bits: 10 }),
    ],
    [
      'a reduction in f32',
      hardAttention(4, { queries: 6, keys: 200, pads: 30, headDim: 92, bound: 14, bits: 10, dtype: 'f32' }),
    ],
    [
      'a reduction in f16',
      hardAttention(5, { queries: 6, keys: 200, pads: 1, headDim: 92, bound: 26, bits: 5, dtype: 'f16' }),
    ],
    [
      'a reduction in bf16',
      hardAttention(6, { queries: 6, keys: 200, pads: 1, headDim: 92, bound: 26, bits: 4, dtype: 'bf16' }),
    ],
  ];
  return cases.filter(([, { q, k, v }]) =>
    [q, k, v].every((matrix) => entries(matrix).every(Number.isFinite)),
  );
}

/** Small attentions of any shape, dtype and range of logits. */
export const attentions: fc.Arbitrary<Attention> = fc
  .record({
    seed: fc.integer(),
    queries: fc.integer({ min: 0, max: 6 }),
    keys: fc.integer({ min: 1, max: 80 }),
    headDim: fc.integer({ min: 1, max: 9 }),
    valueDim: fc.integer({ min: 0, max: 3 }),
    dtype: fc.constantFrom<Dtype>('f64', 'f32', 'f16', 'bf16'),
    size: fc.constantFrom(0.01, 1, 10, 100),
    bits: fc.constantFrom(53, 12, 3),
  })
  .map(({ seed, size, bits, ...shape }) => {
    const next = numbers(seed);
    const entry = (): number => (next() < 0.2 ? 0 : truncateTo(bits, size * (2 * next() - 1 + 2 ** -40)));
    return cook({ ...shape, q: entry, k: entry, v: entry });
  });

export interface Off {
  /** max |out - Att| over what the claim allows: above 1 the claim is false. */
  readonly share: number;
  /** max (|out - Att| - absolute) / (A|V|/A1), the error that the relative claim has to cover. */
  readonly relative: number;
}

/** How far `attended` is from decimal attention. An output that is no number of its dtype is infinitely far. */
export function distance(attention: Attention, { output }: Attended): Off {
  const { values, magnitudes } = decimalAttention(attention, 25); // claims have 16
  if (values.length !== output.values.length) return { share: Infinity, relative: Infinity };
  let share = 0;
  let relative = 0;
  output.values.forEach((x, e) => {
    if (!isExact(attention.dtype, x)) share = Infinity;
    else {
      const off = toDecimal(x).minus(values[e]!).abs();
      const allowed = magnitudes[e]!.times(output.error.relative).plus(output.error.absolute);
      share = Math.max(share, off.div(allowed).toNumber());
      if (!magnitudes[e]!.isZero()) {
        relative = Math.max(relative, off.minus(output.error.absolute).div(magnitudes[e]!).toNumber());
      }
    }
  });
  return { share, relative };
}
