/**
 * Gap Hamming closest pair: two lists of points in {0,1}^d, and the promise that no distance lies strictly between
 * `near` and `far`. Is there a pair at distance ≤ near, or are all at least far? With near = t and far = (1+ε)t this is
 * what a (1+ε)-approximation of the closest pair decides.
 */
import { popcount, type OrthogonalVectors, type Pair } from './orthogonal-vectors.ts';

export interface ClosestPair extends OrthogonalVectors {
  /** t: a distance of at most this makes a pair. */
  readonly near: number;
  /** (1+ε)t, > near. */
  readonly far: number;
}

/** The number of coordinates in which left point i and right point j differ. */
export function hammingDistance({ left, right }: OrthogonalVectors, { i, j }: Pair): number {
  let sum = 0;
  for (let w = 0; w < left.stride; w++) {
    sum += popcount(left.words[i * left.stride + w]! ^ right.words[j * right.stride + w]!);
  }
  return sum;
}
