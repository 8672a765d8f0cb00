import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import {
  exponentialPolynomial,
  type ExponentialPolynomial,
} from '../../../src/oracles/polynomial/exponential.ts';
import { suited } from '../../../src/oracles/polynomial/typical.ts';
import { suite } from '../../support/harness.ts';

/** max |p·e^-x - 1| over many points of [-M, M], which float64 can tell as long as this is far above e^M·2^-50. */
function worst(M: number, { coefficients, degree }: ExponentialPolynomial): number {
  let most = 0;
  for (let i = 0; i <= 40 * (degree + 2); i++) {
    const x = M * Math.cos((Math.PI * i) / (40 * (degree + 2)));
    const p = coefficients.reduceRight((value, c) => value * x + c, 0);
    most = Math.max(most, Math.abs(p * Math.exp(-x) - 1));
  }
  return most;
}

/** Of Taylor's polynomial, which is worst at -M. */
function taylorError(M: number, degree: number): number {
  let sum = 0;
  for (let j = 0, term = 1; j <= degree; j++, term *= -M / j) sum += term;
  return Math.abs(sum * Math.exp(M) - 1);
}

const cases = fc.record({
  M: fc.double({ min: 0.01, max: 8, noNaN: true }),
  degree: fc.integer({ min: 0, max: 14 }),
  share: fc.double({ min: 0.02, max: 0.49, noNaN: true }), // of M, the spread
  slack: fc.constantFrom(0.5, 1.01, 1.5, 3, 10, 100, 1e4),
});

suite('oracles/polynomial/typical', (test) => {
  test('whatever is given away, the error keeps to the target, or else to Taylor’s, and is certified of these coefficients', () => {
    let changed = 0;
    fc.assert(
      fc.property(cases, ({ M, degree, share, slack }) => {
        const best = exponentialPolynomial(M, degree);
        const most = best.error * slack;
        const p = suited(best, { M, spread: share * M, most }, ({ error }) => error);
        if (p !== best) changed++;
        assert.is(p.degree, degree);
        assert.is(p.coefficients.length, degree + 1);
        const found = worst(M, p);
        const rounding = Math.exp(2 * M) * 2 ** -44;
        assert.ok(found <= p.error + rounding, `${found} for ${p.error}`);
        assert.ok(p.error <= 1.01 * found + rounding, `${p.error} certified of ${found}`);
        if (slack >= 1) assert.ok(p.error <= most, `${p.error} above ${most}`);
        // What could have met no target is no worse than Taylor's features, but for the half percent of a certificate.
        else assert.ok(p.error <= 1.005 * taylorError(M, degree) + rounding, `${p.error}, degree ${degree}`);
      }),
      { numRuns: 400 },
    );
    assert.ok(changed > 100, `only ${changed} were changed`);
  });

  test('it changes nothing without slack, nor for logits that are all 0 or mostly large or not known', () => {
    for (const degree of [0, 3, 6]) {
      const best = exponentialPolynomial(1, degree);
      const of = (spread: number, most: number): ExponentialPolynomial =>
        suited(best, { M: 1, spread, most }, ({ error }) => error);
      assert.is(of(0.3, best.error), best);
      for (const spread of [0, 0.6, 1, NaN, Infinity]) assert.is(of(spread, 1), best);
    }
  });

  test('up to degree 2 and without a target it is Taylor’s polynomial', () => {
    for (const degree of [1, 2]) {
      const { coefficients } = suited(
        exponentialPolynomial(1, degree),
        { M: 1, spread: 0.2, most: 1e-9 },
        ({ error }) => error,
      );
      assert.equal([...coefficients], [1, 1, 1 / 2].slice(0, degree + 1));
    }
  });
});
