/** Keys and patterns as the bit-sliced shader reads them (sliced-shader.ts has the layout). */
import { sliceKeys } from './sliced-shader.ts';

/** Slices of the keys `rows`, of `words` 32-bit words each: 32·words + 1 a block of 128 keys, the last of zeros. */
export function sliceRows(
  patterns: Uint32Array,
  rows: ArrayLike<number>,
  words: number,
): Uint32Array<ArrayBuffer> {
  const stride = 4 * (32 * words + 1);
  const slices = new Uint32Array(Math.ceil(rows.length / sliceKeys) * stride);
  for (let j = 0; j < rows.length; j++) {
    const into = Math.floor(j / sliceKeys) * stride + ((j >> 5) & 3);
    const bit = 1 << (j & 31);
    for (let w = 0, from = rows[j]! * words; w < words; w++) {
      for (let left = patterns[from + w]!; left !== 0; left &= left - 1) {
        const column = 32 * w + 31 - Math.clz32(left & -left);
        slices[into + 4 * column]! |= bit;
      }
    }
  }
  return slices;
}

/** The columns of each pattern, filled up to eights with the slice of zeros; before them how many eights there are. */
export function columnLists(patterns: Uint32Array, words: number): Uint32Array<ArrayBuffer> {
  const total = patterns.length / words;
  let most = 0;
  for (let p = 0; p < total; p++) {
    let ones = 0;
    for (let w = 0; w < words; w++)
      for (let left = patterns[p * words + w]!; left !== 0; left &= left - 1) ones++;
    most = Math.max(most, ones);
  }
  const lists = new Uint32Array(total * (1 + 8 * Math.ceil(most / 8))).fill(32 * words);
  for (let p = 0; p < total; p++) {
    let at = total + p;
    for (let w = 0; w < words; w++) {
      for (let left = patterns[p * words + w]!; left !== 0; left &= left - 1) {
        lists[at] = 32 * w + 31 - Math.clz32(left & -left);
        at += total;
      }
    }
    lists[p] = Math.ceil((at - p - total) / total / 8);
  }
  return lists;
}
