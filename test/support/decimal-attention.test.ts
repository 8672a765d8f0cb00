import * as assert from 'uvu/assert';
import { denseMatrix } from '../../src/problems/attention.ts';
import { decimalAttention, decimalExp, toDecimal } from './decimal-attention.ts';
import { suite } from './harness.ts';

suite('support/decimal-attention', (test) => {
  test('a float64 is the binary number that it is', () => {
    assert.is(toDecimal(0.1, 60).toFixed(), '0.1000000000000000055511151231257827021181583404541015625');
    assert.is(toDecimal(-3).toFixed(), '-3');
    assert.is(toDecimal(2 ** -1074, 20).toNumber(), 2 ** -1074);
  });

  test('exp(1) has the digits of e', () => {
    const e = decimalExp(1, 40).toFixed(40);
    assert.is(e, '2.7182818284590452353602874713526624977572');
  });

  test('two keys at logits 0 and 1 give the logistic function of 1', () => {
    const column = (...x: number[]) => denseMatrix(x.length, 1, Float64Array.from(x));
    const attention = { q: column(1), k: column(0, 1), v: column(0, -2), scale: 1, dtype: 'f64' as const };
    const { values, magnitudes } = decimalAttention(attention);
    // 1 / (1 + 1/e) = 0.73105857863000487925115924182183627436514464...
    assert.is(values[0]!.toFixed(40), '-1.4621171572600097585023184836436725487303');
    assert.is(magnitudes[0]!.toFixed(40), '1.4621171572600097585023184836436725487303');
  });
});
