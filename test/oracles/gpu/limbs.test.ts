import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { exponentOf, isExactIn, limbsFor, lowestBit, writeLimbs } from '../../../src/oracles/gpu/limbs.ts';
import { suite } from '../../support/harness.ts';
import { dyadic } from '../bits.ts';

const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((x) => x !== 0);
const normal = finite.filter((x) => Math.abs(x) > 1e-290 && Math.abs(x) < 1e290);

suite('oracles/gpu/limbs', (test) => {
  test('exponents and lowest bits are those of the binary expansion, subnormal numbers included', () =>
    fc.assert(
      fc.property(finite, (x) => {
        const { integer, exponent } = dyadic(x);
        assert.is(lowestBit(x), exponent);
        assert.is(exponentOf(x), exponent + integer.toString(2).replace('-', '').length);
      }),
      { examples: [[5e-324], [1e-310], [2 ** -1040], [-(2 ** -1022)], [Number.MAX_VALUE], [1], [-0.75]] },
    ));

  test('limbs lie within ±2048 and add up to the number, exactly or off by half a unit at most', () =>
    fc.assert(
      fc.property(
        normal,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 40 }),
        (x, limbs, room) => {
          const e = exponentOf(x) + room;
          const into = new Int32Array(3 * limbs);
          writeLimbs(x, e, limbs, into, 1, 3);
          let sum = 0n;
          for (let l = limbs - 1; l >= 0; l--) {
            const limb = into[1 + 3 * l]!;
            assert.ok(Math.abs(limb) <= 2048);
            sum = sum * 4096n + BigInt(limb);
          }
          // x in units of 2^(e + 1 - 12·limbs), times 2^s to be an integer
          const { integer, exponent } = dyadic(x);
          const up = BigInt(Math.max(0, e + 1 - 12 * limbs - exponent));
          const down = BigInt(Math.max(0, exponent - (e + 1 - 12 * limbs)));
          const off = 2n * (integer * 2n ** down - sum * 2n ** up);
          assert.ok((off < 0n ? -off : off) <= 2n ** up);
          if (isExactIn(limbs, e - exponent)) assert.is(off, 0n);
        },
      ),
    ));

  test('as few limbs as hold the lowest bit, and five at most', () => {
    for (let depth = 0; depth < 80; depth++) {
      const limbs = limbsFor(depth);
      assert.ok(limbs >= 1 && limbs <= 5);
      assert.is(isExactIn(limbs, depth), depth <= 59);
      if (limbs > 1) assert.is(isExactIn(limbs - 1, depth), false);
    }
  });
});
