import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { isModel } from '../../src/problems/cnf.ts';
import type { Assignment, Cnf } from '../../src/problems/cnf.ts';
import { InputError } from '../../src/problems/input-error.ts';
import { allModels, bruteForceLimit, countModels, firstModel } from '../../src/solvers/brute-force.ts';
import { cnfArb, plantedCnfArb } from '../support/arbitraries.ts';
import { suite } from '../support/harness.ts';

/** All assignments in the order of their numbers: variable 1 changes fastest. */
function assignments(variables: number): Assignment[] {
  if (variables === 0) return [[]];
  const shorter = assignments(variables - 1);
  return [...shorter.map((a) => [...a, false]), ...shorter.map((a) => [...a, true])];
}

const plain = (cnf: Cnf): Assignment[] => assignments(cnf.variables).filter((a) => isModel(cnf, a));

const count = (variables: number, clauses: number[][]): bigint => countModels({ variables, clauses });

function agreesWithDefinition(cnf: Cnf): void {
  const models = plain(cnf);
  assert.equal(allModels(cnf), models);
  assert.is(countModels(cnf), BigInt(models.length));
  assert.equal(firstModel(cnf), models[0] ?? null);
}

suite('solvers/brute-force', (test) => {
  test('the models are exactly the assignments that the definition accepts, in order', () => {
    fc.assert(fc.property(cnfArb({ maxVariables: 8 }), agreesWithDefinition));
    fc.assert(
      fc.property(
        plantedCnfArb({ maxVariables: 8 }).map(({ cnf }) => cnf),
        agreesWithDefinition,
      ),
    );
  });

  test('no variables, no clauses, the empty clause, tautologies, repetitions and idle variables count right', () => {
    assert.is(count(0, []), 1n);
    assert.is(count(0, [[]]), 0n);
    assert.is(count(3, [[]]), 0n);
    assert.is(count(3, [[2, -2]]), 8n);
    assert.is(count(3, [[2, 2], [2]]), 4n);
    assert.is(count(12, [[3]]), 2048n);
    assert.equal(firstModel({ variables: 0, clauses: [] }), []);
    assert.is(firstModel({ variables: 0, clauses: [[]] }), null);
  });

  test('every variable is tried, whichever side of a word it is on', () => {
    for (let variables = 1; variables <= 12; variables++) {
      const model = Array.from({ length: variables }, (_, k) => k % 3 !== 1);
      const clauses = model.map((value, k) => [value ? k + 1 : -(k + 1)]);
      assert.equal(allModels({ variables, clauses }), [model]);
    }
  });

  test('the last of 2^26 assignments is found, and 27 variables are refused with the size', () => {
    const variables = bruteForceLimit;
    const clauses = Array.from({ length: variables }, (_, k) => [k + 1]);
    assert.is(countModels({ variables, clauses }), 1n);
    assert.throws(
      () => countModels({ variables: 27, clauses: [] }),
      (error: unknown) =>
        error instanceof InputError &&
        error.fault.code === 'too-many-variables' &&
        error.message.includes('2^27 assignments'),
    );
  });
});
