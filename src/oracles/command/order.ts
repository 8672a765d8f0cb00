/**
 * The order in which a program gets the queries. Attention does not care, but an answer that is another instance's (a
 * buffer that was not refilled, a file that was not written anew) then comes with its rows in another order, and a
 * decoder, which combines several rows into each count, finds numbers that cannot be. The order follows from the matrices
 * alone, so that a run can be repeated.
 */
import { entries, type Attention, type Matrix } from '../../problems/attention.ts';

/** The hash of nothing. */
export const emptyHash = 2166136261;

/** A hash of numbers' bits, FNV-1a over 32-bit words, from the hash of what went before. */
export function hashed(block: Float64Array, hash: number): number {
  const words = new Uint32Array(block.buffer, block.byteOffset, 2 * block.length);
  for (const word of words) hash = Math.imul(hash ^ word, 16777619);
  return hash >>> 0;
}

/** 0 … n − 1. */
export const inOrder = (n: number): Uint32Array => Uint32Array.from({ length: n }, (_, k) => k);

/** The order in which a program gets these queries: row i of its file is row `order[i]` of them. */
export function queryOrder({ q, k, v }: Attention): Uint32Array {
  const hash = [q, k, v].reduce((before, matrix) => hashed(entries(matrix), before), emptyHash);
  return shuffled(q.rows, hash);
}

/** 0 … n − 1, shuffled (Fisher and Yates) by numbers that follow from `seed` (Steele, Lea and Flood's SplitMix). */
export function shuffled(n: number, seed: number): Uint32Array {
  const order = inOrder(n);
  let state = seed;
  for (let k = n - 1; k > 0; k--) {
    state = (state + 0x9e3779b9) | 0;
    let bits = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    const other = ((bits ^ (bits >>> 16)) >>> 0) % (k + 1);
    [order[k], order[other]] = [order[other]!, order[k]!];
  }
  return order;
}

/** The rows of `matrix`, row `order[i]` as row i. */
export function reordered(matrix: Matrix, order: Uint32Array): Matrix {
  const { rows, columns } = matrix;
  return {
    rows,
    columns,
    read(from, to, into) {
      for (let i = from; i < to; i++) {
        matrix.read(order[i]!, order[i]! + 1, into.subarray((i - from) * columns, (i - from + 1) * columns));
      }
    },
  };
}
