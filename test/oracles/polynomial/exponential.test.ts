import { Decimal } from 'decimal.js';
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { exponentialPolynomial } from '../../../src/oracles/polynomial/exponential.ts';
import {
  largestMinimaxM,
  leastError,
  leastMinimaxM,
  minimaxPolynomial,
} from '../../../src/oracles/polynomial/minimax.ts';
import {
  chebyshevSeries,
  degreeFor,
  highestDegree,
  largestM,
} from '../../../src/oracles/polynomial/series.ts';
import { suite } from '../../support/harness.ts';

const Wide = Decimal.clone({ precision: 60 });

/** max |p·e^-x - 1| over points of [-M, M], in decimal arithmetic. */
function worst(M: number, coefficients: Float64Array, points: number): number {
  let most = 0;
  for (let i = 0; i <= points; i++) {
    const x = new Wide(M).times(Math.cos((Math.PI * i) / points));
    let p = new Wide(0);
    for (let j = coefficients.length - 1; j >= 0; j--) p = p.times(x).plus(coefficients[j]!);
    most = Math.max(most, p.times(x.neg().exp()).minus(1).abs().toNumber());
  }
  return most;
}

/** The least max|δ| of any polynomial of degree g: what a linear system on g + 2 alternating points leaves, from below. */
function lowerBound(M: number, coefficients: Float64Array): number {
  const errors: number[] = [];
  for (let i = 0; i <= 400; i++) {
    const x = -M * Math.cos((Math.PI * i) / 400);
    const p = coefficients.reduceRight((value, c) => value * x + c, 0);
    const error = p * Math.exp(-x) - 1;
    const last = errors.at(-1);
    if (last === undefined || Math.sign(error) !== Math.sign(last)) errors.push(error);
    else if (Math.abs(error) > Math.abs(last)) errors[errors.length - 1] = error;
  }
  return errors.length < coefficients.length + 1 ? 0 : Math.min(...errors.map(Math.abs));
}

const taylor = (degree: number): Float64Array => {
  const coefficients = new Float64Array(degree + 1).fill(1);
  for (let j = 1; j <= degree; j++) coefficients[j] = coefficients[j - 1]! / j;
  return coefficients;
};

suite('oracles/polynomial/exponential', (test) => {
  test('the relative error is within its bound, of either kind, and that of the better one is hardly above it', () => {
    const M = fc.oneof(fc.constantFrom(0, 1e-3, 1, 8), fc.double({ min: 0, max: 20, noNaN: true }));
    fc.assert(
      fc.property(M, fc.integer({ min: 0, max: 40 }), (M, degree) => {
        const best = exponentialPolynomial(M, degree);
        for (const { coefficients, error } of [best, chebyshevSeries(M, degree)]) {
          const found = worst(M, coefficients, 3 * degree + 7);
          assert.ok(found <= error, `M ${M}, degree ${degree}: ${found} above ${error}`);
        }
        if (M <= largestMinimaxM && best.error > 1e-11 * Math.exp(2 * M)) {
          const found = worst(M, best.coefficients, 30 * degree + 31);
          assert.ok(best.error <= 1.02 * found, `M ${M}, degree ${degree}: ${best.error} for ${found}`);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('no polynomial of the same degree is better by more than three percent: its errors alternate', () => {
    let compared = 0;
    for (const M of [0.05, 0.3, 0.8, 1.5, 3, 6]) {
      for (let degree = 0; degree <= 20; degree++) {
        const { coefficients, error } = exponentialPolynomial(M, degree);
        if (error < 1e-9 * Math.exp(M)) continue;
        compared++;
        const least = lowerBound(M, coefficients);
        assert.ok(error <= 1.03 * least, `M ${M}, degree ${degree}: ${error}, at least ${least}`);
      }
    }
    assert.ok(compared > 50, `only ${compared} compared`);
  });

  test('what no polynomial of a degree can do is not above what one does, and for small M hardly below', () => {
    const M = fc.double({ min: Math.log(leastMinimaxM), max: Math.log(8), noNaN: true });
    fc.assert(
      fc.property(M.map(Math.exp), fc.integer({ min: 0, max: 20 }), (M, degree) => {
        const { error } = minimaxPolynomial(M, degree);
        if (error < 1e-9 * Math.exp(M)) return;
        const least = leastError(M, degree);
        assert.ok(least <= error, `M ${M}, degree ${degree}: ${least} for ${error}`);
        if (M <= 1 / 2) assert.ok(least >= 0.85 * error, `M ${M}, degree ${degree}: ${least} for ${error}`);
      }),
    );
  });

  test('what rounding can hide of a polynomial’s error while it is measured is added to it', () => {
    // By Horner's rule a value has 2g roundings of its terms, of which the sizes add up to the magnitude.
    for (const M of [0.05, 1, 4, 16]) {
      for (let degree = 4; degree <= 40; degree += 4) {
        const { error, magnitude } = minimaxPolynomial(M, degree);
        assert.ok(error >= 2 * degree * 2 ** -53 * Math.exp(M) * magnitude, `M ${M}, degree ${degree}`);
      }
    }
  });

  test('at equal rank its worst error is at most Taylor’s, and its certificate hardly above, for every M and degree', () => {
    let far = 0;
    for (const M of [2 ** -9, 2 ** -7, 0.1, 0.25, 0.5, 1, 2, 4, 8, 12, 16, 24, 32]) {
      for (let degree = 0; degree <= 24; degree++) {
        const { error, coefficients } = exponentialPolynomial(M, degree);
        const theirs = worst(M, taylor(degree), 2); // it is worst at -M
        if (theirs < 1e-11 * Math.exp(M)) continue; // rounding is in our bound and not in theirs
        const ours = worst(M, coefficients, 10 * degree + 11);
        assert.ok(ours <= theirs, `M ${M}, degree ${degree}: ${ours} against ${theirs}`);
        assert.ok(error <= 1.002 * theirs, `M ${M}, degree ${degree}: ${error} certified against ${theirs}`);
        if (error < theirs / 10) far++;
      }
    }
    assert.ok(far > 90, `only ${far} are ten times better`);
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

  test('coefficients of M = 0 are Taylor’s, and none leaves float64 at the largest M and degree', () => {
    assert.equal([...exponentialPolynomial(0, 4).coefficients], [1, 1, 1 / 2, 1 / 6, 1 / 24]);
    const { coefficients, magnitude } = exponentialPolynomial(largestM, highestDegree);
    assert.ok(coefficients.every(Number.isFinite) && Number.isFinite(magnitude));
  });

  test('the magnitude bounds the sum of the terms', () => {
    const { coefficients, magnitude } = exponentialPolynomial(3, 9);
    assert.ok(coefficients.reduce((sum, c, j) => sum + Math.abs(c) * 3 ** j, 0) <= magnitude);
    assert.ok(magnitude <= 1.01 * Math.exp(3), String(magnitude));
  });
});
