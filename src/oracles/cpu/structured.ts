/**
 * The structured way, for matrices whose rows are patterns (structure.ts): inner products are popcounts, counted as
 * integers, once for all neighbouring queries with the same pattern; what is left are a few exponentials a query scale.
 * With n_p patterns in Q, D ones in the heaviest pattern of K and C classes of keys, n_p·n_k popcounts and n_q·C·(D + 1)
 * multiplications take the place of n_q·n_k·d multiplications and n_q·n_k exponentials.
 *
 * Error in units of u = 2^-53. Counts, and sums of integer values, are exact. A weight exp(z − shift) comes from
 * z = hi + lo (weight-table.ts): Math.exp is within 2u (assumed, as for the reference oracle), 1 + (lo + lo²/2) and the
 * product round by u each, and the rest, lo³/6 and the roundings of lo, is below 2^-59. A count times a weight rounds by
 * u, their compensated sum by u and second-order terms, a value times a sum by u, and adding up C classes by (C − 1)u.
 * Weights span at most e^1000 below e^340 and never are subnormal; an attention with a wider span is not taken, nor one
 * whose logits could reach 2^30 before anything cancels, for which lo would not be small.
 */
import type { Attention, Matrix, OutputError } from '../../problems/attention.ts';
import { roundTo, type Dtype } from '../../problems/dtype.ts';
import { quotientClaim, together, u } from '../claim.ts';
import type { AttendOptions, Attended } from '../oracle.ts';
import { requireFitting } from '../validate.ts';
import { inBlocks } from './blocks.ts';
import type { Engine } from './engine.ts';
import type { PatternArguments } from './kernel.ts';
import { mostBytes, reserve } from './memory.ts';
import {
  isSummed,
  newArena,
  recordLength,
  resultBytes,
  tableBytes,
  takeResultRoom,
  takeRowRoom,
  type Arena,
  type ResultRoom,
  type RowRoom,
} from './pattern-memory.ts';
import {
  mostClasses,
  packBlock,
  patternColumns,
  structureKeys,
  type KeyClass,
  type StructuredKeys,
} from './structure.ts';
import { sizeOf, weightTable, widestSpan } from './weight-table.ts';

/** Entries of Q in a block, about, and queries, at most. */
const blockEntries = 2 ** 16;
const blockRows = 4096;

/** Bytes of counts, sums and outputs of a block, at most unless a single query takes more. */
const mostResultBytes = 2 ** 26;

/** Pairs from which on threads are worth waking; a readout has about twenty queries a pattern, so 10^7 popcounts. */
const threadsFrom = 2e8;

export function structuredClaim(dtype: Dtype, classes: number): OutputError {
  const sum = together(4 * u, 2 ** -59, u, 2 * u, (classes - 1) * u);
  return quotientClaim(dtype, together(sum, u), sum);
}

/** Thrown inside a block that is no pattern after all. */
class Unstructured extends Error {}

/** Counts inner products in the kernel's stead; what is made of the counts is the same then, bit by bit. */
export interface Counter {
  /** Entries of Q in a block, about, and queries, at most. */
  readonly blockEntries: number;
  readonly blockRows: number;
  /** Bytes of counts, sums and outputs of a block, at most unless a single query takes more. */
  readonly resultBytes: number;
  /** Called once, when the structure is known; a sentence says why it cannot be counted. */
  open(keys: StructuredKeys, v: Matrix): CountBlock | string;
}

/**
 * Counts `patterns`, row after row, against every class. With Z = `sizeOf(1, degree)` both results begin as zeros:
 * `counts` has patterns × Z for each class with patterns in turn, `sums` patterns × Z × d_v for those of them whose
 * values are summed.
 */
export type CountBlock = (
  patterns: Uint32Array<ArrayBuffer>,
  counts: Uint32Array,
  sums: Float64Array,
) => Promise<void>;

/** Room for one block on its way, and how many records it has weights for. */
interface Slot {
  readonly rows: RowRoom;
  readonly results: ResultRoom;
  records: number;
}

/**
 * Att(Q,K,V) where Q, K and V are structured; otherwise a sentence that says why they are not. The same bits whatever
 * the threads. Throws an `InputError` for what no oracle takes.
 */
export async function attendStructured(
  attention: Attention,
  engine: Engine,
  options: AttendOptions = {},
  counter?: Counter,
): Promise<Attended | string> {
  const started = performance.now();
  requireFitting(attention);
  const { q, k, v, scale, dtype } = attention;
  const { kernel, memory } = engine;
  const columns = patternColumns(q, k);
  if (typeof columns === 'string') return columns;

  const arena = newArena();
  const most = Math.max(q.rows, k.rows, 1);
  const rowsAtOnce = Math.max(
    1,
    Math.min(
      counter?.blockRows ?? blockRows,
      most,
      Math.floor((counter?.blockEntries ?? blockEntries) / Math.max(1, q.columns)),
      Math.floor((counter?.resultBytes ?? mostResultBytes) / resultBytes(q.columns, v.columns, mostClasses)),
    ),
  );
  const pool = await engine.pool(counter === undefined && q.rows * k.rows >= threadsFrom);
  const rooms = Array.from({ length: pool.threads === 1 ? 1 : 2 * pool.threads }, () =>
    takeRowRoom(arena, columns, rowsAtOnce),
  );
  reserve(memory, arena.end);
  for (const { general } of rooms)
    new Int32Array(memory.buffer, general, columns.general.length).set(columns.general);

  const keys = structureKeys(k, v, columns, { kernel, memory, room: rooms[0]! });
  if (typeof keys === 'string') return keys;
  const { classes, degree } = keys;
  const countBlock = counter?.open(keys, v);
  if (typeof countBlock === 'string') return countBlock;
  const slots = rooms.map((rows): Slot => ({
    rows,
    results: takeResultRoom(arena, classes, degree, v.columns, kernel.countScratchBytes(columns.words), rows),
    records: 0,
  }));
  const classesAt = placeKeys(keys, v, arena, engine);
  if (classesAt === undefined) return `its counts and sums would take ${Math.ceil(arena.end / 2 ** 30)} GiB`;

  const values = new Float64Array(q.rows * v.columns);
  const bytes = tableBytes(classes, degree);
  const visit = async (slot: Slot, from: number, to: number): Promise<void> => {
    const { rows: room, results } = slot;
    if (slot.records + (to - from) > room.most) slot.records = 0;
    const before = slot.records;
    const how = { before, most: room.most, share: true };
    const packed = packBlock('q', q, [from, to], columns, { kernel, memory, room }, how);
    if (typeof packed === 'string') throw new Unstructured(packed);
    const records = new Float64Array(memory.buffer, room.known, packed.records * recordLength(columns));
    const tables = new Float64Array(memory.buffer, results.tables, (packed.records * bytes) / 8);
    for (let r = before; r < packed.records; r++) {
      const [t, ...general] = records.subarray(r * recordLength(columns), (r + 1) * recordLength(columns));
      const table = weightTable(classes, degree, scale, t!, Float64Array.from(general));
      const row = (): number => from + new Uint32Array(memory.buffer, room.recordOf, to - from).indexOf(r);
      if (table === undefined)
        throw new Unstructured(`logits of query ${row()} span more than ${widestSpan} or could reach 2^30`);
      tables.set(table, (r * bytes) / 8);
    }
    slot.records = packed.records;
    const averages = [
      packed.patterns,
      room.patternOf,
      room.recordOf,
      results.tables,
      bytes,
      to - from,
    ] as const;
    if (countBlock === undefined) {
      const [patterns, ...rest] = averages;
      // prettier-ignore
      const block: PatternArguments = [
        classesAt, classes.length, columns.words, degree, v.columns,
        room.patterns, patterns, ...rest,
        results.counts, results.sums, results.scratch, results.out,
      ];
      await pool.run({ call: 'attendPatterns', with: block });
    } else {
      const patterns = new Uint32Array(memory.buffer, room.patterns, packed.patterns * 2 * columns.words);
      const cells = packed.patterns * sizeOf(1, degree);
      const patterned = classes.filter(({ factor }) => factor !== 0);
      const counts = new Uint32Array(memory.buffer, results.counts, cells * patterned.length);
      const summed = cells * v.columns * patterned.filter(isSummed).length;
      const sums = new Float64Array(memory.buffer, results.sums, summed);
      counts.fill(0);
      sums.fill(0);
      await countBlock(patterns.slice(), counts, sums);
      // prettier-ignore
      kernel.averageRows(classesAt, classes.length, v.columns, ...averages, results.counts, results.sums, results.out);
    }
    const out = new Float64Array(memory.buffer, results.out, (to - from) * v.columns);
    if (dtype === 'f64') values.set(out, from * v.columns);
    else out.forEach((x, e) => (values[from * v.columns + e] = roundTo(dtype, x)));
  };

  pool.hold();
  try {
    await inBlocks(q.rows, rowsAtOnce, slots, options, visit);
  } catch (error) {
    if (error instanceof Unstructured) return error.message;
    throw error;
  } finally {
    pool.release();
  }
  return {
    output: { rows: q.rows, columns: v.columns, values, error: structuredClaim(dtype, classes.length) },
    path: 'structured',
    reason: `rows of Q and K are patterns of ${columns.count - columns.general.length} bits, in ${classes.length} classes of keys`,
    seconds: (performance.now() - started) / 1000,
  };
}

/**
 * Copies the keys' patterns, and the values that have to be summed, class by class; gives where classes are described, or
 * undefined where all of it does not fit into memory.
 */
function placeKeys(
  { classes, columns, patterns, degree }: StructuredKeys,
  v: Matrix,
  arena: Arena,
  { kernel, memory }: Engine,
): number | undefined {
  const words = 2 * columns.words;
  const classBytes = kernel.classBytes.value;
  const at = arena.take(classes.length * classBytes);
  const placed = classes.map((keys) => {
    const { length } = keys.rows;
    const flat = keys.factor === 0;
    const summed = isSummed(keys) && !flat;
    const sliced = !flat && !summed && degree <= kernel.mostSliced.value;
    const sliceBytes = sliced ? Math.ceil(length / 128) * kernel.sliceBytes(columns.words) : 0;
    return {
      keys,
      constant: arena.take(v.columns * 8),
      patterns: flat ? 0 : arena.take(length * words * 4),
      slices: sliced ? arena.take(sliceBytes) : 0,
      sliceBytes,
      values: summed ? arena.take(length * v.columns * 8) : 0,
      flatCounts: flat ? arena.take(8 * 4) : 0,
      flatSums: flat ? arena.take(8 * v.columns * 8) : 0,
    };
  });
  if (arena.end > mostBytes) return undefined;
  reserve(memory, arena.end);
  placed.forEach(({ keys, ...where }, index) => {
    const { rows, constant, factor } = keys;
    new Float64Array(memory.buffer, where.constant, v.columns).set(constant);
    if (where.patterns === 0) {
      const counts = new Uint32Array(memory.buffer, where.flatCounts, 8).fill(0);
      const sums = new Float64Array(memory.buffer, where.flatSums, 8 * v.columns).fill(0);
      counts[0] = rows.length;
      sums.set(sumRows(keys, v));
    } else {
      const into = new Uint32Array(memory.buffer, where.patterns, rows.length * words);
      for (let j = 0; j < rows.length; j++) {
        for (let w = 0; w < words; w++) into[j * words + w] = patterns[rows[j]! * words + w]!;
      }
    }
    if (where.slices !== 0) {
      new Uint8Array(memory.buffer, where.slices, where.sliceBytes).fill(0);
      kernel.slicePatterns(where.patterns, rows.length, columns.words, where.slices);
    }
    if (where.values !== 0) {
      const copied = new Float64Array(memory.buffer, where.values, rows.length * v.columns);
      rows.forEach((row, j) => v.read(row, row + 1, copied.subarray(j * v.columns, (j + 1) * v.columns)));
    }
    // prettier-ignore
    kernel.setClass(
      at + index * classBytes, where.slices === 0 ? where.patterns : where.slices, rows.length, where.values, sizeOf(factor, degree),
      where.constant, where.flatCounts, where.flatSums,
    );
  });
  return at;
}

/** The sum of a class's values, for one without patterns: all its inner products are 0. */
function sumRows(keys: KeyClass, v: Matrix): Float64Array {
  const sums = new Float64Array(v.columns);
  if (!isSummed(keys)) return sums;
  const row = new Float64Array(v.columns);
  for (const j of keys.rows) {
    v.read(j, j + 1, row);
    row.forEach((value, c) => (sums[c]! += value));
  }
  return sums;
}
