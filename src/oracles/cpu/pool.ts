/**
 * Who runs the kernel on a block: the calling thread, or worker threads over the same memory. Blocks are
 * independent, so that who runs which does not change a bit of the result.
 */
import type { Worker } from 'node:worker_threads';
import { instantiate, runJob, type Job } from './kernel.ts';

export interface Pool {
  readonly threads: number;
  /** Runs one job, on the worker with the fewest; rejects when that worker dies. */
  run(job: Job): Promise<void>;
  /** Between `hold` and `release` the workers keep the process alive; otherwise it can end. */
  hold(): void;
  release(): void;
  /** True once a worker has died or the pool was closed; every `run` rejects. */
  readonly broken: boolean;
  close(): Promise<void>;
  /** For tests: makes a worker throw. */
  sabotage(): void;
}

/** What a worker is started with. */
export interface WorkerData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
}

/** A job to run, or for tests an order to throw. A worker answers with `id`. */
export type WorkerMessage = { readonly id: number; readonly job: Job } | { readonly sabotage: true };

/** Lets the event loop turn once. A timer takes a millisecond or more, which is 6% of the time between two breaths. */
const nextTurn = (then: () => void): void => {
  if (typeof setImmediate === 'function') setImmediate(then);
  else setTimeout(then);
};

/** The calling thread; it comes up for air when it has run jobs for 15 ms. */
export function ownThread(module: WebAssembly.Module, memory: WebAssembly.Memory): Pool {
  const kernel = instantiate(module, memory);
  let breath = performance.now();
  return {
    threads: 1,
    broken: false,
    async run(job) {
      runJob(kernel, job);
      if (performance.now() - breath < 15) return;
      await new Promise<void>((resolve) => nextTurn(resolve));
      breath = performance.now();
    },
    hold() {
      breath = performance.now();
    },
    release() {},
    async close() {},
    sabotage() {},
  };
}

interface Pending {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface Hand {
  readonly worker: Worker;
  readonly pending: Map<number, Pending>;
}

/** `threads` worker threads. They start now, and end with `close` or with the process. */
export async function workerThreads(
  threads: number,
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): Promise<Pool> {
  const { Worker } = await import('node:worker_threads');
  // Bundlers for browsers are to leave it: there are no such threads there.
  const file = new URL(/* @vite-ignore */ './worker.js', import.meta.url);
  let death: Error | undefined;
  let closing = false;
  let next = 0;

  const fail = (reason: string): void => {
    death ??= new Error(`a worker thread of the cpu oracle ${reason}`);
    for (const { pending } of hands) {
      for (const { reject } of pending.values()) reject(death);
      pending.clear();
    }
  };
  const hands: readonly Hand[] = Array.from({ length: threads }, () => {
    const workerData: WorkerData = { module, memory };
    const worker = new Worker(file, { workerData, execArgv: [] }); // flags such as --input-type are not for workers
    const pending = new Map<number, Pending>();
    worker.on('message', (id: number) => {
      pending.get(id)?.resolve();
      pending.delete(id);
    });
    worker.on('error', (error: unknown) =>
      fail(`failed: ${error instanceof Error ? error.message : String(error)}`),
    );
    worker.on('messageerror', (error) => fail(`could not be understood: ${error.message}`));
    worker.on('exit', (code) => fail(`ended with code ${code}`));
    worker.unref();
    return { worker, pending };
  });
  const post = (hand: Hand, message: WorkerMessage): void => hand.worker.postMessage(message, []);

  return {
    threads,
    get broken() {
      return death !== undefined;
    },
    run: (job) =>
      new Promise((resolve, reject) => {
        if (death !== undefined) return reject(death);
        const hand = hands.reduce((a, b) => (b.pending.size < a.pending.size ? b : a));
        const id = next++;
        hand.pending.set(id, { resolve, reject });
        post(hand, { id, job });
      }),
    hold: () => hands.forEach(({ worker }) => worker.ref()),
    release: () => {
      if (!closing) hands.forEach(({ worker }) => worker.unref());
    },
    async close() {
      closing = true; // `terminate` waits for the workers, so that they must not be let go of
      fail('was ended because the oracle was closed');
      await Promise.all(hands.map(({ worker }) => worker.terminate()));
    },
    sabotage: () => post(hands[0]!, { sabotage: true }),
  };
}
