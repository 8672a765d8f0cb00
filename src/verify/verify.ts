/** The whole chain on one formula, each step checked by someone who shares no code with it. */
import type { Assignment, Cnf } from '../problems/cnf.ts';
import { isModel } from '../problems/cnf.ts';
import type { Answer } from '../problems/answer.ts';
import type { Oracle } from '../oracles/oracle.ts';
import { amplification } from '../readout/readout.ts';
import { solveWithLogicSolver } from '../solvers/logic-solver.ts';
import { countOrthogonalPairs } from '../solvers/orthogonal-pairs.ts';
import type { LedgerEntry } from '../../reductions/reduction.ts';
import { carryBack } from './carry-back.ts';
import { chainBytes, requireFeasible } from './limits.ts';
import { prepare, type Claim, type EncodeOptions, type Prepared } from './prepare.ts';

/** One comparison with an independent witness. */
export interface Check {
  readonly name: 'model' | 'sat-solver' | 'orthogonal-vectors' | 'gap-max-ip';
  readonly agrees: boolean;
}

/** Sizes and parameters of the instance that was made. */
export interface InstanceFigures {
  /** Left vectors. */
  readonly vectors: number;
  readonly queries: number;
  readonly keys: number;
  readonly headDim: number;
  readonly valueDim: number;
  /** D. */
  readonly degree: number;
  /** B, the largest absolute value of an entry. */
  readonly bound: number;
  /** B/√(ln n), in the paper's scale whatever the instance's: B·√(scale·d)/√(ln n). */
  readonly boundOverSqrtLog: number;
  readonly nodes: number;
  readonly amplification: number;
}

export interface Verified {
  readonly answer: Answer<Assignment>;
  readonly instance: InstanceFigures;
  /** True where the plan rests on a sample of the rows. */
  readonly sampled: boolean;
  /** The oracle's path and its reason. */
  readonly path: string;
  readonly claimedError: number;
  readonly checks: readonly Check[];
  /** What each theorem promises beside what there is, where it was asked for. */
  readonly ledger?: readonly LedgerEntry[];
  /** How many leaves were solved, where the formula was sparsified. */
  readonly leaves?: number;
  /** Wall seconds of each step. */
  readonly seconds: {
    readonly encode: number;
    readonly attend: number;
    readonly decode: number;
    readonly check: number;
  };
}

export interface VerifyOptions extends EncodeOptions {
  /** Bytes that may be used; checked before anything is allocated. */
  readonly memory: number;
  readonly onProgress?: (done: number) => void;
  readonly signal?: AbortSignal;
}

/** Inner products that the brute-force check may take: seconds. Larger instances go without it. */
const mostPairs = 2 ** 33;

/** Inner products that it does in a second, about: only the progress before it depends on that. */
const pairsASecond = 7e8;

/** The claim that an oracle makes for instances of the direct routes: exact products of patterns by construction. */
export const claimOf =
  (oracle: Oracle, dtype: EncodeOptions['dtype']): Claim =>
  (keys, maxLogit, headDim) =>
    oracle.claim({ dtype, keys, headDim, maxLogit, exactProducts: true, patterns: true });

/** Formula to certified answer through `oracle`, without the checks: what `solve` does. */
export async function solveByAttention(
  cnf: Cnf,
  options: VerifyOptions,
  oracle: Oracle,
): Promise<Omit<Verified, 'checks'> & { readonly prepared: Prepared }> {
  requireFeasible(cnf, options.memory, (variables, clauses) => chainBytes(variables, clauses, 1));
  const started = performance.now();
  const prepared = prepare(cnf, options, claimOf(oracle, options.dtype));
  const encoded = performance.now();
  const { onProgress, signal } = options;
  onProgress?.(0);
  const attended = await oracle.attend(prepared.attention, {
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(signal === undefined ? {} : { signal }),
  });
  const answered = performance.now();
  const answer = carryBack(cnf, attended.output, options, prepared.options);
  const decoded = performance.now();
  return {
    answer,
    instance: figuresOf(prepared),
    sampled: prepared.sampled,
    path: attended.path,
    claimedError: attended.output.error.relative,
    seconds: {
      encode: (encoded - started) / 1000,
      attend: (answered - encoded) / 1000,
      decode: (decoded - answered) / 1000,
      check: 0,
    },
    prepared,
  };
}

/**
 * The chain, and what a SAT solver and a brute force over the vectors say to it. Progress is in proportion to time: the
 * oracle's pace tells how long it takes, and what the brute force takes is known.
 */
export async function verifyFormula(cnf: Cnf, options: VerifyOptions, oracle: Oracle): Promise<Verified> {
  const tell = options.onProgress ?? ((): void => {});
  const pairs = 2 ** cnf.variables;
  const clock = twoSteps(pairs <= mostPairs ? pairs / pairsASecond : 0, tell);
  const { prepared, ...solved } = await solveByAttention(
    cnf,
    { ...options, onProgress: clock.first },
    oracle,
  );
  const started = performance.now();
  const checks = [...checkAnswer(cnf, solved.answer, prepared, clock.second)];
  tell(1);
  return { ...solved, checks, seconds: { ...solved.seconds, check: (performance.now() - started) / 1000 } };
}

/** Progress over two steps, of which the second takes about `second` seconds. */
function twoSteps(
  second: number,
  tell: (done: number) => void,
): { readonly first: (done: number) => void; readonly second: (done: number) => void } {
  let started = performance.now();
  let first = 0; // seconds that the first step takes, as far as its pace tells
  return {
    first(done) {
      if (done === 0) started = performance.now();
      const seconds = (performance.now() - started) / 1000;
      if (done > 0) first = seconds / done;
      tell(done === 0 ? 0 : seconds / (first + second));
    },
    second: (done) => tell((first + second * done) / (first + second)),
  };
}

function* checkAnswer(
  cnf: Cnf,
  answer: Answer<Assignment>,
  { vectors }: Prepared,
  onProgress: (done: number) => void,
): Iterable<Check> {
  if (answer.outcome === 'inconclusive') return;
  const satisfiable = answer.outcome === 'yes';
  if (satisfiable) yield { name: 'model', agrees: isModel(cnf, answer.witness) };
  yield { name: 'sat-solver', agrees: (solveWithLogicSolver(cnf) !== null) === satisfiable };
  if (vectors.left.rows * vectors.right.rows > mostPairs) return;
  const { count } = countOrthogonalPairs(vectors, onProgress);
  const agrees = satisfiable ? (answer.count === null ? count > 0n : answer.count === count) : count === 0n;
  yield { name: 'orthogonal-vectors', agrees };
}

/** The sizes and parameters of what was prepared. */
export function figuresOf({ vectors, attention, options: { readout } }: Prepared): InstanceFigures {
  const { q, k, v, scale } = attention;
  const n = vectors.right.rows;
  return {
    vectors: vectors.left.rows,
    queries: q.rows,
    keys: k.rows,
    headDim: q.columns,
    valueDim: v.columns,
    degree: readout.degree,
    bound: readout.bound,
    boundOverSqrtLog: (readout.bound * Math.sqrt(scale * q.columns)) / Math.sqrt(Math.log(Math.max(2, n))),
    nodes: readout.scales.length,
    amplification: amplification(readout),
  };
}
