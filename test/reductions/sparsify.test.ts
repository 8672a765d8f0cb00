import fc from 'fast-check';
import * as assert from 'uvu/assert';
import {
  leavesOf,
  mostOccurrences,
  sparsify,
  sparsifyBounds,
  type SparsifyOptions,
} from '../../reductions/sparsify.ts';
import { isModel, type Clause, type Cnf } from '../../src/problems/cnf.ts';
import { allModels } from '../../src/solvers/brute-force.ts';
import { cnfArb } from '../support/arbitraries.ts';
import { suite } from '../support/harness.ts';
import { everyAnswer } from '../support/laws.ts';

/** k-CNFs, k = 3, 4, 5, whose clauses share literals, as hearts need: small variables and true literals more often. */
const denseCnf: fc.Arbitrary<Cnf> = fc.constantFrom(3, 4, 5).chain((k) =>
  fc
    .record({
      variables: fc.integer({ min: k, max: 12 }),
      clauses: fc.array(
        fc.uniqueArray(
          fc.tuple(fc.nat({ max: 11 }), fc.nat({ max: 11 }), fc.nat({ max: 3 })).map(([x, y, sign]) => ({
            x: Math.min(x, y),
            positive: sign > 0,
          })),
          { minLength: 2, maxLength: k, selector: ({ x }) => x, size: 'max' },
        ),
        { minLength: 6, maxLength: 30, size: 'max' },
      ),
    })
    .map(({ variables, clauses }) => ({
      variables,
      clauses: clauses.map((clause) =>
        clause.map(({ x, positive }) => (positive ? 1 : -1) * ((x % variables) + 1)),
      ),
    })),
);

/** Low enough that hearts fire. */
const optionsArb: fc.Arbitrary<SparsifyOptions> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .array(fc.integer({ min: 2, max: 5 }), { minLength: 1, maxLength: 4 })
      .map((thresholds) => ({ thresholds })),
  },
  { weight: 1, arbitrary: fc.constant<SparsifyOptions>({ alpha: 1 }) },
);

const key = (models: readonly (readonly boolean[])[]): string[] => models.map((m) => m.join()).toSorted();

suite('reductions/sparsify', (test) => {
  test('the solution sets of the leaves unite to the source’s, and every bound is met, by exhaustion', () => {
    const fired = { heart: 0, petal: 0 };
    fc.assert(
      fc.property(
        fc.oneof({ weight: 5, arbitrary: denseCnf }, cnfArb({ maxVariables: 8, maxClauses: 16 })),
        optionsArb,
        (cnf, options) => {
          const bounds = sparsifyBounds(cnf, options);
          const union = new Set<string>();
          let leaves = 0;
          for (const leaf of leavesOf(cnf, options)) {
            leaves++;
            key(allModels(leaf.cnf)).forEach((model) => union.add(model));
            assert.ok(leaf.petals <= bounds.petals, `${leaf.petals} petal steps, ${bounds.petals} promised`);
            assert.ok(mostOccurrences(leaf.cnf) <= bounds.occurrences);
            assert.ok(leaf.cnf.clauses.length <= bounds.clauses);
            fired.heart += leaf.hearts;
            fired.petal += leaf.petals;
          }
          assert.ok(leaves >= 1);
          assert.equal([...union].toSorted(), key(allModels(cnf)));
        },
      ),
      { numRuns: 300 },
    );
    assert.ok(fired.heart > 100 && fired.petal > 100, JSON.stringify(fired));
  });

  test('a leaf has no heavy heart: fewer than θ(c − |H|) of its clauses of size c contain H', () => {
    fc.assert(
      fc.property(
        denseCnf,
        fc.array(fc.integer({ min: 2, max: 5 }), { minLength: 4, maxLength: 4 }),
        (cnf, thresholds) => {
          for (const { cnf: leaf } of leavesOf(cnf, { thresholds })) {
            for (const clause of leaf.clauses) {
              for (let mask = 1; mask < 2 ** clause.length - 1; mask++) {
                const heart = clause.filter((_, k) => ((mask >> k) & 1) === 1);
                const petals = leaf.clauses.filter(
                  (other) => other.length === clause.length && heart.every((l) => other.includes(l)),
                );
                assert.ok(petals.length < thresholds[clause.length - heart.length - 1]!);
              }
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('each step is by a heart that its formula has, smallest clauses first, then the largest heart', () => {
    // Three 3-clauses around {1}, of which two share {1, 2}; three 2-clauses around {4}.
    const cnf: Cnf = {
      variables: 9,
      clauses: [
        [1, 2, 3],
        [1, 2, 5],
        [1, 6, 7],
        [4, 6],
        [4, 7],
        [4, 8],
      ],
    };
    const paths = [...leavesOf(cnf, { thresholds: [2, 3] })].map(({ path }) =>
      path.map(({ branch, heart, size, petals }) => `${branch} ${heart.join()} ${size} ${petals}`),
    );
    assert.equal(paths, [
      ['heart 4 2 3', 'heart 1,2 3 2'],
      ['heart 4 2 3', 'petal 1,2 3 2'],
      ['petal 4 2 3', 'heart 1,2 3 2'],
      ['petal 4 2 3', 'petal 1,2 3 2'],
    ]);
  });

  test('the theory’s thresholds give α, X = 2kα and the bound (k − 1)v/α', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 6 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 9 }),
        (k, v, alpha) => {
          const clause: Clause = Array.from({ length: k }, () => 1);
          const cnf: Cnf = { variables: v, clauses: [clause] };
          const thresholds = Array.from(
            { length: k },
            (_, j) => alpha * (2 * k * alpha) ** (2 * (j + 1) - 1),
          );
          const byAlpha = sparsifyBounds(cnf, { alpha });
          const byThresholds = sparsifyBounds(cnf, { thresholds });
          assert.is(byAlpha.occurrences, byThresholds.occurrences);
          assert.ok(byAlpha.petals <= ((k - 1) * v) / alpha);
          // The recursion for any thresholds gives no more than the theorem's closed form.
          assert.ok(byThresholds.petals <= ((k - 1) * v) / alpha, `${byThresholds.petals}`);
        },
      ),
    );
  });

  test('the bounds for any thresholds are the recursion’s, worked by hand', () => {
    // k = 3, v = 4, θ = 2, 3: N_1 = 8, N_2 = 2·2·4/2 + 2·2·8 = 40, petal steps 8/2 + 40/3.
    const cnf: Cnf = { variables: 4, clauses: [[1, 2, 3]] };
    assert.equal(sparsifyBounds(cnf, { thresholds: [2, 3] }), {
      petals: 8 / 2 + 40 / 3,
      occurrences: 2 * (2 + 3),
      clauses: 9 + 8 + 8,
    });
  });

  test('a yes of any leaf is one of the source, and a no needs all leaves', () => {
    fc.assert(
      fc.property(denseCnf, (cnf) => {
        const options = { thresholds: [2] };
        const answers = [...sparsify.encode(cnf, options)].map((leaf) => everyAnswer(allModels(leaf))[0]!);
        const carried = sparsify.decode(cnf, answers, options);
        assert.is(carried.outcome, allModels(cnf).length > 0 ? 'yes' : 'no');
        if (carried.outcome === 'yes') assert.ok(isModel(cnf, carried.witness));
        else assert.is(sparsify.decode(cnf, answers.slice(1), options).outcome, 'inconclusive');
      }),
      { numRuns: 100 },
    );
  });

  test('leaves stream: the first of very many comes at once', () => {
    // Pairs that share nothing: θ = 1 splits each of them, 2^40 leaves.
    const clauses = Array.from({ length: 40 }, (_, k) => [2 * k + 1, 2 * k + 2]);
    let seen = 0;
    for (const leaf of leavesOf({ variables: 80, clauses }, { thresholds: [1] })) {
      assert.is(leaf.cnf.clauses.length, 40);
      if (++seen === 100) break;
    }
    assert.is(seen, 100);
  });

  test('the ledger has bounds promised and met', () => {
    const cnf: Cnf = {
      variables: 4,
      clauses: [
        [1, 2],
        [1, 3],
        [1, 4],
      ],
    };
    assert.equal(sparsify.ledger(cnf, { thresholds: [2] }), [
      { parameter: 'leaves', promised: '2^(εv)', actual: '2' },
      { parameter: 'petal steps', promised: '≤ 4', actual: '1' },
      { parameter: 'heart steps', promised: '-', actual: '1' },
      { parameter: 'clauses of a variable', promised: '≤ 4', actual: '0' },
      { parameter: 'clauses', promised: '≤ 17', actual: '3' },
    ]);
  });
});
