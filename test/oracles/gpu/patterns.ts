/** Attentions whose rows are patterns, of every shape that the counting kernels tell apart. */
import * as fc from 'fast-check';
import type { Attention } from '../../../src/problems/attention.ts';
import { cook, numbers } from '../cases.ts';

export interface PatternShape {
  readonly vectors: number;
  readonly keys: number;
  readonly pads: number;
  readonly dimension: number;
  readonly scales: number;
  readonly columns: number;
  readonly largestValue: number;
  readonly seed: number;
}

/**
 * Several scales of each vector, pads and a pad coordinate; the first value is 1 on real keys, the others are integers
 * up to `largestValue` in absolute value.
 */
export function patternAttention(shape: PatternShape): Attention {
  const { vectors, keys, pads, dimension, scales, columns, largestValue, seed } = shape;
  const next = numbers(seed);
  const bit = (): number => +(next() < 0.4);
  const left = Array.from({ length: vectors * dimension }, bit);
  const right = Array.from({ length: keys * dimension }, bit);
  const bound = 6 + 10 * next();
  const t = Array.from({ length: scales }, (_, k) => (k === 0 ? bound : bound * next() ** 2));
  const value = (): number => Math.round(largestValue * (2 * next() - 1));
  return cook({
    queries: vectors * scales,
    keys: keys + pads,
    headDim: dimension + 1,
    valueDim: columns,
    q: (r, c) => (c === dimension ? bound : left[Math.floor(r / scales) * dimension + c]! * t[r % scales]!),
    k: (r, c) =>
      r < keys ? (c === dimension ? 0 : -bound * right[r * dimension + c]!) : c === dimension ? bound : 0,
    v: (r, c) => (r >= keys ? 0 : c === 0 ? 1 : value()),
  });
}

export const patternShapes: fc.Arbitrary<PatternShape> = fc.record({
  vectors: fc.integer({ min: 1, max: 40 }),
  keys: fc.integer({ min: 1, max: 700 }),
  pads: fc.integer({ min: 0, max: 5 }),
  dimension: fc.constantFrom(1, 7, 64, 65, 130),
  scales: fc.integer({ min: 1, max: 4 }),
  columns: fc.integer({ min: 0, max: 4 }),
  largestValue: fc.constantFrom(1, 2047, 5000, 2 ** 24),
  seed: fc.nat(),
});
