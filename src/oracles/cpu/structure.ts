/**
 * What makes an attention structured: up to a few general columns, every row of Q is {0, t} with a t of its own, and
 * every row of K is {0, c}. Then
 *
 *     scale·⟨q_i, k_j⟩ = scale·(t_i·c_j·popcount(a_i AND b_j) + Σ_g q_ig·k_jg)
 *
 * with bit patterns a_i, b_j, and equal t, c and general entries mean equal logits wherever the popcounts agree. It
 * is read off the entries themselves, exactly: one entry that differs in its last bit is another value, and a row with
 * two values is no pattern.
 */
import type { Matrix } from '../../problems/attention.ts';
import { popcount } from '../../problems/orthogonal-vectors.ts';
import { largestEntry, requireFinite } from '../validate.ts';
import type { Kernel } from './kernel.ts';
import { recordLength, type RowRoom } from './pattern-memory.ts';

/** More general columns than this are no structure. */
const mostGeneral = 4;

/** More classes of keys than this are no structure; a reduction makes two or three. At most 64, see pattern-memory.ts. */
export const mostClasses = 5;

/** Values beyond this are not summed: 2^24 times 2^29 keys stays at 2^53. */
const largestInteger = 2 ** 24;

/** Rows that are looked at to choose the general columns. */
const sampled = 64;

/** Which columns of Q and K are part of no pattern. */
export interface PatternColumns {
  readonly count: number;
  readonly general: readonly number[];
  /** 64-bit words a pattern, at least one: bit c is column c, and general columns at the end take no room. */
  readonly words: number;
}

/** Keys that have the same c and the same general entries. */
export interface KeyClass {
  /** c; 0 for keys without a pattern. */
  readonly factor: number;
  /** Entries in the general columns. */
  readonly general: Float64Array;
  /** Its keys, as row numbers of K. */
  readonly rows: Uint32Array;
  /** For each value column its one value in this class, or NaN where values differ and are small integers. */
  readonly constant: Float64Array;
}

export interface StructuredKeys {
  readonly columns: PatternColumns;
  readonly classes: readonly KeyClass[];
  /** All patterns of K, row after row: `words` 64-bit words a key, the lower half of each first. */
  readonly patterns: Uint32Array;
  /** The most ones in a pattern: no inner product exceeds it. */
  readonly degree: number;
}

/** What packs rows: the kernel of the calling thread, its memory and room in it. */
export interface Packing {
  readonly kernel: Kernel;
  readonly memory: WebAssembly.Memory;
  readonly room: RowRoom;
}

/** What a block of rows became, in the room it was packed in. */
export interface PackedRows {
  readonly patterns: number;
  /** Records known now; those from `before` on are new. */
  readonly records: number;
}

/**
 * Reads rows `from` … `to - 1` of Q or K as patterns, with `before` records known already and at most `most` to be
 * known; `share`: neighbours with equal patterns share one. A sentence that says why where that cannot be. Throws an
 * `InputError` for entries that are not finite.
 */
export function packBlock(
  tensor: 'q' | 'k',
  matrix: Matrix,
  [from, to]: readonly [from: number, to: number],
  columns: PatternColumns,
  { kernel, memory, room }: Packing,
  { before, most, share }: { readonly before: number; readonly most: number; readonly share: boolean },
): PackedRows | string {
  const rows = to - from;
  const block = new Float64Array(memory.buffer, room.block, rows * columns.count);
  matrix.read(from, to, block);
  const { length } = columns.general;
  const { patterns, patternOf, known, recordOf } = room;
  // prettier-ignore
  const failed = kernel.packRows(
    room.block, rows, columns.count, room.general, length, columns.words,
    patterns, patternOf, known, before, most, recordOf, share ? 1 : 0,
  );
  const records = kernel.recordsKnown();
  const width = recordLength(columns);
  const found = new Float64Array(memory.buffer, known, records * width).subarray(before * width);
  if (failed !== 0 || !found.every((x) => Math.abs(x) <= largestEntry)) {
    matrix.read(from, to, block); // the kernel has set general entries to 0
    requireFinite(tensor, block, block.length, columns.count, from);
  }
  const name = tensor.toUpperCase();
  if (failed === 1) return `row ${from + kernel.rowsPacked()} of ${name} has several values`;
  if (failed === 2) return `${name} has more than ${most} kinds of rows`;
  return { patterns: kernel.patternsPacked(), records };
}

/**
 * The structure of K and V, or a sentence that says why there is none. Throws an `InputError` for entries that are not
 * finite.
 */
export function structureKeys(
  k: Matrix,
  v: Matrix,
  columns: PatternColumns,
  packing: Packing,
): StructuredKeys | string {
  const words = 2 * columns.words;
  const width = recordLength(columns);
  const { memory, room } = packing;
  const patterns = new Uint32Array(k.rows * words);
  const classOf = new Uint32Array(k.rows);
  let before = 0;
  for (let from = 0; from < k.rows; from += room.rows) {
    const to = Math.min(k.rows, from + room.rows);
    const packed = packBlock('k', k, [from, to], columns, packing, {
      before,
      most: mostClasses,
      share: false,
    });
    if (typeof packed === 'string') return packed;
    before = packed.records;
    patterns.set(new Uint32Array(memory.buffer, room.patterns, (to - from) * words), from * words);
    classOf.set(new Uint32Array(memory.buffer, room.recordOf, to - from), from);
  }
  const counts = new Uint32Array(before);
  for (const index of classOf) counts[index]!++;
  const records = new Float64Array(memory.buffer, room.known, before * width);
  const classes = Array.from(counts, (count, index) => ({
    factor: records[index * width]!,
    general: records.slice(index * width + 1, (index + 1) * width),
    rows: new Uint32Array(count),
    constant: new Float64Array(v.columns),
  }));
  counts.fill(0);
  classOf.forEach((index, j) => (classes[index]!.rows[counts[index]!++] = j));
  const noValues = readValues(v, classes, classOf);
  return noValues ?? { columns, classes, patterns, degree: mostOnes(patterns, words) };
}

/** Finds the constant columns of each class; a sentence where others hold more than small integers. */
function readValues(v: Matrix, classes: readonly KeyClass[], classOf: Uint32Array): string | undefined {
  const seen = new Uint8Array(classes.length);
  const step = Math.max(1, Math.floor(2 ** 16 / Math.max(1, v.columns)));
  const block = new Float64Array(Math.min(step, v.rows) * v.columns);
  for (let from = 0; from < v.rows; from += step) {
    const to = Math.min(v.rows, from + step);
    v.read(from, to, block);
    requireFinite('v', block, (to - from) * v.columns, v.columns, from);
    for (let j = from; j < to; j++) {
      const index = classOf[j]!;
      if (!mergeValues(classes[index]!.constant, block, (j - from) * v.columns, seen[index] === 0)) {
        return 'values that differ among equal kinds of keys are not small integers';
      }
      seen[index] = 1;
    }
  }
  return undefined;
}

function mostOnes(patterns: Uint32Array, words: number): number {
  let most = 0;
  for (let at = 0; at < patterns.length; at += words) {
    let ones = 0;
    for (let w = at; w < at + words; w++) ones += popcount(patterns[w]!);
    most = Math.max(most, ones);
  }
  return most;
}

/** Takes one more row of values into a class; false where values differ and are not small integers. */
function mergeValues(constant: Float64Array, block: Float64Array, at: number, first: boolean): boolean {
  for (let c = 0; c < constant.length; c++) {
    const value = block[at + c]!;
    if (first) constant[c] = value;
    else if (constant[c] !== value) {
      if (!isSmallInteger(value) || !(Number.isNaN(constant[c]) || isSmallInteger(constant[c]!)))
        return false;
      constant[c] = NaN;
    }
  }
  return true;
}

const isSmallInteger = (x: number): boolean => Number.isInteger(x) && Math.abs(x) <= largestInteger;

/**
 * The columns that have to be general: in each row the most frequent value is the pattern's, and columns with another
 * are general. Rows with many entries are looked at first, because their pattern is plainest. A sentence where more
 * than a few columns would have to be.
 */
export function patternColumns(q: Matrix, k: Matrix): PatternColumns | string {
  const general = new Set<number>();
  const rows = [q, k].flatMap(sampleRows).toSorted((a, b) => b.present.length - a.present.length);
  for (const { row, present } of rows) {
    const tally = new Map<number, number>();
    for (const c of present) if (!general.has(c)) tally.set(row[c]!, (tally.get(row[c]!) ?? 0) + 1);
    if (tally.size < 2) continue;
    const [usual] = [...tally].reduce((a, b) => (b[1] > a[1] ? b : a));
    for (const c of present) if (row[c] !== usual) general.add(c);
    if (general.size > mostGeneral) {
      return `rows of Q or K have several values in more than ${mostGeneral} columns`;
    }
  }
  let last = q.columns - 1;
  while (general.has(last)) last--;
  return {
    count: q.columns,
    general: [...general].toSorted((a, b) => a - b),
    words: Math.max(1, Math.ceil((last + 1) / 64)),
  };
}

interface SampledRow {
  readonly row: Float64Array;
  /** Its columns with an entry other than 0. */
  readonly present: readonly number[];
}

/** Rows from the beginning and the end: pads usually stand at an end. */
function sampleRows(matrix: Matrix): SampledRow[] {
  const { rows, columns } = matrix;
  const half = Math.min(rows, sampled / 2);
  return [0, rows - half].flatMap((from) => {
    const block = new Float64Array(half * columns);
    matrix.read(from, from + half, block);
    return Array.from({ length: half }, (_, r) => {
      const row = block.subarray(r * columns, (r + 1) * columns);
      const present: number[] = [];
      for (let c = 0; c < columns; c++) if (row[c] !== 0) present.push(c);
      return { row, present };
    });
  });
}
