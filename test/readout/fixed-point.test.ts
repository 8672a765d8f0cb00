import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import {
  divide,
  exactProduct,
  exp,
  multiply,
  one,
  roundUp,
  toFixed,
  toNumber,
} from '../../src/readout/fixed-point.ts';
import { suite } from '../support/harness.ts';

const Precise = Decimal.clone({ precision: 120 });
const unit = new Precise(2).pow(-256);
const decimal = (fixed: bigint): Decimal => new Precise(fixed.toString()).mul(unit);

/** A number of at most 50 fractional bits, exactly; `new Decimal(0.1)` would be a tenth. */
const exactly = (x: number): Decimal => new Precise((BigInt(x * 2 ** 50) << 206n).toString()).mul(unit);

/** In units of 2^-256, cut to a whole number of them. */
const cut = (x: Decimal): bigint => BigInt(x.div(unit).floor().toFixed(0));

/** Numbers of 30 fractional bits. */
const dyadic = (min: number, max: number): fc.Arbitrary<number> =>
  fc
    .bigInt({ min: BigInt(min) << 30n, max: BigInt(max) << 30n })
    .map((numerator) => Number(numerator) / 2 ** 30);

suite('readout/fixed-point', (test) => {
  test('exp is within 2^-250 of the true value for negative arguments', () => {
    fc.assert(
      fc.property(dyadic(-200, 0), (z) => {
        const error = decimal(exp(toFixed(z))).sub(exactly(z).exp());
        assert.ok(error.abs().lt(new Precise(2).pow(-250)), `exp(${z}) is off by ${error.toString()}`);
      }),
      { numRuns: 60 },
    );
  });

  test('exp(z) is within a relative 2^-250 · exp(z) for positive arguments', () => {
    fc.assert(
      fc.property(dyadic(0, 60), (z) => {
        const truth = exactly(z).exp();
        assert.ok(
          decimal(exp(toFixed(z)))
            .div(truth)
            .sub(1)
            .abs()
            .lt(truth.mul(new Precise(2).pow(-250))),
        );
      }),
      { numRuns: 40 },
    );
  });

  test('float64s with their last bit above 2^-256 convert exactly, there and back', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e18, max: 1e18, noNaN: true }), (x) => {
        fc.pre(x === 0 || Math.abs(x) > 1e-50);
        assert.is(toNumber(toFixed(x)), x === 0 ? 0 : x);
      }),
    );
  });

  test('products of float64s are exact before they are cut', () => {
    assert.is(exactProduct(0.0999755859375, 0.375, -4), cut(exactly(0.0999755859375).mul(0.375).mul(-4)));
    assert.is(exactProduct(2 ** -200, 2 ** -57), 0n);
    assert.is(exactProduct(-(2 ** -200), 2 ** -57), -1n);
    assert.is(exactProduct(0.1, 8, 8), toFixed(0.1) * 64n);
  });

  test('roundUp never rounds down, and by less than 4 ulp', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 300n }), (a) => {
        const up = roundUp(a);
        assert.ok(new Precise(up).gte(decimal(a)));
        assert.ok(
          new Precise(up).lte(
            decimal(a)
              .mul(1 + 4 * Number.EPSILON)
              .add(Number.MIN_VALUE),
          ),
        );
      }),
    );
  });

  test('quotients and products undo each other', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n << 200n, max: 1n << 260n }), (a) => {
        const back = multiply(divide(one, a), a) - one;
        assert.ok(back <= 0n && back >= -((1n << 6n) + 1n), `off by ${back}`);
      }),
    );
  });
});
