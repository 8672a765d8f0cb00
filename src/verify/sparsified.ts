/** A chain over the leaves of a sparsified formula: the OR of their answers. */
import type { Answer } from '../problems/answer.ts';
import { isModel, type Assignment, type Cnf } from '../problems/cnf.ts';
import { solveWithLogicSolver } from '../solvers/logic-solver.ts';
import { sparsify, type SparsifyOptions } from '../../reductions/sparsify.ts';
import type { Check, Verified } from './verify.ts';

export type SolveOne = (leaf: Cnf) => Promise<Omit<Verified, 'checks'>>;

/**
 * Solves leaf after leaf, made one at a time, until one is satisfiable. The figures are those of the last leaf, the
 * seconds of all together, and `leaves` says how many were solved.
 */
export async function solveSparsified(
  cnf: Cnf,
  options: SparsifyOptions,
  solveOne: SolveOne,
): Promise<Omit<Verified, 'checks'>> {
  const answers: Answer<Assignment>[] = [];
  let last: Omit<Verified, 'checks'> | undefined;
  const seconds = { encode: 0, attend: 0, decode: 0, check: 0 };
  for (const leaf of sparsify.encode(cnf, options)) {
    last = await solveOne(leaf);
    answers.push(last.answer);
    for (const step of ['encode', 'attend', 'decode'] as const) seconds[step] += last.seconds[step];
    if (last.answer.outcome === 'yes') break;
  }
  const answer = sparsify.decode(cnf, answers, options);
  return { ...last!, answer, leaves: answers.length, seconds };
}

/** The same with what a SAT solver says of the whole formula. */
export async function verifySparsified(
  cnf: Cnf,
  options: SparsifyOptions,
  solveOne: SolveOne,
): Promise<Verified> {
  const solved = await solveSparsified(cnf, options, solveOne);
  const started = performance.now();
  const checks: Check[] = [];
  const { answer } = solved;
  if (answer.outcome !== 'inconclusive') {
    const satisfiable = answer.outcome === 'yes';
    if (satisfiable) checks.push({ name: 'model', agrees: isModel(cnf, answer.witness) });
    checks.push({ name: 'sat-solver', agrees: (solveWithLogicSolver(cnf) !== null) === satisfiable });
  }
  return { ...solved, checks, seconds: { ...solved.seconds, check: (performance.now() - started) / 1000 } };
}
