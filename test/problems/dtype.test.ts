import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import {
  bytesOf,
  dtypes,
  isExact,
  largest,
  roundTo,
  roundToBits,
  significantBits,
  smallestNormal,
  smallestSubnormal,
  truncateTo,
  unitRoundoff,
} from '../../src/problems/dtype.ts';
import type { Dtype } from '../../src/problems/dtype.ts';
import { suite } from '../support/harness.ts';

/**
 * The value of a float16 or bfloat16 bit pattern, field by field as IEEE 754 lays them out: sign, exponent, and
 * the rest of the bits for the fraction.
 */
function valueOfBits(dtype: 'f16' | 'bf16', bits: number): number {
  const fractionBits = dtype === 'f16' ? 10 : 7;
  const exponentBits = 15 - fractionBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  const sign = bits >>> 15 === 1 ? -1 : 1;
  const exponent = (bits >>> fractionBits) & (2 ** exponentBits - 1);
  const fraction = (bits & (2 ** fractionBits - 1)) / 2 ** fractionBits;
  if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}

/** All non-negative finite values in ascending order: the bit patterns are already in that order. */
function ascending(dtype: 'f16' | 'bf16'): number[] {
  const values = Array.from({ length: 2 ** 15 }, (_, bits) => valueOfBits(dtype, bits));
  return values.filter((value) => Number.isFinite(value));
}

/**
 * Nearest value, ties to the even bit pattern, by bisection in the list of all values. The largest value's
 * neighbour above is where the next one would be; what rounds to it overflows.
 */
function nearest(values: readonly number[], x: number): number {
  const magnitude = Math.abs(x);
  const top = values.at(-1)!;
  const beyond = top + (top - values.at(-2)!);
  let low = 0;
  let high = values.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (values[middle]! <= magnitude) low = middle;
    else high = middle;
  }
  const below = values[low]!;
  const above = low + 1 < values.length ? values[low + 1]! : beyond;
  const down = magnitude - below; // exact: both have few bits, or the difference is far from a tie
  const up = above - magnitude;
  const upwards = up < down || (up === down && low % 2 === 1);
  const rounded = upwards ? above : below;
  return Math.sign(x) * (rounded >= beyond ? Infinity : rounded);
}

const halves = ['f16', 'bf16'] as const;
const tables = { f16: ascending('f16'), bf16: ascending('bf16') };

/** Numbers where rounding is decided: table values, their midpoints, and the doubles beside a midpoint. */
const near = (dtype: 'f16' | 'bf16') =>
  fc
    .tuple(
      fc.nat(tables[dtype].length - 2),
      fc.constantFrom(0, 0.5, 0.25, 0.75),
      fc.integer({ min: -1, max: 1 }),
    )
    .chain(([k, part, nudge]) => {
      const [below, above] = [tables[dtype][k]!, tables[dtype][k + 1]!];
      const x = (below + (above - below) * part) * (1 + nudge * 2 ** -50);
      return fc.constantFrom(x, -x);
    });

const has = (x: number): Dtype[] => dtypes.filter((dtype) => isExact(dtype, x));

suite('problems/dtype', (test) => {
  test('f32 rounds as Float32Array does, and f64 not at all', () => {
    fc.assert(
      fc.property(fc.double(), (x) => {
        assert.ok(Object.is(roundTo('f32', x), Float32Array.of(x)[0]));
        assert.ok(Object.is(roundTo('f64', x), x));
      }),
    );
  });

  test('every f16 and bf16 bit pattern is a value that rounds to itself', () => {
    for (const dtype of halves) {
      for (const value of tables[dtype]) {
        if (roundTo(dtype, value) !== value || roundTo(dtype, -value) !== -value) {
          assert.unreachable(`${dtype}: ${value} became ${roundTo(dtype, value)}`);
        }
      }
    }
  });

  for (const dtype of halves) {
    test(`${dtype} rounds to the nearest of its bit patterns, ties to the even one, and overflows beyond`, () => {
      const anywhere = fc.oneof(
        near(dtype),
        fc.double({ noNaN: true, min: -1e6, max: 1e6 }),
        fc.double({ noNaN: true }),
      );
      fc.assert(
        fc.property(anywhere, (x) => {
          const expected = Number.isFinite(x) ? nearest(tables[dtype], x) : x;
          assert.is(roundTo(dtype, x), expected, `${x}`);
        }),
        { numRuns: 2000 },
      );
    });

    test(`${dtype} decides its largest number, its overflow, its subnormals and zero as IEEE 754 does`, () => {
      const top = largest(dtype);
      const step = top - tables[dtype].at(-2)!;
      assert.is(tables[dtype].at(-1), top);
      assert.is(roundTo(dtype, top + step / 2), Infinity, 'a tie with the next power of two overflows');
      assert.is(roundTo(dtype, (top + step / 2) * (1 - 2 ** -53)), top);
      assert.is(tables[dtype][1], smallestSubnormal(dtype));
      assert.is(roundTo(dtype, smallestSubnormal(dtype) / 2), 0, 'a tie with zero');
      assert.is(roundTo(dtype, smallestSubnormal(dtype) * 1.5), 2 * smallestSubnormal(dtype));
      assert.ok(Object.is(roundTo(dtype, -0), -0));
      assert.ok(Number.isNaN(roundTo(dtype, NaN)));
      assert.is(roundTo(dtype, -Infinity), -Infinity);
    });
  }

  test('bf16 is f32 without its 16 low bits', () => {
    for (const value of tables.bf16) {
      assert.is(new Uint32Array(Float32Array.of(value).buffer)[0]! & 0xffff, 0);
    }
  });

  test('the constants of a format follow from its bit patterns', () => {
    for (const dtype of halves) {
      const fractionBits = significantBits(dtype) - 1;
      assert.is(smallestNormal(dtype), tables[dtype][2 ** fractionBits]);
      assert.is(unitRoundoff(dtype), (tables[dtype].find((value) => value > 1)! - 1) / 2);
    }
    assert.is(largest('f32'), new Float32Array(Uint32Array.of(0x7f7fffff).buffer)[0]);
    assert.is(smallestNormal('f32'), new Float32Array(Uint32Array.of(0x00800000).buffer)[0]);
    assert.is(smallestSubnormal('f32'), new Float32Array(Uint32Array.of(1).buffer)[0]);
    assert.is(unitRoundoff('f32'), 2 ** -24);
    assert.equal([unitRoundoff('f64') * 2, smallestSubnormal('f64')], [Number.EPSILON, Number.MIN_VALUE]);
    assert.is(smallestNormal('f64'), 2 ** -1022);
    assert.equal(dtypes.map(bytesOf), [8, 4, 2, 2]);
  });

  test('isExact says which finite numbers a format has', () => {
    assert.equal(has(1), ['f64', 'f32', 'f16', 'bf16']);
    assert.equal(has(1 + 2 ** -8), ['f64', 'f32', 'f16']);
    assert.equal(has(2 ** 17), ['f64', 'f32', 'bf16']);
    assert.equal(has(0.1), ['f64']);
    for (const x of [NaN, Infinity, -Infinity]) assert.equal(has(x), []);
  });

  const bits = fc.integer({ min: 1, max: 53 });
  const normal = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((x) => Math.abs(x) >= 2 ** -900);

  test('truncating to b bits leaves at most b, goes towards zero by less than one unit, and is idempotent', () => {
    fc.assert(
      fc.property(bits, normal, (b, x) => {
        const t = truncateTo(b, x);
        assert.ok(significand(t).length <= b, `${significand(t).length} bits`);
        assert.ok(Math.abs(t) <= Math.abs(x) && Math.sign(t) === Math.sign(x));
        assert.ok(Math.abs(x - t) < 2 ** (1 - b) * Math.abs(x));
        assert.is(truncateTo(b, t), t);
      }),
    );
  });

  test('rounding to b bits is rounding to the formats with b bits, and never further than half a unit', () => {
    fc.assert(
      fc.property(bits, normal, (b, x) => {
        const r = roundToBits(b, x);
        if (Number.isFinite(r)) {
          assert.ok(significand(r).length <= b, `${significand(r).length} bits`);
          assert.ok(Math.abs(x - r) <= 2 ** -b * Math.abs(x));
        }
      }),
    );
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: 2 ** -100, max: 2 ** 100 }), (x) => {
        assert.is(roundToBits(24, x), Math.fround(x));
        assert.is(roundToBits(8, x), roundTo('bf16', x));
      }),
    );
  });

  test('zero stays zero', () => {
    assert.is(truncateTo(8, 0), 0);
    assert.is(roundToBits(8, 0), 0);
  });
});

/** The significant bits of a normal number as a string of digits, without trailing zeros. */
function significand(x: number): string {
  const bits = new BigUint64Array(Float64Array.of(x).buffer)[0]!;
  return `1${(bits & ((1n << 52n) - 1n)).toString(2).padStart(52, '0')}`.replace(/0+$/, '');
}
