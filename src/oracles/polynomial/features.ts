/**
 * U_1(U_2ᵀ[1 V]), without U_1 or U_2: the sums U_2ᵀ[1 V] are added up over blocks of keys, and U_1 is applied to them over
 * blocks of queries, both by the WebAssembly kernels (../cpu/assembly/monomials.ts). Of U_1 and U_2 there are never more
 * than eight rows, and of those no monomial of the highest degree.
 *
 * Shapes: Q n_q × d, K n_k × d, V n_k × d_v; a pass over the keys sums two columns of [1 V], ⌈(d_v + 1)/2⌉ passes.
 * Memory: the outputs, 8·n_q·d_v bytes, and for each of up to 16 parts of the keys 32 bytes a monomial; blocks of rows.
 */
import type { Attention } from '../../problems/attention.ts';
import { roundTo } from '../../problems/dtype.ts';
import { inBlocks } from '../cpu/blocks.ts';
import type { Engine } from '../cpu/engine.ts';
import { reserve } from '../cpu/memory.ts';
import { newArena } from '../cpu/pattern-memory.ts';
import type { AttendOptions } from '../oracle.ts';
import { threadsFrom } from './cost.ts';
import type { Measured } from './measure.ts';
import { monomials, multinomialsOf, weightsOf } from './monomials.ts';
import { tierOf, type Tier } from './plan.ts';

/** Rows in the key parts that are added up apart, 16 at most, and fewer where sums are large. */
const partRows = 1024;

interface Means {
  readonly engine: Engine;
  readonly blockRows: number;
  readonly options: AttendOptions;
}

/** The outputs. The same bits whatever the threads: keys are summed in parts that depend on the sizes alone. */
export async function applied(
  { q, k, v, scale, dtype }: Attention,
  { keyUnits, valueUnits, queryBounds, keyBounds }: Measured,
  tiers: readonly Tier[],
  { engine, blockRows, options }: Means,
): Promise<Float64Array<ArrayBuffer>> {
  const { memory } = engine;
  const d = q.columns;
  const orders = tiers.map(({ p }) => monomials(d, p.degree));
  const top = orders.at(-1)!;
  const { runs: runLengths, rank, inner } = top;
  const ranks = orders.map((order) => order.rank);
  const allRanks = ranks.reduce((sum, r) => sum + r, 0);
  const pairs = Math.ceil((v.columns + 1) / 2);
  const pool = await engine.pool((q.rows + k.rows) * rank * pairs >= threadsFrom);
  const parts = Math.max(1, Math.min(16, Math.ceil(k.rows / partRows), Math.floor(2 ** 22 / allRanks)));
  const arena = newArena();
  const runs = arena.take(runLengths.length * 4);
  const weights = ranks.map((r) => arena.take(pairs * r * 16));
  // A part adds up by itself: threads that share one would race.
  const sums = Array.from({ length: parts }, () => ranks.map((r) => arena.take(r * 32)));
  const places = blockRows + 8 * tiers.length;
  const slots = Array.from({ length: pool.threads === 1 ? 1 : 2 * pool.threads }, () => ({
    rows: arena.take(places * d * 8),
    values: arena.take(places * 16),
    features: arena.take(inner * 64),
  }));
  reserve(memory, arena.end);
  const at = (address: number): Float64Array => new Float64Array(memory.buffer, address);
  new Int32Array(memory.buffer, runs, runLengths.length).set(runLengths);
  const multinomials = multinomialsOf(top);
  const coefficients = tiers.map(({ p }, t) => weightsOf(orders[t]!, multinomials, p.coefficients));
  const passes = pairs + 1;
  let pass = 0;
  const during = (): AttendOptions => ({
    ...options,
    onProgress: (done) => options.onProgress?.((pass + done) / passes),
  });

  pool.hold();
  try {
    for (; pass < pairs; pass++) {
      for (const part of sums) part.forEach((address, t) => at(address).fill(0, 0, ranks[t]! * 4));
      const rowsAPart = Math.ceil(k.rows / parts / 8) * 8;
      await inBlocks(k.rows, rowsAPart, slots, during(), async (slot, first, end) => {
        const keys = new Float64Array(blockRows * d);
        const read = new Float64Array(blockRows * v.columns);
        const part = sums[Math.floor(first / rowsAPart)]!;
        for (let from = first; from < end; from += blockRows) {
          options.signal?.throwIfAborted();
          const to = Math.min(end, from + blockRows);
          k.read(from, to, keys);
          v.read(from, to, read);
          const placed = place(keyBounds.subarray(from, to), tiers);
          inLanes(keys, placed.rows, d, (c) => 1 / keyUnits[c]!, 1, at(slot.rows));
          pairInLanes(read, placed.rows, v.columns, pass, valueUnits, at(slot.values));
          for (const [t, { group, groups }] of placed.groups.entries()) {
            if (groups === 0) continue;
            await pool.run({
              call: 'addMoments',
              // prettier-ignore
              with: [slot.rows + group * d * 64, slot.values + group * 128, groups, d, tiers[t]!.p.degree, runs, slot.features, part[t]!],
            });
          }
        }
      });
      const total = ranks.map((r, t) =>
        joined(
          sums.map((part) => at(part[t]!)),
          r,
        ),
      );
      weigh(
        total,
        coefficients,
        weights.map((address, t) => at(address + pass * ranks[t]! * 16)),
      );
    }

    const values = new Float64Array(q.rows * v.columns);
    await inBlocks(q.rows, blockRows, slots, during(), async (slot, from, to) => {
      const queries = new Float64Array((to - from) * d);
      q.read(from, to, queries);
      const placed = place(queryBounds.subarray(from, to), tiers);
      inLanes(queries, placed.rows, d, (c) => keyUnits[c]!, scale, at(slot.rows));
      const totals = new Float64Array(placed.rows.length);
      for (let pair = 0; pair < pairs; pair++) {
        for (const [t, { group, groups }] of placed.groups.entries()) {
          if (groups === 0) continue;
          await pool.run({
            call: 'applyMoments',
            // prettier-ignore
            with: [slot.rows + group * d * 64, groups, d, tiers[t]!.p.degree, runs, slot.features, weights[t]! + pair * ranks[t]! * 16, slot.values + group * 128],
          });
        }
        const out = at(slot.values);
        placed.rows.forEach((row, i) => {
          if (row < 0) return;
          const lane = (i >> 3) * 16 + (i & 7);
          if (pair === 0) totals[i] = out[lane]!;
          for (let column = pair === 0 ? 1 : 0; column < 2; column++) {
            const c = 2 * pair + column - 1;
            if (c >= v.columns) continue;
            values[(from + row) * v.columns + c] = roundTo(
              dtype,
              (out[lane + 8 * column]! / totals[i]!) * valueUnits[c]!,
            );
          }
        });
      }
    });
    return values;
  } finally {
    pool.release();
  }
}

interface Placed {
  /** The row of a block that stands in each lane, -1 for none; tier after tier, each in whole groups of eight. */
  readonly rows: Int32Array;
  /** The first group of each tier and how many there are. */
  readonly groups: readonly { readonly group: number; readonly groups: number }[];
}

/** Where the rows of a block with these bounds go. */
function place(bounds: Float64Array, tiers: readonly Tier[]): Placed {
  const members = tiers.map((): number[] => []);
  bounds.forEach((bound, row) => members[tierOf(tiers, bound)]!.push(row));
  let group = 0;
  const groups = members.map(({ length }) => {
    const first = group;
    group += Math.ceil(length / 8);
    return { group: first, groups: group - first };
  });
  const rows = new Int32Array(group * 8).fill(-1);
  members.forEach((member, t) => rows.set(member, groups[t]!.group * 8));
  return { rows, groups };
}

/** Sums over parts and over the kernel's even and odd rows: [rank][2]. */
function joined(parts: readonly Float64Array[], rank: number): Float64Array {
  const sums = new Float64Array(rank * 2);
  for (let e = 0; e < rank * 2; e++) {
    for (const part of parts) sums[e]! += part[2 * e]! + part[2 * e + 1]!;
  }
  return sums;
}

/**
 * What each tier's queries multiply their monomials with, [rank][2], from the sums over each tier's keys. A query meets
 * the keys of its own tier and of higher ones, whose first sums are of the same monomials, with its own polynomial, and
 * those of a lower tier with that tier's.
 */
function weigh(
  sums: readonly Float64Array[],
  coefficients: readonly Float64Array[],
  into: readonly Float64Array[],
): void {
  const upward = sums.map((own) => own.slice()); // of this tier and all above
  for (let t = sums.length - 2; t >= 0; t--) {
    const [own, above] = [upward[t]!, upward[t + 1]!];
    for (let e = 0; e < own.length; e++) own[e]! += above[e]!;
  }
  const lower = new Float64Array(sums.at(-1)!.length); // weighted, of all tiers below
  sums.forEach((own, t) => {
    const [weight, all, of] = [coefficients[t]!, upward[t]!, into[t]!];
    for (let e = 0; e < own.length; e++) {
      of[e] = lower[e]! + weight[e >> 1]! * all[e]!;
      lower[e]! += weight[e >> 1]! * own[e]!;
    }
  });
}

/** Rows as the kernel has them: groups of eight, [d][8], each entry times its column's unit (exactly), then `scale`. */
function inLanes(
  block: Float64Array,
  rows: Int32Array,
  d: number,
  unit: (column: number) => number,
  scale: number,
  into: Float64Array,
): void {
  const units = Float64Array.from({ length: d }, (_, c) => unit(c));
  rows.forEach((row, i) => {
    const to = (i >> 3) * d * 8 + (i & 7);
    for (let c = 0; c < d; c++) into[to + c * 8] = row < 0 ? 0 : block[row * d + c]! * units[c]! * scale;
  });
}

/** Columns 2·pair - 1 and 2·pair of V, in groups of eight, [2][8]; column -1 is all ones, one beyond the last all zero. */
function pairInLanes(
  block: Float64Array,
  rows: Int32Array,
  columns: number,
  pair: number,
  units: Float64Array,
  into: Float64Array,
): void {
  rows.forEach((row, i) => {
    for (let column = 0; column < 2; column++) {
      const c = 2 * pair + column - 1;
      const value = c < 0 ? 1 : c >= columns ? 0 : block[row * columns + c]! / units[c]!;
      into[(i >> 3) * 16 + column * 8 + (i & 7)] = row < 0 ? 0 : value;
    }
  });
}
