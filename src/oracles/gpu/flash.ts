/**
 * What the dense modes have in common: keys and values go to the device once, in tiles that its limits allow; blocks
 * of queries follow, each sized so that a dispatch takes a tenth of a second, so that no watchdog barks, progress is
 * live and an abort is heard soon. Kernels return sums over chunks of keys, whose borders depend on nothing: a row's
 * result is the same, bit by bit, whatever the blocks and tiles.
 */
import type { Attention } from '../../problems/attention.ts';
import { roundTo } from '../../problems/dtype.ts';
import type { AttendOptions } from '../oracle.ts';
import type { DeviceLimits } from './device.ts';
import { Unsuitable } from './failure.ts';
import { newPartials, quotients, type Partials } from './partials.ts';
import type { Dispatch, Queue, Words } from './queue.ts';

/** A block of queries, packed for the shader `code`. */
export interface PackedBlock {
  readonly code: string;
  /** The uniform, after the numbers of rows and keys, 0 and the head dimension. */
  readonly constants: Words;
  readonly queries: Words;
  /** Words for each row, where the shader wants some. */
  readonly rowWords?: Words;
}

/** A dense mode's arithmetic and layout. */
export interface FlashMode {
  /** Keys a chunk. */
  readonly chunkKeys: number;
  /** Queries a workgroup. */
  readonly threads: number;
  /** Words that a key, a value, a query and a sum over a chunk take. */
  readonly keyWords: number;
  readonly valueWords: number;
  readonly queryWords: number;
  readonly sumWords: number;
  /** Value columns that one dispatch takes. */
  readonly valueColumns: number;
  packKeys(from: number, to: number): Words;
  packValues(from: number, to: number, firstColumn: number, columns: number): Words;
  /** Packs `rows` queries for a dispatch with so many value columns; `first` is the number of the first. */
  packQueries(block: Float64Array, rows: number, first: number): (valueColumns: number) => PackedBlock;
  /** Adds one dispatch's sums, `chunks` × (1 + value columns) × rows, to the partial sums. */
  add(words: Uint32Array, chunks: number, into: Partials, quantities: readonly number[]): void;
}

/** Seconds that a dispatch should take. */
const dispatchSeconds = 0.1;

/** Query-key-coordinate triples in the first dispatch. */
const firstTriples = 2 ** 24;

/** Keys in a tile, at most, whatever the device allows: more rows a dispatch are worth more. */
const mostTileKeys = 2 ** 15;

/** Those of the smallest dispatch, one workgroup's queries and a tile: half a second of SwiftShader's in 64 bits. */
const leastTriples = 2 ** 25;

/** Words of sums that come back from a dispatch, at most. */
const mostSumWords = 2 ** 23;

export async function runFlash(
  { q, k, v, dtype }: Attention,
  mode: FlashMode,
  queue: Queue,
  { signal, onProgress }: AttendOptions,
): Promise<Float64Array> {
  const values = new Float64Array(q.rows * v.columns);
  const groups = columnGroups(v.columns, mode.valueColumns);
  const widest = groups[0]?.count ?? 0; // without value columns queries are looked at, and nothing runs
  const { tileSize, mostRows } = sizesFor(mode, widest, k.rows, q.columns, queue.device.adapter.limits);
  const tiles = pieces(k.rows, tileSize).map(([from, to]) => ({
    keys: to - from,
    chunks: Math.ceil((to - from) / mode.chunkKeys),
    buffer: queue.upload(mode.packKeys(from, to)),
    values: groups.map(({ first, count }) => queue.upload(mode.packValues(from, to, first, count))),
  }));

  const whole = (rows: number): number =>
    Math.min(mostRows, mode.threads * Math.max(1, Math.floor(rows / mode.threads)));
  let rowsAtOnce = whole(firstTriples / (tiles[0]!.keys * Math.max(16, q.columns)));
  for (let from = 0; from < q.rows;) {
    signal?.throwIfAborted();
    const to = Math.min(q.rows, from + rowsAtOnce);
    const rows = to - from;
    const block = new Float64Array(rows * q.columns);
    q.read(from, to, block);
    const packed = mode.packQueries(block, rows, from);
    const partials = newPartials(rows, 1 + v.columns);
    let slowest = 0;
    await queue.scoped(async () => {
      if (widest === 0) return;
      const first = packed(widest);
      const queries = queue.upload(first.queries);
      const rowWords = first.rowWords === undefined ? [] : [queue.upload(first.rowWords)];
      for (const tile of tiles) {
        for (const [at, group] of groups.entries()) {
          signal?.throwIfAborted();
          const { code, constants } = packed(group.count);
          const quantities = 1 + group.count;
          const sums = queue.room(4 * mode.sumWords * quantities * tile.chunks * rows);
          const uniform = queue.uniform(uniformOf(rows, tile.keys, q.columns, constants));
          const pipeline = await queue.pipeline(code);
          const started = performance.now();
          const dispatch: Dispatch = {
            pipeline,
            buffers: [uniform, queries, tile.buffer, tile.values[at]!, sums, ...rowWords],
            workgroups: [Math.ceil(rows / mode.threads), tile.chunks],
          };
          const [bytes] = await queue.run([dispatch], [sums]);
          // Each group brings the weights' sum; the first one's counts.
          const where = Array.from({ length: quantities }, (_, x) =>
            x === 0 ? (at === 0 ? 0 : -1) : group.first + x,
          );
          mode.add(new Uint32Array(bytes!), tile.chunks, partials, where);
          slowest = Math.max(slowest, (performance.now() - started) / 1000);
        }
      }
    });
    for (let row = 0; row < rows; row++) quotients(partials, row, values, (from + row) * v.columns);
    from = to;
    onProgress?.(from / q.rows);
    rowsAtOnce = whole(rows * Math.max(0.25, Math.min(4, dispatchSeconds / slowest)));
  }
  for (let e = 0; e < values.length; e++) values[e] = roundTo(dtype, values[e]!);
  return values;
}

/**
 * Keys a tile, in whole chunks, and the most queries a dispatch, in whole workgroups, so that each binding fits in the
 * limits and one workgroup's rows take no longer than `leastTriples` do, unless a single chunk does. Throws
 * `Unsuitable` where a workgroup's rows and a chunk do not fit.
 */
function sizesFor(
  { chunkKeys, threads, keyWords, valueWords, queryWords, sumWords }: FlashMode,
  widest: number,
  keys: number,
  d: number,
  { maxStorageBufferBindingSize, maxBufferSize, maxComputeWorkgroupsPerDimension }: DeviceLimits,
): { readonly tileSize: number; readonly mostRows: number } {
  const words = Math.floor(Math.min(maxStorageBufferBindingSize, maxBufferSize) / 4);
  const sumsOfOne = sumWords * (1 + widest); // words, for a query and a chunk
  const fitting = Math.floor(
    Math.min(
      words / chunkKeys / Math.max(1, keyWords, valueWords * widest),
      words / threads / sumsOfOne,
      maxComputeWorkgroupsPerDimension,
    ),
  );
  const brief = Math.floor(Math.min(mostTileKeys, leastTriples / threads / Math.max(1, d)) / chunkKeys);
  const chunks = Math.min(fitting, Math.max(1, brief), Math.ceil(keys / chunkKeys));
  const workgroups = Math.floor(
    Math.min(
      Math.min(words, mostSumWords) / threads / sumsOfOne / chunks,
      words / threads / Math.max(1, queryWords),
      maxComputeWorkgroupsPerDimension,
    ),
  );
  if (chunks < 1 || workgroups < 1) {
    throw new Unsuitable(`rows of ${d} columns are too wide for the device's buffers of ${4 * words} bytes`);
  }
  return { tileSize: chunkKeys * chunks, mostRows: threads * workgroups };
}

function uniformOf(rows: number, keys: number, d: number, constants: Words): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(4 + Math.ceil(constants.length / 4) * 4);
  words.set([rows, keys, 0, d]);
  words.set(new Uint32Array(constants.buffer, constants.byteOffset, constants.length), 4);
  return words;
}

function columnGroups(columns: number, most: number): { readonly first: number; readonly count: number }[] {
  return pieces(columns, most).map(([from, to]) => ({ first: from, count: to - from }));
}

/** [0, n) in pieces of `size`, the last one shorter. */
function pieces(n: number, size: number): (readonly [from: number, to: number])[] {
  return Array.from(
    { length: Math.ceil(n / size) },
    (_, at) => [at * size, Math.min(n, (at + 1) * size)] as const,
  );
}
