import type { Decimal } from 'decimal.js';
import * as assert from 'uvu/assert';
import { denseMatrix, type Matrix } from '../../src/problems/attention.ts';
import { decimalAttention, decimalExp, toDecimal } from './decimal-attention.ts';
import { suite } from './harness.ts';

const digits = (x: Decimal): string => x.toSignificantDigits(40).toString();
const column = (...x: number[]): Matrix => denseMatrix(x.length, 1, Float64Array.from(x));

suite('support/decimal-attention', (test) => {
  test('a float64 is the binary number that it is', () => {
    assert.is(toDecimal(0.1, 60).toFixed(), '0.1000000000000000055511151231257827021181583404541015625');
    assert.is(toDecimal(-3).toFixed(), '-3');
    assert.is(toDecimal(2 ** -1074, 20).toNumber(), 2 ** -1074);
  });

  test('exp(1) has the digits of e', () => {
    assert.is(digits(decimalExp(1)), '2.718281828459045235360287471352662497757');
  });

  test('two keys at logits 0 and 1 give the logistic function of 1', () => {
    const attention = { q: column(1), k: column(0, 1), v: column(0, -2), scale: 1, dtype: 'f64' as const };
    const { values, magnitudes } = decimalAttention(attention);
    // 1 / (1 + 1/e) = 0.73105857863000487925115924182183627436514464...
    assert.is(digits(values[0]!), '-1.46211715726000975850231848364367254873');
    assert.is(digits(magnitudes[0]!), '1.46211715726000975850231848364367254873');
  });

  test('keys of one logit count each, and a tiny value beside huge ones is not lost', () => {
    const [q, k, v] = [column(0.1), column(0.3, 0.3, 0.3), column(2 ** 449, -(2 ** 449), 2 ** -1074)];
    const { values, magnitudes } = decimalAttention({ q, k, v, scale: 0.7, dtype: 'f64' });
    assert.is(digits(values[0]!), digits(toDecimal(2 ** -1074).div(3)));
    assert.is(digits(magnitudes[0]!), digits(toDecimal(2 ** 450).div(3)));
  });
});
