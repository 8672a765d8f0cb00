import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { preprocess } from '../../reductions/preprocess.ts';
import { isModel, type Cnf } from '../../src/problems/cnf.ts';
import { allModels } from '../../src/solvers/brute-force.ts';
import { cnfArb, plantedCnfArb } from '../support/arbitraries.ts';
import { suite } from '../support/harness.ts';
import { everyAnswer, reductionLaw } from '../support/laws.ts';

const formulas: fc.Arbitrary<Cnf> = fc.oneof(
  cnfArb({ maxVariables: 8, maxClauses: 20, maxWidth: 3 }),
  cnfArb({ maxVariables: 10, maxClauses: 8 }),
  plantedCnfArb({ maxVariables: 10, maxClauses: 30 }).map(({ cnf }) => cnf),
);

suite('reductions/preprocess', (test) => {
  for (const pure of [false, true]) {
    test(`${pure ? 'with' : 'without'} pure literals, every model of the small formula comes back as one of the source${pure ? '' : ', and so does their number'}`, () =>
      reductionLaw(
        {
          reduction: preprocess,
          sources: formulas,
          given: fc.constant({ pure }),
          answers: (cnf) => everyAnswer(allModels(cnf)),
          solutions: allModels,
          isSolution: isModel,
          everyWitness: false,
          keepsCount: !pure,
        },
        { numRuns: 400 },
      ));
  }

  test('what is left has no unit, no pure literal, no tautology, no superset and no idle variable', () => {
    fc.assert(
      fc.property(formulas, (cnf) => {
        const small = preprocess.encode(cnf, { pure: true });
        const literals = new Set(small.clauses.flat());
        if (small.clauses.some((clause) => clause.length === 0)) {
          assert.equal(small, { variables: 0, clauses: [[]] });
          return;
        }
        for (let x = 1; x <= small.variables; x++) assert.ok(literals.has(x) && literals.has(-x));
        for (const clause of small.clauses) {
          assert.ok(clause.length >= 2);
          assert.is(new Set(clause.map(Math.abs)).size, clause.length);
          const inside = small.clauses.filter((other) => other.every((l) => clause.includes(l)));
          assert.is(inside.length, 1);
        }
      }),
    );
  });

  test('a count that a pure literal has made unknown is not claimed, and one that none has is', () => {
    const answer = everyAnswer([[]])[0]!;
    const cnf: Cnf = { variables: 3, clauses: [[1], [1, 2]] };
    const count = (source: Cnf, pure: boolean): unknown => {
      const carried = preprocess.decode(source, answer, { pure });
      return carried.outcome === 'yes' ? carried.count : carried.outcome;
    };
    assert.is(count(cnf, true), 4n);
    assert.is(count({ variables: 2, clauses: [[1, 2]] }, true), null);
  });

  test('the ledger says what went and why', () => {
    const cnf: Cnf = { variables: 5, clauses: [[1], [-1, 2, 3], [-2, -3], [2, 3, -4], [2, -3], [-2, 3]] };
    assert.equal(preprocess.ledger(cnf, { pure: true }), [
      { parameter: 'variables', promised: '≤ 5', actual: '2' },
      { parameter: 'clauses', promised: '≤ 6', actual: '4' },
      { parameter: 'forced literals', promised: '-', actual: '1' },
      { parameter: 'pure literals', promised: '-', actual: '0' },
      { parameter: 'free variables', promised: '-', actual: '2' },
    ]);
  });
});
