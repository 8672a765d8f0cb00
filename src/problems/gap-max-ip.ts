/**
 * Gap Maximum Inner Product: two lists of vectors in {0,1}^d, and the promise that no inner product lies strictly
 * between `low` and `high`. Is there a pair with ⟨a_i, b_j⟩ ≥ high, or are all at most low?
 */
import type { OrthogonalVectors } from './orthogonal-vectors.ts';

export interface GapMaxIp extends OrthogonalVectors {
  /** An inner product of at least this, > low, makes a pair. */
  readonly high: number;
  readonly low: number;
}
