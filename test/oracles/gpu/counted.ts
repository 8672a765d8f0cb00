/** What the gpu counts for an attention, before anything is made of it in floating point. Runs in Node and in a page. */
import { openEngine } from '../../../src/oracles/cpu/engine.ts';
import { attendStructured, type Counter } from '../../../src/oracles/cpu/structured.ts';
import { openDevice } from '../../../src/oracles/gpu/device.ts';
import { gpuCounter } from '../../../src/oracles/gpu/exact.ts';
import { openQueue } from '../../../src/oracles/gpu/queue.ts';
import type { Attention } from '../../../src/problems/attention.ts';

/** Counts and sums of values, block by block, as numbers. */
export async function countedBy(attention: Attention): Promise<readonly number[]> {
  const device = await openDevice();
  const queue = openQueue(device);
  const engine = await openEngine(1);
  const seen: number[] = [];
  const real = gpuCounter(queue, undefined);
  const counter: Counter = {
    ...real,
    open(keys, v) {
      const count = real.open(keys, v);
      if (typeof count === 'string') return count;
      return async (patterns, counts, sums) => {
        await count(patterns, counts, sums);
        seen.push(...counts, ...sums);
      };
    },
  };
  const result = await queue.scoped(() => attendStructured(attention, engine, {}, counter));
  device.close();
  if (typeof result === 'string') throw new Error(result);
  return seen;
}
