/**
 * The cpu oracle: WebAssembly SIMD, built from AssemblyScript, on worker threads over shared memory. It looks at the
 * matrices and takes the structured way (structured.ts) where their rows are patterns, as those of reductions are, and
 * the dense way (dense.ts) otherwise. A row's result is the same, bit by bit, whatever the number of threads.
 */
import { InputError } from '../../problems/input-error.ts';
import type { AttendOptions, Attended, Oracle } from '../oracle.ts';
import type { Attention } from '../../problems/attention.ts';
import { openDense } from './dense.ts';
import { openEngine, type Engine } from './engine.ts';
import { claimOfShape } from './single.ts';
import { mostClasses } from './structure.ts';
import { attendStructured, structuredClaim } from './structured.ts';
import { availableThreads, requireThreads } from './threads.ts';

export interface CpuOptions {
  /** Threads that compute, 1 … 256. By default as many as there are cores, 16 at most. */
  readonly threads?: number;
  /** The way to take; by default the structured one where the matrices allow it. */
  readonly path?: 'dense' | 'structured';
}

/**
 * Opens the cpu oracle; throws an `InputError` for a number of threads that is none. Threads start with the first call
 * that is worth them, are reused over calls, do not keep a process alive, and end with `close`.
 *
 * @example
 * const oracle = cpuOracle({ threads: 2 });
 * const { output, path } = await oracle.attend(attention, { onProgress: (done) => draw(done) });
 * await oracle.close();
 */
export function cpuOracle({ threads, path }: CpuOptions = {}): Oracle {
  const wanted = threads === undefined ? availableThreads : requireThreads(threads);
  let engine: Promise<Engine> | undefined;
  const shared = (): Promise<Engine> => (engine ??= openEngine(wanted));
  const dense = openDense({ threads: wanted, shared });
  let closed = false;
  let last: Promise<unknown> = Promise.resolve();

  const attendNow = async (attention: Attention, options: AttendOptions): Promise<Attended> => {
    if (closed) throw new Error('the cpu oracle was closed');
    options.signal?.throwIfAborted();
    if (path === 'dense') return dense.attend(attention, options);
    const attended = await attendStructured(attention, await shared(), options);
    if (typeof attended !== 'string') return attended;
    if (path === 'structured') throw notStructured(attended);
    const byDense = await dense.attend(attention, options);
    return { ...byDense, reason: `${attended}; ${byDense.reason}` };
  };

  return {
    name: path === undefined ? 'cpu' : `cpu:${path}`,
    claim: (shape) =>
      path === 'structured' || (path === undefined && shape.patterns === true)
        ? structuredClaim(shape.dtype, mostClasses)
        : claimOfShape(shape),
    attend(attention, options = {}) {
      const result = last.then(() => attendNow(attention, options)); // calls share memory and wait for each other
      last = result.catch(() => {});
      return result;
    },
    async close() {
      closed = true;
      await (await engine)?.close();
      await dense.close();
      await last;
      await (await engine)?.close(); // a call that was just starting may have started threads
    },
  };
}

function notStructured(reason: string): InputError {
  return new InputError({
    code: 'not-structured',
    field: '--oracle',
    expected: 'matrices whose rows are patterns, for cpu:structured',
    found: reason,
    hint: 'use --oracle cpu, which takes the dense way then',
  });
}
