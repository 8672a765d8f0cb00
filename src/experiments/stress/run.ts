/**
 * A suite against one oracle. An oracle that fails on a rung has failed that rung, and the suite goes on; where the
 * machine has no place for temporary files nothing is scored.
 */
import type { Dtype } from '../../problems/dtype.ts';
import { InputError } from '../../problems/input-error.ts';
import {
  noTemporaryFiles,
  type Attended,
  type HeadsAttended,
  type Layout,
  type Oracle,
} from '../../oracles/oracle.ts';
import type { ScaleName } from '../../verify/prepare.ts';
import { judge } from './judge.ts';
import { buildRung, type Rung } from './rung.ts';
import type { RungSpec } from './suite.ts';

export interface RungResult {
  /** `f32/4/plain`. */
  readonly rung: string;
  readonly dtype: Dtype;
  readonly level: number;
  readonly passed: boolean;
  /** It has so few keys that the oracle says it is exact there: not passed, whatever the answer, and counted neither way. */
  readonly status?: 'not-exercised';
  /** Why it did not pass, in one line. */
  readonly reason?: string;
  /** The certified demand: the largest relative error per output at which the instance still decodes. */
  readonly demand: number;
  /** The largest relative error of an output; null where the oracle gave none, or one that is not finite. */
  readonly error: number | null;
  /** -log2 of the error, from 0 to 53; 0 where there is none. */
  readonly bits: number;
  /** Left vectors, of all heads together, and how many of them were decided wrongly. */
  readonly rows: number;
  readonly wrong: number;
  /** Which: the first of them. */
  readonly wrongRows: readonly { readonly head: number; readonly row: number }[];
  readonly amplification: number;
  /** B, the largest entry of Q and K but for the column that shifts logits. */
  readonly bound: number;
  readonly scale: ScaleName;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  readonly headDim: number;
  readonly valueDim: number;
  /** The oracle's way, and its seconds for all heads; null where it failed. */
  readonly path: string | null;
  readonly seconds: number | null;
  /** null without an answer, and where the seconds are a process's start. */
  readonly pairsPerSecond: number | null;
}

export interface RunOptions {
  /** Called after each rung with the share of the suite that is done, and before the first with 0. */
  readonly onProgress?: (done: number, rung: string) => void;
  readonly onResult?: (result: RungResult) => Promise<void> | void;
  /** Called with each rung before it is asked, known or not. */
  readonly onRung?: (rung: Rung) => Promise<void>;
  /** A result that is known already, from an earlier run; such a rung is not run. */
  readonly known?: (rung: string) => RungResult | undefined;
  readonly signal?: AbortSignal;
  /** All heads of a rung in one call, in tensors of four dimensions; otherwise one after the other, in matrices. */
  readonly layout?: Layout | undefined;
  /** With fewer keys than this the oracle computes exactly, and a rung does not exercise it. */
  readonly exactBelow?: number | undefined;
}

/** Does the result count? */
export const isExercised = ({ status }: RungResult): boolean => status === undefined;

/** So many rows are named; the others are counted. */
const mostNamed = 16;

/** Runs the rungs in their order. Rejects only when the signal says so, for want of temporary files, or by a fault of this program. */
export async function runRungs(
  specs: readonly RungSpec[],
  oracle: Oracle,
  { onProgress, onRung, onResult, known, signal, layout, exactBelow = 0 }: RunOptions = {},
): Promise<readonly RungResult[]> {
  const results: RungResult[] = [];
  for (const [at, spec] of specs.entries()) {
    signal?.throwIfAborted();
    onProgress?.(at / specs.length, spec.id);
    const found = known?.(spec.id);
    const rung = found === undefined || onRung !== undefined ? buildRung(spec) : undefined;
    if (rung !== undefined) await onRung?.(rung);
    const judged = found ?? (await runRung(rung!, oracle, signal, layout));
    const result: RungResult =
      judged.keys < exactBelow ? { ...judged, passed: false, status: 'not-exercised' } : judged;
    results.push(result);
    await onResult?.(result);
  }
  onProgress?.(1, '');
  return results;
}

/** One rung: every head through the oracle, one after the other; with a layout all in one call. */
export async function runRung(
  rung: Rung,
  oracle: Oracle,
  signal?: AbortSignal,
  layout?: Layout,
): Promise<RungResult> {
  const { spec, heads, demand, shape, amplification } = rung;
  const facts = {
    rung: spec.id,
    dtype: spec.dtype,
    level: spec.level,
    demand: demand.relative,
    rows: heads.reduce((sum, head) => sum + head.vectors.left.rows, 0),
    amplification,
    bound: rung.options.readout.bound,
    scale: spec.scaleName,
    heads: heads.length,
    ...shape,
  };
  const wrongRows: { head: number; row: number }[] = [];
  let error = 0;
  let passed = true;
  let worst = '';
  const attended = await attendAll(rung, oracle, signal, layout);
  if ('failure' in attended) {
    return {
      ...facts,
      passed: false,
      reason: attended.failure,
      error: null,
      bits: 0,
      wrong: facts.rows,
      wrongRows: [],
      path: null,
      seconds: null,
      pairsPerSecond: null,
    };
  }
  const { outputs, path, seconds, startsProcess = false } = attended;
  for (const [h, head] of heads.entries()) {
    const output = outputs[h]!;
    if (output.rows !== shape.queries || output.columns !== shape.valueDim) {
      throw new Error(`${oracle.name} gave ${output.rows} × ${output.columns} instead of what was asked`);
    }
    const verdict = judge(head, rung, output.values);
    passed &&= verdict.passed;
    for (const row of verdict.wrong) wrongRows.push({ head: h, row });
    if (verdict.error <= error) continue;
    error = verdict.error;
    const { row, column, found, expected } = verdict.at;
    worst = `${heads.length > 1 ? `head ${h}, ` : ''}out[${row}, ${column}] is ${found} and should be ${expected}`;
  }
  const pairs = heads.length * shape.queries * shape.keys;
  return {
    ...facts,
    passed,
    ...(passed ? {} : { reason: reasonOf(error, demand.relative, wrongRows.length, facts.rows, worst) }),
    error: Number.isFinite(error) ? error : null,
    bits: bitsOf(error),
    wrong: wrongRows.length,
    wrongRows: wrongRows.slice(0, mostNamed),
    path,
    seconds,
    pairsPerSecond: !startsProcess && seconds > 0 ? pairs / seconds : null,
  };
}

/** The outputs of all heads, asked one after the other or, with a layout, at once; or why there is none, in one line. */
async function attendAll(
  { heads, spec }: Rung,
  oracle: Oracle,
  signal?: AbortSignal,
  layout?: Layout,
): Promise<HeadsAttended | Failure> {
  const options = signal === undefined ? {} : { signal };
  const problems = heads.map((head) => head.attention);
  if (layout !== undefined) {
    const call = { heads: problems, batches: spec.batches, layout };
    return answered(signal, () => oracle.attendHeads!(call, options));
  }
  const answers: Attended[] = [];
  for (const [h, problem] of problems.entries()) {
    const answer = await answered(signal, () => oracle.attend(problem, options));
    if ('failure' in answer) {
      return { failure: `${heads.length > 1 ? `head ${h}: ` : ''}${answer.failure}` };
    }
    answers.push(answer);
  }
  const { output: _, ...how } = answers.at(-1)!;
  return {
    ...how,
    outputs: answers.map(({ output }) => output),
    seconds: answers.reduce((sum, answer) => sum + answer.seconds, 0),
  };
}

interface Failure {
  readonly failure: string;
}

/** The answer of an oracle, or what it threw, in one line. */
async function answered<T extends object>(
  signal: AbortSignal | undefined,
  ask: () => Promise<T>,
): Promise<T | Failure> {
  try {
    return await ask();
  } catch (thrown) {
    signal?.throwIfAborted();
    if (thrown instanceof InputError && thrown.fault.code === noTemporaryFiles) throw thrown;
    return { failure: (thrown instanceof Error ? thrown.message : String(thrown)).replaceAll(/\s+/g, ' ') };
  }
}

/** -log2 of a relative error, from 0 to 53. */
export const bitsOf = (error: number): number => Math.max(0, Math.min(53, -Math.log2(error)));

function reasonOf(error: number, demand: number, wrong: number, rows: number, worst: string): string {
  const size = Number.isFinite(error) ? `an error of ${error.toExponential(1)}` : 'an error without bound';
  return `${size}, above the demand of ${demand.toExponential(1)}: ${worst}; ${wrong} of ${rows} rows decided wrongly`;
}
