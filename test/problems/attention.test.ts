import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { denseMatrix, entries, maxAbs } from '../../src/problems/attention.ts';
import type { Matrix } from '../../src/problems/attention.ts';
import { suite } from '../support/harness.ts';

const dense = fc
  .tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 5 }))
  .chain(([rows, columns]) =>
    fc
      .array(fc.double({ noNaN: true }), { minLength: rows * columns, maxLength: rows * columns })
      .map((data) => ({ rows, columns, data: Float64Array.from(data) })),
  );

suite('problems/attention', (test) => {
  test('a dense matrix reads back its rows, in any blocks', () => {
    fc.assert(
      fc.property(dense, fc.nat(6), fc.nat(6), ({ rows, columns, data }, x, y) => {
        const matrix = denseMatrix(rows, columns, data);
        assert.equal(entries(matrix), data);
        const [from, to] = [Math.min(x, y, rows), Math.min(Math.max(x, y), rows)];
        const block = new Float64Array((to - from) * columns + 1).fill(7);
        matrix.read(from, to, block);
        assert.equal([...block], [...data.slice(from * columns, to * columns), 7], 'and nothing else');
      }),
    );
  });

  test('a dense matrix is a view: it sees later changes of its data', () => {
    const data = Float64Array.of(1, 2);
    const matrix = denseMatrix(1, 2, data);
    data[1] = 5;
    assert.equal([...entries(matrix)], [1, 5]);
  });

  test('maxAbs is the largest absolute value, and 0 for a matrix without entries', () => {
    fc.assert(
      fc.property(dense, ({ rows, columns, data }) => {
        assert.is(maxAbs(denseMatrix(rows, columns, data)), Math.max(0, ...data.map(Math.abs)));
      }),
    );
  });

  test('maxAbs finds the largest entry wherever it stands in a matrix of several blocks', () => {
    const [rows, columns] = [70001, 3];
    for (const [row, column] of [
      [0, 0],
      [21845, 0],
      [21844, 2],
      [70000, 2],
    ] as const) {
      const spike: Matrix = {
        rows,
        columns,
        read: (from, to, into) => {
          for (let r = from; r < to; r++) {
            for (let c = 0; c < columns; c++) {
              into[(r - from) * columns + c] = r === row && c === column ? -9 : 1;
            }
          }
        },
      };
      assert.is(maxAbs(spike), 9, `entry ${row}, ${column}`);
    }
  });

  test('maxAbs of a matrix with a NaN is NaN', () => {
    assert.is(Number.isNaN(maxAbs(denseMatrix(1, 3, Float64Array.of(1, NaN, 2)))), true);
  });
});
