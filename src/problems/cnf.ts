/**
 * CNF: a conjunction of clauses, each a disjunction of literals, as DIMACS numbers them. Variable `x` is a
 * number from 1; the literal `x` says that it is true and `-x` that it is false.
 */

/** Literals of one clause. Empty: false. Repetitions and complementary pairs are allowed and mean what they say. */
export type Clause = readonly number[];

/** A formula over the variables 1 … `variables`; every literal `l` of it has 1 ≤ |l| ≤ `variables`. */
export interface Cnf {
  readonly variables: number;
  readonly clauses: readonly Clause[];
}

/** A value for every variable: entry `k` is the value of variable `k + 1`. */
export type Assignment = readonly boolean[];

/** Does `assignment` make the literal true? */
export function holds(literal: number, assignment: Assignment): boolean {
  return assignment[Math.abs(literal) - 1] === literal > 0;
}

/**
 * The index (from 0) of the first clause that `assignment` does not satisfy, or -1 when it is a model.
 * An assignment of the wrong length is no model: the first clause it leaves open counts as falsified.
 */
export function firstFalsified(cnf: Cnf, assignment: Assignment): number {
  return cnf.clauses.findIndex((clause) => !clause.some((literal) => holds(literal, assignment)));
}

/** Is `assignment` a model: one value for each variable, every clause satisfied? */
export function isModel(cnf: Cnf, assignment: Assignment): boolean {
  return assignment.length === cnf.variables && firstFalsified(cnf, assignment) === -1;
}

/** The assignment as DIMACS literals: `[true, false]` is `[1, -2]`. */
export function toLiterals(assignment: Assignment): number[] {
  return assignment.map((value, k) => (value ? k + 1 : -(k + 1)));
}
