import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { isModel } from '../../src/problems/cnf.ts';
import { getBit, popcount } from '../../src/problems/orthogonal-vectors.ts';
import { bitMatrixArb, cnfArb, orthogonalVectorsArb, plantedCnfArb } from './arbitraries.ts';
import { suite } from './harness.ts';

const settings = { seed: 1, numRuns: 1000 };

suite('test/support/arbitraries', (test) => {
  test('random formulas show every corner', () => {
    const formulas = fc.sample(cnfArb({ maxVariables: 6 }), settings);
    const clauses = formulas.flatMap((cnf) => cnf.clauses);
    for (const { variables, clauses } of formulas) {
      assert.ok(clauses.flat().every((l) => l !== 0 && Math.abs(l) <= variables));
    }
    assert.ok(
      formulas.some((cnf) => cnf.variables === 0 && cnf.clauses.length === 0),
      'the empty formula',
    );
    assert.ok(
      formulas.some((cnf) => cnf.variables === 0 && cnf.clauses.length > 0),
      'false without variables',
    );
    for (const width of [0, 1, 2, 3, 4]) {
      assert.ok(
        clauses.some((clause) => clause.length === width),
        `a clause of ${width}`,
      );
    }
    assert.ok(
      clauses.some((clause) => clause.some((l) => clause.includes(-l))),
      'a tautology',
    );
    assert.ok(
      clauses.some((clause) => new Set(clause).size < clause.length),
      'a repeated literal',
    );
    assert.ok(
      formulas.some(({ variables, clauses }) => clauses.length > 0 && unused(variables, clauses) > 0),
    );
    assert.ok(formulas.filter((cnf) => !cnf.clauses.some((clause) => clause.length === 0)).length > 500);
  });

  test('planted formulas have their model and are often longer than 32 and than 64 clauses', () => {
    const formulas = fc.sample(plantedCnfArb({ maxVariables: 8 }), settings);
    assert.ok(formulas.every(({ cnf, model }) => isModel(cnf, model)));
    assert.ok(formulas.filter(({ cnf }) => cnf.clauses.length > 32).length > 300);
    assert.ok(formulas.filter(({ cnf }) => cnf.clauses.length > 64).length > 100);
  });

  test('vectors have no bits beyond their dimension', () => {
    fc.assert(
      fc.property(bitMatrixArb({ maxRows: 5, maxColumns: 70 }), (matrix) => {
        let ones = 0;
        for (let row = 0; row < matrix.rows; row++) {
          for (let column = 0; column < matrix.columns; column++) ones += getBit(matrix, row, column);
        }
        assert.is(
          matrix.words.reduce((sum, word) => sum + popcount(word), 0),
          ones,
        );
      }),
    );
  });

  test('both lists of vectors have one dimension', () => {
    fc.assert(
      fc.property(orthogonalVectorsArb({ maxVectors: 4, maxDimension: 40 }), ({ left, right }) => {
        assert.is(left.columns, right.columns);
      }),
    );
  });

  test('a failing property shrinks to a formula of one clause', () => {
    const property = fc.property(cnfArb({ maxVariables: 6, maxClauses: 40 }), ({ clauses }) =>
      clauses.every((clause) => clause.length < 2),
    );
    const found = fc.check(property, { seed: 7 }).counterexample?.[0];
    assert.is(found?.clauses.length, 1);
    assert.is(found?.clauses[0]?.length, 2);
    assert.is(found?.variables, 1);
  });
});

function unused(variables: number, clauses: readonly (readonly number[])[]): number {
  return variables - new Set(clauses.flat().map(Math.abs)).size;
}
