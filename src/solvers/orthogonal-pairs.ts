/**
 * Orthogonal Vectors by brute force: every left vector against every right one, word by word, leaving a pair at
 * the first word in which they share a one. n_left · n_right steps whatever the vectors are. Nearly all pairs of
 * a random formula part in their first 32 coordinates.
 */
import { isOrthogonal } from '../problems/orthogonal-vectors.ts';
import type { OrthogonalVectors, Pair } from '../problems/orthogonal-vectors.ts';

export interface OrthogonalPairs {
  /** The number of pairs with inner product 0. */
  readonly count: bigint;
  /** Entry `i`: the number of right vectors orthogonal to left vector `i`. */
  readonly perRow: Uint32Array;
  /** The pair with the smallest `i`, and of those the smallest `j`; null when the count is 0. */
  readonly first: Pair | null;
}

/** Left vectors between two calls of `onProgress`. */
const rowsAtOnce = 1024;

/**
 * Counts the orthogonal pairs; `onProgress` hears the share of the left vectors done. Memory: a copy of the right
 * vectors and 4 bytes a left one.
 */
export function countOrthogonalPairs(
  { left, right }: OrthogonalVectors,
  onProgress: (done: number) => void = () => {},
): OrthogonalPairs {
  const n = right.rows;
  const stride = left.stride;
  const perRow = new Uint32Array(left.rows);
  let first: Pair | null = null;
  let count = 0n;

  // Word w of all right vectors side by side: the inner loop then reads memory in order.
  const columns = Array.from({ length: stride }, (_, w) =>
    Int32Array.from({ length: n }, (_, j) => right.words[j * stride + w]!),
  );
  const row = new Int32Array(stride);

  for (let i = 0; i < left.rows; i++) {
    if (i % rowsAtOnce === 0) onProgress(i / left.rows);
    for (let w = 0; w < stride; w++) row[w] = left.words[i * stride + w]!;
    const partners = stride === 0 ? n : partnersOf(row, columns, n);
    if (partners === 0) continue;
    perRow[i] = partners;
    count += BigInt(partners);
    first ??= { i, j: firstPartner(row, columns, n) };
  }
  onProgress(1);
  return { count, perRow, first };
}

/** All orthogonal pairs, by `i` and then by `j`. */
export function allOrthogonalPairs(vectors: OrthogonalVectors): Pair[] {
  const pairs: Pair[] = [];
  for (let i = 0; i < vectors.left.rows; i++) {
    for (let j = 0; j < vectors.right.rows; j++) {
      if (isOrthogonal(vectors, { i, j })) pairs.push({ i, j });
    }
  }
  return pairs;
}

function partnersOf(row: Int32Array, columns: readonly Int32Array[], n: number): number {
  const head = row[0]!;
  const heads = columns[0]!;
  let partners = 0;
  for (let j = 0; j < n; j++) {
    if ((head & heads[j]!) === 0 && agreesAfterHead(row, columns, j)) partners++;
  }
  return partners;
}

function firstPartner(row: Int32Array, columns: readonly Int32Array[], n: number): number {
  for (let j = 0; j < n; j++) {
    if (row.every((word, w) => (word & columns[w]![j]!) === 0)) return j;
  }
  throw new Error('a row with partners has a first one');
}

function agreesAfterHead(row: Int32Array, columns: readonly Int32Array[], j: number): boolean {
  for (let w = 1; w < row.length; w++) {
    if ((row[w]! & columns[w]![j]!) !== 0) return false;
  }
  return true;
}
