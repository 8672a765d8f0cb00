/**
 * The gpu oracle: any WebGPU device, in Node through Dawn and in a browser, with the same shaders. Three modes:
 *
 * - `exact` (exact.ts) for matrices whose rows are patterns, as those of reductions are;
 * - `f32` (f32.ts) for float32, float16 and bfloat16 of moderate size;
 * - `f64-emulated` (emulated.ts) for everything else.
 *
 * `gpu` takes the first that suits. A mode is used on a device once it has passed its self-test there. The device is
 * opened by the first call that needs it, and again by the next call after it was lost.
 */
import type { Attention, OutputError } from '../../problems/attention.ts';
import { unitRoundoff, type Dtype } from '../../problems/dtype.ts';
import { InputError } from '../../problems/input-error.ts';
import { mostClasses } from '../cpu/structure.ts';
import { openEngine, type Engine } from '../cpu/engine.ts';
import { attendStructured, structuredClaim } from '../cpu/structured.ts';
import type { AttendOptions, Attended, Oracle, Shape } from '../oracle.ts';
import { requireFitting } from '../validate.ts';
import { openDevice, type AdapterFacts, type DeviceOptions } from './device.ts';
import { attendEmulated, emulatedClaim } from './emulated.ts';
import { gpuCounter } from './exact.ts';
import { attendF32, f32ClaimOfShape } from './f32.ts';
import { GpuFailure, Unsuitable, unlessUnsuitable } from './failure.ts';
import { openQueue, type Queue } from './queue.ts';
import { selfTests, type SelfTest } from './self-test.ts';

export type GpuMode = 'exact' | 'f32' | 'f64-emulated';

export const gpuModes: readonly GpuMode[] = ['exact', 'f32', 'f64-emulated'];

export interface GpuOptions extends DeviceOptions {
  /** The mode to take; by default the best for the matrices. */
  readonly mode?: GpuMode;
  /** For tests: what a mode has to pass. */
  readonly selfTests?: Readonly<Record<GpuMode, SelfTest>>;
}

export interface GpuOracle extends Oracle {
  /** The adapter and each mode's self-test: undefined where it passed, otherwise what failed. Throws a `GpuFailure`. */
  examine(): Promise<{
    readonly adapter: AdapterFacts;
    readonly failed: Readonly<Record<GpuMode, string | undefined>>;
  }>;
}

/** What a mode gave, and what it computed in. */
export interface ModeResult {
  readonly values: Float64Array;
  readonly error: OutputError;
  readonly why: string;
}

interface Machine {
  readonly queue: Queue;
  /** Packs rows and averages for `exact`, on this thread; calls that share it must wait for each other. */
  readonly engine: () => Promise<Engine>;
  readonly tested: Map<GpuMode, Promise<string | undefined>>;
}

/** f32's claim is worth having where it costs less than what half precision rounds by; otherwise 64-bit integers are. */
const roughest = (dtype: Dtype): number => 2 ** -10 + unitRoundoff(dtype);

/**
 * Opens the gpu oracle; nothing happens before it attends.
 *
 * @example
 * const oracle = gpuOracle({ mode: 'f64-emulated' });
 * const { output, path, reason } = await oracle.attend(attention);
 * await oracle.close();
 */
export function gpuOracle({ mode, selfTests: tests = selfTests, ...options }: GpuOptions = {}): GpuOracle {
  let machine: Promise<Machine> | undefined;
  let closed = false;
  let last: Promise<unknown> = Promise.resolve();

  const opened = async (): Promise<Machine> => {
    if (closed) throw new Error('the gpu oracle was closed');
    const current = await machine?.catch(() => undefined);
    if (current === undefined || current.queue.device.lost() !== undefined) {
      machine = openDevice(options).then((device) => {
        let engine: Promise<Engine> | undefined;
        return {
          queue: openQueue(device),
          engine: () => (engine ??= openEngine(1)),
          tested: new Map<GpuMode, Promise<string | undefined>>(),
        };
      });
    }
    return machine!;
  };

  const test = (current: Machine, name: GpuMode): Promise<string | undefined> => {
    const { tested } = current;
    const known = tested.get(name);
    if (known !== undefined) return known;
    const result = tests[name]((attention) => runMode(name, attention, current, {})).catch(
      (error: unknown) => {
        tested.delete(name);
        throw error;
      },
    );
    tested.set(name, result);
    return result;
  };

  const attendNow = async (attention: Attention, attendOptions: AttendOptions): Promise<Attended> => {
    const started = performance.now();
    attendOptions.signal?.throwIfAborted();
    requireFitting(attention);
    const current = await opened();
    const { queue } = current;
    const notes: string[] = [];
    let failures = 0;
    for (const name of mode === undefined ? gpuModes : [mode]) {
      if (mode === undefined && name === 'f32' && attention.dtype === 'f64') continue;
      const failed = await test(current, name);
      if (failed !== undefined) {
        failures++;
        notes.push(`${name} failed its self-test: ${failed}`);
        continue;
      }
      const result = await unlessUnsuitable(runMode(name, attention, current, attendOptions));
      if (typeof result === 'string') {
        notes.push(result);
        continue;
      }
      if (mode === undefined && name === 'f32' && !(result.error.relative <= roughest(attention.dtype))) {
        notes.push(`in float32 the error could be ${result.error.relative}`);
        continue;
      }
      const { values, error, why } = result;
      return {
        output: { rows: attention.q.rows, columns: attention.v.columns, values, error },
        path: name,
        reason: [...notes, `${why} on ${queue.device.adapter.name}`].join('; '),
        seconds: (performance.now() - started) / 1000,
      };
    }
    if (failures > 0) {
      throw new GpuFailure('gpu-self-test-failed', `on ${queue.device.adapter.name} ${notes.join('; ')}`);
    }
    throw noneSuits(mode, notes.join('; '));
  };

  const inTurn = <T>(job: () => Promise<T>): Promise<T> => {
    const result = last.then(job); // calls share a device and wait for each other
    last = result.catch(() => {});
    return result;
  };

  return {
    name: mode === undefined ? 'gpu' : `gpu:${mode}`,
    claim: (shape) => claimOf(mode, shape),
    attend: (attention, attendOptions = {}) => inTurn(() => attendNow(attention, attendOptions)),
    examine: () =>
      inTurn(async () => {
        const current = await opened();
        const failed: Partial<Record<GpuMode, string | undefined>> = {};
        for (const name of mode === undefined ? gpuModes : [mode]) failed[name] = await test(current, name);
        return {
          adapter: current.queue.device.adapter,
          failed: failed as Record<GpuMode, string | undefined>,
        };
      }),
    async close() {
      closed = true;
      await last;
      (await machine?.catch(() => undefined))?.queue.device.close();
    },
  };
}

function claimOf(mode: GpuMode | undefined, shape: Shape): OutputError {
  if (mode === 'f32') return f32ClaimOfShape(shape);
  if (mode === 'f64-emulated') return emulatedClaim(shape);
  if (mode === 'exact' || shape.patterns === true) return structuredClaim(shape.dtype, mostClasses);
  const careful = emulatedClaim(shape);
  if (shape.dtype === 'f64') return careful;
  const { relative, absolute } = f32ClaimOfShape(shape);
  return {
    relative: Math.max(careful.relative, Math.min(relative, roughest(shape.dtype))),
    absolute: Math.max(careful.absolute, absolute),
  };
}

async function runMode(
  name: GpuMode,
  attention: Attention,
  { queue, engine }: Machine,
  options: AttendOptions,
): Promise<ModeResult> {
  return queue.scoped(async () => {
    if (name === 'exact') {
      const counter = gpuCounter(queue, options.signal);
      const result = await attendStructured(attention, await engine(), options, counter);
      if (typeof result === 'string') throw new Unsuitable(result);
      const { values, error } = result.output;
      return { values, error, why: `${result.reason}, counted` };
    }
    if (name === 'f32') return { ...(await attendF32(attention, queue, options)), why: 'float32' };
    return { ...(await attendEmulated(attention, queue, options)), why: '64-bit numbers in integers' };
  });
}

const wanted: Readonly<Record<GpuMode, string>> = {
  exact: 'matrices whose rows are patterns',
  f32: 'matrices of moderate size',
  'f64-emulated': "matrices that fit in the device's buffers",
};

function noneSuits(mode: GpuMode | undefined, reason: string): InputError {
  const last = mode ?? 'f64-emulated';
  return new InputError({
    code: 'gpu-mode-unsuitable',
    field: '--oracle',
    expected: `${wanted[last]}, for gpu${mode === undefined ? '' : `:${mode}`}`,
    found: reason,
    hint: last === 'f64-emulated' ? 'use --oracle cpu' : 'use --oracle gpu, which takes another mode then',
  });
}
