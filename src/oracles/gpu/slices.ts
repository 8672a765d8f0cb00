/** Keys and patterns as the bit-sliced shader reads them (sliced-shader.ts has the layout). */
import { popcount } from '../../problems/orthogonal-vectors.ts';
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

/** What a group of neighbouring patterns has in common, and what each has besides. */
export interface ColumnLists {
  /**
   * In rows of one word a group: how many eights of shared columns, how many eights of its own each pattern has, the
   * shared columns, the first pattern's own columns, the second's, …; filled up with the slice of zeros.
   */
  readonly lists: Uint32Array<ArrayBuffer>;
  readonly groups: number;
  /** Eights that the lists have room for: of shared columns, and of each pattern's own. */
  readonly shared: number;
  readonly own: number;
}

/** The columns of `patterns`, of `words` 32-bit words each, `together` of them a group. */
export function columnLists(patterns: Uint32Array, words: number, together: number): ColumnLists {
  const total = patterns.length / words;
  const groups = Math.ceil(total / together);
  const common = commonBits(patterns, words, together);
  const bitsOf = (p: number, w: number): number =>
    patterns[p * words + w]! & ~common[Math.floor(p / together) * words + w]!;
  const commonOf = (g: number, w: number): number => common[g * words + w]!;

  const shared = mostEights(groups, words, commonOf);
  const own = mostEights(total, words, bitsOf);
  const lists = new Uint32Array(groups * (1 + together + 8 * shared + 8 * own * together)).fill(32 * words);
  const list = (g: number, eightsRow: number, firstRow: number, of: number, bits: typeof bitsOf): void => {
    const from = firstRow * groups + g;
    let at = from;
    for (let w = 0; w < words; w++) {
      for (let left = bits(of, w); left !== 0; left &= left - 1) {
        lists[at] = 32 * w + 31 - Math.clz32(left & -left);
        at += groups;
      }
    }
    lists[eightsRow * groups + g] = Math.ceil((at - from) / groups / 8);
  };
  lists.fill(0, 0, (1 + together) * groups);
  for (let g = 0; g < groups; g++) list(g, 0, 1 + together, g, commonOf);
  for (let p = 0; p < total; p++) {
    const member = p % together;
    const firstRow = 1 + together + 8 * (shared + own * member);
    list(Math.floor(p / together), 1 + member, firstRow, p, bitsOf);
  }
  return { lists, groups, shared, own };
}

/** The bits that all patterns of a group have. */
function commonBits(patterns: Uint32Array, words: number, together: number): Uint32Array {
  const common = new Uint32Array(Math.ceil(patterns.length / words / together) * words).fill(2 ** 32 - 1);
  for (let from = 0, p = 0; from < patterns.length; from += words, p++) {
    const into = Math.floor(p / together) * words;
    for (let w = 0; w < words; w++) common[into + w]! &= patterns[from + w]!;
  }
  return common;
}

/** Eights that hold the ones of any of `count` patterns. */
function mostEights(count: number, words: number, bits: (of: number, w: number) => number): number {
  let most = 0;
  for (let of = 0; of < count; of++) {
    let ones = 0;
    for (let w = 0; w < words; w++) ones += popcount(bits(of, w));
    most = Math.max(most, ones);
  }
  return Math.ceil(most / 8);
}
