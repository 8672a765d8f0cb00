import { Decimal } from 'decimal.js';
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import {
  degreeFor,
  exponentialPolynomial,
  highestDegree,
  largestM,
} from '../../../src/oracles/polynomial/exponential.ts';
import { suite } from '../../support/harness.ts';

const Wide = Decimal.clone({ precision: 60 });

/** max |p - exp| over points of [-M, M], in decimal arithmetic. */
function worst(M: number, coefficients: Float64Array, points: number): number {
  let most = 0;
  for (let i = 0; i <= points; i++) {
    const x = new Wide(M).times(Math.cos((Math.PI * i) / points));
    let p = new Wide(0);
    for (let j = coefficients.length - 1; j >= 0; j--) p = p.times(x).plus(coefficients[j]!);
    most = Math.max(most, p.minus(x.exp()).abs().toNumber());
  }
  return most;
}

suite('oracles/polynomial/exponential', (test) => {
  test('the error is within its bound, and the bound within a factor of three where truncation rules', () => {
    const M = fc.oneof(fc.constantFrom(0, 1e-3, 1, 8), fc.double({ min: 0, max: 20, noNaN: true }));
    fc.assert(
      fc.property(M, fc.integer({ min: 0, max: 40 }), (M, degree) => {
        const { coefficients, error } = exponentialPolynomial(M, degree);
        const found = worst(M, coefficients, 3 * degree + 7);
        assert.ok(found <= error, `M ${M}, degree ${degree}: ${found} above ${error}`);
        if (error > 1e-9 * Math.exp(M) && degree >= M) assert.ok(error <= 3 * found, `${error} for ${found}`);
      }),
      { numRuns: 60 },
    );
  });

  test('the degrees for M = 1, 4 and 8 and errors 1e-2, 1e-4 and 1e-8 are the known ones', () => {
    const degrees = [1, 4, 8].map((M) => [1e-2, 1e-4, 1e-8].map((error) => degreeFor(M, error)));
    assert.equal(degrees, [
      [4, 6, 9],
      [10, 13, 17],
      [19, 22, 27],
    ]);
  });

  test('a degree is the least whose tail suffices, also where it is only named', () => {
    assert.is(degreeFor(0, 1e-9), 0);
    assert.ok(degreeFor(1, 1e-6) > degreeFor(1, 1e-5));
    for (const M of [40, 100, 1000, 1e6, 2 ** 30]) assert.ok(degreeFor(M, 1e-3) > M, String(M));
  });

  test('coefficients of M = 0 are those of Taylor, and none leaves float64 at the largest M and degree', () => {
    const taylor = exponentialPolynomial(0, 4).coefficients;
    assert.equal([...taylor], [1, 1, 1 / 2, 1 / 6, 1 / 24]);
    const { coefficients, magnitude } = exponentialPolynomial(largestM, highestDegree);
    assert.ok(coefficients.every(Number.isFinite) && Number.isFinite(magnitude));
  });

  test('the magnitude bounds the sum of the terms', () => {
    const { coefficients, magnitude } = exponentialPolynomial(3, 9);
    assert.ok(coefficients.reduce((sum, c, j) => sum + Math.abs(c) * 3 ** j, 0) <= magnitude);
    assert.ok(magnitude <= 1.01 * Math.exp(3), String(magnitude));
  });
});
