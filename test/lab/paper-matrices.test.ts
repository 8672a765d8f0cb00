import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { shrink, shrinkMatrix, shrinkWeights } from '../../docs/lab/paper-matrices.ts';
import { entries, families, openOracle, solveByPaperRoute } from '../../src/index.ts';
import { suite } from '../support/harness.ts';

suite('lab/paper-matrices', (test) => {
  test('an entry of a picture is the one of largest magnitude in its block, and blocks are single entries where there is room', () => {
    const size = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(
        size,
        size,
        size,
        size,
        fc.infiniteStream(fc.integer({ min: -9, max: 9 })),
        (r, c, mr, mc, all) => {
          const cells = Array.from({ length: r }, () => [...all.take(c)]);
          const made = shrink(r, c, (row) => cells[row]!, { rows: mr, columns: mc });
          assert.ok(made.rows <= mr && made.columns <= mc);
          assert.equal([made.block.rows === 1, made.block.columns === 1], [r <= mr, c <= mc]);
          made.values.forEach((value, at) => {
            const [top, left] = [
              Math.floor(at / made.columns) * made.block.rows,
              (at % made.columns) * made.block.columns,
            ];
            const inside = cells
              .slice(top, top + made.block.rows)
              .flatMap((row) => row.slice(left, left + made.block.columns));
            assert.ok(inside.includes(value));
            assert.is(Math.abs(value), Math.max(...inside.map(Math.abs)));
          });
        },
      ),
    );
  });

  test('the weights drawn are those that give the output: on real keys they add up to it, on all keys to 1', async () => {
    const oracle = await openOracle('reference');
    const cnf = families['teaching']!.generate({ formula: 2 }, 1).cnf;
    for (const form of ['strengthened', 'published', 'direct', 'direct-published'] as const) {
      const options = {
        pure: true,
        prune: false,
        split: 'order',
        dtype: 'f64',
        scaleName: 'linear',
        tolerance: 0.25,
        form,
        memory: 2 ** 27,
      } as const;
      const { prepared } = await solveByPaperRoute(cnf, options, oracle);
      const { attention, vectors, size } = prepared;
      const { output } = await oracle.attend(attention);
      const weights = shrinkWeights(attention);
      const v = entries(attention.v);
      assert.equal(weights.of, { rows: attention.q.rows, columns: attention.k.rows });
      assert.ok(size.messages * vectors.left.rows <= attention.q.rows);
      for (let row = 0; row < weights.rows; row++) {
        const own = weights.values.subarray(row * weights.columns, (row + 1) * weights.columns);
        assert.ok(Math.abs(own.reduce((a, b) => a + b) - 1) < 1e-5);
        const real = own.filter((_, j) => j < vectors.right.rows);
        const y = output.values[row]!;
        assert.ok(Math.abs(real.reduce((a, b) => a + b) - y) <= 1e-6 * y + 1e-30, `${form} ${row}`);
        v.forEach((value, j) => assert.is(value, j < vectors.right.rows ? 1 : 0));
      }
      assert.equal([...shrinkMatrix(attention.k).values], [...Float32Array.from(entries(attention.k))]);
    }
    await oracle.close();
  });
});
