/**
 * The WebAssembly kernel: its bytes compiled once a process, an instance for each thread over one shared memory. There
 * are two builds of the same sources; where the engine has relaxed SIMD, multiplications and additions are fused.
 */
import { kernelBytes, relaxedKernelBytes } from './kernel-bytes.ts';

/** Packs `rows` rows of so many columns at address `from` as rows first … first + rows - 1 of what is at `into`. */
export type Pack = (from: number, rows: number, columns: number, into: number, first: number) => void;

/** What the files in assembly/ export; addresses are in bytes. */
export interface Kernel {
  /** Bytes that `setConstants` fills. */
  readonly constantBytes: { readonly value: number };
  /** Keys a tile. */
  readonly tileKeys: { readonly value: number };
  readonly scratchBytes: { readonly value: number };
  readonly packedColumns: (valueDim: number) => number;
  readonly stateBytes: (valueDim: number) => number;
  setConstants(at: number, scale: number, perL: number, lHi: number, lLo: number): void;
  readonly packKeys: Pack;
  readonly packValues: Pack;
  attend(...block: AttendArguments): void;
  readonly constantBytes32: { readonly value: number };
  readonly tileKeys32: { readonly value: number };
  readonly scratchBytes32: { readonly value: number };
  readonly packedColumns32: (valueDim: number) => number;
  readonly stateBytes32: (valueDim: number) => number;
  setConstants32(at: number, scale: number, perL: number, lHi: number, lLo: number): void;
  readonly packKeys32: Pack;
  readonly packValues32: Pack;
  attend32(...block: AttendArguments): void;
  examine(at: number, count: number, largest: number, largest32: number): number;
  meterKeys(at: number, rows: number, headDim: number, most: number, unit: number): number;
  meterQueries(...block: MeterArguments): void;
  /** The largest number of ones in a key's pattern for which keys are sliced. */
  readonly mostSliced: { readonly value: number };
  readonly sliceBytes: (words: number) => number;
  readonly countScratchBytes: (words: number) => number;
  slicePatterns(keys: number, keyCount: number, words: number, into: number): void;
  readonly classBytes: { readonly value: number };
  packRows(...block: PackArguments): number;
  rowsPacked(): number;
  patternsPacked(): number;
  recordsKnown(): number;
  setClass(...described: ClassArguments): void;
  attendPatterns(...block: PatternArguments): void;
  averageRows(...block: AverageArguments): void;
  addMoments(...block: MomentArguments): void;
  applyMoments(...block: ApplyArguments): void;
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

/** As assembly/meter.ts has them. */
export type MeterArguments = readonly [
  at: number,
  rows: number,
  headDim: number,
  most: number,
  largest32: number,
  sums: number,
  units: number,
  single: number,
];

/** As assembly/pack.ts has them; `share` is 0 or 1. */
export type PackArguments = readonly [
  block: number,
  rows: number,
  columns: number,
  general: number,
  generals: number,
  words: number,
  patterns: number,
  patternOf: number,
  known: number,
  records: number,
  most: number,
  recordOf: number,
  share: number,
];

/** As assembly/average.ts has them. */
export type ClassArguments = readonly [
  at: number,
  keys: number,
  count: number,
  values: number,
  size: number,
  constant: number,
  flatCounts: number,
  flatSums: number,
];

/** As assembly/average.ts has them. */
export type PatternArguments = readonly [
  classes: number,
  classCount: number,
  words: number,
  degree: number,
  valueDim: number,
  patterns: number,
  patternCount: number,
  patternOf: number,
  recordOf: number,
  tables: number,
  tableBytes: number,
  rows: number,
  counts: number,
  sums: number,
  scratch: number,
  out: number,
];

/** Those of `attendPatterns` that concern histograms which are there already. */
export type AverageArguments = readonly [
  classes: number,
  classCount: number,
  valueDim: number,
  patternCount: number,
  patternOf: number,
  recordOf: number,
  tables: number,
  tableBytes: number,
  rows: number,
  counts: number,
  sums: number,
  out: number,
];

/** As assembly/monomials.ts has them. */
export type MomentArguments = readonly [
  rows: number,
  values: number,
  groups: number,
  variables: number,
  degree: number,
  runs: number,
  features: number,
  sums: number,
];

/** As assembly/monomials.ts has them. */
export type ApplyArguments = readonly [
  rows: number,
  groups: number,
  variables: number,
  degree: number,
  runs: number,
  features: number,
  weights: number,
  out: number,
];

/** A call of the kernel that a thread makes. */
export type Job =
  | { readonly call: 'attend' | 'attend32'; readonly with: AttendArguments }
  | { readonly call: 'attendPatterns'; readonly with: PatternArguments }
  | { readonly call: 'addMoments'; readonly with: MomentArguments }
  | { readonly call: 'applyMoments'; readonly with: ApplyArguments };

export function runJob(kernel: Kernel, { call, with: values }: Job): void {
  const run: (...values: readonly number[]) => void = kernel[call];
  run(...values);
}

/** The least module that only relaxed SIMD makes valid: one function, three times `v128.const 0`, then relaxed madd. */
// prettier-ignore
const probe: readonly number[] = [
  0, 97, 115, 109, 1, 0, 0, 0,
  1, 4, 1, 96, 0, 0, // one type, () → ()
  3, 2, 1, 0, // one function, of that type
  10, 62, 1, 60, 0,
  253, 12, ...Array<number>(16).fill(0),
  253, 12, ...Array<number>(16).fill(0),
  253, 12, ...Array<number>(16).fill(0),
  253, 135, 2, 26, 11, // f64x2.relaxed_madd, drop, end
];

/** Does the engine have relaxed SIMD? On Node 20 the flag `--experimental-wasm-relaxed-simd` turns it on, also later. */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(Uint8Array.from(probe));
}

const compiled = new Map<boolean, Promise<WebAssembly.Module>>();

/** The compiled module, of the relaxed build or the plain one. Rejects where the engine has not what it needs. */
export function kernelModule(relaxed: boolean = hasRelaxedSimd()): Promise<WebAssembly.Module> {
  const known = compiled.get(relaxed);
  if (known !== undefined) return known;
  const bytes = relaxed ? relaxedKernelBytes : kernelBytes;
  const module = WebAssembly.compile(Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0)));
  compiled.set(relaxed, module);
  return module;
}

/** An instance over `memory`, which all threads share. */
export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernel {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernel;
}
