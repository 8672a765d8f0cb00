/**
 * From CNF-SAT to CNF-SAT, smaller: what every solver since Davis and Putnam ("A computing procedure for
 * quantification theory", Journal of the ACM 7, 1960) does first. Later arrows pay for every clause, the distributed
 * PCP exponentially, so clauses that decide nothing should not reach them.
 *
 * A clause of one literal forces it. A literal whose negation occurs nowhere can be made true (pure). A clause that
 * contains another one says nothing new (subsumption). What is left is renumbered, so that every variable occurs.
 *
 * Decision and witness survive. The count survives too unless a pure literal was used: forced values lose no model,
 * and each variable that no longer occurs doubles the number. The time is polynomial.
 */
import { mapWitness, type Answer } from '../src/problems/answer.ts';
import type { Assignment, Clause, Cnf } from '../src/problems/cnf.ts';
import type { Reduction } from './reduction.ts';
import { asSet, withoutSupersets } from './subsume.ts';

export interface PreprocessOptions {
  /** Make pure literals true, which keeps the decision and loses the count. */
  readonly pure: boolean;
}

export const preprocess: Reduction<Cnf, Cnf, Answer<Assignment>, Answer<Assignment>, PreprocessOptions> = {
  theorem: 'Davis and Putnam 1960',

  encode: (cnf, options) => simplify(cnf, options).cnf,

  // Forced and pure literals have their values, renumbered variables get theirs, and the others are free: false.
  decode(cnf, answer, options) {
    if (answer.outcome !== 'yes') return answer;
    const { values, names, pure } = simplify(cnf, options);
    const carried = mapWitness(answer, (witness) => {
      const assignment = Array.from({ length: cnf.variables }, (_, k) => values.get(k + 1) ?? false);
      names.forEach((variable, k) => (assignment[variable - 1] = witness[k]!));
      return assignment;
    });
    const free = BigInt(cnf.variables - values.size - names.length);
    const keepsCount = pure === 0 && answer.count !== null;
    return { ...carried, count: keepsCount ? answer.count << free : null } as Answer<Assignment>;
  },

  ledger(cnf, options) {
    const { cnf: small, values, names, pure } = simplify(cnf, options);
    return [
      { parameter: 'variables', promised: `≤ ${cnf.variables}`, actual: `${small.variables}` },
      { parameter: 'clauses', promised: `≤ ${cnf.clauses.length}`, actual: `${small.clauses.length}` },
      { parameter: 'forced literals', promised: '-', actual: `${values.size - pure}` },
      { parameter: 'pure literals', promised: options.pure ? '-' : '0', actual: `${pure}` },
      { parameter: 'free variables', promised: '-', actual: `${cnf.variables - values.size - names.length}` },
    ];
  },
};

interface Simplified {
  readonly cnf: Cnf;
  /** Values of the source's variables that are forced or pure. */
  readonly values: ReadonlyMap<number, boolean>;
  /** Entry k: the source's variable behind the small formula's variable k + 1. */
  readonly names: readonly number[];
  /** How many of the values were pure literals. */
  readonly pure: number;
}

/** Rounds of the three rules until none applies. Deterministic. */
function simplify(cnf: Cnf, options: PreprocessOptions): Simplified {
  const values = new Map<number, boolean>();
  let pure = 0;
  let clauses: readonly Clause[] = cnf.clauses.map(asSet).filter((clause) => clause !== null);
  for (;;) {
    clauses = withoutSupersets(clauses);
    const unit = clauses.find((clause) => clause.length <= 1);
    if (unit?.length === 0) break;
    let literal = unit?.[0];
    if (literal === undefined && options.pure) {
      const occurring = new Set(clauses.flat());
      literal = [...occurring].find((one) => !occurring.has(-one));
      if (literal !== undefined) pure++;
    }
    if (literal === undefined) break;
    values.set(Math.abs(literal), literal > 0);
    clauses = withTrue(clauses, literal);
  }
  const names = [...new Set(clauses.flat().map(Math.abs))].toSorted((a, b) => a - b);
  const numbers = new Map(names.map((name, k) => [name, k + 1]));
  const renumbered = clauses.map((clause) =>
    clause.map((literal) => Math.sign(literal) * numbers.get(Math.abs(literal))!),
  );
  return { cnf: { variables: names.length, clauses: renumbered }, values, names, pure };
}

/** The clauses under an assignment that makes the literal true. */
const withTrue = (clauses: readonly Clause[], literal: number): readonly Clause[] =>
  clauses
    .filter((clause) => !clause.includes(literal))
    .map((clause) => clause.filter((other) => other !== -literal));
