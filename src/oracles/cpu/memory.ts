/**
 * The shared memory and where things are in it: constants, keys, values, then one slot for each block of queries
 * that can be under way. It grows to the largest attention seen and goes when the oracle is closed.
 */
import type { Attention } from '../../problems/attention.ts';
import { InputError } from '../../problems/input-error.ts';
import type { Width } from './width.ts';

const pageBytes = 65536;
const mostPages = 65536;

/** What a memory can grow to. */
export const mostBytes: number = mostPages * pageBytes;

/** Room for one block on its way: addresses in bytes. */
export interface Slot {
  readonly queries: number;
  readonly packed: number;
  readonly state: number;
  readonly scratch: number;
  readonly out: number;
  readonly seen: RowsSeen;
}

/** Where the meter leaves what it saw of each row: Σ, unit, whether it is in float32s. */
export interface RowsSeen {
  readonly sums: number;
  readonly units: number;
  readonly single: number;
}

export interface Layout {
  /** The largest of each column of the keys. */
  readonly keyMax: number;
  readonly constants: number;
  readonly keys: number;
  readonly values: number;
  readonly slots: readonly Slot[];
  /** Queries a block. */
  readonly rows: number;
  /** Where all of it ends. */
  readonly end: number;
}

/** A memory of one page that can grow to 4 GiB. Shared, so that threads can work on it. */
export function newMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 1, maximum: mostPages, shared: true });
}

/**
 * Lays out an attention for `slots` blocks at once. A block is about 40 million multiplications, some
 * milliseconds, and at most 1 MiB of queries and as much of output. Throws an `InputError` for what 4 GiB cannot
 * hold; nothing is allocated here.
 */
export function layOut(width: Width, { q, k, v }: Attention, slots: number): Layout {
  const d = q.columns;
  const dv = v.columns;
  const { bytes, tile } = width;
  const padded = Math.ceil(k.rows / tile) * tile;
  const rows = blockRows(q.rows, k.rows, d, dv);

  let end = 1024;
  const take = (bytes: number): number => {
    const at = end;
    end += Math.ceil(bytes / 64) * 64;
    return at;
  };
  const constants = take(width.constantBytes);
  const keys = take(padded * d * bytes);
  const values = take(padded * width.packedColumns(dv) * bytes);
  const layout = {
    keyMax: take(d * 8),
    constants,
    keys,
    values,
    rows,
    slots: Array.from({ length: slots }, () => ({
      queries: take(rows * Math.max(d, dv) * 8), // keys and values pass through the first slot's on their way
      packed: take(rows * d * bytes),
      state: take(rows * width.stateBytes(dv)),
      scratch: take(width.scratchBytes),
      out: take(rows * dv * 8),
      seen: { sums: take(rows * 8), units: take(rows * 8), single: take(rows * 4) },
    })),
  };
  if (end > mostBytes) {
    throw new InputError({
      code: 'attention-too-large',
      field: 'k',
      expected: `keys and values that fit into 4 GiB as float${8 * bytes}`,
      found: `${k.rows} keys of head dimension ${d} with ${dv} value columns, ${Math.ceil(end / 2 ** 30)} GiB`,
      hint: 'use fewer keys',
    });
  }
  return { ...layout, end };
}

/** Grows `memory` to `bytes` where it is smaller, or throws. Views of it must be made anew. */
export function reserve(memory: WebAssembly.Memory, bytes: number): void {
  const missing = Math.ceil((bytes - memory.buffer.byteLength) / pageBytes);
  if (missing <= 0) return;
  try {
    memory.grow(missing);
  } catch (cause) {
    throw new Error(`the cpu oracle needs ${Math.ceil(bytes / 2 ** 20)} MiB and could not get them`, {
      cause,
    });
  }
}

function blockRows(queries: number, keys: number, d: number, dv: number): number {
  const byWork = 40e6 / (keys * (d + dv + 32));
  const byRoom = 2 ** 17 / Math.max(1, d, dv);
  const rows = Math.min(Math.max(32, byWork), byRoom, 1024, queries);
  return Math.max(4, Math.ceil(rows / 4) * 4);
}
