import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { hashed, reordered, shuffled } from '../../../src/oracles/command/order.ts';
import { denseMatrix, entries } from '../../../src/problems/attention.ts';
import { suite } from '../../support/harness.ts';

const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });

suite('oracles/command/order', (test) => {
  test('a shuffle has each row once, and depends on the seed', () => {
    fc.assert(
      fc.property(fc.nat(200), seeds, (n, seed) => {
        assert.equal(
          [...shuffled(n, seed)].toSorted((a, b) => a - b),
          Array.from({ length: n }, (_, k) => k),
        );
      }),
    );
    fc.assert(
      fc.property(fc.uniqueArray(seeds, { minLength: 2, maxLength: 2 }), ([a, b]) => {
        assert.not.equal(shuffled(64, a!), shuffled(64, b!));
      }),
    );
  });

  test('every row comes to every place about as often', () => {
    const seen = Array.from({ length: 8 }, () => new Float64Array(8));
    for (let seed = 0; seed < 8000; seed++) shuffled(8, seed).forEach((row, place) => seen[place]![row]!++);
    for (const count of seen.flatMap((row) => [...row]))
      assert.ok(Math.abs(count - 1000) < 200, String(count)); // 6.8 σ
  });

  test('a reordered matrix has row order[i] as row i, in whatever blocks it is read', () => {
    const matrix = denseMatrix(
      7,
      2,
      Float64Array.from({ length: 14 }, (_, e) => e),
    );
    const order = shuffled(7, 5);
    const all = entries(reordered(matrix, order));
    order.forEach((row, i) => assert.equal([...all.subarray(2 * i, 2 * i + 2)], [2 * row, 2 * row + 1]));
    const block = new Float64Array(6);
    reordered(matrix, order).read(3, 6, block);
    assert.equal(block, all.subarray(6, 12));
  });

  test('the hash sees every bit of every number, and is the same in blocks', () => {
    fc.assert(
      fc.property(
        fc.float64Array({ minLength: 1, maxLength: 20 }),
        fc.nat(),
        fc.nat(63),
        fc.nat(20),
        (numbers, at, bit, cut) => {
          const hash = hashed(numbers, 1);
          assert.is(hashed(numbers.subarray(cut), hashed(numbers.subarray(0, cut), 1)), hash);
          const bits = new BigUint64Array(numbers.slice().buffer);
          bits[at % bits.length]! ^= 1n << BigInt(bit);
          assert.is.not(hashed(new Float64Array(bits.buffer), 1), hash);
        },
      ),
    );
  });
});
