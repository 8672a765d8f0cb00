import * as assert from 'uvu/assert';
import { counted, number, superscript } from '../../docs/lab/numbers.ts';
import { suite } from '../support/harness.ts';

suite('lab/numbers', (test) => {
  test('three digits from a thousandth to a hundred thousand, and powers of ten outside', () => {
    const said: readonly (readonly [number, string])[] = [
      [0, '0'],
      [-0, '0'],
      [1, '1'],
      [1.234567, '1.23'],
      [0.5, '0.5'],
      [-12.345, '−12.3'],
      [98765, '98800'],
      [1e-3, '0.001'],
      [9.99e-4, '1.0·10⁻³'],
      [1e5, '1.0·10⁵'],
      [-2.5e-16, '−2.5·10⁻¹⁶'],
      [3.14e20, '3.1·10²⁰'],
      [Infinity, '∞'],
      [-Infinity, '−∞'],
      [NaN, '?'],
    ];
    for (const [x, text] of said) assert.is(number(x), text);
  });

  test('exponents are raised with their sign, and of one thing there is no plural', () => {
    assert.is(superscript(-1234567890), '⁻¹²³⁴⁵⁶⁷⁸⁹⁰');
    assert.equal(
      [0, 1, 2].map((count) => counted(count, 'key')),
      ['0 keys', '1 key', '2 keys'],
    );
    assert.is(counted(2, 'query', 'queries'), '2 queries');
  });
});
