import * as assert from 'uvu/assert';
import { openDevice } from '../../../src/oracles/gpu/device.ts';
import type { GpuFailure } from '../../../src/oracles/gpu/failure.ts';
import { openQueue, type Queue } from '../../../src/oracles/gpu/queue.ts';
import { suite } from '../../support/harness.ts';
import { hasAdapter } from './adapter.ts';
import { changed, replaced, slowed } from './provider.ts';

/** Doubles one word. */
const doubling = `
@group(0) @binding(0) var<storage, read> word: array<u32>;
@group(0) @binding(1) var<storage, read_write> twice: array<u32>;
@compute @workgroup_size(1) fn main() { twice[0] = 2u * word[0]; }`;

const twice = (queue: Queue, word: number): Promise<number> =>
  queue.scoped(async () => {
    const pipeline = await queue.pipeline(doubling);
    const buffers = [queue.upload(Uint32Array.of(word)), queue.room(4)];
    const [bytes] = await queue.run([{ pipeline, buffers, workgroups: [1, 1] }], [buffers[1]!]);
    return new Uint32Array(bytes!)[0]!;
  });

if (hasAdapter) {
  suite('oracles/gpu/queue', (test) => {
    test('while a dispatch is awaited the event loop turns a thousand times a second, not without a break, and timers go off', async () => {
      const device = await openDevice({ provider: changed({ device: slowed([0, 400]) }) });
      const queue = openQueue(device);
      assert.is(await twice(queue, 21), 42); // compiles
      let turns = 0;
      let waits = true;
      const count = (): void => {
        turns++;
        if (waits) setImmediate(count);
      };
      setImmediate(count);
      let heard = false;
      setTimeout(() => (heard = waits), 100);
      assert.is(await twice(queue, 4), 8);
      waits = false;
      assert.ok(heard, 'a timer of 100 ms did not go off in 400');
      assert.ok(turns < 1500, `${turns} turns in 400 ms`);
      device.close();
    });

    test('a loss that is told a moment after what it made fail is what is reported', async () => {
      const device = (real: GPUDevice): GPUDevice => {
        let lose: ((news: GPUDeviceLostInfo) => void) | undefined;
        const news = { message: 'unplugged', reason: 'unknown' } as GPUDeviceLostInfo;
        return replaced(real, {
          lost: new Promise((resolve) => (lose = resolve)),
          createShaderModule() {
            setTimeout(() => lose?.(news), 20);
            throw new Error('no such device');
          },
        });
      };
      const opened = await openDevice({ provider: changed({ device }) });
      const thrown: unknown = await twice(openQueue(opened), 1).catch((error: unknown) => error);
      assert.is((thrown as GpuFailure).code, 'gpu-device-lost');
      assert.match((thrown as GpuFailure).message, /was lost \(unplugged\)/);
      opened.close();
    });
  });
}
