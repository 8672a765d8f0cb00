/**
 * The polynomial oracle: attention with small entries in time O(n·rank) instead of O(n²) (Alman and Song 2023, section 3;
 * the method is Aggarwal and Alman's). exp is replaced by a polynomial of degree g on [-M, M], so that
 *
 *     exp(scale·⟨q,k⟩) ≈ Σ_m p_m (scale·⟨q,k⟩)^m = Σ_|α| ≤ g p_|α|·|α|!/α!·(scale·q)^α·k^α = (U_1 U_2ᵀ)_qk,
 *
 * and A[1 V] ≈ U_1(U_2ᵀ[1 V]), rank binom(d + g, g). U_2ᵀ[1 V] is added up over blocks of keys, U_1 applied over blocks of
 * queries; of U_1 and U_2 there are never more than eight rows, and of those no monomial of degree g. Memory is
 * O(n·d_v + rank). The degree is the least that is certified for the measured M and the error that is wanted, 1/n by
 * default, and where there is much to do short rows take lower ones (plan.ts). What the certificate has to spare goes to the
 * logits that occur (typical.ts). claim.ts says what the error is.
 *
 * Where that takes longer than exact attention, or no degree certifies the error in float64, it refuses and says what it
 * would take. Forced, it computes all the same, with a lower degree where the monomials are too many, and claims what it
 * then has, which can be nothing at all.
 */
import type { Attention } from '../../problems/attention.ts';
import { roundTo } from '../../problems/dtype.ts';
import { InputError } from '../../problems/input-error.ts';
import { inBlocks } from '../cpu/blocks.ts';
import { openEngine, type Engine } from '../cpu/engine.ts';
import { reserve } from '../cpu/memory.ts';
import { newArena } from '../cpu/pattern-memory.ts';
import { availableThreads, requireThreads } from '../cpu/threads.ts';
import type { AttendOptions, Attended, Oracle } from '../oracle.ts';
import { claimFor, weightsFor } from './claim.ts';
import { costOf, threadsFrom } from './cost.ts';
import { measure, type Measured } from './measure.ts';
import { monomials, multinomialsOf, rankOf, weightsOf } from './monomials.ts';
import {
  defaultError,
  mostMonomials,
  ofDegree,
  planFor,
  tierOf,
  truncated,
  workOf,
  type Certified,
  type Plan,
  type Sizes,
  type Tier,
} from './plan.ts';
import { highestDegree, largestM } from './series.ts';

export interface PolynomialOptions {
  /** Threads that compute, 1 … 256. By default as many as there are cores, 16 at most. */
  readonly threads?: number;
  /** The error of outputs relative to A|V|/A1, above 0 and below 1, apart from the dtype's rounding; 1/n by default. */
  readonly error?: number;
  /** Compute where that is slower than exact attention, or without the error that was asked for. */
  readonly force?: boolean;
  /** The degree to take, with `force` only; whatever error it has is claimed, at most `error` if that degree can have it. */
  readonly degree?: number;
  /** For tests: rows in a block, a multiple of 8. */
  readonly blockRows?: number;
  /** For tests: the work from which short rows take lower degrees. */
  readonly tiersFrom?: number;
}

export interface PolynomialOracle extends Oracle {
  /** What `attend` would do, without doing it. Reads the matrices once; throws an `InputError` as `attend` does. */
  plan(attention: Attention): Plan;
}

/**
 * Opens the polynomial oracle; throws an `InputError` for options that are out of range. Nothing starts before a call.
 *
 * @example
 * const oracle = polynomialOracle({ error: 1e-4 });
 * const { output, reason } = await oracle.attend(attention);
 */
export function polynomialOracle(options: PolynomialOptions = {}): PolynomialOracle {
  const { threads, error, force = false, degree, blockRows = 1024, tiersFrom } = options;
  const wanted = threads === undefined ? availableThreads : requireThreads(threads);
  requireRange(error, degree);
  let engine: Promise<Engine> | undefined;
  let closed = false;
  let last: Promise<unknown> = Promise.resolve();
  const targetFor = (keys: number): number => error ?? defaultError(keys);

  const attendNow = async (attention: Attention, attendOptions: AttendOptions): Promise<Attended> => {
    const started = performance.now();
    if (closed) throw new Error('the polynomial oracle was closed');
    attendOptions.signal?.throwIfAborted();
    const measured = measure(attention);
    const sizes = sizesOf(attention, measured);
    const plan = planFor(sizes, targetFor(attention.k.rows), tiersFrom);
    if (!force) requireWorth(plan);
    if (sizes.M > largestM) throw beyond(sizes.M);
    const chosen = choose(sizes, plan, force ? degree : undefined);
    const values = await run(attention, measured, chosen.tiers, {
      engine: await (engine ??= openEngine(wanted)),
      blockRows,
      options: attendOptions,
    });
    return {
      output: { rows: attention.q.rows, columns: attention.v.columns, values, error: chosen.error },
      path: 'polynomial',
      reason: reasonOf(plan, chosen.tiers, sizes),
      seconds: (performance.now() - started) / 1000,
    };
  };

  return {
    name: 'polynomial',
    // What is not forced keeps to the target or is refused.
    claim: ({ dtype, keys }) => claimFor(dtype, weightsFor(targetFor(keys))),
    plan(attention) {
      return planFor(sizesOf(attention, measure(attention)), targetFor(attention.k.rows), tiersFrom);
    },
    attend(attention, attendOptions = {}) {
      const result = last.then(() => attendNow(attention, attendOptions)); // calls share memory and wait for each other
      last = result.catch(() => {});
      return result;
    },
    async close() {
      closed = true;
      await (await engine)?.close();
      await last;
      await (await engine)?.close(); // a call that was just starting may have started threads
    },
  };
}

function sizesOf({ q, k, v, dtype }: Attention, measured: Measured): Sizes {
  const shape = { queries: q.rows, keys: k.rows, headDim: q.columns, valueDim: v.columns };
  return { ...shape, dtype, ...measured };
}

function choose(sizes: Sizes, plan: Plan, degree: number | undefined): Certified {
  if (degree === undefined) return plan.certified ?? truncated(sizes, plan);
  if (rankOf(sizes.headDim, degree) > mostMonomials) {
    throw new InputError({
      code: 'rank-too-large',
      field: 'degree',
      expected: `a degree with at most ${mostMonomials} monomials in ${sizes.headDim} variables`,
      found: `${degree}, ${shown(rankOf(sizes.headDim, degree))} monomials`,
      hint: 'choose a lower degree',
    });
  }
  return ofDegree(sizes, degree, plan.target);
}

/** Refuses what exact attention does faster, and what no degree certifies, with the numbers. */
function requireWorth(plan: Plan): void {
  const { M, target, degree, rank, relativeTime, certified } = plan;
  const needs = `degree ${degree}, rank ${shown(rank)}, for logits up to ${shown(M)} and an error of ${shown(target)}: about ${shown(relativeTime)} times as long as exact attention`;
  if (relativeTime >= 1) {
    throw new InputError({
      code: 'polynomial-slower',
      field: '--oracle',
      expected: 'an attention that the polynomial method makes faster',
      found: needs,
      hint: 'use --oracle cpu; verify, solve and attend take --force',
    });
  }
  if (certified === undefined) {
    throw new InputError({
      code: 'polynomial-uncertified',
      field: '--oracle',
      expected: 'an error that the polynomial method can certify in float64 with at most 2^20 monomials',
      found: needs,
      hint: 'use --oracle cpu or a larger error; verify, solve and attend take --force',
    });
  }
}

function beyond(M: number): InputError {
  return new InputError({
    code: 'polynomial-uncertified',
    field: '--oracle',
    expected: `logits up to ${largestM}, for a polynomial in float64`,
    found: `a bound of ${shown(M)}`,
    hint: 'use --oracle cpu',
  });
}

function reasonOf(
  { degree: needed, target, exactWork, M }: Plan,
  tiers: readonly Tier[],
  sizes: Sizes,
): string {
  const { degree } = tiers.at(-1)!.p;
  const { rank } = costOf(sizes, degree);
  const cut = degree < needed ? ` instead of ${needed} for an error of ${shown(target)}` : '';
  const lower = tiers.length > 1 ? ` (${tiers[0]!.p.degree} where rows are short)` : '';
  const ratio = exactWork / workOf(sizes, tiers);
  const cost = ratio >= 1 ? `${shown(ratio)} times less` : `${shown(1 / ratio)} times more`;
  return `degree ${degree}${cut}${lower}, rank ${rank}, for logits up to ${shown(M)}; ${cost} work than exact attention`;
}

const shown = (x: number): string => String(Number(x.toPrecision(3)));

/** Rows in the key parts that are added up apart, 16 at most, and fewer where sums are large. */
const partRows = 1024;

interface Means {
  readonly engine: Engine;
  readonly blockRows: number;
  readonly options: AttendOptions;
}

/** The outputs. The same bits whatever the threads: keys are summed in parts that depend on the sizes alone. */
async function run(
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

function requireRange(error: number | undefined, degree: number | undefined): void {
  if (error !== undefined && !(error > 0 && error < 1)) {
    throw optionFault('error', 'a number above 0 and below 1', error);
  }
  if (degree !== undefined && !(Number.isInteger(degree) && degree >= 0 && degree <= highestDegree)) {
    throw optionFault('degree', `a whole number from 0 to ${highestDegree}`, degree);
  }
}

function optionFault(field: string, expected: string, found: number): InputError {
  return new InputError({
    code: 'option-value',
    field,
    expected,
    found: String(found),
    hint: 'leave it out to let the oracle choose',
  });
}
