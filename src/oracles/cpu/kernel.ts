/** The WebAssembly kernel: its bytes compiled once a process, an instance for each thread over one shared memory. */
import { kernelBytes } from './kernel-bytes.ts';

/** What the files in assembly/ export; addresses are in bytes. */
export interface Kernel {
  /** Bytes that `setConstants` fills. */
  readonly constantBytes: { readonly value: number };
  /** Keys a tile. */
  readonly tileKeys: { readonly value: number };
  stateBytes(valueDim: number): number;
  setConstants(at: number, scale: number, perL: number, lHi: number, lLo: number): void;
  packKeys(from: number, rows: number, headDim: number, into: number, first: number): void;
  packValues(from: number, rows: number, valueDim: number, into: number, first: number): void;
  attend(...block: AttendArguments): void;
  countPatterns(...block: CountArguments): void;
  sumPatterns(...block: SumArguments): void;
}

/** constants, keys, values, n, d, d_v, queries, rows, packed queries, state, scratch, out. */
export type AttendArguments = readonly [
  constants: number,
  keys: number,
  values: number,
  keyCount: number,
  headDim: number,
  valueDim: number,
  queries: number,
  rows: number,
  packed: number,
  state: number,
  scratch: number,
  out: number,
];

/** patterns, rows, keys, n, words, D, scratch, counts. */
export type CountArguments = readonly [
  patterns: number,
  rows: number,
  keys: number,
  keyCount: number,
  words: number,
  degree: number,
  scratch: number,
  counts: number,
];

/** patterns, rows, keys, n, words, D, values, d_v, counts, sums. */
export type SumArguments = readonly [
  patterns: number,
  rows: number,
  keys: number,
  keyCount: number,
  words: number,
  degree: number,
  values: number,
  valueDim: number,
  counts: number,
  sums: number,
];

/** A call of the kernel that a thread makes. */
export type Job =
  | { readonly call: 'attend'; readonly with: AttendArguments }
  | { readonly call: 'countPatterns'; readonly with: CountArguments }
  | { readonly call: 'sumPatterns'; readonly with: SumArguments };

export function runJob(kernel: Kernel, { call, with: values }: Job): void {
  (kernel[call] as (...values: readonly number[]) => void)(...values);
}

let compiled: Promise<WebAssembly.Module> | undefined;

/** The compiled module. Rejects where the engine has no WebAssembly SIMD or threads. */
export function kernelModule(): Promise<WebAssembly.Module> {
  compiled ??= WebAssembly.compile(Uint8Array.from(atob(kernelBytes), (c) => c.charCodeAt(0)));
  return compiled;
}

/** An instance over `memory`, which all threads share. */
export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernel {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernel;
}
