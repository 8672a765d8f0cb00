/** The side of the protocol (task.ts) that a peer written in TypeScript is on. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Loaded, Numbers, Order, Ran, Ready, Task } from './task.ts';

export interface Matrices {
  readonly q: Numbers;
  readonly k: Numbers;
  readonly v: Numbers;
  readonly task: Task;
}

/** Computes once and resolves with the output; `path` says which way it went. */
export type Run = () => Promise<{ readonly output: Numbers; readonly path?: string }>;

export interface Peer extends Ready {
  /**
   * Ways to compute, by name, of which the fastest on a sample is taken. `sampleRows` is 0 for a peer that always
   * computes every query and has one way.
   */
  readonly ways: (dtype: Task['dtype']) => Readonly<Record<string, (matrices: Matrices) => Promise<Run>>>;
  readonly sampleRows: number;
}

/** The folder with the peers that are not ours, in the source tree: this file runs in dist/test/bench. */
export const peersFolder: string = fileURLToPath(new URL('../../../test/bench/peers/', import.meta.url));

/** A package from the peers' own node_modules. */
export const requirePeer = (name: string): unknown => createRequire(join(peersFolder, 'package.json'))(name);

/** Serves until standard input ends. What `open` throws is the reason why the peer is absent. */
export async function serve(open: () => Promise<Peer>): Promise<void> {
  let peer: Peer;
  try {
    peer = await open();
  } catch (error) {
    answer({ absent: textOf(error) });
    return;
  }
  answer({ ready: { version: peer.version, threads: peer.threads } satisfies Ready });

  let matrices: Matrices | undefined;
  let way: ((matrices: Matrices) => Promise<Run>) | undefined;
  let run: Run | undefined;
  let output: Numbers = new Float64Array(0);

  const handle = async (order: Order): Promise<unknown> => {
    if (order.do === 'load') {
      matrices = load(order.task);
      const ways = peer.ways(order.task.dtype);
      let best: Loaded | undefined;
      for (const [how, make] of Object.entries(ways)) {
        if (peer.sampleRows === 0) {
          best = { how, secondsPerRow: 0 };
          continue;
        }
        const rows = Math.min(peer.sampleRows, order.task.queries);
        const sample = await make(firstRows(matrices, rows));
        await sample();
        const times = [await timed(sample), await timed(sample)].map(({ seconds }) => seconds / rows);
        const secondsPerRow = Math.min(...times);
        if (best === undefined || secondsPerRow < best.secondsPerRow) best = { how, secondsPerRow };
      }
      way = ways[best!.how]!;
      return best;
    }
    if (order.do === 'use') {
      const q = everyRow(matrices!, order.stride);
      run = await way!({ ...matrices!, q });
      return { rows: q.length / matrices!.task.headDim };
    }
    if (order.do === 'run') {
      const { seconds, result } = await timed(run!);
      output = result.output;
      return { seconds, ...(result.path === undefined ? {} : { path: result.path }) } satisfies Ran;
    }
    const { valueDim } = matrices!.task;
    return {
      values: order.rows.map((row) => Array.from(output.subarray(row * valueDim, (row + 1) * valueDim))),
    };
  };

  for await (const line of createInterface({ input: process.stdin })) {
    try {
      answer(await handle(JSON.parse(line) as Order));
    } catch (error) {
      answer({ error: textOf(error) });
    }
  }
  process.exit(); // some peers leave threads behind that would keep the process alive
}

/** Seconds of one call. */
async function timed<T>(run: () => Promise<T>): Promise<{ seconds: number; result: T }> {
  const started = performance.now();
  const result = await run();
  return { seconds: (performance.now() - started) / 1000, result };
}

function load(task: Task): Matrices {
  const read = (name: string): Numbers => {
    const { buffer, byteOffset, byteLength } = readFileSync(join(task.folder, name));
    const bytes = buffer.slice(byteOffset, byteOffset + byteLength);
    return task.dtype === 'f64' ? new Float64Array(bytes) : new Float32Array(bytes);
  };
  return { q: read('q'), k: read('k'), v: read('v'), task };
}

function firstRows(matrices: Matrices, rows: number): Matrices {
  return { ...matrices, q: matrices.q.subarray(0, rows * matrices.task.headDim) };
}

function everyRow({ q, task: { headDim, queries } }: Matrices, stride: number): Numbers {
  if (stride === 1) return q;
  const rows = Math.ceil(queries / stride);
  const some = q.slice(0, rows * headDim);
  for (let i = 0; i < rows; i++) {
    some.set(q.subarray(i * stride * headDim, (i * stride + 1) * headDim), i * headDim);
  }
  return some;
}

const answer = (message: unknown): void => {
  process.stdout.write(`${JSON.stringify(message)}\n`);
};

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
