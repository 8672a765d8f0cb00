/**
 * What the dense modes have in common: keys and values go to the device once, in tiles that its limits allow; blocks
 * of queries follow, each sized so that a dispatch takes a tenth of a second, so that no watchdog barks, progress is
 * live and an abort is heard soon. Kernels return sums over chunks of keys, whose borders depend on nothing: a row's
 * result is the same, bit by bit, whatever the blocks and tiles.
 */
import type { Attention } from '../../problems/attention.ts';
import { roundTo } from '../../problems/dtype.ts';
import type { AttendOptions } from '../oracle.ts';
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

/** Bytes of sums that come back from a dispatch, at most. */
const mostSumBytes = 2 ** 25;

export async function runFlash(
  { q, k, v, dtype }: Attention,
  mode: FlashMode,
  queue: Queue,
  { signal, onProgress }: AttendOptions,
): Promise<Float64Array> {
  const { maxStorageBufferBindingSize, maxBufferSize, maxComputeWorkgroupsPerDimension } =
    queue.device.adapter.limits;
  const mostBytes = Math.min(maxStorageBufferBindingSize, maxBufferSize);
  const values = new Float64Array(q.rows * v.columns);
  const groups = columnGroups(v.columns, mode.valueColumns);
  const widest = groups[0]?.count ?? 0; // without value columns queries are looked at, and nothing runs

  const mostKeys = Math.floor(
    mostBytes / 4 / Math.max(1, mode.keyWords, mode.valueWords * Math.max(1, widest)) / mode.chunkKeys,
  );
  const tileSize =
    mode.chunkKeys *
    Math.max(1, Math.min(mostKeys, mostTileKeys / mode.chunkKeys, maxComputeWorkgroupsPerDimension));
  const tiles = pieces(k.rows, tileSize).map(([from, to]) => ({
    keys: to - from,
    chunks: Math.ceil((to - from) / mode.chunkKeys),
    buffer: queue.upload(mode.packKeys(from, to)),
    values: groups.map(({ first, count }) => queue.upload(mode.packValues(from, to, first, count))),
  }));

  const sumBytes = 4 * mode.sumWords * (1 + widest) * tiles[0]!.chunks;
  const mostRows = Math.floor(
    Math.min(
      Math.min(mostBytes, mostSumBytes) / sumBytes,
      mostBytes / 4 / Math.max(1, mode.queryWords),
      maxComputeWorkgroupsPerDimension * mode.threads,
    ),
  );
  const whole = (rows: number): number =>
    Math.max(1, Math.min(mostRows, mode.threads * Math.max(1, Math.floor(rows / mode.threads))));
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
