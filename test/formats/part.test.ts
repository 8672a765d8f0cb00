import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import {
  readRowsPart,
  readUnitPart,
  rowsOfShard,
  type RowsPart,
  type UnitPart,
} from '../../src/formats/part.ts';
import { parseJson } from '../../src/formats/json.ts';
import { suite } from '../support/harness.ts';

const hint = 'give what a run with --shard wrote, unchanged';
const run = { tool: 'a', command: 'b', options: {} };
/** The second of three shards of ten files, and of ten rows. */
const unit: UnitPart = { index: 1, of: 3, at: 7, units: 10, run };
const rows: RowsPart = {
  index: 1,
  of: 3,
  instance: '0123456789abcdef'.repeat(4),
  from: 3,
  to: 6,
  rows: 10,
  claimedError: 0.5,
  run,
};

suite('src/formats/part', (test) => {
  test('what is wrong with a part is said once and on one line, whatever stands in its place', () => {
    const read = (text: string) => () => readUnitPart(parseJson(text, 'shard'));
    const says = (expected: string) => (error: Error) => error.message === `${expected}; ${hint}`;
    assert.throws(read('"\\n"'), says('shard: expected an object, found "\\n"'));
    assert.throws(read('{}'), says('shard.index: expected this field, found nothing'));
    const noOptions = '{"tool":"a","command":"b","options":"\\n"}';
    assert.throws(
      read(`{"index":0,"of":1,"at":0,"units":1,"run":${noOptions}}`),
      says('shard.run.options: expected an object, found "\\n"'),
    );
    assert.throws(() => readRowsPart('"\\n"'), says('seth-part: expected an object, found "\\n"'));
  });

  test('shards of rows are neighbours, without a gap or an overlap, and differ by a row at most', () =>
    fc.assert(
      fc.property(fc.nat({ max: 10_000 }), fc.integer({ min: 1, max: 70 }), (count, of) => {
        let at = 0;
        for (let index = 0; index < of; index++) {
          const { from, to } = rowsOfShard(count, { index, of });
          assert.is(from, at);
          assert.ok(to - from === Math.floor(count / of) || to - from === Math.ceil(count / of));
          at = to;
        }
        assert.is(at, count);
      }),
    ));

  test('a part is read as it was written, and with any number in it that no shard has it is refused', () => {
    const unitOf = (changes: object) => () =>
      readUnitPart(parseJson(JSON.stringify({ ...unit, ...changes }), 'shard'));
    const rowsOf = (changes: object) => () => readRowsPart(JSON.stringify({ ...rows, ...changes }));
    assert.equal(unitOf({})(), unit);
    assert.equal(rowsOf({})(), rows);
    for (const [changes, field] of [
      [{ index: 2 }, 'at'],
      [{ at: 10 }, 'at'], // of the shard, but beyond the run
      [{ at: 8 }, 'at'],
      [{ index: 3 }, 'index'],
      [{ at: 1.5 }, 'at'],
      [{ at: -2 }, 'at'],
      [{ units: 2 ** 53 }, 'units'],
      [{ units: -1 }, 'units'],
      [{ of: 0 }, 'index'],
    ] as const) {
      assert.throws(unitOf(changes), new RegExp(`^shard\\.${field}: expected `), JSON.stringify(changes));
    }
    for (const [changes, field] of [
      [{ from: 4 }, 'from'],
      [{ to: 7 }, 'from'],
      [{ to: 5 }, 'from'],
      [{ index: 3, from: 10, to: 13 }, 'index'], // what a fourth shard would have
      [{ from: 3.5 }, 'from'],
      [{ instance: rows.instance.slice(1) }, 'instance'],
      [{ instance: rows.instance.toUpperCase() }, 'instance'],
      [{ claimedError: -1 }, 'claimedError'],
      [{ claimedError: null }, 'claimedError'],
    ] as const) {
      assert.throws(rowsOf(changes), new RegExp(`^seth-part\\.${field}: expected `), JSON.stringify(changes));
    }
  });
});
