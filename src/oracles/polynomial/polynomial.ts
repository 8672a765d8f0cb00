/**
 * The polynomial oracle: attention with small entries in time O(n·rank) instead of O(n²) (Alman and Song 2023, section 3;
 * the method is Aggarwal and Alman's). exp is replaced by a polynomial of degree g on [-M, M], so that
 *
 *     exp(scale·⟨q,k⟩) ≈ Σ_m p_m (scale·⟨q,k⟩)^m = Σ_|α| ≤ g p_|α|·|α|!/α!·(scale·q)^α·k^α = (U_1 U_2ᵀ)_qk,
 *
 * and A[1 V] ≈ U_1(U_2ᵀ[1 V]), rank binom(d + g, g) (features.ts). The degree is the least that is certified for the
 * measured M and the error that is wanted, 1/n by default, and where there is much to do short rows take lower ones
 * (plan.ts). What the certificate has to spare goes to the logits that occur (typical.ts). claim.ts says what the error is.
 * Memory is O(n·d_v + rank).
 *
 * Where that takes longer than exact attention, or no degree certifies the error in float64, it refuses and says what it
 * would take. Forced, it computes all the same, with a lower degree where the monomials are too many, and claims what it
 * then has, which can be nothing at all.
 */
import type { Attention } from '../../problems/attention.ts';
import { InputError } from '../../problems/input-error.ts';
import { openEngine, type Engine } from '../cpu/engine.ts';
import { availableThreads, requireThreads } from '../cpu/threads.ts';
import type { AttendOptions, Attended, Oracle } from '../oracle.ts';
import { claimFor, weightsFor } from './claim.ts';
import { costOf } from './cost.ts';
import { applied } from './features.ts';
import { measure, type Measured } from './measure.ts';
import { rankOf } from './monomials.ts';
import {
  defaultError,
  mostMonomials,
  ofDegree,
  planFor,
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
    const values = await applied(attention, measured, chosen.tiers, {
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
