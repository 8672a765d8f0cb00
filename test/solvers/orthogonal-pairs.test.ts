import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { bitMatrix, fromOnes } from '../../src/problems/orthogonal-vectors.ts';
import type { OrthogonalVectors, Pair } from '../../src/problems/orthogonal-vectors.ts';
import { allOrthogonalPairs, countOrthogonalPairs } from '../../src/solvers/orthogonal-pairs.ts';
import { suite } from '../support/harness.ts';

/** Vectors as sets of ones, sparse enough that many pairs are orthogonal in any dimension. */
const vectors = fc
  .record({ columns: fc.integer({ min: 0, max: 140 }), most: fc.integer({ min: 1, max: 12 }) })
  .chain(({ columns, most }) => {
    const ones =
      columns === 0 ? fc.constant<number[]>([]) : fc.uniqueArray(fc.nat(columns - 1), { maxLength: most });
    const rows = fc.array(ones, { maxLength: 9 });
    return fc.record({ columns: fc.constant(columns), left: rows, right: rows });
  });

const packed = ({
  columns,
  left,
  right,
}: {
  columns: number;
  left: number[][];
  right: number[][];
}): OrthogonalVectors => ({
  left: fromOnes(columns, left),
  right: fromOnes(columns, right),
});

suite('solvers/orthogonal-pairs', (test) => {
  test('the pairs are those of left and right vectors without a common one', () => {
    fc.assert(
      fc.property(vectors, (sets) => {
        const pairs = sets.left.flatMap((a, i) =>
          sets.right.flatMap((b, j): Pair[] => (a.some((c) => b.includes(c)) ? [] : [{ i, j }])),
        );
        const { count, perRow, first } = countOrthogonalPairs(packed(sets));
        assert.is(count, BigInt(pairs.length));
        assert.equal(first, pairs[0] ?? null);
        assert.equal(
          [...perRow],
          sets.left.map((_, i) => pairs.filter((pair) => pair.i === i).length),
        );
        assert.equal(allOrthogonalPairs(packed(sets)), pairs);
      }),
      { numRuns: 500 },
    );
  });

  test('a single common one parts two vectors wherever it stands', () => {
    const columns = 97;
    const pillars = Array.from({ length: columns }, (_, c) => [c]);
    const { count, perRow } = countOrthogonalPairs({
      left: fromOnes(columns, pillars),
      right: fromOnes(columns, pillars),
    });
    assert.is(count, BigInt(columns * (columns - 1)));
    assert.ok(perRow.every((partners) => partners === columns - 1));
  });

  test('in dimension 0 all pairs are orthogonal, and without vectors there is none', () => {
    const none = countOrthogonalPairs({ left: bitMatrix(0, 5), right: bitMatrix(3, 5) });
    assert.equal([none.count, none.first, none.perRow.length], [0n, null, 0]);
    assert.is(countOrthogonalPairs({ left: bitMatrix(3, 5), right: bitMatrix(0, 5) }).first, null);
    const all = countOrthogonalPairs({ left: bitMatrix(2, 0), right: bitMatrix(3, 0) });
    assert.equal([all.count, all.first, [...all.perRow]], [6n, { i: 0, j: 0 }, [3, 3]]);
  });

  test('more than 2^24 pairs are counted exactly', () => {
    assert.is(
      countOrthogonalPairs({ left: bitMatrix(4097, 40), right: bitMatrix(4099, 40) }).count,
      4097n * 4099n,
    );
  });
});
