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

  test('lists have the columns that a group shares and those that each pattern has besides, then the slice of zeros up to eights', () =>
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 5 }), ([words, some], together) => {
        // Neighbours are made alike, so that they share columns.
        const patterns = some.map((row, p) => row.map((word, w) => word & (some[p - (p % 3)]![w]! | 0xff00)));
        const flat = Uint32Array.from(patterns.flatMap((pattern) => [...pattern]));
        const { lists, groups, shared, own } = columnLists(flat, words, together);
        assert.is(groups, Math.ceil(patterns.length / together));
        assert.is(lists.length, groups * (1 + together + 8 * (shared + together * own)));
        const listed = (g: number, eightsRow: number, firstRow: number, room: number): number[] => {
          const eights = lists[eightsRow * groups + g]!;
          assert.ok(eights <= room);
          return Array.from({ length: 8 * eights }, (_, i) => lists[(firstRow + i) * groups + g]!);
        };
        const columns = Array.from({ length: 32 * words }, (_, c) => c);
        const filled = (those: readonly number[]): readonly number[] => [
          ...those,
          ...Array<number>((8 - (those.length % 8)) % 8).fill(32 * words),
        ];
        for (let g = 0; g < groups; g++) {
          const members = patterns.slice(g * together, (g + 1) * together);
          const common = columns.filter((c) => members.every((pattern) => isSet(pattern, c)));
          assert.equal(listed(g, 0, 1 + together, shared), filled(common));
          for (let m = 0; m < together; m++) {
            const rest = columns.filter(
              (c) => isSet(members[m] ?? new Uint32Array(words), c) && !common.includes(c),
            );
            assert.equal(listed(g, 1 + m, 1 + together + 8 * (shared + own * m), own), filled(rest));
          }
        }
      }),
      { numRuns: 30 },
    ));
});
