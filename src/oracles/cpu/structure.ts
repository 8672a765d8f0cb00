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
import { requireFinite } from '../validate.ts';

/** More general columns than this are no structure. */
const mostGeneral = 4;

/** More classes of keys than this are no structure; a reduction makes two or three. */
export const mostClasses = 5;

/** Values beyond this are not summed: 2^24 times 2^29 keys stays at 2^53. */
const largestInteger = 2 ** 24;

/** Rows that are looked at to choose the general columns. */
const sampled = 64;

/** Where the bits of a pattern stand in a row of Q or K. */
export interface PatternColumns {
  /** Columns that are part of no pattern. */
  readonly general: readonly number[];
  /** The number of each column's bit, or -1 for a general one. */
  readonly bits: Int32Array;
  /** 64-bit words a pattern, at least one. */
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

/**
 * The structure of K, in columns that suit Q too as far as a sample tells, or a sentence that says why there is none.
 * Throws an `InputError` for entries that are not finite.
 */
export function structureKeys(q: Matrix, k: Matrix, v: Matrix): StructuredKeys | string {
  const columns = patternColumns([q, k]);
  if (columns === undefined) return `rows of Q or K have several values in more than ${mostGeneral} columns`;
  const { words } = columns;
  const patterns = new Uint32Array(k.rows * 2 * words);
  const classOf = new Uint8Array(k.rows);
  const found: { factor: number; general: Float64Array; count: number }[] = [];
  let degree = 0;
  const noClasses = eachBlock(k, (block, from, to) => {
    requireFinite('k', block, (to - from) * k.columns, k.columns, from);
    const general = new Float64Array(columns.general.length);
    for (let j = from; j < to; j++) {
      const at = (j - from) * k.columns;
      const factor = readPattern(columns, block, at, patterns, j * 2 * words);
      if (Number.isNaN(factor)) return `row ${j} of K has several values`;
      readGeneral(columns, block, at, general);
      let index = found.findIndex((other) => other.factor === factor && sameEntries(other.general, general));
      if (index < 0) {
        if (found.length === mostClasses) return `K has more than ${mostClasses} kinds of rows`;
        index = found.push({ factor, general: general.slice(), count: 0 }) - 1;
      }
      found[index]!.count++;
      classOf[j] = index;
      let ones = 0;
      for (let w = j * 2 * words; w < (j + 1) * 2 * words; w++) ones += popcount(patterns[w]!);
      degree = Math.max(degree, ones);
    }
    return undefined;
  });
  if (noClasses !== undefined) return noClasses;

  const classes = found.map(({ factor, general, count }) => ({
    factor,
    general,
    rows: new Uint32Array(count),
    constant: new Float64Array(v.columns),
  }));
  const seen = new Uint32Array(found.length);
  classOf.forEach((index, j) => (classes[index]!.rows[seen[index]!++] = j));
  seen.fill(0);
  const noValues = eachBlock(v, (block, from, to) => {
    requireFinite('v', block, (to - from) * v.columns, v.columns, from);
    for (let j = from; j < to; j++) {
      const index = classOf[j]!;
      const first = seen[index]!++ === 0;
      if (!mergeValues(classes[index]!.constant, block, (j - from) * v.columns, first)) {
        return 'values that differ among equal kinds of keys are not small integers';
      }
    }
    return undefined;
  });
  return noValues ?? { columns, classes, patterns, degree };
}

/**
 * Reads the row at `at` as a pattern: sets its bits in `into` from word `first` on, which must be zero, and returns
 * its one value, 0 for a row of zeros, or NaN for a row with several values.
 */
export function readPattern(
  { bits }: PatternColumns,
  block: Float64Array,
  at: number,
  into: Uint32Array,
  first: number,
): number {
  let value = 0;
  for (let c = 0; c < bits.length; c++) {
    const entry = block[at + c]!;
    const bit = bits[c]!;
    if (entry === 0 || bit < 0) continue;
    if (value === 0) value = entry;
    else if (entry !== value) return NaN;
    into[first + (bit >>> 5)]! |= 1 << (bit & 31);
  }
  return value;
}

/** Reads the general entries of the row at `at`. */
export function readGeneral(
  { general }: PatternColumns,
  block: Float64Array,
  at: number,
  into: Float64Array,
): void {
  for (let g = 0; g < general.length; g++) into[g] = block[at + general[g]!]!;
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
 * are general. Rows with many entries are looked at first, because their pattern is plainest. Undefined where more
 * than a few columns would have to be.
 */
function patternColumns(matrices: readonly Matrix[]): PatternColumns | undefined {
  const d = matrices[0]!.columns;
  const general = new Set<number>();
  for (const row of matrices.flatMap(sampleRows).toSorted((a, b) => entriesIn(b) - entriesIn(a))) {
    const tally = new Map<number, number>();
    row.forEach((x, c) => {
      if (x !== 0 && !general.has(c)) tally.set(x, (tally.get(x) ?? 0) + 1);
    });
    if (tally.size < 2) continue;
    const [usual] = [...tally].reduce((a, b) => (b[1] > a[1] ? b : a));
    row.forEach((x, c) => {
      if (x !== 0 && x !== usual) general.add(c);
    });
    if (general.size > mostGeneral) return undefined;
  }
  let next = 0;
  const bits = Int32Array.from({ length: d }, (_, c) => (general.has(c) ? -1 : next++));
  return { general: [...general].toSorted((a, b) => a - b), bits, words: Math.max(1, Math.ceil(next / 64)) };
}

/** Rows from the beginning and the end: pads usually stand at an end. */
function sampleRows(matrix: Matrix): Float64Array[] {
  const { rows, columns } = matrix;
  const half = Math.min(rows, sampled / 2);
  return [0, rows - half].flatMap((from) => {
    const block = new Float64Array(half * columns);
    matrix.read(from, from + half, block);
    return Array.from({ length: half }, (_, r) => block.subarray(r * columns, (r + 1) * columns));
  });
}

const entriesIn = (row: Float64Array): number => row.reduce((sum, x) => (x === 0 ? sum : sum + 1), 0);

const sameEntries = (a: Float64Array, b: Float64Array): boolean => a.every((x, g) => x === b[g]);

/** Visits the matrix in blocks of about 64 Ki entries until a visit returns something, and returns that. */
function eachBlock(
  matrix: Matrix,
  visit: (block: Float64Array, from: number, to: number) => string | undefined,
): string | undefined {
  const step = Math.max(1, Math.floor(2 ** 16 / Math.max(1, matrix.columns)));
  const block = new Float64Array(Math.min(step, matrix.rows) * matrix.columns);
  for (let from = 0; from < matrix.rows; from += step) {
    const to = Math.min(matrix.rows, from + step);
    matrix.read(from, to, block);
    const failed = visit(block, from, to);
    if (failed !== undefined) return failed;
  }
  return undefined;
}
