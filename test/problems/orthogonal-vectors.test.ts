import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import {
  bitMatrix,
  degree,
  fromOnes,
  getBit,
  innerProduct,
  isOrthogonal,
  maxWeight,
  popcount,
  setBit,
  weight,
} from '../../src/problems/orthogonal-vectors.ts';
import { suite } from '../support/harness.ts';

/** The same instance twice: as rows of booleans and packed. Dimensions around multiples of 32, and none. */
const instance = fc
  .record({
    columns: fc.oneof(fc.constantFrom(0, 1, 31, 32, 33, 64, 65), fc.integer({ min: 0, max: 100 })),
    left: fc.integer({ min: 0, max: 5 }),
    right: fc.integer({ min: 0, max: 5 }),
  })
  .chain(({ columns, left, right }) => {
    const bits = (rows: number) =>
      fc.array(fc.array(fc.boolean(), { minLength: columns, maxLength: columns }), {
        minLength: rows,
        maxLength: rows,
      });
    return fc.record({ columns: fc.constant(columns), a: bits(left), b: bits(right) });
  })
  .map(({ columns, a, b }) => ({
    columns,
    a,
    b,
    packed: { left: fromOnes(columns, a.map(onesOf)), right: fromOnes(columns, b.map(onesOf)) },
  }));

const weights = (rows: readonly boolean[][]): number[] => rows.map((row) => onesOf(row).length);

const onesOf = (row: readonly boolean[]): number[] => row.flatMap((bit, c) => (bit ? [c] : []));

suite('problems/orthogonal-vectors', (test) => {
  test('popcount counts the ones of any 32-bit word, signed or not', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 }), (word) => {
        assert.is(popcount(word), (word >>> 0).toString(2).replaceAll('0', '').length);
      }),
    );
    assert.equal([0, -1, 1 << 31, 1].map(popcount), [0, 32, 1, 1]);
  });

  test('a bit that was set reads 1 and all others read 0', () => {
    fc.assert(
      fc.property(instance, ({ columns, a, packed: { left } }) => {
        assert.equal([left.rows, left.columns, left.stride], [a.length, columns, Math.ceil(columns / 32)]);
        a.forEach((row, r) => row.forEach((bit, c) => assert.is(getBit(left, r, c), bit ? 1 : 0)));
      }),
    );
  });

  test('setting a bit twice is setting it once', () => {
    const matrix = bitMatrix(2, 40);
    setBit(matrix, 1, 39);
    setBit(matrix, 1, 39);
    assert.equal([...matrix.words], [0, 0, 0, 1 << 7]);
  });

  test('bits beyond the last column stay 0', () => {
    fc.assert(
      fc.property(instance, ({ columns, a, packed: { left } }) => {
        const ones = left.words.reduce((sum, word) => sum + popcount(word), 0);
        assert.is(ones, a.flat().filter(Boolean).length);
        if (columns % 32 !== 0 && left.rows > 0) {
          assert.is(left.words[left.stride - 1]! >>> (columns % 32), 0);
        }
      }),
    );
  });

  test('inner products, weights and the degree are those of the unpacked vectors', () => {
    fc.assert(
      fc.property(instance, ({ a, b, packed }) => {
        assert.equal(
          a.map((_, i) => weight(packed.left, i)),
          weights(a),
        );
        assert.is(maxWeight(packed.right), Math.max(0, ...weights(b)));
        assert.is(degree(packed), Math.min(Math.max(0, ...weights(a)), Math.max(0, ...weights(b))));
        a.forEach((x, i) =>
          b.forEach((y, j) => {
            const product = x.filter((bit, c) => bit && y[c] === true).length;
            assert.is(innerProduct(packed, { i, j }), product);
            assert.is(isOrthogonal(packed, { i, j }), product === 0);
          }),
        );
      }),
    );
  });
});
