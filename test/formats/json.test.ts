import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { parseJson } from '../../src/formats/json.ts';
import { suite } from '../support/harness.ts';
import { faultOf, readsOrRefuses } from './damage.ts';

/** Everything JSON, without the one key that is refused. */
const jsonArb = fc.jsonValue().filter((value) => !JSON.stringify(value).includes('__proto__'));

/** What JSON is made of, and what looks like it. */
const pieces =
  '{ } [ ] , : " \\ "a" "\\u0041" "\t" 1 - 01 1. .5 1e5 1e +1 true nul null NaN \u00a0 // "__proto__"'.split(
    ' ',
  );

suite('src/formats/json', (test) => {
  test('what JSON.stringify writes is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(jsonArb, fc.constantFrom(undefined, 1, '\t'), (value, space) => {
        const text = JSON.stringify(value, null, space);
        assert.is(JSON.stringify(parseJson(` ${text}\r\n`, 'document')), JSON.stringify(JSON.parse(text)));
      }),
      { numRuns: 500 },
    );
  });

  test('what JSON.parse refuses is refused, and what it reads is read or named as a fault', () => {
    const text = fc.oneof(
      fc.string(),
      fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(text, (text) => {
        const ours = readsOrRefuses(() => parseJson(text, 'document'));
        let theirs = 'read';
        try {
          JSON.parse(text);
        } catch {
          theirs = 'refused';
        }
        if (ours === theirs) return;
        assert.is(theirs, 'read');
        assert.ok(
          ['json-key-twice', 'json-key-refused'].includes(faultOf(() => parseJson(text, 'document')).code),
        );
      }),
      { numRuns: 5000 },
    );
  });

  test('a key given twice is refused with its path', () => {
    assert.is(
      faultOf(() => parseJson('{"q": {"dtype": "F64", "dtype": "F32"}}', 'header')).message,
      'header.q.dtype: expected the key once, found it twice; the file is damaged, or was written by a faulty program',
    );
    assert.is(faultOf(() => parseJson('{"a": 1, "\\u0061": 1}', 'header')).field, 'header.a');
  });

  test('__proto__ is refused, and other names of Object reach nothing', () => {
    assert.is(
      faultOf(() => parseJson('{"a": {"__proto__": {"polluted": true}}}', 'seth')).message,
      'seth.a.__proto__: expected a key other than "__proto__", found that key; the file is damaged, or was written by a faulty program',
    );
    const value = parseJson('{"constructor": 1, "toString": 2}', 'seth') as Record<string, unknown>;
    assert.equal(Object.entries(value), [['constructor', 1], ['toString', 2]]); // prettier-ignore
    assert.is(value['valueOf'], undefined);
  });

  test('nesting is limited', () => {
    assert.is(faultOf(() => parseJson('['.repeat(1_000_000), 'header')).code, 'json-too-deep');
    assert.is(
      readsOrRefuses(() => parseJson('['.repeat(64) + ']'.repeat(64), 'header')),
      'read',
    );
    assert.is(
      readsOrRefuses(() => parseJson('[[],[]],'.repeat(40).replace(/^/, '[').replace(/,$/, ']'), 'h')),
      'read',
    );
  });

  test('a fault says where and what', () => {
    assert.is(
      faultOf(() => parseJson('{"q": {"dtype": F64}}', 'header')).message,
      'header.q.dtype: expected a JSON value, found "F64}}" at character 16; the file is damaged, or was written by a faulty program',
    );
    assert.is(faultOf(() => parseJson('{"a": "b', 'header')).code, 'json-malformed');
  });
});
