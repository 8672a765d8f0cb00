import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { abs, multiply, one, toFixed } from '../../src/readout/fixed-point.ts';
import { factor, solve, solveTransposed } from '../../src/readout/linear-system.ts';
import { suite } from '../support/harness.ts';

const matrixArb = fc.integer({ min: 1, max: 8 }).chain((size) => {
  const row = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: size, maxLength: size });
  return fc.record({ matrix: fc.array(row, { minLength: size, maxLength: size }), right: row });
});

suite('readout/linear-system', (test) => {
  test('solutions satisfy their equations, of the matrix and of its transpose', () => {
    fc.assert(
      fc.property(matrixArb, ({ matrix, right }) => {
        // A heavy diagonal keeps the matrix away from singular ones.
        const rows = matrix.map((row, r) => row.map((x, c) => toFixed(x) + (r === c ? 10n * one : 0n)));
        const b = right.map(toFixed);
        const factored = factor(rows);
        const columns = rows.map((_, c) => rows.map((row) => row[c]!));
        for (const [system, y] of [
          [rows, solve(factored, b)],
          [columns, solveTransposed(factored, b)],
        ] as const) {
          system.forEach((row, r) => {
            const sum = row.reduce((total, x, c) => total + multiply(x, y[c]!), 0n);
            assert.ok(abs(sum - b[r]!) < one >> 230n);
          });
        }
      }),
    );
  });

  test('rows are exchanged where the diagonal is zero', () => {
    const factored = factor([
      [0n, one],
      [one, 0n],
    ]);
    assert.equal(solve(factored, [2n * one, 3n * one]), [3n * one, 2n * one]);
    assert.equal(solveTransposed(factored, [2n * one, 3n * one]), [3n * one, 2n * one]);
  });

  test('a singular matrix is refused', () => {
    assert.throws(
      () =>
        factor([
          [one, one],
          [one, one],
        ]),
      /singular/,
    );
  });
});
