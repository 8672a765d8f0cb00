/** What ../logit-meter.ts measures, by the kernel (assembly/meter.ts) and for blocks in its memory. */
import { finest, type LogitMeter } from '../logit-meter.ts';
import { largestEntry, requireFinite } from '../validate.ts';
import type { Kernel } from './kernel.ts';
import type { RowsSeen } from './memory.ts';

/** A block of rows, row after row at address `at` of the kernel's memory; `first` is the number of its first. */
export interface KernelBlock {
  readonly kernel: Kernel;
  readonly at: number;
  readonly entries: Float64Array;
  readonly rows: number;
  readonly columns: number;
  readonly first: number;
}

/** Refuses entries that are not finite; says whether all are float32s of at most `largest32`. */
export function examine(
  tensor: 'q' | 'k' | 'v',
  { kernel, at, entries, columns, first }: KernelBlock,
  largest32: number,
): boolean {
  const found = kernel.examine(at, entries.length, largestEntry, largest32);
  if (found === 0) requireFinite(tensor, entries, entries.length, columns, first);
  return found === 3;
}

/** Meters a block of keys that was examined; `keyMax` is where the largest of each column are. */
export function meterKeyBlock(meter: LogitMeter, block: KernelBlock, keyMax: number): void {
  const unit = block.kernel.meterKeys(block.at, block.rows, block.columns, keyMax, meter.keyUnit);
  meter.keyUnit = unit < finest ? 0 : unit;
}

/** What was seen of each row of a block of queries. */
export interface Seen {
  /** Σ_c |q_c| · max_j|k_jc|, a little rounded. */
  readonly sums: Float64Array;
  /** The largest power of two that divides the row. */
  readonly units: Float64Array;
  /** 1 where all entries are float32s of at most `largest32`. */
  readonly single: Int32Array;
}

/** Looks at a block of queries; refuses entries that are not finite. */
export function meterQueryBlock(block: KernelBlock, keyMax: number, seen: RowsSeen, largest32: number): Seen {
  const { kernel, at, entries, rows, columns } = block;
  examine('q', block, largest32);
  kernel.meterQueries(at, rows, columns, keyMax, largest32, seen.sums, seen.units, seen.single);
  const { buffer } = entries;
  return {
    sums: new Float64Array(buffer, seen.sums, rows),
    units: new Float64Array(buffer, seen.units, rows),
    single: new Int32Array(buffer, seen.single, rows),
  };
}
