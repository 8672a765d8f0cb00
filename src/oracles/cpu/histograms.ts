/**
 * How often each inner product occurs: for a block of query patterns and each class of keys, how many keys have
 * popcount(a AND b) = s, and the sums of their values where those differ within the class. Counted by the kernel.
 */
import type { Matrix } from '../../problems/attention.ts';
import type { Job } from './kernel.ts';
import type { Pool } from './pool.ts';
import type { KeyClass, StructuredKeys } from './structure.ts';

/** What is counted for one class of keys. */
export interface Histogram {
  /** D + 1, or 1 for a class without a pattern, whose inner products are 0. */
  readonly size: number;
  /** From one pattern's counts to the next: `size`, or 0 where all patterns share one. */
  readonly stride: number;
  /** patterns × size counts. */
  readonly counts: Uint32Array;
  /** patterns × size × d_v sums of values; empty where the class has one value in each column. */
  readonly sums: Float64Array;
}

/** Where the keys of a class are, in bytes; `values` is 0 where they need not be summed. */
interface Placed {
  readonly keys: number;
  readonly count: number;
  readonly values: number;
  /** The histogram of a class without a pattern. */
  readonly flat: Histogram | undefined;
}

/** Room for one block on its way, in bytes. */
export interface Slot {
  /** Its rows of Q, as float64s. */
  readonly queries: number;
  readonly patterns: number;
  /** For each class. */
  readonly counts: readonly number[];
  readonly sums: readonly number[];
  readonly scratch: readonly number[];
}

export interface Layout {
  readonly classes: readonly Placed[];
  readonly slots: readonly Slot[];
  readonly end: number;
}

/** Lays out keys, values and `slots` blocks of at most `rows` queries, each a pattern of its own. Allocates nothing. */
export function layOut(
  { classes, columns, degree }: StructuredKeys,
  v: Matrix,
  rows: number,
  slots: number,
): Layout {
  let end = 1024;
  const take = (bytes: number): number => {
    const at = end;
    end += Math.ceil(bytes / 64) * 64;
    return at;
  };
  const patternBytes = 8 * columns.words;
  const placed = classes.map((keys): Placed => {
    const count = keys.rows.length;
    if (keys.factor === 0) return { keys: 0, count, values: 0, flat: flatHistogram(keys, v) };
    return {
      keys: take(count * patternBytes),
      count,
      values: isSummed(keys) ? take(count * v.columns * 8) : 0,
      flat: undefined,
    };
  });
  const size = degree + 1;
  return {
    classes: placed,
    slots: Array.from({ length: slots }, () => ({
      queries: take(rows * columns.bits.length * 8),
      patterns: take(rows * patternBytes),
      counts: placed.map(({ flat }) => take(flat === undefined ? rows * size * 4 : 0)),
      sums: placed.map(({ values }) => take(values === 0 ? 0 : rows * size * v.columns * 8)),
      scratch: placed.map(({ flat }) => take(flat === undefined ? size * 16 : 0)),
    })),
    get end() {
      return end;
    },
  };
}

/** Copies the keys' patterns, and the values that have to be summed, to where the layout says. */
export function placeKeys(
  { classes, columns, patterns }: StructuredKeys,
  v: Matrix,
  layout: Layout,
  memory: WebAssembly.Memory,
): void {
  const words = 2 * columns.words;
  classes.forEach(({ rows }, index) => {
    const { keys, values, flat } = layout.classes[index]!;
    if (flat !== undefined) return;
    const into = new Uint32Array(memory.buffer, keys, rows.length * words);
    rows.forEach((row, k) => into.set(patterns.subarray(row * words, (row + 1) * words), k * words));
    if (values === 0) return;
    const copied = new Float64Array(memory.buffer, values, rows.length * v.columns);
    rows.forEach((row, k) => v.read(row, row + 1, copied.subarray(k * v.columns, (k + 1) * v.columns)));
  });
}

/** Counts `patterns` patterns, which stand in the slot, against every class. */
export async function countBlock(
  { columns, degree }: StructuredKeys,
  valueDim: number,
  layout: Layout,
  slot: Slot,
  patterns: number,
  pool: Pool,
  memory: WebAssembly.Memory,
): Promise<readonly Histogram[]> {
  const size = degree + 1;
  const jobs: Job[] = [];
  const histograms = layout.classes.map(({ keys, count, values, flat }, index): Histogram => {
    if (flat !== undefined) return flat;
    const [countsAt, sumsAt, scratch] = [slot.counts[index]!, slot.sums[index]!, slot.scratch[index]!];
    const counts = new Uint32Array(memory.buffer, countsAt, patterns * size).fill(0);
    const block = [slot.patterns, patterns, keys, count, columns.words, degree] as const;
    if (values === 0) {
      jobs.push({ call: 'countPatterns', with: [...block, scratch, countsAt] });
      return { size, stride: size, counts, sums: noSums };
    }
    const sums = new Float64Array(memory.buffer, sumsAt, patterns * size * valueDim).fill(0);
    jobs.push({ call: 'sumPatterns', with: [...block, values, valueDim, countsAt, sumsAt] });
    return { size, stride: size, counts, sums };
  });
  await Promise.all(jobs.map((job) => pool.run(job)));
  return histograms;
}

const noSums = new Float64Array(0);

const isSummed = ({ constant }: KeyClass): boolean => constant.some(Number.isNaN);

/** All keys of a class without a pattern have inner product 0 with every query. */
function flatHistogram(keys: KeyClass, v: Matrix): Histogram {
  const counts = Uint32Array.of(keys.rows.length);
  if (!isSummed(keys)) return { size: 1, stride: 0, counts, sums: noSums };
  const sums = new Float64Array(v.columns);
  const row = new Float64Array(v.columns);
  for (const j of keys.rows) {
    v.read(j, j + 1, row);
    row.forEach((value, c) => (sums[c]! += value));
  }
  return { size: 1, stride: 0, counts, sums };
}
