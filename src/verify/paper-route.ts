/** The paper's own route on one formula: preprocess, split, distributed PCP, closest pair, attention, and back. */
import type { Answer } from '../problems/answer.ts';
import { maxAbs, type Attention } from '../problems/attention.ts';
import { firstFalsified, isModel, type Assignment, type Cnf } from '../problems/cnf.ts';
import type { GapMaxIp } from '../problems/gap-max-ip.ts';
import { degree, innerProduct, type OrthogonalVectors } from '../problems/orthogonal-vectors.ts';
import type { Oracle } from '../oracles/oracle.ts';
import { solveWithLogicSolver } from '../solvers/logic-solver.ts';
import { countOrthogonalPairs } from '../solvers/orthogonal-pairs.ts';
import { allMessages } from '../../reductions/all-messages.ts';
import { paperRouteAtOnce, pcpFor, type PaperRouteOptions } from '../../reductions/paper-route.ts';
import { preprocess } from '../../reductions/preprocess.ts';
import type { LedgerEntry } from '../../reductions/reduction.ts';
import { splitAndList } from '../../reductions/split-and-list.ts';
import type { AttentionOutput } from '../problems/attention.ts';
import { describePaperSize, requirePaperFeasible, type PaperSize } from './paper-limits.ts';
import type { Check, InstanceFigures, Verified } from './verify.ts';

/** Of an instance of this route. Nothing is amplified: an output is read as it is. */
export interface PaperFigures extends InstanceFigures {
  /** q^(ℓ−1). */
  readonly messages: number;
  /** q^(T+1), of the gap Max-IP instances. */
  readonly dimension: number;
  readonly pcp: PaperSize['pcp'];
}

export interface PaperVerifyOptions extends PaperRouteOptions {
  /** Bytes that may be used; checked before anything is allocated. */
  readonly memory: number;
  /** Compute the ledger too, which makes the instance once more. */
  readonly withLedger?: boolean;
  /** Told how many instances of what dimension there will be, before anything is allocated. */
  readonly onSize?: (announcement: string) => void;
  readonly onProgress?: (done: number) => void;
  readonly signal?: AbortSignal;
}

export interface PaperPrepared {
  /** What preprocessing left. */
  readonly small: Cnf;
  readonly vectors: OrthogonalVectors;
  readonly size: PaperSize;
  readonly attention: Attention;
}

/** The instance of a formula. Throws an `InputError` when `bytes` of it, by default its memory, is more than there is. */
export function preparePaperRoute(
  cnf: Cnf,
  options: PaperVerifyOptions,
  bytes: (size: PaperSize) => number = (size) => size.bytes,
): PaperPrepared {
  const small = preprocess.encode(cnf, options);
  const size = requirePaperFeasible(small, options.form, options.memory, bytes, options.pcp);
  options.onSize?.(
    `${small.variables} variables and ${small.clauses.length} clauses after preprocessing: ${describePaperSize(size)}`,
  );
  const vectors = splitAndList.encode(small, options);
  return { small, vectors, size, attention: paperRouteAtOnce.encode(cnf, options) };
}

/**
 * Decodes an output. Throws an `InputError` when the output is malformed or refuted, and an Error, which would be a
 * fault of ours, when the model does not satisfy the formula.
 */
export function carryBackPaperRoute(
  cnf: Cnf,
  output: AttentionOutput,
  options: PaperRouteOptions,
): Answer<Assignment> {
  const answer = paperRouteAtOnce.decode(cnf, output, options);
  if (answer.outcome === 'yes' && !isModel(cnf, answer.witness)) {
    const clause = firstFalsified(cnf, answer.witness);
    throw new Error(
      `the decoded assignment falsifies clause ${clause + 1}: a fault of this program, please report it`,
    );
  }
  return answer;
}

/** Formula to answer through `oracle`, without the checks. */
export async function solveByPaperRoute(
  cnf: Cnf,
  options: PaperVerifyOptions,
  oracle: Oracle,
): Promise<Omit<Verified, 'checks'> & { readonly prepared: PaperPrepared }> {
  const started = performance.now();
  const prepared = preparePaperRoute(cnf, options);
  const encoded = performance.now();
  const { onProgress, signal } = options;
  const attended = await oracle.attend(prepared.attention, {
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(signal === undefined ? {} : { signal }),
  });
  const answered = performance.now();
  const answer = carryBackPaperRoute(cnf, attended.output, options);
  const decoded = performance.now();
  return {
    answer,
    instance: paperFigures(prepared),
    sampled: false,
    path: attended.path,
    claimedError: attended.output.error.relative,
    seconds: {
      encode: (encoded - started) / 1000,
      attend: (answered - encoded) / 1000,
      decode: (decoded - answered) / 1000,
      check: 0,
    },
    ...(options.withLedger === true ? { ledger: paperLedger(cnf, options) } : {}),
    prepared,
  };
}

/** What every theorem on the way promises, beside what there is. */
export const paperLedger = (cnf: Cnf, options: PaperRouteOptions): readonly LedgerEntry[] =>
  paperRouteAtOnce.ledger(cnf, options);

/** The route, and what a SAT solver and two brute forces say to it. */
export async function verifyByPaperRoute(
  cnf: Cnf,
  options: PaperVerifyOptions,
  oracle: Oracle,
): Promise<Verified> {
  const { prepared, ...solved } = await solveByPaperRoute(cnf, options, oracle);
  const started = performance.now();
  const checks = [...checkPaperAnswer(cnf, solved.answer, prepared, options)];
  return { ...solved, checks, seconds: { ...solved.seconds, check: (performance.now() - started) / 1000 } };
}

/** Inner products that the brute force over the gap may take. */
const mostPairs = 2 ** 26;

function* checkPaperAnswer(
  cnf: Cnf,
  answer: Answer<Assignment>,
  { small, vectors, size }: PaperPrepared,
  options: PaperRouteOptions,
): Iterable<Check> {
  if (answer.outcome === 'inconclusive') return;
  const satisfiable = answer.outcome === 'yes';
  if (satisfiable) yield { name: 'model', agrees: isModel(cnf, answer.witness) };
  yield { name: 'sat-solver', agrees: (solveWithLogicSolver(cnf) !== null) === satisfiable };
  yield { name: 'orthogonal-vectors', agrees: countOrthogonalPairs(vectors).count > 0n === satisfiable };
  if (size.messages * vectors.left.rows * vectors.right.rows > mostPairs) return;
  const instance = allMessages.encode(vectors, pcpFor(small, options));
  const large = largePairs(instance);
  yield { name: 'gap-max-ip', agrees: large !== undefined && large > 0 === satisfiable };
}

/** The number of pairs with an inner product ≥ high; undefined where one lies inside the gap. */
function largePairs(instance: GapMaxIp): number | undefined {
  let large = 0;
  for (let i = 0; i < instance.left.rows; i++) {
    for (let j = 0; j < instance.right.rows; j++) {
      const product = innerProduct(instance, { i, j });
      if (product > instance.low && product < instance.high) return undefined;
      if (product >= instance.high) large++;
    }
  }
  return large;
}

/** Sizes and parameters of what was prepared. */
export function paperFigures({ vectors, size, attention }: PaperPrepared): PaperFigures {
  const { q, k, v, scale } = attention;
  const bound = maxAbs(k); // every instance of this route has B among its keys
  const n = vectors.right.rows;
  return {
    vectors: vectors.left.rows,
    queries: q.rows,
    keys: k.rows,
    headDim: q.columns,
    valueDim: v.columns,
    degree: degree(vectors),
    bound,
    boundOverSqrtLog: (bound * Math.sqrt(scale * q.columns)) / Math.sqrt(Math.log(Math.max(2, n))),
    nodes: 1,
    amplification: 1,
    messages: size.messages,
    dimension: size.dimension,
    pcp: size.pcp,
  };
}
