import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { firstFalsified, holds, isModel, toLiterals } from '../../src/problems/cnf.ts';
import { suite } from '../support/harness.ts';

const cnf = {
  variables: 3,
  clauses: [
    [1, -2],
    [2, 3],
    [-1, -3],
  ],
};

suite('problems/cnf', (test) => {
  test('a literal holds exactly when its variable has its sign', () => {
    assert.equal(
      [1, -1, 2, -2].map((literal) => holds(literal, [true, false])),
      [true, false, false, true],
    );
  });

  test('the first falsified clause is the first one without a true literal', () => {
    assert.is(firstFalsified(cnf, [false, true, false]), 0);
    assert.is(firstFalsified(cnf, [true, false, false]), 1);
    assert.is(firstFalsified(cnf, [true, true, true]), 2);
    assert.is(firstFalsified(cnf, [true, true, false]), -1);
  });

  test('a model satisfies every clause and has one value for each variable', () => {
    assert.ok(isModel(cnf, [true, true, false]));
    assert.not(isModel(cnf, [true, false, false]));
    assert.not(isModel(cnf, [true, true]), 'too short');
    assert.not(isModel(cnf, [true, true, false, false]), 'too long');
  });

  test('an assignment that is too short leaves its clauses open, whatever their sign', () => {
    assert.is(firstFalsified({ variables: 2, clauses: [[2]] }, [true]), 0);
    assert.is(firstFalsified({ variables: 2, clauses: [[-2]] }, [true]), 0);
  });

  test('the empty clause is falsified, a tautology never is, and no clauses are satisfied', () => {
    assert.is(firstFalsified({ variables: 1, clauses: [[1, -1], []] }, [true]), 1);
    assert.ok(isModel({ variables: 1, clauses: [[1, -1]] }, [false]));
    assert.ok(isModel({ variables: 0, clauses: [] }, []));
    assert.not(isModel({ variables: 0, clauses: [[]] }, []));
  });

  test('the literals of an assignment are the literals that hold under it, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 12 }), (assignment) => {
        const literals = toLiterals(assignment);
        assert.equal(
          literals.map(Math.abs),
          assignment.map((_, k) => k + 1),
        );
        assert.ok(literals.every((literal) => holds(literal, assignment)));
        assert.ok(isModel({ variables: assignment.length, clauses: literals.map((l) => [l]) }, assignment));
      }),
    );
  });
});
