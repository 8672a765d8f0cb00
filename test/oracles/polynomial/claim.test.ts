import * as assert from 'uvu/assert';
import { isRoomy, weightError } from '../../../src/oracles/polynomial/claim.ts';
import type { ExponentialPolynomial } from '../../../src/oracles/polynomial/exponential.ts';
import { suite } from '../../support/harness.ts';

const polynomial = (part: Partial<ExponentialPolynomial>): ExponentialPolynomial => ({
  degree: 1,
  coefficients: Float64Array.of(1, 1),
  error: 0,
  magnitude: 1,
  ...part,
});

/** One monomial of degree 0, eight keys of no entries: 610 roundings. */
const least = { degree: 0, rank: 1, keys: 8, headDim: 0 };
const near = (a: number, b: number): void => assert.ok(Math.abs(a / b - 1) < 1e-8, `${a} for ${b}`);

suite('oracles/polynomial/claim', (test) => {
  test('the error of weights is the polynomial’s, and e^M times that of every rounding of its terms', () => {
    const u = 2 ** -53;
    near(weightError(0, polynomial({ error: 0.25 }), least), 0.25 + 610 * u);
    near(weightError(0, polynomial({}), least), 610 * u);
    near(weightError(0, polynomial({ magnitude: 7 }), least), 610 * 7 * u);
    near(weightError(5, polynomial({ magnitude: 7 }), least), 610 * 7 * u * Math.exp(5));
    // A degree has 6 roundings and one a variable, a monomial one, and eight keys one.
    for (const [more, roundings] of [
      [{ degree: 3 }, 18],
      [{ degree: 3, headDim: 4 }, 30],
      [{ rank: 101 }, 100],
      [{ keys: 808 }, 100],
    ] as const) {
      near(weightError(0, polynomial({}), { ...least, ...more }), (610 + roundings) * u);
    }
  });

  test('a polynomial is refused of which a term could pass 2^400 on the way', () => {
    const wide = 2 ** 199;
    assert.ok(isRoomy(wide, polynomial({})));
    assert.ok(isRoomy(wide, polynomial({ coefficients: Float64Array.of(1, 1, 0.25) })));
    assert.not(isRoomy(wide, polynomial({ coefficients: Float64Array.of(1, 1, 4) })));
    assert.not(isRoomy(1, polynomial({ coefficients: Float64Array.of(2 ** 401, 0) })));
    assert.ok(
      isRoomy(wide, polynomial({ coefficients: Float64Array.of(1, 1, 0, 0) })),
      'what is 0 is no term',
    );
  });
});
