import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { columnLists, sliceRows } from '../../../src/oracles/gpu/slices.ts';
import { suite } from '../../support/harness.ts';

const rows = fc
  .integer({ min: 1, max: 5 })
  .chain((words) =>
    fc.tuple(
      fc.constant(words),
      fc.array(fc.uint32Array({ minLength: words, maxLength: words }), { maxLength: 300 }),
    ),
  );

const isSet = (row: Uint32Array, column: number): boolean =>
  ((row[column >> 5]! >>> (column & 31)) & 1) === 1;

suite('oracles/gpu/slices', (test) => {
  test('a slice has the bits of a column, of the keys that are taken; the last slice and missing keys are 0', () =>
    fc.assert(
      fc.property(rows, ([words, keys]) => {
        const patterns = Uint32Array.from(keys.flatMap((key) => [...key]));
        const taken = keys.map((_, j) => j).filter((j) => j % 3 !== 1);
        const slices = sliceRows(patterns, taken, words);
        const blocks = Math.ceil(taken.length / 128);
        assert.is(slices.length, blocks * (32 * words + 1) * 4);
        for (let block = 0; block < blocks; block++) {
          for (let column = 0; column <= 32 * words; column++) {
            const slice = slices.subarray(4 * (block * (32 * words + 1) + column)).subarray(0, 4);
            const expected = Array.from({ length: 128 }, (_, j) => {
              const key = keys[taken[128 * block + j] ?? -1];
              return key !== undefined && column < 32 * words && isSet(key, column);
            });
            assert.equal(
              expected.map((_, j) => isSet(slice, j)),
              expected,
            );
          }
        }
      }),
      { numRuns: 20 },
    ));

  test('a list has the columns of a pattern, then the slice of zeros up to eights', () =>
    fc.assert(
      fc.property(rows, ([words, patterns]) => {
        const total = patterns.length;
        const lists = columnLists(Uint32Array.from(patterns.flatMap((pattern) => [...pattern])), words);
        patterns.forEach((pattern, p) => {
          const columns = Array.from({ length: 32 * words }, (_, c) => c).filter((c) => isSet(pattern, c));
          while (columns.length % 8 !== 0) columns.push(32 * words);
          assert.is(lists[p], columns.length / 8);
          assert.equal(
            columns.map((_, i) => lists[total * (1 + i) + p]),
            columns,
          );
        });
      }),
    ));
});
