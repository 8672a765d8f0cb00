import * as assert from 'uvu/assert';
import { readRowsPart, readUnitPart } from '../../src/formats/part.ts';
import { parseJson } from '../../src/formats/json.ts';
import { suite } from '../support/harness.ts';

const hint = 'give what a run with --shard wrote, unchanged';

suite('src/formats/part', (test) => {
  test('what is wrong with a part is said once and on one line, whatever stands in its place', () => {
    const read = (text: string) => () => readUnitPart(parseJson(text, 'shard'));
    const says = (expected: string) => (error: Error) => error.message === `${expected}; ${hint}`;
    assert.throws(read('"\\n"'), says('shard: expected an object, found "\\n"'));
    assert.throws(read('{}'), says('shard.index: expected this field, found nothing'));
    const run = '{"tool":"a","command":"b","options":"\\n"}';
    assert.throws(
      read(`{"index":0,"of":1,"at":0,"units":1,"run":${run}}`),
      says('shard.run.options: expected an object, found "\\n"'),
    );
    assert.throws(() => readRowsPart('"\\n"'), says('seth-part: expected an object, found "\\n"'));
  });
});
