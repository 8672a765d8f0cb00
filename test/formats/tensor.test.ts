import * as assert from 'uvu/assert';
import { encodeElements } from '../../src/formats/elements.ts';
import { matrixShape, tensorMatrix } from '../../src/formats/tensor.ts';
import { entries } from '../../src/problems/attention.ts';
import { dtypes } from '../../src/problems/dtype.ts';
import { suite } from '../support/harness.ts';
import { faultOf } from './damage.ts';

suite('src/formats/tensor', (test) => {
  test('a tensor is a matrix that reads any block of rows', () => {
    const values = Float64Array.from({ length: 15 }, (_, k) => k / 4 - 1);
    for (const dtype of dtypes) {
      const matrix = tensorMatrix({ dtype, shape: [5, 3], bytes: encodeElements(dtype, values) });
      assert.equal([matrix.rows, matrix.columns], [5, 3]);
      assert.equal(entries(matrix), values);
      const block = new Float64Array(7).fill(9);
      matrix.read(1, 3, block);
      assert.equal([...block], [...values.subarray(3, 9), 9]);
      matrix.read(5, 5, block);
      assert.equal([...block], [...values.subarray(3, 9), 9]);
    }
  });

  test('a tensor of another rank is no matrix', () => {
    for (const shape of [[], [1], [1, 1, 1]]) {
      assert.is(
        faultOf(() => tensorMatrix({ dtype: 'f64', shape, bytes: new Uint8Array(8) })).code,
        'tensor-rank',
      );
    }
  });

  test('shapes with other than leading ones are no matrices', () => {
    assert.equal(matrixShape([1, 1, 4, 2]), [4, 2]);
    assert.equal(matrixShape([4]), [4, 1]);
    assert.is(matrixShape([]), undefined);
    assert.is(matrixShape([2, 4, 2]), undefined);
    assert.is(matrixShape([4, 1, 1]), undefined);
  });
});
