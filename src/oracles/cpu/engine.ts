/** What a way of computing needs: one shared memory, the kernel on the calling thread, and threads when worth it. */
import { hasRelaxedSimd, instantiate, kernelModule, type Kernel } from './kernel.ts';
import { newMemory } from './memory.ts';
import { ownThread, workerThreads, type Pool } from './pool.ts';

export interface Engine {
  /** Does the relaxed build of the kernel run? */
  readonly relaxed: boolean;
  readonly memory: WebAssembly.Memory;
  readonly kernel: Kernel;
  /** The worker threads, started now if they were not, or the calling thread alone. */
  pool(wantsThreads: boolean): Promise<Pool>;
  close(): Promise<void>;
}

/**
 * `threads` is a number, or where to ask for it when threads are first wanted; `relaxed` which build of the kernel runs,
 * by default the relaxed one where the engine has it.
 */
export async function openEngine(
  threads: number | (() => Promise<number>),
  relaxed: boolean = hasRelaxedSimd(),
): Promise<Engine> {
  const module = await kernelModule(relaxed);
  const memory = newMemory();
  const own = ownThread(module, memory);
  let workers: Pool | undefined;
  return {
    relaxed,
    memory,
    kernel: instantiate(module, memory),
    async pool(wantsThreads) {
      if (!wantsThreads) return own;
      const wanted = typeof threads === 'number' ? threads : await threads();
      if (wanted === 1) return own;
      if (workers?.broken === true) {
        await workers.close();
        workers = undefined;
      }
      workers ??= await workerThreads(wanted, module, memory);
      return workers;
    },
    async close() {
      await workers?.close();
      workers = undefined;
    },
  };
}
