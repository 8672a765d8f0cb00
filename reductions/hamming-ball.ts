/**
 * The other branch of Alman and Song's Theorem 4.6: where the distance t that is asked about is too small for attention
 * to see (the entries grow with d/t), the balls around the points are small too, and looking up every point of every
 * ball among the right points takes less than quadratic time.
 */
import type { ClosestPair } from '../src/problems/closest-pair.ts';
import type { BitMatrix } from '../src/problems/orthogonal-vectors.ts';

/** The number of points within distance t of one point: Σ_{r≤t} binom(d, r); 0 for t < 0, Infinity beyond float64. */
export function ballSize(dimension: number, t: number): number {
  let sum = 0;
  let binomial = 1;
  for (let r = 0; r <= Math.min(t, dimension); r++) {
    sum += binomial;
    binomial *= (dimension - r) / (r + 1);
  }
  return sum;
}

/** Balls of at most √n points, so that looking all of them up takes n^1.5, are searched. */
export const isSmallBall = ({ left, right, near }: ClosestPair): boolean =>
  ballSize(left.columns, near) <= Math.sqrt(Math.max(1, right.rows));

/** For every left point: is there a right one within distance `near`? Time n · ballSize. */
export function closeByBall({ left, right, near }: ClosestPair): readonly boolean[] {
  const points = new Set(Array.from({ length: right.rows }, (_, j) => keyOf(rowOf(right, j))));
  return Array.from({ length: left.rows }, (_, i) => {
    const centre = rowOf(left, i);
    return near >= 0 && inBall(centre, 0, near);
  });

  /** Is there a right point among those that differ from `point` in at most `budget` coordinates from `from` on? */
  function inBall(point: Uint32Array, from: number, budget: number): boolean {
    if (points.has(keyOf(point))) return true;
    if (budget === 0) return false;
    for (let c = from; c < left.columns; c++) {
      point[c >>> 5]! ^= 1 << (c & 31);
      const found = inBall(point, c + 1, budget - 1);
      point[c >>> 5]! ^= 1 << (c & 31);
      if (found) return true;
    }
    return false;
  }
}

const rowOf = ({ stride, words }: BitMatrix, row: number): Uint32Array =>
  words.slice(row * stride, (row + 1) * stride);

const keyOf = (point: Uint32Array): string => point.join(',');
