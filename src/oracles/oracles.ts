/** The oracles by name, and what of each this machine can run. */
import { denseMatrix, type Attention, type Matrix } from '../problems/attention.ts';
import { InputError } from '../problems/input-error.ts';
import { cpuOracle } from './cpu/cpu.ts';
import { availableThreads } from './cpu/threads.ts';
import type { SelfTest, SelfTestOptions } from './command/self-test.ts';
import type { DeviceLimits } from './gpu/device.ts';
import type { GpuMode, GpuOracle } from './gpu/gpu.ts';
import type { Oracle } from './oracle.ts';
import { referenceOracle } from './reference.ts';

/** A program's command line as words. */
export { splitWords } from './command/words.ts';
export type { SelfTest } from './command/self-test.ts';

/** What some oracles can be told; the others take no notice. */
export interface OpenOptions {
  /** The polynomial oracle computes even where that is slower or certifies nothing. */
  readonly force?: boolean;
  /** Seconds that the program of a command oracle may take for an instance; ten minutes by default. */
  readonly timeout?: number;
  /** The relative error that a command oracle claims, by default a careful kernel's; and that the polynomial oracle keeps to, by default one over the keys. */
  readonly error?: number;
}

/** The gpu and polynomial oracles are loaded when they are first asked for: most runs want neither. */
const gpu = async (mode?: GpuMode): Promise<Oracle> =>
  (await import('./gpu/gpu.ts')).gpuOracle(mode === undefined ? {} : { mode });

const hasCard = async (): Promise<boolean> =>
  (await import('./gpu/device.ts')).isHardwareAdapter().catch(() => false);

const open: Readonly<Record<string, (options: OpenOptions) => Oracle | Promise<Oracle>>> = {
  cpu: () => cpuOracle(),
  'cpu:dense': () => cpuOracle({ path: 'dense' }),
  'cpu:structured': () => cpuOracle({ path: 'structured' }),
  gpu: () => gpu(),
  'gpu:exact': () => gpu('exact'),
  'gpu:f32': () => gpu('f32'),
  'gpu:f64-emulated': () => gpu('f64-emulated'),
  reference: referenceOracle,
  polynomial: async (options) => (await import('./polynomial/polynomial.ts')).polynomialOracle(options),
  auto: async () => ((await hasCard()) ? gpu() : cpuOracle()),
};

/** The oracles that are here. `openOracle` takes these, and `command:` or `command-warm:` with a command line. */
export const oracleNames: readonly string[] = Object.keys(open);

/**
 * Opens the oracle that `spec` names; `auto` is the gpu's where there is a graphics card, not software that plays one,
 * and otherwise the cpu's; never the polynomial method, whose error is of another order. Throws an `InputError` for a name that is none.
 */
export async function openOracle(spec: string, options: OpenOptions = {}): Promise<Oracle> {
  const [, warm, line] = /^command(-warm)?:(.*)$/s.exec(spec) ?? [];
  if (line !== undefined) {
    const { commandOracle } = await import('./command/command.ts');
    return commandOracle(line, { ...options, warm: warm !== undefined });
  }
  const make = Object.hasOwn(open, spec) ? open[spec] : undefined;
  if (make !== undefined) return make(options);
  throw new InputError({
    code: 'oracle-unknown',
    field: '--oracle',
    expected: `one of ${oracleNames.join(', ')}`,
    found: JSON.stringify(spec),
    hint: `try --oracle ${oracleNames[0]}, or 'command:PROGRAM {instance} {output}' for a program of yours`,
  });
}

/** What the program behind a command oracle makes of a tiny instance: attention, or which mistake. */
export async function selfTest(oracle: Oracle, options: SelfTestOptions): Promise<SelfTest> {
  return (await import('./command/self-test.ts')).selfTest(oracle, options);
}

/** What `probe` tries: all but `auto`, which is one of the others, and whether a program can be run. */
export const probedNames: readonly string[] = [...oracleNames.filter((name) => name !== 'auto'), 'command'];

export interface Probe {
  readonly name: string;
  /** It ran, and its outputs were within its claim of the reference oracle's. */
  readonly available: boolean;
  /** Why not. */
  readonly reason?: string;
  readonly path?: string;
  readonly threads?: number;
  /** Does the engine have 128-bit WebAssembly SIMD with shared memory? */
  readonly simd?: boolean;
  /** Of `command`: the seconds from a trivial program's start to its output. */
  readonly seconds?: number;
  /** Query-key pairs a second, in units of 10^9, on a run of well under a second at head dimension 64. */
  readonly gigaPairsPerSecond?: number;
  /** The graphics card, as its driver names it, whether it is software, and what fits in it. */
  readonly adapter?: string;
  readonly software?: boolean;
  readonly limits?: DeviceLimits;
  /** What failed in the self-tests of the modes that failed theirs. */
  readonly selfTests?: Readonly<Record<string, string>>;
  /** The largest error against the reference, as a share of what the two claims allow together. */
  readonly worstError?: number;
}

/**
 * Tries every oracle on a small instance and checks it against `reference`. Never throws: an oracle that cannot
 * run says why. Takes about a second, more where software plays the graphics card.
 */
export async function probe(): Promise<readonly Probe[]> {
  const probes: Probe[] = [];
  let noGpu: string | undefined;
  for (const name of probedNames) {
    const isGpu = name.startsWith('gpu');
    const result =
      isGpu && noGpu !== undefined ? { name, available: false, reason: noGpu } : await probeOne(name);
    if (isGpu && !result.available && !('adapter' in result)) noGpu = result.reason;
    probes.push(result);
  }
  return probes;
}

async function probeOne(name: string): Promise<Probe> {
  let traits: Partial<Probe> = {};
  try {
    if (name === 'command') {
      const { probeCommand } = await import('./command/probe.ts');
      return { name, available: true, seconds: await probeCommand() };
    }
    const oracle = await openOracle(name, { force: true }); // so small a sample is not worth polynomials
    try {
      traits = await traitsOf(name, oracle);
      const worstError = await compare(oracle, sampleFor(name, 40, 200, 24));
      if (!(worstError <= 1)) {
        const reason = `its outputs are ${worstError} times as far from the reference's as claimed`;
        return { name, available: false, reason, ...traits, worstError };
      }
      return { name, available: true, ...traits, ...(await timed(name, oracle)), worstError };
    } finally {
      await oracle.close();
    }
  } catch (thrown) {
    return {
      name,
      available: false,
      reason: thrown instanceof Error ? thrown.message : String(thrown),
      ...traits,
    };
  }
}

/** What there is to know of an oracle's machine. Throws a `GpuFailure` where there is none. */
async function traitsOf(name: string, oracle: Oracle): Promise<Partial<Probe>> {
  if (name.startsWith('cpu')) return { threads: await availableThreads(), simd: hasSimd() };
  if (!isGpuOracle(oracle)) return { threads: 1 };
  const { adapter, failed } = await oracle.examine();
  const selfTests: Record<string, string> = {};
  for (const [mode, why] of Object.entries(failed)) if (why !== undefined) selfTests[mode] = why;
  return { adapter: adapter.name, software: adapter.software, limits: adapter.limits, selfTests };
}

const isGpuOracle = (oracle: Oracle): oracle is GpuOracle => 'examine' in oracle;

/** The rate, the better of two runs, on an instance that takes long enough to time, up to 4096 queries and 2048 keys. */
async function timed(name: string, oracle: Oracle): Promise<Pick<Probe, 'path' | 'gigaPairsPerSecond'>> {
  for (let queries = 64; ; queries *= 4) {
    const attention = sampleFor(name, queries, queries / 2, 64);
    await oracle.attend(attention); // threads start, the engine compiles
    const { seconds: once, path } = await oracle.attend(attention);
    const seconds = once < 0.05 ? once : Math.min(once, (await oracle.attend(attention)).seconds);
    if (seconds < 0.05 && queries < 4096) continue;
    return { path, gigaPairsPerSecond: (queries * attention.k.rows) / seconds / 1e9 };
  }
}

async function compare(oracle: Oracle, attention: Attention): Promise<number> {
  const { output: ours } = await oracle.attend(attention);
  const { output: reference } = await referenceOracle().attend(attention);
  let worst = 0;
  reference.values.forEach((y, e) => {
    const relative = ours.error.relative + reference.error.relative; // V ≥ 0 here: A|V|/A1 is the output itself
    const allowed = relative * y * (1 + 2 ** -20) + ours.error.absolute + reference.error.absolute;
    const off = Math.abs(ours.values[e]! - y) / allowed;
    worst = Number.isNaN(off) ? Infinity : Math.max(worst, off);
  });
  return worst;
}

/** What the polynomial oracle takes has four columns and logits up to 1; the others get d columns and a hard sample. */
function sampleFor(name: string, queries: number, keys: number, d: number): Attention {
  return name === 'polynomial' ? sample(queries, keys, 4, 1) : sample(queries, keys, d, 8);
}

/** Queries and keys of the sort that reductions make: 0 or a number of the row, keys of the other sign; values 0, 1. */
function sample(queries: number, keys: number, d: number, bound: number): Attention {
  let state = 1;
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  return {
    q: drawn(queries, d, (row) => (next() < 0.5 ? (bound * (1 + ((row * 37) % 4095))) / 4096 : 0)),
    k: drawn(keys, d, () => (next() < 0.5 ? -bound : 0)),
    v: drawn(keys, 1, () => (next() < 0.9 ? 1 : 0)),
    scale: 1 / d,
    dtype: 'f64',
  };
}

function drawn(rows: number, columns: number, draw: (row: number) => number): Matrix {
  const entry = (_: unknown, at: number): number => draw(Math.floor(at / columns));
  return denseMatrix(rows, columns, Float64Array.from({ length: rows * columns }, entry));
}

/** Asks the engine with a module of one function, `v128.const 0, drop`. */
function hasSimd(): boolean {
  const header = [0, 97, 115, 109, 1, 0, 0, 0];
  const type = [1, 4, 1, 96, 0, 0]; // () → ()
  const functions = [3, 2, 1, 0]; // one, of that type
  const code = [10, 23, 1, 21, 0, 253, 12, ...Array<number>(16).fill(0), 26, 11];
  return WebAssembly.validate(Uint8Array.from([...header, ...type, ...functions, ...code]));
}
