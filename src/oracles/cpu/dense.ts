/**
 * The dense way: the calling thread reads blocks of queries into shared memory, checks and meters them, and hands
 * them out; the kernel runs on them; outputs are rounded to the dtype as they come back. Keys and values are
 * packed once a call. Peak memory is (n_k·(d + d_v) + n_q·d_v) float64s and a few blocks.
 */
import type { Attention, Matrix } from '../../problems/attention.ts';
import { roundTo } from '../../problems/dtype.ts';
import { logitBounds, logitMeter, meterKeys, meterQueries } from '../logit-meter.ts';
import type { AttendOptions, Attended } from '../oracle.ts';
import { requireFinite, requireFitting } from '../validate.ts';
import { denseClaim } from './claim.ts';
import { instantiate, kernelModule, type AttendArguments, type Kernel } from './kernel.ts';
import { layOut, newMemory, reserve, type Layout, type Slot } from './memory.ts';
import { ownThread, workerThreads, type Pool } from './pool.ts';
import { rangeReduction } from './range-reduction.ts';

export interface DenseOptions {
  /** A number, or where to ask for it when a call first wants threads. */
  readonly threads: number | (() => Promise<number>);
  /** Calls with fewer multiplications than this run on the calling thread. */
  readonly threadsFrom?: number;
  /** For tests: called before each block is handed out. */
  readonly beforeBlock?: (pool: Pool, firstRow: number) => void;
}

export interface Dense {
  readonly attend: (attention: Attention, options?: AttendOptions) => Promise<Attended>;
  readonly close: () => Promise<void>;
}

interface Machine {
  readonly memory: WebAssembly.Memory;
  readonly kernel: Kernel;
  readonly own: Pool;
}

/** Nothing is allocated and no thread started before a call needs it. Calls wait for each other. */
export function openDense({ threads, threadsFrom = 4e6, beforeBlock }: DenseOptions): Dense {
  let machine: Promise<Machine> | undefined;
  let workers: Pool | undefined;
  let closed = false;
  let last: Promise<unknown> = Promise.resolve();

  const poolFor = async (work: number): Promise<Pool> => {
    const { memory, own } = await machine!;
    if (work < threadsFrom) return own;
    const wanted = typeof threads === 'number' ? threads : await threads();
    if (wanted === 1) return own;
    if (workers?.broken === true) {
      await workers.close();
      workers = undefined;
    }
    workers ??= await workerThreads(wanted, await kernelModule(), memory);
    return workers;
  };

  const attendNow = async (attention: Attention, options: AttendOptions): Promise<Attended> => {
    const started = performance.now();
    if (closed) throw new Error('the cpu oracle was closed');
    options.signal?.throwIfAborted();
    requireFitting(attention);
    machine ??= newMachine();
    const { memory, kernel } = await machine;
    const { q, k, v, dtype } = attention;
    const pool = await poolFor(q.rows * k.rows * (q.columns + v.columns + 32));

    const layout = layOut(kernel, attention, pool.threads === 1 ? 1 : 2 * pool.threads);
    reserve(memory, layout.end);
    const meter = logitMeter(q.columns, attention.scale);
    const { perL, lHi, lLo } = rangeReduction(attention.scale);
    kernel.setConstants(layout.constants, attention.scale, perL, lHi, lLo);
    pack(k, layout.keys, { memory, kernel, layout }, (block, rows, first, from) => {
      meterKeys(meter, block, rows, first);
      kernel.packKeys(from, rows, k.columns, layout.keys, first);
    });
    pack(v, layout.values, { memory, kernel, layout }, (block, rows, first, from) => {
      requireFinite('v', block, rows * v.columns, v.columns, first);
      kernel.packValues(from, rows, v.columns, layout.values, first);
    });

    const values = new Float64Array(q.rows * v.columns);
    pool.hold();
    try {
      await inBlocks(q.rows, layout, options, async (slot, from, to) => {
        const rows = to - from;
        const queries = new Float64Array(memory.buffer, slot.queries, rows * q.columns);
        q.read(from, to, queries);
        meterQueries(meter, queries, rows, from);
        beforeBlock?.(pool, from);
        const { constants, keys, values: packedValues } = layout;
        const { packed, state, scratch, out } = slot;
        const shape = [k.rows, q.columns, v.columns] as const;
        // prettier-ignore
        const block: AttendArguments = [
          constants, keys, packedValues, ...shape, slot.queries, rows, packed, state, scratch, out,
        ];
        await pool.run({ call: 'attend', with: block });
        const outputs = new Float64Array(memory.buffer, out, rows * v.columns);
        outputs.forEach((x, e) => (values[from * v.columns + e] = roundTo(dtype, x)));
      });
    } finally {
      pool.release();
    }

    const bounds = logitBounds(meter);
    const error = denseClaim({ dtype, keys: k.rows, headDim: q.columns, ...bounds });
    return {
      output: { rows: q.rows, columns: v.columns, values, error },
      path: 'dense',
      reason: `WebAssembly SIMD in float64 on ${pool.threads === 1 ? 'one thread' : `${pool.threads} threads`}`,
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
      await workers?.close();
      await last;
      await workers?.close(); // a call that was just starting may have started them
      workers = undefined;
      machine = undefined;
    },
  };
}

async function newMachine(): Promise<Machine> {
  const module = await kernelModule();
  const memory = newMemory();
  return { memory, kernel: instantiate(module, memory), own: ownThread(module, memory) };
}

/** Reads keys or values in blocks through the first slot; `visit` packs a block that stands at address `from`. */
function pack(
  matrix: Matrix,
  into: number,
  { memory, kernel, layout }: { memory: WebAssembly.Memory; kernel: Kernel; layout: Layout },
  visit: (block: Float64Array, rows: number, first: number, from: number) => void,
): void {
  const { rows, columns } = matrix;
  const tile = kernel.tileKeys.value;
  const lastTile = Math.floor((rows - 1) / tile) * tile;
  new Float64Array(memory.buffer, into + lastTile * columns * 8, tile * columns).fill(0);
  const from = layout.slots[0]!.queries;
  for (let first = 0; first < rows; first += layout.rows) {
    const to = Math.min(rows, first + layout.rows);
    const block = new Float64Array(memory.buffer, from, (to - first) * columns);
    matrix.read(first, to, block);
    visit(block, to - first, first, from);
  }
}

/** Runs `visit` over the rows in blocks, as many at once as there are slots. All have ended when this returns. */
async function inBlocks(
  rows: number,
  layout: Layout,
  { signal, onProgress }: AttendOptions,
  visit: (slot: Slot, from: number, to: number) => Promise<void>,
): Promise<void> {
  const free = [...layout.slots];
  const running = new Set<Promise<void>>();
  let done = 0;
  const start = (slot: Slot, from: number, to: number): void => {
    const job = visit(slot, from, to).then(() => {
      running.delete(job);
      free.push(slot);
      done += to - from;
      onProgress?.(done / rows);
    });
    running.add(job);
  };
  try {
    for (let from = 0; from < rows; from += layout.rows) {
      while (free.length === 0) await Promise.race(running);
      signal?.throwIfAborted();
      start(free.pop()!, from, Math.min(rows, from + layout.rows));
    }
    await Promise.all(running);
    signal?.throwIfAborted();
  } finally {
    await Promise.allSettled(running);
  }
}
