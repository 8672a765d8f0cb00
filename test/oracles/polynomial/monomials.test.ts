import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import {
  featuresOf,
  monomials,
  multinomialsOf,
  rankOf,
  weightsOf,
} from '../../../src/oracles/polynomial/monomials.ts';
import { numbers } from '../cases.ts';
import { suite } from '../../support/harness.ts';

/** Every exponent of at most so high a degree, as a number to base 16. */
function exponents(d: number, g: number): number[] {
  if (d === 0) return [0];
  return Array.from({ length: g + 1 }, (_, power) =>
    exponents(d - 1, g - power).map((rest) => rest * 16 + power),
  ).flat();
}

const shapes = fc.record({ d: fc.integer({ min: 0, max: 6 }), g: fc.integer({ min: 0, max: 6 }) });

suite('oracles/polynomial/monomials', (test) => {
  test('the rank is binom(d + g, g), the number of exponents', () => {
    fc.assert(
      fc.property(shapes, ({ d, g }) => {
        const { rank, inner, runs } = monomials(d, g);
        assert.is(rank, exponents(d, g).length);
        assert.is(inner, g === 0 ? 0 : exponents(d, g - 1).length);
        assert.is(
          runs.reduce((sum, run) => sum + run, 1),
          rank,
        );
      }),
    );
    assert.is(rankOf(8, 6), 3003);
    assert.is(rankOf(92, 3), 138415);
    assert.is(rankOf(2000, 2000), Infinity);
  });

  test('the features are all monomials, each once', () => {
    fc.assert(
      fc.property(shapes, ({ d, g }) => {
        const primes = Float64Array.of(2, 3, 5, 7, 11, 13);
        const order = monomials(d, g);
        const features = new Float64Array(order.rank);
        featuresOf(order, primes, 0, features);
        const wanted = exponents(d, g).map((e) =>
          primes.subarray(0, d).reduce((product, p, c) => product * p ** (Math.floor(e / 16 ** c) % 16), 1),
        );
        assert.equal(
          [...features].toSorted((a, b) => a - b),
          wanted.toSorted((a, b) => a - b),
        );
      }),
    );
  });

  test('weighted, they make the polynomial of the inner product', () => {
    fc.assert(
      fc.property(shapes, fc.integer(), ({ d, g }, seed) => {
        const next = numbers(seed);
        const draw = (length: number): Float64Array => Float64Array.from({ length }, () => next() + 0.1);
        const [q, k, coefficients] = [draw(d), draw(d), draw(g + 1)];
        const order = monomials(d, g);
        const ofQ = new Float64Array(order.rank);
        const ofK = new Float64Array(order.rank);
        featuresOf(order, q, 0, ofQ);
        featuresOf(order, k, 0, ofK);
        const sum = weightsOf(order, multinomialsOf(order), coefficients).reduce(
          (s, w, a) => s + w * ofQ[a]! * ofK[a]!,
          0,
        );
        const x = q.reduce((s, y, c) => s + y * k[c]!, 0);
        const p = coefficients.reduceRight((value, c) => value * x + c, 0);
        assert.ok(Math.abs(sum / p - 1) < 1e-13, `${sum} for ${p}`); // all terms positive: 40 roundings and 924 sums
      }),
    );
  });
});
