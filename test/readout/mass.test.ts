import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { innerProduct } from '../../src/problems/orthogonal-vectors.ts';
import { estimatedMass } from '../../src/readout/mass.ts';
import { orthogonalVectorsArb } from '../support/arbitraries.ts';
import { suite } from '../support/harness.ts';

suite('readout/mass', (test) => {
  test('of up to 64 left vectors all are measured: the estimate is four times the largest sum', () => {
    fc.assert(
      fc.property(
        orthogonalVectorsArb({ maxVectors: 12, maxDimension: 40 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (vectors, x) => {
          fc.pre(vectors.left.rows > 0);
          let largest = 0;
          for (let i = 0; i < vectors.left.rows; i++) {
            let sum = 0;
            for (let j = 0; j < vectors.right.rows; j++) sum += x ** innerProduct(vectors, { i, j });
            largest = Math.max(largest, sum);
          }
          assert.ok(Math.abs(estimatedMass(vectors)(x) - 4 * largest) <= 1e-9 * largest);
        },
      ),
    );
  });
});
