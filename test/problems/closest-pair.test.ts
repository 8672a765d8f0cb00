import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { hammingDistance } from '../../src/problems/closest-pair.ts';
import { getBit, innerProduct, weight } from '../../src/problems/orthogonal-vectors.ts';
import { orthogonalVectorsArb } from '../support/arbitraries.ts';
import { suite } from '../support/harness.ts';

suite('problems/closest-pair', (test) => {
  test('the distance counts the coordinates that differ, and is |a| + |b| − 2⟨a, b⟩', () => {
    fc.assert(
      fc.property(orthogonalVectorsArb({ maxVectors: 4, maxDimension: 70 }), (vectors) => {
        for (let i = 0; i < vectors.left.rows; i++) {
          for (let j = 0; j < vectors.right.rows; j++) {
            let differing = 0;
            for (let c = 0; c < vectors.left.columns; c++) {
              if (getBit(vectors.left, i, c) !== getBit(vectors.right, j, c)) differing++;
            }
            const distance = hammingDistance(vectors, { i, j });
            assert.is(distance, differing);
            const sum = weight(vectors.left, i) + weight(vectors.right, j);
            assert.is(distance, sum - 2 * innerProduct(vectors, { i, j }));
          }
        }
      }),
    );
  });
});
