/**
 * The mode `exact`, for matrices whose rows are patterns: the device counts how often each inner product occurs, and
 * adds up integer values, in integers; the rest is the cpu oracle's structured way, the same code, so that the outputs
 * are the same bits.
 *
 * Values that differ within a class of keys are integers of at most 2^24 in absolute value. Less the least of them they
 * are at most 2^25 and are added up in two planes, of 12 and 13 bits, in 32-bit words: room for 2^18 keys and more.
 */
import type { Matrix } from '../../problems/attention.ts';
import { isSummed } from '../cpu/pattern-memory.ts';
import type { KeyClass, StructuredKeys } from '../cpu/structure.ts';
import type { Counter } from '../cpu/structured.ts';
import { sizeOf } from '../cpu/weight-table.ts';
import { chunkKeys, exactShader, mostPlanes, threadsFor } from './exact-shader.ts';
import type { AdapterFacts } from './device.ts';
import type { Dispatch, Queue } from './queue.ts';
import {
  mostRun,
  mostSliced,
  sliceKeys,
  slicedShader,
  slicedThreads,
  slicedTogether,
} from './sliced-shader.ts';
import { columnLists, sliceRows, type ColumnLists } from './slices.ts';

const mostTileKeys = 2 ** 18;

/** Words of histograms that come back from a dispatch, at most. */
const mostHistogramWords = 2 ** 24;

/** Seconds that a dispatch should take, and pairs of patterns in the first one. */
const dispatchSeconds = 0.1;
const firstPairs = 2 ** 24;

/** Threads a workgroup below which a card has better fewer planes a dispatch. SwiftShader has 8 and one plane. */
const fewThreads = 16;

/** How counts and patterns lie on the device, and how much fits in it. */
interface Layout {
  /** 32-bit words a pattern. */
  readonly words: number;
  /** Numbers that an inner product can be: D + 1. */
  readonly size: number;
  /** Neighbouring patterns that one thread of the sliced shader takes. */
  readonly together: number;
  /** 32-bit words of a binding, patterns a dispatch, and keys a tile of slices, at most. */
  readonly mostWords: number;
  readonly mostRows: number;
  readonly mostSlicedKeys: number;
  readonly isSliced: (keys: KeyClass) => boolean;
  /** Threads a workgroup of the shader that counts and sums, for so many planes. */
  readonly threadsOf: (planes: number) => number;
}

/** A class's keys on the device, in tiles. */
interface Placed {
  readonly summed: boolean;
  readonly planes: readonly Plane[];
  readonly tiles: readonly Tile[];
}

interface Tile {
  readonly keys: number;
  readonly planes: number;
  /** Patterns of keys, or where `values` is absent their slices. */
  readonly patterns: GPUBuffer;
  readonly values: GPUBuffer | undefined;
}

/** 12 or 13 bits of the values in a column: (value - least) / 2^shift. */
interface Plane {
  readonly column: number;
  readonly least: number;
  readonly shift: 0 | 12;
}

/** A block of patterns on the device, as far as its shaders want it. */
interface Block {
  readonly rows: number;
  readonly queries: GPUBuffer | undefined;
  readonly columns: (ColumnLists & { readonly buffer: GPUBuffer }) | undefined;
}

/** What counts on the device of `queue`. */
export function gpuCounter(queue: Queue, signal: AbortSignal | undefined): Counter {
  return {
    blockEntries: 2 ** 22,
    blockRows: 2 ** 16,
    resultBytes: 2 ** 28,
    open(keys, v) {
      const layout = layoutFor(keys, queue.device.adapter);
      if (typeof layout === 'string') return layout;
      const { words, size, mostRows } = layout;
      const patterned = keys.classes.filter(({ factor }) => factor !== 0);
      const placed = patterned.map((one) => place(keys, one, v, layout, queue));
      const needsPatterns = !patterned.every(layout.isSliced);
      const needsLists = patterned.some(layout.isSliced);
      const keysAtOnce = Math.max(1, ...placed.flatMap(({ tiles }) => tiles.map((tile) => tile.keys)));
      let atOnce = Math.max(1, Math.min(mostRows, Math.floor(firstPairs / keysAtOnce)));

      const blockOf = (patterns: Uint32Array<ArrayBuffer>): Block => {
        const columns = needsLists ? columnLists(patterns, words, layout.together) : undefined;
        return {
          rows: patterns.length / words,
          queries: needsPatterns ? queue.upload(patterns) : undefined,
          columns: columns && { ...columns, buffer: queue.upload(columns.lists) },
        };
      };

      /** Counts a block; gives the seconds of its slowest dispatch. Results of a class begin at multiples of `total`. */
      const countBlock = async (
        block: Block,
        from: number,
        total: number,
        counts: Uint32Array,
        sums: Float64Array,
      ): Promise<number> => {
        let slowest = 0;
        let countsAt = from * size;
        let sumsAt = from * size * v.columns;
        for (const { summed, planes, tiles } of placed) {
          for (const { first, used } of planeGroups(planes, layout)) {
            for (const tile of tiles) {
              signal?.throwIfAborted();
              const room = queue.room(4 * block.rows * size * (1 + used.length));
              const dispatch = await dispatchFor(tile, block, room, first, used.length, layout, queue);
              const started = performance.now();
              const [bytes] = await queue.run([dispatch], [room]);
              slowest = Math.max(slowest, (performance.now() - started) / 1000);
              const result = new Uint32Array(bytes!);
              const cells = block.rows * size;
              const ones = result.subarray(0, cells);
              if (tile.values === undefined) takeMissing(ones, size, tile.keys);
              // Every dispatch counts; the first of each tile is taken.
              if (first === 0) for (let at = 0; at < cells; at++) counts[countsAt + at]! += ones[at]!;
              used.forEach((plane, p) => {
                const sum = result.subarray((1 + p) * cells, (2 + p) * cells);
                addPlane(plane, ones, sum, sums, sumsAt, v.columns);
              });
            }
          }
          countsAt += total * size;
          if (summed) sumsAt += total * size * v.columns;
        }
        return slowest;
      };

      return async (patterns, counts, sums) => {
        const total = patterns.length / words;
        for (let from = 0; from < total;) {
          const to = Math.min(total, from + atOnce);
          const seconds = await queue.scoped(() =>
            countBlock(blockOf(patterns.subarray(from * words, to * words)), from, total, counts, sums),
          );
          const pace = Math.max(0.25, Math.min(4, dispatchSeconds / seconds));
          // A block that was shorter than it might have been says nothing against a longer one.
          const next = Math.floor(Math.max(pace * (to - from), pace < 1 ? 0 : atOnce));
          atOnce = Math.max(1, Math.min(mostRows, next));
          from = to;
        }
      };
    },
  };
}

/** What fits in the device; a sentence where one pattern does not. */
function layoutFor(
  { classes, columns, degree }: StructuredKeys,
  { limits, software }: AdapterFacts,
): Layout | string {
  const size = sizeOf(1, degree);
  const words = 2 * columns.words;
  const together = slicedTogether(software);
  const mostWords = Math.floor(Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize) / 4);
  const isSliced = (keys: KeyClass): boolean => degree <= mostSliced && !isSummed(keys);
  const threadsOf = (planes: number): number =>
    threadsFor(size, planes, limits.maxComputeWorkgroupStorageSize, software ? 8 : 64);
  const patterned = classes.filter(({ factor }) => factor !== 0);
  if (!patterned.every(isSliced) && threadsOf(patterned.some(isSummed) ? 2 : 1) === 0)
    return `patterns of up to ${degree} ones are too heavy for the device`;
  const listWords = (1 + together) * (1 + 32 * words); // of a group whose columns no two patterns share
  const mostRows = Math.min(
    Math.floor(Math.min(mostWords, mostHistogramWords) / size / mostPlanes),
    Math.floor(mostWords / words),
    patterned.some(isSliced) ? together * Math.floor(mostWords / listWords) : Infinity,
    limits.maxComputeWorkgroupsPerDimension,
  );
  const mostSlicedKeys = sliceKeys * Math.floor(mostWords / (4 * (32 * words + 1)));
  if (mostRows === 0 || (patterned.some(isSliced) && mostSlicedKeys === 0))
    return `patterns of ${32 * words} bits with ${size} counts are too wide for the device`;
  return { words, size, together, mostWords, mostRows, mostSlicedKeys, isSliced, threadsOf };
}

/** The planes that one dispatch after the other takes; a class whose values are equal has one dispatch, without. */
function planeGroups(
  planes: readonly Plane[],
  { threadsOf }: Layout,
): readonly { readonly first: number; readonly used: readonly Plane[] }[] {
  if (planes.length === 0) return [{ first: 0, used: [] }];
  let most = Math.min(planes.length, mostPlanes - 1);
  while (most > 1 && threadsOf(1 + most) < fewThreads) most--;
  return Array.from({ length: Math.ceil(planes.length / most) }, (_, group) => ({
    first: group * most,
    used: planes.slice(group * most, (group + 1) * most),
  }));
}

/** Counts of a tile, and for a tile of patterns sums of `used` planes from `first` on. */
async function dispatchFor(
  tile: Tile,
  { rows, queries, columns }: Block,
  room: GPUBuffer,
  first: number,
  used: number,
  { words, size, together, threadsOf }: Layout,
  queue: Queue,
): Promise<Dispatch> {
  if (tile.values !== undefined) {
    const threads = threadsOf(1 + used);
    const values = used === 0 ? [] : [tile.values];
    return {
      pipeline: await queue.pipeline(exactShader({ words, size, planes: 1 + used, threads })),
      buffers: [
        queue.uniform(Uint32Array.of(rows, tile.keys, tile.planes, first)),
        queries!,
        tile.patterns,
        ...values,
        room,
      ],
      workgroups: [Math.ceil(rows / threads), Math.ceil(tile.keys / chunkKeys)],
    };
  }
  const { groups, shared, own, buffer } = columns!;
  const blocks = Math.ceil(tile.keys / sliceKeys);
  // A processor has no use for more threads than groups; a card has.
  const run = Math.min(blocks, queue.device.adapter.software ? mostRun : chunkKeys / sliceKeys);
  return {
    pipeline: await queue.pipeline(slicedShader(together)),
    buffers: [
      queue.uniform(Uint32Array.of(rows, groups, blocks, run, 32 * words + 1, size, shared, own)),
      buffer,
      tile.patterns,
      room,
    ],
    workgroups: [Math.ceil(groups / slicedThreads), Math.ceil(blocks / run)],
  };
}

/** Takes from counts what the last block of 128 keys lacks: such keys were counted with inner product 0. */
function takeMissing(ones: Uint32Array, size: number, keys: number): void {
  const missing = Math.ceil(keys / sliceKeys) * sliceKeys - keys;
  for (let at = 0; at < ones.length; at += size) ones[at]! -= missing;
}

/** Adds a plane's sums to its column's, from `sumsAt` on. */
function addPlane(
  { column, least, shift }: Plane,
  ones: Uint32Array,
  plane: Uint32Array,
  sums: Float64Array,
  sumsAt: number,
  columns: number,
): void {
  for (let at = 0; at < plane.length; at++) {
    sums[sumsAt + at * columns + column]! += shift === 0 ? plane[at]! + least * ones[at]! : plane[at]! * 4096;
  }
}

/** Uploads the patterns of a class, and the values that have to be summed. */
function place(
  { patterns }: StructuredKeys,
  keys: KeyClass,
  v: Matrix,
  { words, isSliced, mostWords, mostSlicedKeys }: Layout,
  queue: Queue,
): Placed {
  const row = new Float64Array(v.columns);
  const planes = isSummed(keys) ? planesOf(keys, v) : [];
  const sliced = isSliced(keys);
  const fitting = sliced ? mostSlicedKeys : Math.floor(mostWords / Math.max(words, planes.length));
  const { maxComputeWorkgroupsPerDimension } = queue.device.adapter.limits;
  const tileKeys = Math.max(1, Math.min(mostTileKeys, fitting, chunkKeys * maxComputeWorkgroupsPerDimension));
  const tiles: Tile[] = [];
  for (let from = 0; from < keys.rows.length; from += tileKeys) {
    const rows = keys.rows.subarray(from, from + tileKeys);
    if (sliced) {
      const slices = queue.upload(sliceRows(patterns, rows, words));
      tiles.push({ keys: rows.length, planes: 0, patterns: slices, values: undefined });
      continue;
    }
    const packed = new Uint32Array(rows.length * words);
    const values = new Uint32Array(rows.length * planes.length);
    rows.forEach((j, at) => {
      packed.set(patterns.subarray(j * words, (j + 1) * words), at * words);
      if (planes.length === 0) return;
      v.read(j, j + 1, row);
      planes.forEach(({ column, least, shift }, p) => {
        const value = row[column]! - least;
        values[at * planes.length + p] = shift === 0 ? value % 4096 : Math.floor(value / 4096);
      });
    });
    tiles.push({
      keys: rows.length,
      planes: planes.length,
      patterns: queue.upload(packed),
      values: queue.upload(values),
    });
  }
  return { summed: isSummed(keys), planes, tiles };
}

/** The planes of the columns whose values differ. */
function planesOf({ rows, constant }: KeyClass, v: Matrix): readonly Plane[] {
  const least = new Float64Array(v.columns).fill(Infinity);
  const most = new Float64Array(v.columns).fill(-Infinity);
  const row = new Float64Array(v.columns);
  for (const j of rows) {
    v.read(j, j + 1, row);
    row.forEach((x, c) => {
      least[c] = Math.min(least[c]!, x);
      most[c] = Math.max(most[c]!, x);
    });
  }
  const planes: Plane[] = [];
  constant.forEach((value, column) => {
    if (!Number.isNaN(value)) return;
    planes.push({ column, least: least[column]!, shift: 0 });
    if (most[column]! - least[column]! >= 4096) planes.push({ column, least: least[column]!, shift: 12 });
  });
  return planes;
}
