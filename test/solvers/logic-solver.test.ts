import { createRequire } from 'node:module';
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { isModel } from '../../src/problems/cnf.ts';
import type { Cnf } from '../../src/problems/cnf.ts';
import { InputError } from '../../src/problems/input-error.ts';
import { countModels } from '../../src/solvers/brute-force.ts';
import { countWithLogicSolver, solveWithLogicSolver } from '../../src/solvers/logic-solver.ts';
import { cnfArb, plantedCnfArb } from '../support/arbitraries.ts';
import { suite } from '../support/harness.ts';

const count = (variables: number, clauses: number[][]): bigint | null =>
  countWithLogicSolver({ variables, clauses }, 100);

function agreesWithBruteForce(cnf: Cnf): void {
  const models = countModels(cnf);
  const model = solveWithLogicSolver(cnf);
  assert.is(model !== null, models > 0n);
  if (model !== null) assert.ok(isModel(cnf, model));
  assert.is(countWithLogicSolver(cnf, 256), models);
}

suite('solvers/logic-solver', (test) => {
  test('decision and count agree with brute force, and what it calls a model is one', () => {
    fc.assert(fc.property(cnfArb({ maxVariables: 8 }), agreesWithBruteForce));
    fc.assert(
      fc.property(
        plantedCnfArb({ maxVariables: 8 }).map(({ cnf }) => cnf),
        agreesWithBruteForce,
      ),
    );
  });

  test('no variables, the empty clause, tautologies, repetitions and idle variables are answered right', () => {
    assert.is(count(0, []), 1n);
    assert.is(count(0, [[]]), 0n);
    assert.is(count(3, [[], [1]]), 0n);
    assert.is(count(3, [[2, -2]]), 8n);
    assert.is(count(3, [[2, 2], [2]]), 4n);
    assert.is(count(6, [[3]]), 32n);
    assert.equal(solveWithLogicSolver({ variables: 0, clauses: [] }), []);
    assert.is(solveWithLogicSolver({ variables: 2, clauses: [[]] }), null);
    assert.is(solveWithLogicSolver({ variables: 1, clauses: [[1], [-1]] }), null);
    assert.equal(solveWithLogicSolver({ variables: 3, clauses: [[-1], [3]] })!.length, 3);
  });

  test('a count stops at its limit: up to it the count, beyond it null', () => {
    const four = { variables: 2, clauses: [] };
    assert.is(countWithLogicSolver(four, 4), 4n);
    assert.is(countWithLogicSolver(four, 3), null);
    assert.is(countWithLogicSolver(four, 0), null);
    assert.is(countWithLogicSolver({ variables: 1, clauses: [[]] }, 0), 0n);
    for (const limit of [-1, 1.5, NaN]) {
      assert.throws(
        () => countWithLogicSolver(four, limit),
        (error: unknown) => error instanceof InputError && error.fault.field === 'limit',
      );
    }
  });

  test('one call knows nothing of another', () => {
    assert.is(solveWithLogicSolver({ variables: 1, clauses: [[1], [-1]] }), null);
    assert.equal(solveWithLogicSolver({ variables: 1, clauses: [[1]] }), [true]);
    assert.equal(solveWithLogicSolver({ variables: 1, clauses: [[-1]] }), [false]);
  });

  test('a solver that lies is found out', () => {
    const { Solver } = createRequire(import.meta.url)('logic-solver') as {
      Solver: { prototype: { solve: () => unknown } };
    };
    const { solve } = Solver.prototype;
    Solver.prototype.solve = () => ({ getMap: () => ({ x1: false }) });
    try {
      assert.throws(() => solveWithLogicSolver({ variables: 1, clauses: [[1]] }), /not a model/);
    } finally {
      Solver.prototype.solve = solve;
    }
  });
});
