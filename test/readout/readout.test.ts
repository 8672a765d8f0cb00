import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import {
  chebyshevAmplification,
  interpolationReadout,
  lagrangeAtZero,
} from '../../src/readout/interpolation.ts';
import { estimateMinimax, minimaxReadout } from '../../src/readout/minimax.ts';
import { toFixed, toNumber } from '../../src/readout/fixed-point.ts';
import { amplification, padMass, padsFor, residual, type Readout } from '../../src/readout/readout.ts';
import { thresholdBound, thresholdReadout } from '../../src/readout/threshold.ts';
import { representableBound } from '../../src/readout/entries.ts';
import { suite } from '../support/harness.ts';

const Precise = Decimal.clone({ precision: 100 });

/** A float64 exactly, as a sum of its bits. */
function exactly(x: number): Decimal {
  let exponent = 0;
  while (!Number.isInteger(x)) [x, exponent] = [x * 2, exponent + 1];
  return new Precise(BigInt(x).toString()).div(new Precise(2).pow(exponent));
}

/** max |r(s) − [s = 0]| with another library's arithmetic. */
function residualByDecimal({ scale, bound, scales, weights, weightAtOne, degree }: Readout): Decimal {
  const nodes = scales.map((t) => exactly(scale).mul(exactly(bound)).mul(exactly(t)).neg().exp());
  let worst = new Precise(0);
  for (let s = 0; s <= degree; s++) {
    const r = nodes.reduce((sum, x, k) => sum.add(exactly(weights[k]!).mul(x.pow(s))), exactly(weightAtOne));
    worst = Decimal.max(worst, r.sub(s === 0 ? 1 : 0).abs());
  }
  return worst;
}

const readoutArb: fc.Arbitrary<Readout> = fc
  .record({
    degree: fc.integer({ min: 0, max: 12 }),
    bound: fc.double({ min: 0.5, max: 20, noNaN: true }),
    headDim: fc.integer({ min: 1, max: 150 }),
    parts: fc.array(
      fc.tuple(
        fc.double({ min: 1e-3, max: 1, noNaN: true }),
        fc.double({ min: -1e9, max: 1e9, noNaN: true }),
      ),
      { minLength: 1, maxLength: 6 },
    ),
    weightAtOne: fc.double({ min: -10, max: 10, noNaN: true }),
  })
  .map(({ degree, bound, headDim, parts, weightAtOne }) => ({
    kind: 'minimax',
    degree,
    bound,
    scale: 1 / headDim,
    scales: parts.map(([share]) => share * bound),
    weights: parts.map(([, weight]) => weight),
    weightAtOne,
  }));

suite('readout/readout', (test) => {
  test('the residual of any readout is what another arithmetic finds, and never less', () => {
    fc.assert(
      fc.property(readoutArb, (readout) => {
        const truth = residualByDecimal(readout);
        const found = residual(readout);
        assert.ok(truth.lte(found), `${found} is below ${truth.toString()}`);
        assert.ok(
          truth
            .mul(1 + 1e-14)
            .add(1e-60)
            .gte(found),
          `${found} is far above ${truth.toString()}`,
        );
      }),
      { numRuns: 60 },
    );
  });

  test('a weight that is off by an ulp shows in the residual', () => {
    const readout = interpolationReadout({ degree: 20, bound: 12, scale: 1 / 60, headDim: 60, dtype: 'f64' });
    const largest = readout.weights.reduce(
      (k, w, j) => (Math.abs(w) > Math.abs(readout.weights[k]!) ? j : k),
      0,
    );
    const off = readout.weights.map((w, k) => (k === largest ? w * (1 + 2 ** -50) : w));
    assert.ok(residual({ ...readout, weights: off }) > 4 * residual(readout));
  });

  test('interpolation weights add up, in absolute value, to T_D((1+x)/(1-x)) at the Chebyshev extrema', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.double({ min: 0.001, max: 0.6, noNaN: true }),
        (degree, xMin) => {
          const nodes = Array.from(
            { length: degree + 1 },
            (_, k) => (1 + xMin) / 2 + ((1 - xMin) / 2) * Math.cos((Math.PI * k) / degree),
          );
          const sum = lagrangeAtZero(nodes.map(toFixed)).reduce(
            (total, w) => total + Math.abs(toNumber(w)),
            0,
          );
          const ideal = chebyshevAmplification(degree, xMin);
          assert.ok(Math.abs(sum / ideal - 1) < 1e-9, `${sum}, T_D = ${ideal}`);
        },
      ),
    );
  });

  test('no other nodes interpolate with less amplification', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 1000 }), { minLength: 2, maxLength: 12 }),
        fc.double({ min: 0.01, max: 0.5, noNaN: true }),
        (steps, xMin) => {
          const nodes = steps.map((step) => toFixed(xMin + ((1 - xMin) * step) / 1000));
          const sum = lagrangeAtZero(nodes).reduce((total, w) => total + Math.abs(toNumber(w)), 0);
          assert.ok(sum >= chebyshevAmplification(nodes.length - 1, xMin) * (1 - 1e-9));
        },
      ),
    );
  });

  test('½(coth^D(B²/4d) + tanh^D(B²/4d)) is the same number', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0.05, max: 6, noNaN: true }),
        (degree, quarter) => {
          const form = (Math.tanh(quarter) ** -degree + Math.tanh(quarter) ** degree) / 2;
          const ours = chebyshevAmplification(degree, Math.exp(-4 * quarter));
          assert.ok(Math.abs(ours / form - 1) < 1e-9);
        },
      ),
    );
  });

  test('an interpolation readout is exact up to the rounding of its weights', () => {
    for (const [degree, bound, headDim] of [
      [47, 16, 92],
      [20, 8, 40],
      [1, 0.5, 3],
      [3, 2, 10],
    ] as const) {
      const readout = interpolationReadout({ degree, bound, scale: 1 / headDim, headDim, dtype: 'f64' });
      assert.is(readout.scales.length, degree);
      assert.ok(residual(readout) <= (amplification(readout) + Math.abs(readout.weightAtOne)) * 2 ** -52);
      const ideal = chebyshevAmplification(degree, Math.exp((-bound * bound) / headDim));
      assert.ok(amplification(readout) < ideal * 1.001 && amplification(readout) > ideal * 0.5);
    }
  });

  test('a minimax readout keeps its tolerance and is within 5% of the best amplification known', () => {
    // Optima of a 200-bit simplex over 81 nodes, η = 1/8192, D = 47, d = 92.
    for (const [xMin, optimum, slack] of [
      [0.03, 2.67, 1e-9],
      [0.1, 29.9, 1e-9],
      [0.2, 1.13e3, 1e-9],
      [0.3, 7.64e4, 1e-6],
      [0.4, 1.23e7, 1e-4],
      [0.5, 7.22e9, 0.02],
    ] as const) {
      const bound = representableBound('f64', 92, Math.sqrt(-92 * Math.log(xMin)));
      const readout = minimaxReadout({
        degree: 47,
        bound,
        scale: 1 / 92,
        headDim: 92,
        dtype: 'f64',
        tolerance: 1 / 8192,
      });
      assert.ok(amplification(readout) < 1.05 * optimum, `${xMin}: ${amplification(readout)}`);
      // What is above η comes from rounding the weights to float64 and is in the residual.
      assert.ok(residual(readout) <= (1 / 8192) * (1 + slack), `${xMin}: ${residual(readout) * 8192}`);
    }
  });

  test('coarse entries cost less than 5% of amplification', () => {
    for (const dtype of ['f32', 'f16', 'bf16'] as const) {
      for (const bound of [8, 10.5, 12.5, 16]) {
        const at = { degree: 47, bound, scale: 1 / 92, headDim: 92, tolerance: 1 / 8192 };
        const ratio =
          amplification(minimaxReadout({ ...at, dtype })) /
          amplification(minimaxReadout({ ...at, dtype: 'f64' }));
        assert.ok(ratio < 1.05, `${dtype} at ${bound}: ${ratio}`);
      }
    }
  });

  test('the estimate in closed form is within a factor of 2.5 for x_min up to 0.3, and too low beyond', () => {
    for (const keys of [256, 1024, 32768]) {
      for (const xMin of [0.03, 0.1, 0.2, 0.3, 0.5]) {
        const tolerance = 1 / (8 * keys);
        const bound = representableBound('f64', 100, Math.sqrt(-100 * Math.log(xMin)));
        const readout = minimaxReadout({
          degree: 50,
          bound,
          scale: 1 / 100,
          headDim: 100,
          dtype: 'f64',
          tolerance,
          candidates: 33,
        });
        const ratio = amplification(readout) / estimateMinimax(xMin, tolerance).amplification;
        if (xMin <= 0.3)
          assert.ok(ratio > 1 / 2.5 && ratio < (xMin < 0.25 ? 2.5 : 20), `${keys} ${xMin}: ${ratio}`);
        else assert.ok(ratio > 10, `${keys} ${xMin}: ${ratio}`);
      }
    }
  });

  test('a threshold readout at its bound leaves a quarter for all that is not orthogonal', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 20 }), fc.integer({ min: 1, max: 200 }), (keys, headDim) => {
        const bound = thresholdBound(keys, 1 / headDim);
        const found = keys * residual(thresholdReadout(30, bound, 1 / headDim));
        assert.ok(Math.abs(found - 0.25) < 1e-9);
      }),
    );
  });

  test('the pads that are counted out weigh at least what was asked, and one less would not', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.double({ min: 0.1, max: 30, noNaN: true }),
        fc.integer({ min: 1, max: 200 }),
        (mass, bound, headDim) => {
          fc.pre(bound * bound < 60 * headDim);
          const count = padsFor(mass, bound, 1 / headDim);
          assert.ok(padMass(count, bound, 1 / headDim) >= mass);
          if (count > 1) assert.ok(padMass(count - 1, bound, 1 / headDim) < mass * (1 + 1e-9));
        },
      ),
    );
  });
});
