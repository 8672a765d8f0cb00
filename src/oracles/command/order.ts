/**
 * The order in which a program gets the queries. Attention does not care, but an answer that is another instance's (a
 * buffer that was not refilled, a file that was not written anew) then comes with its rows in another order, and a
 * decoder, which combines several rows into each count, finds numbers that cannot be. The order follows from the matrices
 * alone, so that a run can be repeated.
 */
import type { Attention, Matrix } from '../../problems/attention.ts';

/** The hash of nothing. */
const emptyHash = 2166136261;

/** A hash of numbers' bits, FNV-1a over 32-bit words, from the hash of what went before. */
export function hashed(block: Float64Array, hash: number): number {
  const words = new Uint32Array(block.buffer, block.byteOffset, 2 * block.length);
  for (const word of words) hash = Math.imul(hash ^ word, 16777619);
  return hash >>> 0;
}

/** 0 … n − 1. */
export const inOrder = (n: number): Uint32Array => Uint32Array.from({ length: n }, (_, k) => k);

/**
 * Reads q, k and v once, row after row, and returns the hash of all their entries. `look` sees each block of rows, from
 * row `from` of that matrix on; it is overwritten by the next one.
 */
export function hashOf(
  { q, k, v }: Attention,
  look?: (name: 'q' | 'k' | 'v', block: Float64Array, from: number) => void,
): number {
  let hash = emptyHash;
  for (const [name, matrix] of [
    ['q', q],
    ['k', k],
    ['v', v],
  ] as const) {
    const step = Math.max(1, Math.floor(65536 / Math.max(1, matrix.columns)));
    const room = new Float64Array(Math.min(step, matrix.rows) * matrix.columns);
    for (let from = 0; from < matrix.rows; from += step) {
      const to = Math.min(matrix.rows, from + step);
      matrix.read(from, to, room);
      const block = room.subarray(0, (to - from) * matrix.columns);
      look?.(name, block, from);
      hash = hashed(block, hash);
    }
  }
  return hash;
}

/** The order in which a program gets these queries: row i of its file is row `order[i]` of them. */
export const queryOrder = (attention: Attention): Uint32Array =>
  shuffled(attention.q.rows, hashOf(attention));

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
