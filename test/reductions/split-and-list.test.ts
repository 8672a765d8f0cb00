import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { chooseHalves } from '../../reductions/halves.ts';
import { plainSplit, splitAndList, type SplitOptions } from '../../reductions/split-and-list.ts';
import { isModel, type Cnf } from '../../src/problems/cnf.ts';
import { degree, getBit, innerProduct } from '../../src/problems/orthogonal-vectors.ts';
import { allModels } from '../../src/solvers/brute-force.ts';
import { allOrthogonalPairs } from '../../src/solvers/orthogonal-pairs.ts';
import { cnfArb, plantedCnfArb } from '../support/arbitraries.ts';
import { suite } from '../support/harness.ts';
import { everyAnswer, reductionLaw } from '../support/laws.ts';

const optionsArb: fc.Arbitrary<SplitOptions> = fc.record({
  prune: fc.boolean(),
  split: fc.constantFrom<'order' | 'weight'>('order', 'weight'),
});

const formulas: fc.Arbitrary<Cnf> = fc.oneof(
  cnfArb({ maxVariables: 7, maxClauses: 20 }),
  plantedCnfArb({ maxVariables: 8 }).map(({ cnf }) => cnf),
);

suite('reductions/split-and-list', (test) => {
  test('orthogonal pairs, carried back, are exactly the models', () =>
    reductionLaw(
      {
        reduction: splitAndList,
        sources: formulas,
        given: optionsArb,
        answers: (vectors) => everyAnswer(allOrthogonalPairs(vectors)),
        solutions: allModels,
        isSolution: isModel,
        everyWitness: true,
        keepsCount: true,
      },
      { numRuns: 300 },
    ));

  test('the inner product of two vectors is the number of clauses that both halves leave unsatisfied', () => {
    fc.assert(
      fc.property(formulas, fc.nat(), fc.nat(), (cnf, a, b) => {
        const vectors = splitAndList.encode(cnf, plainSplit);
        const [i, j] = [a % vectors.left.rows, b % vectors.right.rows];
        const half = Math.ceil(cnf.variables / 2);
        const value = (variable: number): boolean =>
          variable <= half ? ((i >> (variable - 1)) & 1) === 1 : ((j >> (variable - half - 1)) & 1) === 1;
        const falsified = cnf.clauses.filter((clause) => clause.every((l) => value(Math.abs(l)) !== l > 0));
        assert.is(innerProduct(vectors, { i, j }), falsified.length);
      }),
    );
  });

  test('there are 2^⌈v/2⌉ left and 2^⌊v/2⌋ right vectors, of one coordinate a clause', () => {
    fc.assert(
      fc.property(formulas, (cnf) => {
        const { left, right } = splitAndList.encode(cnf, plainSplit);
        assert.is(left.rows, 2 ** Math.ceil(cnf.variables / 2));
        assert.is(right.rows, 2 ** Math.floor(cnf.variables / 2));
        assert.is(left.columns, cnf.clauses.length);
      }),
    );
  });

  test('pruning leaves exactly the rows that falsify no clause of their own half, or one', () => {
    fc.assert(
      fc.property(formulas, (cnf) => {
        const all = splitAndList.encode(cnf, plainSplit);
        const kept = splitAndList.encode(cnf, { ...plainSplit, prune: true });
        const half = Math.ceil(cnf.variables / 2);
        const own = cnf.clauses.flatMap((clause, c) => (clause.every((l) => Math.abs(l) <= half) ? [c] : []));
        const alive = Array.from({ length: all.left.rows }, (_, i) => i).filter((i) =>
          own.every((c) => getBit(all.left, i, c) === 0),
        );
        assert.is(kept.left.rows, Math.max(1, alive.length));
      }),
    );
  });

  test('the weight split makes D no larger than the order split, with halves of the same sizes', () => {
    fc.assert(
      fc.property(formulas, (cnf) => {
        const { left, right } = chooseHalves(cnf, { split: 'weight' });
        assert.is(left.length, Math.ceil(cnf.variables / 2));
        assert.equal(
          [...left, ...right].toSorted((a, b) => a - b),
          Array.from({ length: cnf.variables }, (_, k) => k + 1),
        );
        const light = splitAndList.encode(cnf, { prune: false, split: 'weight' });
        assert.ok(degree(light) <= degree(splitAndList.encode(cnf, plainSplit)));
      }),
      { numRuns: 60 },
    );
  });

  test('the weight split finds lighter halves where there are some, and gives up in time where halves are large', () => {
    // All clauses among the first half of the variables: dealt out to both halves they weigh less.
    const clauses = Array.from({ length: 40 }, (_, k) => [1 + (k % 4), -(1 + ((k + 1) % 4))]);
    const cnf: Cnf = { variables: 8, clauses };
    const heavy = degree(
      splitAndList.encode(
        { variables: 8, clauses: clauses.map((c) => c.map((l) => l + Math.sign(l) * 2)) },
        plainSplit,
      ),
    );
    const light = degree(
      splitAndList.encode(
        { variables: 8, clauses: clauses.map((c) => c.map((l) => l + Math.sign(l) * 2)) },
        { prune: false, split: 'weight' },
      ),
    );
    assert.ok(light < heavy, `${light}, ${heavy} in order`);
    assert.equal(
      chooseHalves({ ...cnf, variables: 60 }, { split: 'weight' }),
      chooseHalves({ ...cnf, variables: 60 }, { split: 'order' }),
    );
  });

  test('the ledger has n, d and D beside what the theorem promises', () => {
    const ledger = splitAndList.ledger({ variables: 3, clauses: [[1, 2], [-3]] }, plainSplit);
    assert.equal(ledger, [
      { parameter: 'n', promised: '2^⌈v/2⌉ = 4', actual: '4 and 2' },
      { parameter: 'd', promised: 'm = 2', actual: '2' },
      { parameter: 'D', promised: '≤ m', actual: '2' },
    ]);
  });
});
