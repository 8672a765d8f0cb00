/**
 * The dense way: the calling thread reads blocks of queries into shared memory, checks and meters them, and hands
 * them out; a kernel runs on them; outputs are rounded to the dtype as they come back. Keys and values are packed
 * once a pass. Peak memory is (n_k·(d + d_v) + n_q·d_v) float64s and a few blocks.
 *
 * For f64 there is one pass, in float64. For the other dtypes the first pass is in float32 (single.ts says for which
 * keys, values and queries), and a second in float64 does the queries that it left out.
 */
import type { Attention, Matrix, OutputError } from '../../problems/attention.ts';
import { roundTo } from '../../problems/dtype.ts';
import { logitBounds, logitMeter, noteQuery, type LogitMeter } from '../logit-meter.ts';
import type { AttendOptions, Attended } from '../oracle.ts';
import { requireFitting } from '../validate.ts';
import { denseClaim } from './claim.ts';
import { inBlocks } from './blocks.ts';
import { openEngine, type Engine } from './engine.ts';
import type { AttendArguments, Kernel } from './kernel.ts';
import { examine, meterKeyBlock, meterQueryBlock, type KernelBlock, type Seen } from './kernel-meter.ts';
import { layOut, reserve, type Layout, type Slot } from './memory.ts';
import type { Pool } from './pool.ts';
import { largestKey32, largestValue32, productError, singleClaim, suitsScale, worse } from './single.ts';
import { doubleWidth, singleWidth, type Width } from './width.ts';

export interface DenseOptions {
  /** A number, or where to ask for it when a call first wants threads. */
  readonly threads: number | (() => Promise<number>);
  /** Calls with fewer multiplications than this run on the calling thread. */
  readonly threadsFrom?: number;
  /** For tests: the relaxed build or the plain one; by default the relaxed one where the engine has it. */
  readonly relaxed?: boolean;
  /** The engine to use, of whoever opened it; by default one of its own. */
  readonly shared?: () => Promise<Engine>;
  /** For tests: called before each block is handed out. */
  readonly beforeBlock?: (pool: Pool, firstRow: number) => void;
}

export interface Dense {
  readonly attend: (attention: Attention, options?: AttendOptions) => Promise<Attended>;
  readonly close: () => Promise<void>;
}

/** Nothing is allocated and no thread started before a call needs it. Calls wait for each other. */
export function openDense({ threads, threadsFrom = 4e6, relaxed, beforeBlock, shared }: DenseOptions): Dense {
  let own: Promise<Engine> | undefined;
  let closed = false;
  let last: Promise<unknown> = Promise.resolve();

  const attendNow = async (attention: Attention, options: AttendOptions): Promise<Attended> => {
    const started = performance.now();
    if (closed) throw new Error('the cpu oracle was closed');
    options.signal?.throwIfAborted();
    requireFitting(attention);
    const engine = await (shared === undefined ? (own ??= openEngine(threads, relaxed)) : shared());
    const { memory, kernel } = engine;
    const { q, k, v, dtype } = attention;
    const pool = await engine.pool(q.rows * k.rows * (q.columns + v.columns + 32) >= threadsFrom);
    const values = new Float64Array(q.rows * v.columns);
    const pass = { memory, kernel, pool, values, options, beforeBlock };

    let rest: readonly number[] | undefined; // undefined: all rows
    let error: OutputError | undefined;
    if (dtype !== 'f64' && suitsScale(attention.scale)) {
      const done = await passInSingle(attention, singleWidth(kernel), pass);
      rest = done?.rest;
      error = done?.error;
    }
    const isMixed = rest !== undefined && rest.length > 0 && rest.length < q.rows;
    const isSingle = rest !== undefined && rest.length === 0;
    if (!isSingle) {
      const inDouble = await passInDouble(attention, rest, doubleWidth(kernel), pass);
      error = isMixed ? worse(error!, inDouble) : inDouble;
    }

    const format = isSingle ? 'float32' : isMixed ? 'float32 and float64' : 'float64';
    const simd = engine.relaxed ? 'relaxed SIMD' : 'SIMD';
    return {
      output: { rows: q.rows, columns: v.columns, values, error: error! },
      path: 'dense',
      reason: `WebAssembly ${simd} in ${format} on ${pool.threads === 1 ? 'one thread' : `${pool.threads} threads`}`,
      seconds: (performance.now() - started) / 1000,
    };
  };

  return {
    attend(attention, options = {}) {
      const result = last.then(() => attendNow(attention, options));
      last = result.catch(() => {});
      return result;
    },
    async close() {
      closed = true;
      await (await own)?.close();
      await last;
      await (await own)?.close(); // a call that was just starting may have started threads
      own = undefined;
    },
  };
}

/** What both passes work with. `values` takes the output. */
interface Pass {
  readonly memory: WebAssembly.Memory;
  readonly kernel: Kernel;
  readonly pool: Pool;
  readonly values: Float64Array;
  readonly options: AttendOptions;
  readonly beforeBlock: DenseOptions['beforeBlock'];
}

/** In float64, all rows or those of the numbers `only`. */
async function passInDouble(
  attention: Attention,
  only: readonly number[] | undefined,
  width: Width,
  pass: Pass,
): Promise<OutputError> {
  const { k, dtype, scale } = attention;
  const q = only === undefined ? attention.q : rowsOf(attention.q, only);
  const meter = logitMeter(q.columns, scale);
  const layout = prepare({ ...attention, q }, width, pass, meter).layout;
  const before = attention.q.rows - q.rows;
  await runBlocks({ ...attention, q }, width, layout, pass, {
    check(seen, rows, first) {
      for (let row = 0; row < rows; row++) noteQuery(meter, first + row, seen.sums[row]!, seen.units[row]!);
      return rows;
    },
    rowOf: (row) => only?.[row] ?? row,
    progress: (done) => (before + done) / attention.q.rows,
  });
  return denseClaim({ dtype, keys: k.rows, headDim: q.columns, ...logitBounds(meter) });
}

/** In float32: gives the rows that it left out, or undefined where it takes none because of the keys or values. */
async function passInSingle(
  attention: Attention,
  width: Width,
  pass: Pass,
): Promise<{ readonly rest: readonly number[]; readonly error: OutputError } | undefined> {
  const { q, k, v, scale, dtype } = attention;
  const d = q.columns;
  const meter = logitMeter(d, scale);
  const { layout, isSingle } = prepare(attention, width, pass, meter);
  if (!isSingle) return undefined;

  const rest: number[] = [];
  let maxLogit = 0;
  let dot = 0;
  await runBlocks(attention, width, layout, pass, {
    check({ sums, units, single }, rows, first, block) {
      let taken = 0;
      for (let row = 0; row < rows; row++) {
        const unit = noteQuery(meter, first + row, sums[row]!, units[row]!);
        const error =
          single[row] === 1 ? productError({ dtype, headDim: d, scale }, sums[row]!, unit) : undefined;
        if (error === undefined) {
          rest.push(first + row);
          block.fill(0, row * d, (row + 1) * d); // whatever it gives is replaced
          continue;
        }
        taken++;
        dot = Math.max(dot, error);
        maxLogit = Math.max(maxLogit, sums[row]! * scale);
      }
      return taken;
    },
    rowOf: (row) => row,
    progress: (done) => done / q.rows,
  });
  return {
    rest,
    error: singleClaim({ dtype, keys: k.rows, maxLogit: maxLogit * (1 + 2 ** -32) }, dot, v.columns),
  };
}

/** Lays everything out, packs keys and values; says whether those suit float32. Packing stops once they do not. */
function prepare(
  attention: Attention,
  width: Width,
  { memory, kernel, pool }: Pass,
  meter: LogitMeter,
): { readonly layout: Layout; readonly isSingle: boolean } {
  const { k, v, scale } = attention;
  const layout = layOut(width, attention, pool.threads === 1 ? 1 : 2 * pool.threads);
  reserve(memory, layout.end);
  width.setConstants(layout.constants, scale);
  const columns = width.packedColumns(v.columns);
  clear(memory, layout.keys, k.rows, k.columns, width, false);
  clear(memory, layout.values, v.rows, columns, width, columns > v.columns);
  new Float64Array(memory.buffer, layout.keyMax, k.columns).fill(0);
  const goesOn = (fits: boolean): boolean => fits || width.bytes === 8;
  const keysFit = readBlocks(k, memory, kernel, layout, (block) => {
    const fits = examine('k', block, largestKey32);
    meterKeyBlock(meter, block, layout.keyMax);
    width.packKeys(block.at, block.rows, k.columns, layout.keys, block.first);
    return goesOn(fits);
  });
  const valuesFit = readBlocks(v, memory, kernel, layout, (block) => {
    const fits = examine('v', block, largestValue32);
    width.packValues(block.at, block.rows, v.columns, layout.values, block.first);
    return goesOn(fits);
  });
  return { layout, isSingle: keysFit && valuesFit };
}

/** Zeroes what packing leaves out: the last tile's missing keys, or with `all` missing columns too. */
function clear(
  memory: WebAssembly.Memory,
  at: number,
  rows: number,
  columns: number,
  { tile, bytes }: Width,
  all: boolean,
): void {
  const last = all ? 0 : Math.floor((rows - 1) / tile) * tile;
  const end = Math.ceil(rows / tile) * tile;
  new Uint8Array(memory.buffer, at + last * columns * bytes, (end - last) * columns * bytes).fill(0);
}

/** Reads a matrix in blocks into the first slot's room for queries, until `visit` says no. */
function readBlocks(
  matrix: Matrix,
  memory: WebAssembly.Memory,
  kernel: Kernel,
  { slots, rows: rowsAtOnce }: Layout,
  visit: (block: KernelBlock) => boolean,
): boolean {
  const { rows, columns } = matrix;
  const at = slots[0]!.queries;
  for (let first = 0; first < rows; first += rowsAtOnce) {
    const to = Math.min(rows, first + rowsAtOnce);
    const entries = new Float64Array(memory.buffer, at, (to - first) * columns);
    matrix.read(first, to, entries);
    if (!visit({ kernel, at, entries, rows: to - first, columns, first })) return false;
  }
  return true;
}

interface Visitor {
  /** Looks at a block of queries; gives how many of them count as done. With none the kernel isn't run. */
  readonly check: (seen: Seen, rows: number, first: number, block: Float64Array) => number;
  /** The row of the output for a row of q. */
  readonly rowOf: (row: number) => number;
  /** The share done, from the number of rows done. */
  readonly progress: (done: number) => number;
}

async function runBlocks(
  { q, k, v, dtype }: Attention,
  width: Width,
  layout: Layout,
  { memory, kernel, pool, values, options: { signal, onProgress }, beforeBlock }: Pass,
  { check, rowOf, progress }: Visitor,
): Promise<void> {
  const dv = v.columns;
  let done = 0;
  const visit = async (slot: Slot, from: number, to: number): Promise<void> => {
    const rows = to - from;
    const queries = new Float64Array(memory.buffer, slot.queries, rows * q.columns);
    q.read(from, to, queries);
    const block = { kernel, at: slot.queries, entries: queries, rows, columns: q.columns, first: from };
    const seen = meterQueryBlock(block, layout.keyMax, slot.seen, largestKey32);
    const taken = check(seen, rows, from, queries);
    if (taken === 0) return;
    beforeBlock?.(pool, from);
    const { constants, keys, values: packedValues } = layout;
    const { packed, state, scratch, out } = slot;
    const shape = [k.rows, q.columns, dv] as const;
    // prettier-ignore
    const job: AttendArguments = [
      constants, keys, packedValues, ...shape, slot.queries, rows, packed, state, scratch, out,
    ];
    await pool.run({ call: width.call, with: job });
    const outputs = new Float64Array(memory.buffer, out, rows * dv);
    for (let row = 0; row < rows; row++) {
      const to = rowOf(from + row) * dv;
      for (let c = 0; c < dv; c++) values[to + c] = roundTo(dtype, outputs[row * dv + c]!);
    }
    done += taken;
    onProgress?.(progress(done));
  };
  pool.hold();
  try {
    await inBlocks(q.rows, layout.rows, layout.slots, signal === undefined ? {} : { signal }, visit);
  } finally {
    pool.release();
  }
}

/** The rows of the numbers `only`, which rise. */
function rowsOf(matrix: Matrix, only: readonly number[]): Matrix {
  const { columns } = matrix;
  return {
    rows: only.length,
    columns,
    read(from, to, into) {
      for (let first = from; first < to;) {
        let next = first + 1;
        while (next < to && only[next] === only[next - 1]! + 1) next++;
        const part = into.subarray((first - from) * columns, (next - from) * columns);
        matrix.read(only[first]!, only[next - 1]! + 1, part);
        first = next;
      }
    },
  };
}
