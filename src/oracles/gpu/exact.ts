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

/** Bytes of histograms that come back from a dispatch, at most. */
const mostHistogramBytes = 2 ** 26;

/** Seconds that a dispatch should take, and popcounts in the first one. */
const dispatchSeconds = 0.1;
const firstPairs = 2 ** 24;

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

/** What counts on the device of `queue`. */
export function gpuCounter(queue: Queue, signal: AbortSignal | undefined): Counter {
  const { limits, software } = queue.device.adapter;
  const mostBytes = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
  return {
    blockEntries: 2 ** 22,
    blockRows: 2 ** 16,
    resultBytes: 2 ** 28,
    open(keys, v) {
      const { classes, columns, degree } = keys;
      const size = sizeOf(1, degree);
      const words = 2 * columns.words;
      const threadsOf = (planes: number): number =>
        threadsFor(size, planes, limits.maxComputeWorkgroupStorageSize, software ? 8 : 64);
      const together = slicedTogether(software);
      const canSlice = degree <= mostSliced;
      const isSliced = (one: KeyClass): boolean => canSlice && !isSummed(one);
      const patterned = classes.filter(({ factor }) => factor !== 0);
      const needsPatterns = !patterned.every(isSliced);
      const needsLists = patterned.some(isSliced);
      if (needsPatterns && threadsOf(patterned.some(isSummed) ? 2 : 1) === 0)
        return `patterns of up to ${degree} ones are too heavy for the device`;
      const placed = patterned.map((one) => place(keys, one, v, isSliced(one), queue, mostBytes));
      const keysAtOnce = Math.max(1, ...placed.flatMap(({ tiles }) => tiles.map((tile) => tile.keys)));
      const most = Math.floor(
        Math.min(
          Math.min(mostBytes, mostHistogramBytes) / 4 / size / mostPlanes,
          mostBytes / 4 / (64 * words + 2), // lists of columns, where patterns share none
          limits.maxComputeWorkgroupsPerDimension,
        ),
      );
      if (most === 0) return `histograms of ${size} numbers are too large for the device`;
      let atOnce = Math.max(1, Math.min(most, Math.floor(firstPairs / keysAtOnce)));

      /** Counts of a tile of patterns, and sums of `used` planes from `first` on. */
      const pairsDispatch = async (
        tile: Tile,
        queries: GPUBuffer,
        rows: number,
        room: GPUBuffer,
        used: number,
        first: number,
      ): Promise<Dispatch> => {
        const threads = threadsOf(1 + used);
        return {
          pipeline: await queue.pipeline(exactShader({ words, size, planes: 1 + used, threads })),
          buffers: [
            queue.uniform(Uint32Array.of(rows, tile.keys, tile.planes, first)),
            queries,
            tile.patterns,
            ...(used === 0 ? [] : [tile.values!]),
            room,
          ],
          workgroups: [Math.ceil(rows / threads), Math.ceil(tile.keys / chunkKeys)],
        };
      };
      /** Counts of a tile of slices. A processor has no use for more threads than groups; a card has. */
      const slicedDispatch = async (
        tile: Tile,
        { groups, shared, own }: ColumnLists,
        lists: GPUBuffer,
        rows: number,
        room: GPUBuffer,
      ): Promise<Dispatch> => {
        const blocks = Math.ceil(tile.keys / sliceKeys);
        const run = Math.min(blocks, software ? mostRun : chunkKeys / sliceKeys);
        return {
          pipeline: await queue.pipeline(slicedShader(together)),
          buffers: [
            queue.uniform(Uint32Array.of(rows, groups, blocks, run, 32 * words + 1, size, shared, own)),
            lists,
            tile.patterns,
            room,
          ],
          workgroups: [Math.ceil(groups / slicedThreads), Math.ceil(blocks / run)],
        };
      };

      return async (patterns, counts, sums) => {
        const total = patterns.length / words;
        for (let from = 0; from < total;) {
          const to = Math.min(total, from + atOnce);
          const started = performance.now();
          let dispatches = 0;
          await queue.scoped(async () => {
            const block = patterns.subarray(from * words, to * words);
            const queries = needsPatterns ? queue.upload(block) : undefined;
            const columns = needsLists ? columnLists(block, words, together) : undefined;
            const lists = columns === undefined ? undefined : queue.upload(columns.lists);
            let countsAt = from * size;
            let sumsAt = from * size * v.columns;
            for (const { summed, planes, tiles } of placed) {
              let groupSize = Math.min(planes.length, mostPlanes - 1);
              while (groupSize > 1 && threadsOf(1 + groupSize) < 16) groupSize--;
              for (let first = 0; first === 0 || first < planes.length; first += Math.max(1, groupSize)) {
                const used = planes.slice(first, first + groupSize);
                for (const tile of tiles) {
                  signal?.throwIfAborted();
                  dispatches++;
                  const room = queue.room(4 * (to - from) * size * (1 + used.length));
                  const dispatch =
                    tile.values === undefined
                      ? await slicedDispatch(tile, columns!, lists!, to - from, room)
                      : await pairsDispatch(tile, queries!, to - from, room, used.length, first);
                  const [result] = await queue.run([dispatch], [room]);
                  const planeCells = (to - from) * size;
                  const ones = new Uint32Array(result!, 0, planeCells);
                  if (tile.values === undefined) {
                    // The missing keys of the last block were counted with inner product 0.
                    const missing = Math.ceil(tile.keys / sliceKeys) * sliceKeys - tile.keys;
                    for (let at = 0; at < planeCells; at += size) ones[at]! -= missing;
                  }
                  // Every dispatch counts; the first of each tile is taken.
                  if (first === 0)
                    for (let at = 0; at < planeCells; at++) counts[countsAt + at]! += ones[at]!;
                  used.forEach(({ column, least, shift }, p) => {
                    const plane = new Uint32Array(result!, 4 * (1 + p) * planeCells, planeCells);
                    for (let at = 0; at < planeCells; at++) {
                      sums[sumsAt + at * v.columns + column]! +=
                        shift === 0 ? plane[at]! + least * ones[at]! : plane[at]! * 4096;
                    }
                  });
                }
              }
              countsAt += total * size;
              if (summed) sumsAt += total * size * v.columns;
            }
          });
          const seconds = (performance.now() - started) / 1000 / Math.max(1, dispatches);
          const pace = Math.max(0.25, Math.min(4, dispatchSeconds / seconds));
          // A block that was shorter than it might have been says nothing against a longer one.
          atOnce = Math.max(
            1,
            Math.min(most, Math.floor(Math.max(pace * (to - from), pace < 1 ? 0 : atOnce))),
          );
          from = to;
        }
      };
    },
  };
}

/** Uploads the patterns of a class, and the values that have to be summed. */
function place(
  { columns, patterns }: StructuredKeys,
  keys: KeyClass,
  v: Matrix,
  sliced: boolean,
  queue: Queue,
  mostBytes: number,
): Placed {
  const words = 2 * columns.words;
  const row = new Float64Array(v.columns);
  const planes = isSummed(keys) ? planesOf(keys, v) : [];
  const keyBytes = 4 * Math.max(words, planes.length);
  const blockBytes = 16 * (32 * words + 1);
  const fitting = sliced ? sliceKeys * Math.floor(mostBytes / blockBytes) : Math.floor(mostBytes / keyBytes);
  const tileKeys = Math.max(1, Math.min(mostTileKeys, fitting));
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
