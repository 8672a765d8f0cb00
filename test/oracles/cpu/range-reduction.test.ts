import { Decimal } from 'decimal.js';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { rangeReduction } from '../../../src/oracles/cpu/range-reduction.ts';
import { significantBitsOf } from '../bits.ts';
import { toDecimal } from '../../support/decimal-attention.ts';
import { suite } from '../../support/harness.ts';

const D = Decimal.clone({ precision: 80 });
const ln2 = new D(2).ln();

suite('oracles/cpu/range-reduction', (test) => {
  const scales = fc
    .record({
      exponent: fc.integer({ min: -500, max: 499 }),
      mantissa: fc.double({ min: 1, max: 2, noNaN: true }),
    })
    .map(({ exponent, mantissa }) => mantissa * 2 ** exponent);

  test('lHi + lLo is ln 2 / scale up to 2^-73, perL a little below its inverse', () =>
    fc.assert(
      fc.property(scales, (scale) => {
        const { perL, lHi, lLo } = rangeReduction(scale);
        const l = ln2.div(toDecimal(scale, 80));
        const off = new D(toDecimal(lHi).toString())
          .plus(new D(toDecimal(lLo).toString()))
          .minus(l)
          .abs();
        assert.ok(off.lte(l.times(new D(2).pow(-73))));
        const share = new D(toDecimal(perL).toString()).times(l);
        assert.ok(
          share.lte(new D(1).minus(new D(2).pow(-51))) && share.gte(new D(1).minus(new D(2).pow(-49))),
        );
        assert.ok(lLo >= 0 && lLo <= lHi * 2 ** -21);
      }),
    ));

  test('with 13 bits lHi is that short, and lHi + lLo still ln 2 / scale', () =>
    fc.assert(
      fc.property(scales, (scale) => {
        const { lHi, lLo } = rangeReduction(scale, 13);
        assert.ok(significantBitsOf(lHi) <= 13);
        const whole = rangeReduction(scale);
        assert.ok(Math.abs(lHi - whole.lHi + (lLo - whole.lLo)) <= 2 ** -52 * whole.lHi);
        assert.ok(lLo >= 0 && lLo <= lHi * 2 ** -12);
      }),
    ));

  test('t·lHi is exact for |t| up to 2^31', () =>
    fc.assert(
      fc.property(scales, fc.integer({ min: 1, max: 2 ** 31 - 1 }), (scale, t) => {
        const { lHi } = rangeReduction(scale);
        assert.ok(significantBitsOf(lHi) <= 22);
        assert.is(t * lHi - 2 ** 15 * Math.floor(t / 2 ** 15) * lHi, (t % 2 ** 15) * lHi);
      }),
    ));
});
