import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { ballSize, closeByBall, isSmallBall } from '../../reductions/hamming-ball.ts';
import { hammingDistance } from '../../src/problems/closest-pair.ts';
import { orthogonalVectorsArb } from '../support/arbitraries.ts';
import { suite } from '../support/harness.ts';

suite('reductions/hamming-ball', (test) => {
  test('a ball has as many points as there are words within its radius', () => {
    for (let d = 0; d <= 10; d++) {
      for (let t = -1; t <= d + 1; t++) {
        let count = 0;
        for (let x = 0; x < 2 ** d; x++) {
          if (Array.from(x.toString(2)).filter((bit) => bit === '1').length <= t) count++;
        }
        assert.is(ballSize(d, t), count, `d = ${d}, t = ${t}`);
      }
    }
    assert.is(ballSize(5000, 2500), Infinity);
  });

  test('a look into the balls finds exactly the left points with a close partner', () => {
    const seen = { yes: 0, no: 0 };
    fc.assert(
      fc.property(
        orthogonalVectorsArb({ maxVectors: 8, maxDimension: 40 }),
        fc.integer({ min: -1, max: 3 }),
        (vectors, near) => {
          const close = closeByBall({ ...vectors, near, far: near + 1 });
          assert.is(close.length, vectors.left.rows);
          close.forEach((found, i) => {
            const true_ = Array.from({ length: vectors.right.rows }, (_, j) => j).some(
              (j) => hammingDistance(vectors, { i, j }) <= near,
            );
            assert.is(found, true_);
            seen[found ? 'yes' : 'no']++;
          });
        },
      ),
    );
    assert.ok(seen.yes > 20 && seen.no > 20, JSON.stringify(seen));
  });

  test('a ball is small up to √n points', () => {
    const side = (rows: number) => ({ rows, columns: 9, stride: 1, words: new Uint32Array(rows) });
    const pair = (rows: number, near: number) => ({ left: side(1), right: side(rows), near, far: near + 1 });
    assert.ok(isSmallBall(pair(1, -1)));
    assert.ok(isSmallBall(pair(1, 0)));
    assert.not(isSmallBall(pair(99, 1)));
    assert.ok(isSmallBall(pair(100, 1)));
  });
});
