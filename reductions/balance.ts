/** Points that all weigh half of their coordinates, so that a distance says the inner product and the other way round. */
import type { ClosestPair } from '../src/problems/closest-pair.ts';
import { bitMatrix, getBit, setBit, weight, type BitMatrix } from '../src/problems/orthogonal-vectors.ts';

/** The same points if they are balanced; otherwise x ↦ (x, 1 − x), which doubles dimension and distances. */
export function balance(pair: ClosestPair): ClosestPair {
  if (isBalanced(pair.left) && isBalanced(pair.right)) return pair;
  return {
    left: withComplement(pair.left),
    right: withComplement(pair.right),
    near: 2 * pair.near,
    far: 2 * pair.far,
  };
}

/** The inner product of balanced points in dimension d at a distance: (d − distance)/2. */
export const innerProductAt = (dimension: number, distance: number): number => (dimension - distance) / 2;

function isBalanced(points: BitMatrix): boolean {
  for (let row = 0; row < points.rows; row++) if (2 * weight(points, row) !== points.columns) return false;
  return true;
}

function withComplement(points: BitMatrix): BitMatrix {
  const d = points.columns;
  const both = bitMatrix(points.rows, 2 * d);
  for (let row = 0; row < points.rows; row++) {
    for (let c = 0; c < d; c++) setBit(both, row, getBit(points, row, c) === 1 ? c : d + c);
  }
  return both;
}
