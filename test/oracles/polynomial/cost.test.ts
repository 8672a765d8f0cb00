import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { costOf, relativeTime, type Shape } from '../../../src/oracles/polynomial/cost.ts';
import { suite } from '../../support/harness.ts';

const near = (a: number, b: number): void => assert.ok(Math.abs(a / b - 1) < 1e-12, `${a} for ${b}`);

const shapes: fc.Arbitrary<Shape> = fc.record({
  queries: fc.integer({ min: 1, max: 100_000 }),
  keys: fc.integer({ min: 1, max: 100_000 }),
  headDim: fc.integer({ min: 1, max: 8 }),
  valueDim: fc.integer({ min: 1, max: 9 }),
});

suite('oracles/polynomial/cost', (test) => {
  test('the work counts every monomial, for each pair of columns of values and ones, as worked by hand', () => {
    // binom(7, 3) = 35 monomials, 15 of them of a degree below 3; a column of values and the ones are one pair.
    const shape = { queries: 1000, keys: 500, headDim: 4, valueDim: 1 };
    const exact = 1000 * 500 * (4 + 1 + 18);
    assert.equal(costOf(shape, 3), { rank: 35, work: 1500 * (70 + 15 + 32), exactWork: exact });
    assert.equal(costOf(shape, 0), { rank: 1, work: 1500 * (2 + 0 + 32), exactWork: exact });
    for (const [valueDim, pairs] of [
      [0, 1],
      [1, 1],
      [2, 2],
      [3, 2],
      [4, 3],
    ] as const) {
      const { work, exactWork } = costOf({ ...shape, valueDim }, 3);
      assert.is(work, 1500 * pairs * 117, `${valueDim} columns`);
      assert.is(exactWork, 500_000 * (22 + valueDim));
    }
  });

  test('the time is that of the model, worked by hand: set up, rows, polynomials, monomials, threads of either', () => {
    // 300 rows are done by one thread on either side.
    const small = { queries: 200, keys: 100, headDim: 4, valueDim: 1 };
    near(
      relativeTime(small, [{ degree: 3, queries: 200, keys: 100 }]),
      (1.2e6 + 720 * 300 + 9700 * 25 + 220 * 35 + 300 * 117) / (200 * 100 * 23),
    );
    // Exact attention with 11.5 million multiplications has two threads, 1500 · 35 products have one.
    const middle = { queries: 1000, keys: 500, headDim: 4, valueDim: 2 };
    near(
      relativeTime(middle, [{ degree: 3, queries: 1000, keys: 500 }]),
      (1.2e6 + 720 * 1500 + 9700 * 25 + 220 * 35 * 2 + 1500 * 2 * 117) / ((1000 * 500 * 24) / 2),
    );
    // 2^21 rows with 35 monomials have two threads on either side, and each tier its own polynomial.
    const n = 2 ** 20;
    const large = { queries: n, keys: n, headDim: 4, valueDim: 1 };
    near(
      relativeTime(large, [
        { degree: 2, queries: n / 2, keys: 0 },
        { degree: 3, queries: n / 2, keys: n },
      ]),
      (1.2e6 +
        720 * 2 * n +
        9700 * (16 + 25) +
        220 * (15 + 35) +
        ((n / 2) * (30 + 5 + 32) + (n + n / 2) * 117) / 2) /
        ((n * n * 23) / 2),
    );
  });

  test('monomials beyond a core’s cache take longer, up to four times', () => {
    const time = (headDim: number, degree: number): number => {
      const shape = { queries: 1000, keys: 1000, headDim, valueDim: 1 };
      const { rank, work, exactWork } = costOf(shape, degree);
      const alone = 1.2e6 + 720 * 2000 + 9700 * (degree + 2) ** 2 + 220 * rank;
      const threads = 2000 * rank < 4e7 ? 1 : 2;
      return (
        ((relativeTime(shape, [{ degree, queries: 1000, keys: 1000 }]) * exactWork) / 2 - alone) /
        (work / threads)
      );
    };
    near(time(20, 4), 1); // 10,626 monomials
    near(time(30, 4), 1 + (46_376 - 2 ** 14) / 2 ** 15);
    near(time(30, 5), 4); // 324,632
  });

  test('a higher degree and more rows cost more, and even a tier without rows takes time', () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 0, max: 8 }), (shape, degree) => {
        const share = { degree, queries: shape.queries, keys: shape.keys };
        const time = relativeTime(shape, [share]);
        assert.ok(costOf(shape, degree + 1).work > costOf(shape, degree).work);
        assert.ok(costOf({ ...shape, keys: shape.keys + 1 }, degree).work > costOf(shape, degree).work);
        assert.ok(relativeTime(shape, [{ degree, queries: 0, keys: 0 }, share]) > time);
      }),
    );
  });
});
