/**
 * Buffers, pipelines and dispatches on one device, with what WebGPU reports in its own ways (error scopes, rejected
 * promises, a lost device) turned into one `GpuFailure`.
 */
import { messageOf, type Device } from './device.ts';
import { GpuFailure } from './failure.ts';

// GPUBufferUsage and GPUMapMode, which Node has no globals for.
const usages = { mapRead: 1, copySource: 4, copyTarget: 8, uniform: 64, storage: 128 } as const;
const mapRead = 1;

/** Runs a task after those that wait now: in Node, where a timer takes a millisecond, without one. */
const soon: (task: (done?: undefined) => void) => unknown =
  typeof setImmediate === 'function' ? setImmediate : setTimeout;

/** Milliseconds that the news of a loss may come later than those of what failed for it. */
const lossNews = 100;

/** Milliseconds that a turn of the event loop sleeps while the device is awaited, at most. */
const longestDoze = 1;

/**
 * Gives what `job` gives. In Node Dawn looks for it once a turn of the event loop, and turns follow each other without a
 * break: that takes a core, which a software adapter has use for. So turns sleep, for a sixteenth of the wait so far;
 * timers, aborts and other work have every turn still. A browser is told by its device's process.
 */
async function awaited<T>(job: Promise<T>): Promise<T> {
  if (typeof setImmediate !== 'function') return job;
  const neverWoken = new Int32Array(new SharedArrayBuffer(4)); // a page has it only when isolated
  const started = performance.now();
  let pending = true;
  const doze = (): void => {
    if (!pending) return;
    Atomics.wait(neverWoken, 0, 0, Math.min(longestDoze, (performance.now() - started) / 16));
    setImmediate(doze);
  };
  setImmediate(doze);
  try {
    return await job;
  } finally {
    pending = false;
  }
}

export type Words = Uint32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer>;

/** A kernel to run: buffers in the order of their bindings, the uniform first. */
export interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly buffers: readonly GPUBuffer[];
  readonly workgroups: readonly [x: number, y: number];
}

export interface Queue {
  readonly device: Device;
  /** The pipeline of a shader, compiled once. */
  pipeline(code: string): Promise<GPUComputePipeline>;
  /** A buffer for a shader to read, with these words in it. */
  upload(words: Words): GPUBuffer;
  /** A buffer of so many bytes, zeroed. */
  room(bytes: number): GPUBuffer;
  /** A small uniform. */
  uniform(words: Words): GPUBuffer;
  /**
   * Runs the dispatches in order and copies `outputs` back. Within `scoped`, what goes wrong may be told only by that.
   */
  run(dispatches: readonly Dispatch[], outputs: readonly GPUBuffer[]): Promise<readonly ArrayBuffer[]>;
  /**
   * Gives `body`'s result, and destroys the buffers that it made. What `body` throws itself passes through. One within
   * another leaves it to the outer to report what WebGPU tells.
   */
  scoped<T>(body: () => Promise<T>): Promise<T>;
}

export function openQueue(device: Device): Queue {
  const { gpu } = device;
  const pipelines = new Map<string, Promise<GPUComputePipeline>>();
  let buffers: GPUBuffer[] = [];
  let depth = 0;

  const make = (bytes: number, usage: number): GPUBuffer => {
    const size = Math.max(16, Math.ceil(bytes / 4) * 4);
    const buffer = gpu.createBuffer({ size, usage });
    buffers.push(buffer);
    return buffer;
  };
  const filled = (words: Words, usage: number): GPUBuffer => {
    const buffer = make(words.byteLength, usage | usages.copyTarget);
    gpu.queue.writeBuffer(buffer, 0, words);
    return buffer;
  };

  /** Runs `body` and reports what went wrong meanwhile, whichever way WebGPU reports it. */
  const guarded = async <T>(body: () => Promise<T>, isOurs = false): Promise<T> => {
    gpu.pushErrorScope('validation');
    gpu.pushErrorScope('internal');
    gpu.pushErrorScope('out-of-memory');
    let failed: unknown;
    const result = await body().catch((error: unknown) => {
      failed = error ?? new Error('unknown');
      return undefined;
    });
    const scopes = await Promise.all([1, 2, 3].map(() => gpu.popErrorScope().catch(() => null)));
    const [memory, internal, validation] = scopes;
    // The news of a loss come in a task of their own, and may come after those of what it made fail.
    const own = isOurs && failed !== undefined && !(failed instanceof GpuFailure);
    const isFine = scopes.every((fault) => fault === null) && (failed === undefined || own);
    await Promise.race([
      gpu.lost,
      new Promise((resolve) => (isFine ? soon(resolve) : setTimeout(resolve, lossNews))),
    ]);
    const lost = device.lost();
    if (lost !== undefined) throw lost;
    if (memory) {
      throw new GpuFailure(
        'gpu-out-of-memory',
        `${device.adapter.name} is out of memory (${messageOf(memory)})`,
      );
    }
    const fault = internal ?? validation;
    if (fault) throw new GpuFailure('gpu-error', `${device.adapter.name} refused (${messageOf(fault)})`);
    if (failed instanceof GpuFailure || own) throw failed;
    if (failed !== undefined) {
      throw new GpuFailure('gpu-error', `${device.adapter.name} failed (${messageOf(failed)})`, failed);
    }
    return result!;
  };

  const submit = async (
    dispatches: readonly Dispatch[],
    outputs: readonly GPUBuffer[],
  ): Promise<readonly ArrayBuffer[]> => {
    const encoder = gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const { pipeline, buffers, workgroups } of dispatches) {
      pass.setPipeline(pipeline);
      const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
      pass.setBindGroup(0, gpu.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
      pass.dispatchWorkgroups(...workgroups);
    }
    pass.end();
    const copies = outputs.map((output) => {
      const copy = make(output.size, usages.mapRead | usages.copyTarget);
      encoder.copyBufferToBuffer(output, 0, copy, 0, output.size);
      return copy;
    });
    gpu.queue.submit([encoder.finish()]);
    await awaited(Promise.all(copies.map((copy) => copy.mapAsync(mapRead))));
    return copies.map((copy) => {
      const bytes = copy.getMappedRange().slice(0);
      copy.unmap();
      return bytes;
    });
  };

  return {
    device,
    pipeline(code) {
      const known = pipelines.get(code);
      if (known !== undefined) return known;
      const compiled = guarded(async () =>
        awaited(
          gpu.createComputePipelineAsync({
            layout: 'auto',
            compute: { module: gpu.createShaderModule({ code }), entryPoint: 'main' },
          }),
        ),
      );
      pipelines.set(code, compiled);
      compiled.catch(() => pipelines.delete(code)); // the next call tries again
      return compiled;
    },
    upload: (words) => filled(words, usages.storage),
    room: (bytes) => make(bytes, usages.storage | usages.copySource),
    uniform: (words) => filled(words, usages.uniform),
    run: (dispatches, outputs) =>
      submit(dispatches, outputs).catch((error: unknown) => {
        throw new GpuFailure('gpu-error', `${device.adapter.name} failed (${messageOf(error)})`, error);
      }),
    async scoped(body) {
      const outer = buffers;
      buffers = [];
      try {
        return await (depth++ === 0 ? guarded(body, true) : body());
      } finally {
        depth--;
        for (const buffer of buffers) buffer.destroy();
        buffers = outer;
      }
    },
  };
}
