import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { decodeElements, encodeElements } from '../../src/formats/elements.ts';
import { bytesOf, dtypes, isExact, roundTo } from '../../src/problems/dtype.ts';
import type { Dtype } from '../../src/problems/dtype.ts';
import { suite } from '../support/harness.ts';

const f64 = fc.oneof(
  fc.double(),
  fc.double({ min: -70000, max: 70000 }),
  fc.double({ min: -1e-4, max: 1e-4 }),
  fc.constantFrom(
    0,
    -0,
    Infinity,
    -Infinity,
    NaN,
    65504,
    65519.99,
    65520,
    2 ** -24,
    2 ** -25,
    -(2 ** -40),
    2 ** -14,
    1 + 2 ** -11,
  ),
);

suite('src/formats/elements', (test) => {
  test('encoding rounds to the format, decoding is exact, a sign stays, that of zero too', () => {
    fc.assert(
      fc.property(fc.constantFrom(...dtypes), fc.array(f64), (dtype, values) => {
        const bytes = encodeElements(dtype, Float64Array.from(values));
        assert.is(bytes.length, values.length * bytesOf(dtype));
        const decoded = decodeElements(dtype, bytes);
        values.forEach((value, k) => {
          assert.ok(
            Object.is(Math.abs(decoded[k]!), Math.abs(roundTo(dtype, value))),
            `${value} in ${dtype}`,
          );
          if (!Number.isNaN(value))
            assert.is(isNegative(decoded[k]!), isNegative(value), `${value} in ${dtype}`);
        });
      }),
      { numRuns: 500 },
    );
  });

  test('all 65536 f16 and bf16 decode to numbers of the format and encode to themselves', () => {
    for (const dtype of ['f16', 'bf16'] as const) {
      const all = new Uint8Array(Uint16Array.from({ length: 65536 }, (_, word) => word).buffer);
      const values = decodeElements(dtype, all);
      const numbers = values.filter((value) => !Number.isNaN(value));
      assert.is(values.length - numbers.length, dtype === 'f16' ? 2 * 1023 : 2 * 127);
      assert.ok(numbers.every((value) => isExact(dtype, value) || Math.abs(value) === Infinity));
      const back = encodeElements(dtype, values);
      values.forEach((value, word) => {
        if (!Number.isNaN(value)) assert.is(back[2 * word]! + 256 * back[2 * word + 1]!, word);
      });
    }
  });

  test('the bytes are those of IEEE 754, little-endian', () => {
    const bytes: Readonly<Record<Dtype, readonly number[]>> = {
      f64: [0, 0, 0, 0, 0, 0, 0xf8, 0xbf],
      f32: [0, 0, 0xc0, 0xbf],
      f16: [0, 0xbe],
      bf16: [0xc0, 0xbf],
    };
    for (const dtype of dtypes)
      assert.equal([...encodeElements(dtype, Float64Array.of(-1.5))], bytes[dtype], dtype);
  });

  test('bytes at any offset decode, and only the first entries of a longer array are written', () => {
    for (const dtype of dtypes) {
      for (let offset = 0; offset < 8; offset++) {
        const bytes = encodeElements(dtype, Float64Array.of(1, -2, 0.5));
        const file = new Uint8Array(offset + bytes.length);
        file.set(bytes, offset);
        const into = new Float64Array(5).fill(9);
        assert.is(decodeElements(dtype, file.subarray(offset), into), into);
        assert.equal([...into], [1, -2, 0.5, 9, 9]);
        // Files come as Buffers, whose slice is a view and not a copy.
        assert.equal([...decodeElements(dtype, Buffer.from(file.buffer).subarray(offset))], [1, -2, 0.5]);
      }
    }
  });
});

const isNegative = (x: number): boolean => x < 0 || Object.is(x, -0);
