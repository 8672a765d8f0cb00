/**
 * The cpu oracle: WebAssembly SIMD, built from AssemblyScript, on worker threads over shared memory. Everything is
 * computed in float64 whatever the dtype, which only rounds the output. A row's result is the same, bit by bit,
 * whatever the number of threads.
 */
import type { Oracle } from '../oracle.ts';
import { denseClaim } from './claim.ts';
import { openDense } from './dense.ts';
import { availableThreads, requireThreads } from './threads.ts';

export interface CpuOptions {
  /** Threads that compute, 1 … 256. One is the calling thread. By default as many as there are cores, 16 at most. */
  readonly threads?: number;
}

/**
 * Opens the cpu oracle; throws an `InputError` for a number of threads that is none. Threads start with the first call that is worth them, are reused over calls, do not keep a
 * process alive, and end with `close`.
 *
 * @example
 * const oracle = cpuOracle({ threads: 2 });
 * const { output } = await oracle.attend(attention, { onProgress: (done) => console.error(done) });
 * await oracle.close();
 */
export function cpuOracle(options: CpuOptions = {}): Oracle {
  const { threads } = options;
  const dense = openDense({ threads: threads === undefined ? availableThreads : requireThreads(threads) });
  return { name: 'cpu', claim: denseClaim, attend: dense.attend, close: dense.close };
}
