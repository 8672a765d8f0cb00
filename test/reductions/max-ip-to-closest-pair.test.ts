import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { distributedPcp } from '../../reductions/distributed-pcp.ts';
import { maxIpToClosestPair } from '../../reductions/max-ip-to-closest-pair.ts';
import { hammingDistance } from '../../src/problems/closest-pair.ts';
import { fromOnes, innerProduct, maxWeight, weight } from '../../src/problems/orthogonal-vectors.ts';
import { suite } from '../support/harness.ts';
import { reductionLaw } from '../support/laws.ts';
import { answersTo, gapMaxIpArb, isLarge, largePairs, nearPairs, pairsOf } from '../support/gap-instances.ts';

suite('reductions/max-ip-to-closest-pair', (test) => {
  test('every pair with a large inner product comes back, and only those', () =>
    reductionLaw(
      {
        reduction: maxIpToClosestPair,
        sources: gapMaxIpArb(6, 40),
        given: fc.constant(undefined),
        answers: (target) => answersTo(nearPairs(target)),
        solutions: largePairs,
        isSolution: isLarge,
        everyWitness: true,
        keepsCount: true,
      },
      { numRuns: 300 },
    ));

  test('dist = 2(W_a + W_b − 2⟨a, b⟩) for every pair, every point weighs half, and the gap is kept', () => {
    fc.assert(
      fc.property(gapMaxIpArb(6, 70), (source) => {
        const target = maxIpToClosestPair.encode(source, undefined);
        const weights = maxWeight(source.left) + maxWeight(source.right);
        for (const pair of pairsOf(source)) {
          const distance = hammingDistance(target, pair);
          assert.is(distance, 2 * (weights - 2 * innerProduct(source, pair)));
          assert.ok(distance <= target.near || distance >= target.far);
        }
        for (const side of [target.left, target.right]) {
          for (let row = 0; row < side.rows; row++) assert.is(2 * weight(side, row), side.columns);
        }
      }),
    );
  });

  test('an instance of the distributed PCP keeps its gap, and the ledger says how narrow it has become', () => {
    const vectors = { left: fromOnes(4, [[0, 1], [2], []]), right: fromOnes(4, [[1, 3], [0, 2], [3]]) };
    const [first] = distributedPcp.encode(vectors, { blocks: 2, length: 2, field: 5 });
    const target = maxIpToClosestPair.encode(first!, undefined);
    assert.is(target.far - target.near, 4 * (5 - 2));
    assert.equal(
      maxIpToClosestPair.ledger(first!, undefined).map(({ parameter, actual }) => `${parameter}: ${actual}`),
      ['dimension: 450', 'distances: ≤ 240 or ≥ 252', '1+ε: 1.05000', 't/d: 0.533'],
    );
  });
});
