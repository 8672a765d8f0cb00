import * as assert from 'uvu/assert';
import { openDevice, type Device } from '../../../src/oracles/gpu/device.ts';
import { GpuFailure } from '../../../src/oracles/gpu/failure.ts';
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

/** A device that reports these errors in error scopes, and whose buffers note when they are destroyed. */
function reporting(
  errors: Partial<Record<GPUErrorFilter, string>>,
  methods: Partial<GPUDevice> = {},
): { readonly device: Device; readonly destroyed: number[] } {
  const open: GPUErrorFilter[] = [];
  const destroyed: number[] = [];
  let made = 0;
  const gpu = {
    lost: new Promise(() => {}),
    queue: { writeBuffer: () => {} },
    pushErrorScope: (filter: GPUErrorFilter) => void open.push(filter),
    popErrorScope() {
      const message = errors[open.pop()!];
      return Promise.resolve(message === undefined ? null : { message });
    },
    createBuffer() {
      const buffer = made++;
      return { destroy: () => void destroyed.push(buffer) };
    },
    createShaderModule: () => ({}),
    ...methods,
  } as unknown as GPUDevice;
  const adapter = { name: 'a card', software: false, limits: gpu.limits };
  return { device: { gpu, adapter, lost: () => undefined, close: () => {} }, destroyed };
}

const failureOf = async (job: Promise<unknown>): Promise<GpuFailure> => {
  const thrown = await job.then(
    () => new Error('it gave a result'),
    (error: unknown) => error,
  );
  assert.instance(thrown, GpuFailure, String(thrown));
  return thrown as GpuFailure;
};

suite('oracles/gpu/queue of what WebGPU reports', (test) => {
  test('what is reported in an error scope alone is a failure, whichever kind it is, memory before what it made invalid', async () => {
    for (const [errors, code, message] of [
      [{ validation: 'no such binding\nat x' }, 'gpu-error', /^a card refused \(no such binding\); /],
      [{ internal: 'too long' }, 'gpu-error', /^a card refused \(too long\); /],
      [{ internal: 'a', validation: 'b' }, 'gpu-error', /^a card refused \(a\); /],
      [
        { 'out-of-memory': 'full', validation: 'b' },
        'gpu-out-of-memory',
        /^a card is out of memory \(full\); /,
      ],
    ] as const) {
      const failure = await failureOf(openQueue(reporting(errors).device).scoped(() => Promise.resolve(1)));
      assert.is(failure.code, code);
      assert.match(failure.message, message);
    }
    assert.is(await openQueue(reporting({}).device).scoped(() => Promise.resolve(1)), 1);
  });

  test('a shader is compiled once, and once more where that failed', async () => {
    let asked = 0;
    const { device } = reporting(
      {},
      {
        createComputePipelineAsync: () =>
          asked++ === 0 ? Promise.reject(new Error('no time')) : Promise.resolve({} as GPUComputePipeline),
      },
    );
    const queue = openQueue(device);
    const { code, message } = await failureOf(queue.pipeline('main'));
    assert.is(code, 'gpu-error');
    assert.match(message, /^a card failed \(no time\); /);
    const compiled = await queue.pipeline('main');
    assert.is(await queue.pipeline('main'), compiled);
    assert.is(asked, 2);
  });

  test('buffers live as long as the scope that made them, whether it succeeds or fails', async () => {
    const { device, destroyed } = reporting({});
    const queue = openQueue(device);
    await queue.scoped(async () => {
      queue.room(4);
      await queue.scoped(async () => queue.upload(Uint32Array.of(1)));
      assert.equal(destroyed, [1]);
      const fails = queue.scoped(async () => {
        queue.uniform(Uint32Array.of(1));
        throw new Error('not any more');
      });
      assert.match(String(await fails.catch((error: unknown) => error)), /not any more/);
      assert.equal(destroyed, [1, 2]);
      queue.room(8);
    });
    assert.equal(destroyed, [1, 2, 0, 3]);
  });

  test('a dispatch that is refused at once is a failure of the card, not of the program', async () => {
    const createCommandEncoder = (): never => {
      throw new Error('no encoder');
    };
    const { device } = reporting({}, { createCommandEncoder });
    const { code, message } = await failureOf(openQueue(device).run([], []));
    assert.is(code, 'gpu-error');
    assert.match(message, /^a card failed \(no encoder\); /);
  });
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
