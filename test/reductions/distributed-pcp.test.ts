import fc from 'fast-check';
import * as assert from 'uvu/assert';
import {
  distributedPcp,
  fieldFor,
  merlinsMessages,
  pcpParameters,
  pcpSize,
  type PcpParameters,
} from '../../reductions/distributed-pcp.ts';
import type { Answer } from '../../src/problems/answer.ts';
import type { GapMaxIp } from '../../src/problems/gap-max-ip.ts';
import {
  fromOnes,
  innerProduct,
  isOrthogonal,
  type OrthogonalVectors,
  type Pair,
} from '../../src/problems/orthogonal-vectors.ts';
import { allOrthogonalPairs } from '../../src/solvers/orthogonal-pairs.ts';
import { orthogonalVectorsArb } from '../support/arbitraries.ts';
import { suite } from '../support/harness.ts';
import { everyAnswer, reductionLaw } from '../support/laws.ts';

/** All vectors of a dimension, on both sides. */
function everyVector(dimension: number): OrthogonalVectors {
  const all = fromOnes(
    dimension,
    Array.from({ length: 2 ** dimension }, (_, x) =>
      Array.from({ length: dimension }, (_, c) => c).filter((c) => ((x >> c) & 1) === 1),
    ),
  );
  return { left: all, right: all };
}

/** Pairs with an inner product of at least `high`, by brute force. */
function largePairs(instance: GapMaxIp): Pair[] {
  const pairs: Pair[] = [];
  for (let i = 0; i < instance.left.rows; i++) {
    for (let j = 0; j < instance.right.rows; j++) {
      if (innerProduct(instance, { i, j }) >= instance.high) pairs.push({ i, j });
    }
  }
  return pairs;
}

/** Answers for every pair of every instance in turn: one list of answers for each large pair there is. */
function* everyAnswerList(instances: Iterable<GapMaxIp>): Generator<Answer<Pair>[]> {
  const found = [...instances].map(largePairs);
  const first = found.map((pairs) => everyAnswer(pairs)[0]!);
  let some = false;
  for (const [mu, pairs] of found.entries()) {
    for (const answer of everyAnswer(pairs)) {
      if (answer.outcome !== 'yes') continue;
      some = true;
      // The OR takes the first witness, so the messages before this one keep quiet; their counts are asked for below.
      yield first.map((other, at) => (at === mu ? answer : at < mu ? everyAnswer<Pair>([])[0]! : other));
    }
  }
  if (!some) yield first;
}

const small: fc.Arbitrary<OrthogonalVectors> = orthogonalVectorsArb({ maxVectors: 6, maxDimension: 6 });

const given = (vectors: OrthogonalVectors): PcpParameters => pcpParameters(vectors.left.columns);

suite('reductions/distributed-pcp', (test) => {
  // Parameters enumerated by hand: messages, dimension, inner product of an orthogonal pair, most of another.
  const byHand = [
    [2, 2, 5, 5, 125, 5, 2],
    [3, 2, 5, 5, 625, 5, 2],
    [2, 3, 7, 49, 343, 7, 4],
    [4, 2, 7, 7, 16807, 7, 2],
    [2, 1, 3, 1, 27, 3, 0],
  ] as const;

  for (const [blocks, length, field, messages, dimension, high, low] of byHand) {
    const parameters = { blocks, length, field };
    test(`(T, ℓ, q) = (${blocks}, ${length}, ${field}): ${messages} messages of dimension ${dimension}, and over all pairs and messages the inner product is ${high} for one message of an orthogonal pair, else at most ${low}`, () => {
      assert.equal(pcpSize(parameters), { messages, dimension, high, low });
      // All vectors of dimension T·ℓ where that is quick, and of one coordinate fewer, to see the padding.
      const vectors = everyVector(Math.min(6, blocks * length));
      const accepted = new Map<string, number>();
      let seen = 0;
      let largestOther = 0;
      for (const instance of distributedPcp.encode(vectors, parameters)) {
        seen++;
        assert.is(instance.left.columns, dimension);
        for (let i = 0; i < vectors.left.rows; i++) {
          for (let j = 0; j < vectors.right.rows; j++) {
            const coins = innerProduct(instance, { i, j });
            if (coins === high) accepted.set(`${i},${j}`, (accepted.get(`${i},${j}`) ?? 0) + 1);
            else largestOther = Math.max(largestOther, coins);
          }
        }
      }
      assert.is(seen, messages);
      assert.ok(largestOther <= low, `${largestOther}`);
      for (let i = 0; i < vectors.left.rows; i++) {
        for (let j = 0; j < vectors.right.rows; j++) {
          assert.is(accepted.get(`${i},${j}`) ?? 0, isOrthogonal(vectors, { i, j }) ? 1 : 0, `${i}, ${j}`);
        }
      }
    });
  }

  test('the bound on the coins of a dishonest message is reached', () => {
    // Soundness is no better than 2(ℓ − 1): the promise is not stated too weakly.
    const parameters = { blocks: 2, length: 2, field: 5 };
    const vectors = everyVector(4);
    let most = 0;
    for (const instance of distributedPcp.encode(vectors, parameters)) {
      for (let i = 0; i < 16; i++) {
        for (let j = 0; j < 16; j++) {
          if (!isOrthogonal(vectors, { i, j })) most = Math.max(most, innerProduct(instance, { i, j }));
        }
      }
    }
    assert.is(most, 2);
  });

  test('Merlin’s messages are all different, vanish at 1 … ℓ and are as many as q^(ℓ−1)', () => {
    for (const [blocks, length, field] of byHand) {
      const messages = [...merlinsMessages({ blocks, length, field })];
      assert.is(new Set(messages.map((message) => message.join())).size, field ** (length - 1));
      for (const message of messages) for (let i = 1; i <= length; i++) assert.is(message[i % field], 0);
    }
  });

  test('messages come one by one: the first of 11^12 is made at once', () => {
    const [first] = merlinsMessages({ blocks: 2, length: 13, field: 29 });
    assert.equal(
      [...first!],
      Array.from({ length: 29 }, () => 0),
    );
  });

  test('every orthogonal pair comes back, and only those, with their number', () =>
    reductionLaw(
      {
        reduction: {
          ...distributedPcp,
          encode: (vectors) => distributedPcp.encode(vectors, given(vectors)),
          decode: (vectors, answers: Iterable<Answer<Pair>>) =>
            distributedPcp.decode(vectors, answers, given(vectors)),
          ledger: (vectors) => distributedPcp.ledger(vectors, given(vectors)),
        },
        sources: small,
        given: fc.constant(undefined),
        answers: everyAnswerList,
        solutions: allOrthogonalPairs,
        isSolution: isOrthogonal,
        everyWitness: true,
        keepsCount: false,
      },
      { numRuns: 60 },
    ));

  test('the counts of all messages add up to the number of orthogonal pairs', () => {
    fc.assert(
      fc.property(small, (vectors) => {
        const parameters = given(vectors);
        const answers = [...distributedPcp.encode(vectors, parameters)].map(
          (instance) => everyAnswer(largePairs(instance))[0]!,
        );
        const answer = distributedPcp.decode(vectors, answers, parameters);
        const count = answer.outcome === 'yes' ? answer.count : 0n;
        assert.is(count, BigInt(allOrthogonalPairs(vectors).length));
      }),
      { numRuns: 60 },
    );
  });

  test('a no needs the answer to every message', () => {
    const vectors: OrthogonalVectors = { left: fromOnes(4, [[0, 3]]), right: fromOnes(4, [[3]]) };
    const parameters = { blocks: 2, length: 2, field: 5 };
    const no = everyAnswer<Pair>([])[0]!;
    assert.is(
      distributedPcp.decode(
        vectors,
        Array.from({ length: 5 }, () => no),
        parameters,
      ).outcome,
      'no',
    );
    assert.is(
      distributedPcp.decode(
        vectors,
        Array.from({ length: 4 }, () => no),
        parameters,
      ).outcome,
      'inconclusive',
    );
  });

  test('the parameters chosen are valid and no other choice makes a smaller q^(T+ℓ)', () => {
    for (let dimension = 0; dimension <= 30; dimension++) {
      const { blocks, length, field } = pcpParameters(dimension);
      assert.ok(blocks * length >= dimension);
      assert.is(field, fieldFor(blocks, length));
      assert.ok(field > blocks && field > length && field > 2 * (length - 1));
      for (let t = 1; t <= Math.max(1, dimension); t++) {
        for (let l = 1; l <= Math.max(1, dimension); l++) {
          if (t * l < dimension) continue;
          const [other, ours] = [fieldFor(t, l) ** (t + l), field ** (blocks + length)];
          assert.ok(ours <= other * (1 + 1e-9), `${dimension}: (${t}, ${l}) is smaller`);
        }
      }
    }
    assert.equal(pcpParameters(12), { blocks: 4, length: 3, field: 5 });
    assert.equal(pcpParameters(0), { blocks: 1, length: 1, field: 2 });
  });

  test('the ledger has the parameters, promised and actual', () => {
    const vectors = everyVector(4);
    assert.equal(distributedPcp.ledger(vectors, { blocks: 2, length: 2, field: 5 }), [
      { parameter: 'T, ℓ, q', promised: 'T·ℓ ≥ 4', actual: '2, 2, 5' },
      { parameter: 'instances', promised: 'n^ε, here q^(ℓ−1)', actual: '5' },
      {
        parameter: 'dimension',
        promised: 'O(log n) with AG codes, here q^(T+1)',
        actual: '125 = 31.3 · log₂ n',
      },
      { parameter: 'inner products', promised: '≥ q or ≤ 2(ℓ−1)', actual: '≥ 5 or ≤ 2' },
    ]);
  });
});
