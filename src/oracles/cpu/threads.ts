/** How many threads the cpu oracle uses. */
import { InputError } from '../../problems/input-error.ts';

const most = 256;

/** Cores that this process may use, 16 at most; 1 where there is no Node and so no worker_threads. */
export async function availableThreads(): Promise<number> {
  try {
    const { availableParallelism } = await import('node:os');
    return Math.min(16, availableParallelism());
  } catch {
    return 1;
  }
}

/** Refuses anything but a whole number from 1 to 256. */
export function requireThreads(threads: number): number {
  if (Number.isInteger(threads) && threads >= 1 && threads <= most) return threads;
  throw new InputError({
    code: 'threads-invalid',
    field: 'threads',
    expected: `a whole number of threads from 1 to ${most}`,
    found: String(threads),
    hint: 'leave it out to use every core',
  });
}
