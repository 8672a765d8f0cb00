import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { encodeElements } from '../../src/formats/elements.ts';
import { readOutput, writeOutput } from '../../src/formats/output.ts';
import { writeNpy } from '../../src/formats/npy.ts';
import { writeSafetensors } from '../../src/formats/safetensors.ts';
import type { Tensor } from '../../src/formats/tensor.ts';
import { dtypes, roundTo } from '../../src/problems/dtype.ts';
import { suite } from '../support/harness.ts';
import { damageArb, faultOf, readsOrRefuses } from './damage.ts';

const unit = { unitInterval: true };

suite('src/formats/output', (test) => {
  test('an output comes back from both kinds of file, rounded to its format', () => {
    const values = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(
        values,
        fc.constantFrom(...dtypes),
        fc.constantFrom('safetensors', 'npy'),
        (values, dtype, format) => {
          if (dtype === 'bf16' && format === 'npy') return;
          const read = readOutput(
            writeOutput(Float64Array.from(values), 3, 2, dtype, format),
            { rows: 3, columns: 2 },
            unit,
          );
          assert.is(read.dtype, dtype);
          assert.equal(
            [...read.values],
            values.map((value) => roundTo(dtype, value)),
          );
        },
      ),
    );
  });

  test('the tensor is out, or the only one, and may keep leading dimensions of one', () => {
    assert.is(second({ lse: tensor([2, 1], 0), out: tensor([2, 1], 1) }), 1);
    assert.is(second({ o: tensor([1, 1, 2, 1], 0.5) }), 0.5);
    assert.is(second({ o: tensor([2], 0.5) }), 0.5);
    assert.is(
      faultOf(() => second({ a: tensor([2, 1], 0), b: tensor([2, 1], 0) })).message,
      'out: expected a tensor named out, or one tensor only, found a, b; name the output "out"',
    );
    assert.is(
      faultOf(() => second({ q: tensor([2, 1], 0), k: tensor([2, 1], 0), v: tensor([2, 1], 0) })).hint,
      'this looks like an instance: give the output',
    );
    assert.is(faultOf(() => second({})).found, 'no tensors');
  });

  test('a wrong shape is refused with both shapes, a transposed one by its name', () => {
    for (const format of ['safetensors', 'npy'] as const) {
      const file = writeOutput(new Float64Array(6), 2, 3, 'f64', format);
      assert.is(
        faultOf(() => readOutput(file, { rows: 3, columns: 2 })).message,
        'out: expected 3 × 2, found 2 × 3, the transposed shape; write the transposed matrix',
      );
      assert.is(
        faultOf(() => readOutput(file, { rows: 6, columns: 1 })).message,
        'out: expected 6 × 1, found 2 × 3; one row for each query, one column for each column of v',
      );
      // One side alone is right, or would be if it were transposed.
      for (const [rows, columns] of [
        [2, 2],
        [2, 6],
        [4, 3],
        [5, 2],
        [3, 5],
      ] as const) {
        assert.is(
          faultOf(() => readOutput(file, { rows, columns })).message,
          `out: expected ${rows} × ${columns}, found 2 × 3; one row for each query, one column for each column of v`,
        );
      }
    }
  });

  test('the first value that is wrong is named by its row and column', () => {
    const overflow =
      'the implementation overflowed or divided by zero: subtract the row’s largest logit before exp';
    const outside =
      'an average of zeros and ones cannot lie outside: check the implementation’s normalisation';
    const cases: readonly (readonly [bad: number, message: string])[] = [
      [NaN, `out[2, 1]: expected a finite number, found NaN; ${overflow}`],
      [Infinity, `out[2, 1]: expected a finite number, found Infinity; ${overflow}`],
      [-Infinity, `out[2, 1]: expected a finite number, found -Infinity; ${overflow}`],
      [1.5, `out[2, 1]: expected a number from 0 to 1, found 1.5; ${outside}`],
      [1 + 2 ** -10, `out[2, 1]: expected a number from 0 to 1, found 1.0009765625; ${outside}`],
      [-(2 ** -24), `out[2, 1]: expected a number from 0 to 1, found -5.960464477539063e-8; ${outside}`],
    ];
    for (const format of ['safetensors', 'npy'] as const) {
      for (const [bad, message] of cases) {
        const file = writeOutput(Float64Array.of(0, 1, -0, 0.5, 1, bad, bad, NaN), 4, 2, 'f16', format);
        assert.is(faultOf(() => readOutput(file, { rows: 4, columns: 2 }, unit)).message, message);
      }
    }
  });

  test('an output of several heads keeps its four dimensions in either kind of file, and names the head that is wrong', () => {
    const shape = [1, 2, 3, 1]; // two heads of three rows
    const expected = { rows: 6, columns: 1, heads: { shape, rows: 3 } };
    const write = (values: readonly number[], sizes = shape): readonly Uint8Array[] => {
      const tensor = {
        dtype: 'f64',
        shape: sizes,
        bytes: encodeElements('f64', Float64Array.from(values)),
      } as const;
      return [writeNpy(tensor), writeSafetensors(new Map([['out', tensor]]))];
    };
    const order = Uint32Array.of(2, 0, 1, 5, 4, 3);
    for (const file of write([1, 2, 3, 4, 5, 6])) {
      assert.equal([...readOutput(file, expected, { order }).values], [2, 3, 1, 6, 5, 4]);
      assert.is(faultOf(() => readOutput(file, { rows: 6, columns: 1 })).found, '1 × 2 × 3 × 1');
    }
    for (const file of write([1, 2, 3, 4, Infinity, NaN])) {
      assert.is(faultOf(() => readOutput(file, expected, { order })).field, 'head 1, out[0, 0]');
      assert.is(faultOf(() => readOutput(file, expected)).field, 'head 1, out[1, 0]');
    }
    for (const other of [
      [2, 1, 3, 1],
      [1, 3, 2, 1],
      [6, 1],
    ]) {
      // prettier-ignore
      for (const file of write([1, 2, 3, 4, 5, 6], other)) {
        assert.is(faultOf(() => readOutput(file, expected)).expected, '1 × 2 × 3 × 1', String(other));
      }
    }
  });

  test('without the unit interval any finite value is read', () => {
    const file = writeOutput(Float64Array.of(-3, 7), 1, 2, 'f32', 'npy');
    assert.equal([...readOutput(file, { rows: 1, columns: 2 }).values], [-3, 7]);
  });

  test('a damaged output is read or refused, and what is read is in the unit interval', () => {
    fc.assert(
      fc.property(damageArb, fc.constantFrom('safetensors', 'npy'), (damage, format) => {
        const file = writeOutput(Float64Array.of(0, 0.25, 0.5, 1), 4, 1, 'f16', format);
        readsOrRefuses(() => {
          const { values } = readOutput(damage(file), { rows: 4, columns: 1 }, unit);
          assert.is(values.length, 4);
          assert.ok(values.every((y) => y >= 0 && y <= 1));
        });
      }),
      { numRuns: 1000 },
    );
  });
});

/** Two float32s, both `fill`. */
function tensor(shape: readonly number[], fill: number): Tensor {
  return { dtype: 'f32', shape, bytes: encodeElements('f32', new Float64Array(2).fill(fill)) };
}

/** The second value of an output of two, in a file of these tensors. */
function second(tensors: Readonly<Record<string, Tensor>>): number | undefined {
  return readOutput(writeSafetensors(new Map(Object.entries(tensors))), { rows: 2, columns: 1 }).values[1];
}
