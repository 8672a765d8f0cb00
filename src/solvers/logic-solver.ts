/**
 * An independent SAT solver: MiniSat (Eén and Sörensson, 2003) as the npm package `logic-solver` compiles it.
 * It answers the same questions as the chain and shares no code with it. No answer of it is passed on
 * unchecked: a model is tested against the formula, and one that fails is an Error.
 *
 * Loading the package takes about 0.15 s, so it waits for the first call. Each call starts a MiniSat of its own,
 * about 6 ms, with 64 MiB of address space that MiniSat cannot leave: a formula that needs more makes it abort.
 */
import { createRequire } from 'node:module';
import { InputError } from '../problems/input-error.ts';
import { isModel } from '../problems/cnf.ts';
import type { Assignment, Clause, Cnf } from '../problems/cnf.ts';

/** The part of `logic-solver` that is used here; the package has no types of its own. A term is ± a variable's number. */
interface Logic {
  readonly Solver: new () => Solver;
  or(terms: readonly number[]): unknown;
  disablingAssertions<T>(body: () => T): T;
}

interface Solver {
  /** The number of the variable `name`, a new one for a new name. */
  getVarNum(name: string): number;
  require(formula: unknown): void;
  /** Null when nothing satisfies what was required. Clauses can be added after it. */
  solve(): { getMap(): Readonly<Record<string, boolean>> } | null;
}

/**
 * A model of `cnf` over all declared variables, or null when there is none. Throws an Error if what the solver
 * calls a model is not one.
 */
export function solveWithLogicSolver(cnf: Cnf): Assignment | null {
  return start(cnf).next();
}

/**
 * The number of models over all declared variables, by asking for a model and excluding it until there is none,
 * or null once more than `limit` have been found. About 40 µs a model at 20 variables, growing as models are
 * excluded. Throws an `InputError` for a limit that is not a whole number ≥ 0, an Error if the solver lied.
 */
export function countWithLogicSolver(cnf: Cnf, limit: number): bigint | null {
  if (!Number.isSafeInteger(limit) || limit < 0) {
    throw new InputError({
      code: 'bad-limit',
      field: 'limit',
      expected: 'a whole number of models, 0 or more',
      found: String(limit),
      hint: 'give the most models that are worth enumerating, such as 100000',
    });
  }
  const enumeration = start(cnf);
  let models = 0;
  for (let model = enumeration.next(); model !== null; model = enumeration.next()) {
    if (models === limit) return null;
    models++;
    enumeration.exclude(model);
  }
  return BigInt(models);
}

interface Enumeration {
  /** A model that has not been excluded; null when there is none. */
  next(): Assignment | null;
  exclude(model: Assignment): void;
}

function start(cnf: Cnf): Enumeration {
  const logic = (loaded ??= createRequire(import.meta.url)('logic-solver') as Logic);
  const names = Array.from({ length: cnf.variables }, (_, k) => `x${k + 1}`);

  // The solver takes empty disjunctions too, but a formula with one has no model whoever is asked; the same for
  // an assignment of no variables, whose exclusion is the empty clause.
  let contradiction = false;
  const solver = new logic.Solver();
  const numbers = names.map((name) => solver.getVarNum(name));
  const add = (clause: Clause): void => {
    if (clause.length === 0) contradiction = true;
    else solver.require(logic.or(clause.map((l) => Math.sign(l) * numbers[Math.abs(l) - 1]!)));
  };
  logic.disablingAssertions(() => cnf.clauses.forEach(add));

  return {
    next: () => {
      const values = contradiction ? undefined : logic.disablingAssertions(() => solver.solve())?.getMap();
      if (values === undefined) return null;
      const model = names.map((name) => values[name] === true);
      if (!isModel(cnf, model)) throw new Error('logic-solver returned an assignment that is not a model');
      return model;
    },
    exclude: (model) =>
      logic.disablingAssertions(() => add(model.map((value, k) => (value ? -(k + 1) : k + 1)))),
  };
}

let loaded: Logic | undefined;
