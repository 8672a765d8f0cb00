import { Decimal } from 'decimal.js';
import * as assert from 'uvu/assert';
import { ln2In64, log2e, powerTable } from '../../../src/oracles/gpu/binary-exponential.ts';
import { suite } from '../../support/harness.ts';

const D = Decimal.clone({ precision: 80 });
const two = new D(2);

suite('oracles/gpu/binary-exponential', (test) => {
  test('log2 e and ln 2 are right to their last unit', () => {
    const exact = new D(1).div(two.ln()).times(two.pow(160));
    assert.ok(exact.minus(log2e.toString()).abs().lt(1));
    assert.is(ln2In64.toString(), two.ln().times(two.pow(64)).round().toFixed());
  });

  test('every power in the table is the nearest multiple of 2^-63', () => {
    const table = powerTable();
    for (let i = 0; i < 512; i++) {
      const exponent = i < 256 ? new D(i).div(256) : new D(i - 256).div(65536);
      const nearest = two.pow(exponent.plus(63)).round();
      assert.is(
        new D(table[2 * i + 1]!)
          .times(2 ** 32)
          .plus(table[2 * i]!)
          .toFixed(),
        nearest.toFixed(),
        `${i}`,
      );
    }
  });
});
