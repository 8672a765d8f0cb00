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
 * Weights span at most e^1000 below e^340 and never are subnormal; an attention with a wider span is not taken.
 */
import type { Attention, OutputError } from '../../problems/attention.ts';
import { roundTo, type Dtype } from '../../problems/dtype.ts';
import { quotientClaim, together, u } from '../claim.ts';
import { sumError } from '../error-free.ts';
import type { AttendOptions, Attended } from '../oracle.ts';
import { largestLogit, logitFault, requireFinite, requireFitting } from '../validate.ts';
import type { Engine } from './engine.ts';
import { countBlock, layOut, placeKeys, type Histogram, type Slot } from './histograms.ts';
import { reserve } from './memory.ts';
import { readGeneral, readPattern, structureKeys, type KeyClass, type StructuredKeys } from './structure.ts';
import { weightTable, widestSpan, type WeightTable } from './weight-table.ts';

/** Entries of Q in a block, about, and queries, at most. */
const blockEntries = 2 ** 16;
const blockRows = 4096;

/** Pairs from which on threads are worth waking; a readout has about twenty queries a pattern, so 10^7 popcounts. */
const threadsFrom = 2e8;

/** Tables kept at once: a readout has fewer scales. */
const mostTables = 256;

export function structuredClaim(dtype: Dtype, classes: number): OutputError {
  const sum = together(4 * u, 2 ** -59, u, 2 * u, (classes - 1) * u);
  return quotientClaim(dtype, together(sum, u), sum);
}

/** Thrown inside a block that is no pattern after all. */
class Unstructured extends Error {}

/**
 * Att(Q,K,V) where Q, K and V are structured; otherwise a sentence that says why they are not. The same bits whatever
 * the threads. Throws an `InputError` for what no oracle takes.
 */
export async function attendStructured(
  attention: Attention,
  engine: Engine,
  options: AttendOptions = {},
): Promise<Attended | string> {
  const started = performance.now();
  requireFitting(attention);
  const { q, k, v, scale, dtype } = attention;
  const keys = structureKeys(q, k, v);
  if (typeof keys === 'string') return keys;
  const { classes, degree } = keys;

  const rowsAtOnce = Math.max(1, Math.min(blockRows, q.rows, Math.floor(blockEntries / q.columns)));
  const pool = await engine.pool(q.rows * k.rows >= threadsFrom);
  const layout = layOut(keys, v, rowsAtOnce, pool.threads === 1 ? 1 : 2 * pool.threads);
  reserve(engine.memory, layout.end);
  placeKeys(keys, v, layout, engine.memory);

  const values = new Float64Array(q.rows * v.columns);
  const tableOf = tables(classes, degree, scale);
  const visit = async (slot: Slot, from: number, to: number): Promise<void> => {
    const rows = to - from;
    const block = new Float64Array(engine.memory.buffer, slot.queries, rows * q.columns);
    q.read(from, to, block);
    requireFinite('q', block, block.length, q.columns, from);
    const into = new Uint32Array(engine.memory.buffer, slot.patterns, rows * 2 * keys.columns.words);
    const queries = packQueries(block, rows, q.columns, keys, into, from);
    const histograms = await countBlock(keys, v.columns, layout, slot, queries.patterns, pool, engine.memory);
    const general = new Float64Array(keys.columns.general.length);
    for (let row = 0; row < rows; row++) {
      readGeneral(keys.columns, block, row * q.columns, general);
      const table = tableOf(queries.scales[row]!, general);
      if (table === undefined)
        throw new Unstructured(`logits of query ${from + row} span more than ${widestSpan}`);
      if (table.largest > largestLogit) throw logitFault(from + row, table.largest);
      average(classes, histograms, queries.patternOf[row]!, table.weights, values, from + row, v.columns);
    }
  };

  pool.hold();
  try {
    await inBlocks(q.rows, rowsAtOnce, layout.slots, options, visit);
  } catch (error) {
    if (error instanceof Unstructured) return error.message;
    throw error;
  } finally {
    pool.release();
  }
  for (let e = 0; e < values.length; e++) values[e] = roundTo(dtype, values[e]!);
  return {
    output: { rows: q.rows, columns: v.columns, values, error: structuredClaim(dtype, classes.length) },
    path: 'structured',
    reason: `rows of Q and K are patterns of ${keys.columns.bits.length - keys.columns.general.length} bits, in ${classes.length} classes of keys`,
    seconds: (performance.now() - started) / 1000,
  };
}

/** A block of queries: neighbouring rows with one pattern share it. */
interface PackedQueries {
  readonly patterns: number;
  /** The pattern of each row. */
  readonly patternOf: Uint32Array;
  /** t of each row. */
  readonly scales: Float64Array;
}

function packQueries(
  block: Float64Array,
  rows: number,
  columns: number,
  { columns: where }: StructuredKeys,
  into: Uint32Array,
  from: number,
): PackedQueries {
  const words = 2 * where.words;
  const patternOf = new Uint32Array(rows);
  const scales = new Float64Array(rows);
  into.fill(0);
  let patterns = 0;
  for (let row = 0; row < rows; row++) {
    const at = patterns * words;
    const value = readPattern(where, block, row * columns, into, at);
    if (Number.isNaN(value)) throw new Unstructured(`row ${from + row} of Q has several values`);
    scales[row] = value;
    if (patterns > 0 && sameWords(into, at - words, at, words)) into.fill(0, at, at + words);
    else patterns++;
    patternOf[row] = patterns - 1;
  }
  return { patterns, patternOf, scales };
}

function sameWords(words: Uint32Array, a: number, b: number, count: number): boolean {
  for (let w = 0; w < count; w++) if (words[a + w] !== words[b + w]) return false;
  return true;
}

/** The tables of the scales met so far, for as long as the general entries stay the same. */
function tables(
  classes: readonly KeyClass[],
  degree: number,
  scale: number,
): (t: number, general: Float64Array) => WeightTable | undefined {
  const kept = new Map<number, WeightTable | undefined>();
  let current = new Float64Array(0);
  return (t, general) => {
    if (
      kept.size === mostTables ||
      !(current.length === general.length && current.every((x, g) => x === general[g]))
    ) {
      kept.clear();
      current = general.slice();
    }
    if (!kept.has(t)) kept.set(t, weightTable(classes, degree, scale, t, general));
    return kept.get(t);
  };
}

/** Row `row` of the output, `valueDim` columns of zeros so far, from its pattern's histograms and its scale's weights. */
function average(
  classes: readonly KeyClass[],
  histograms: readonly Histogram[],
  pattern: number,
  weights: Float64Array,
  values: Float64Array,
  row: number,
  valueDim: number,
): void {
  const out = row * valueDim;
  let total = 0;
  let at = 0; // where the weights of the class begin
  for (let index = 0; index < classes.length; index++) {
    const { constant } = classes[index]!;
    const { size, stride, counts, sums } = histograms[index]!;
    const first = pattern * stride;
    const mass = weighted(counts, first, 1, weights, at, size);
    total += mass;
    for (let c = 0; c < valueDim; c++) {
      const value = constant[c]!;
      values[out + c]! += Number.isNaN(value)
        ? weighted(sums, first * valueDim + c, valueDim, weights, at, size)
        : value * mass;
    }
    at += size;
  }
  for (let c = 0; c < valueDim; c++) values[out + c]! /= total;
}

/** Σ_s numbers[first + s·step] · weights[at + s], compensated. */
function weighted(
  numbers: Uint32Array | Float64Array,
  first: number,
  step: number,
  weights: Float64Array,
  at: number,
  size: number,
): number {
  let hi = 0;
  let lo = 0;
  for (let s = 0; s < size; s++) {
    const number = numbers[first + s * step]!;
    if (number === 0) continue;
    const term = number * weights[at + s]!;
    const sum = hi + term;
    lo += sumError(hi, term, sum);
    hi = sum;
  }
  return hi + lo;
}

/** Runs `visit` over the rows in blocks, as many at once as there are slots. All have ended when this returns. */
async function inBlocks(
  rows: number,
  rowsAtOnce: number,
  slots: readonly Slot[],
  { signal, onProgress }: AttendOptions,
  visit: (slot: Slot, from: number, to: number) => Promise<void>,
): Promise<void> {
  const free = [...slots];
  const running = new Set<Promise<void>>();
  let done = 0;
  try {
    for (let from = 0; from < rows; from += rowsAtOnce) {
      while (free.length === 0) await Promise.race(running);
      signal?.throwIfAborted();
      const slot = free.pop()!;
      const to = Math.min(rows, from + rowsAtOnce);
      const job = visit(slot, from, to).then(() => {
        running.delete(job);
        free.push(slot);
        done += to - from;
        onProgress?.(done / rows);
      });
      running.add(job);
    }
    await Promise.all(running);
    signal?.throwIfAborted();
  } finally {
    await Promise.allSettled(running);
  }
}
