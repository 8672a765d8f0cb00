import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { fieldName, quote, quoteJson } from '../../src/formats/quote.ts';
import { suite } from '../support/harness.ts';

suite('src/formats/quote', (test) => {
  test('whatever was found takes one short line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200, size: 'max' }), (text) => {
        for (const shown of [quote(text), fieldName(text), quoteJson(text), quoteJson([text])]) {
          assert.ok(!/[\r\n]/.test(shown) && shown.length <= 6 * 42, shown);
        }
      }),
    );
  });

  test('plain names stand as they are, others in quotes', () => {
    assert.equal(
      [fieldName('block.0.q_proj'), fieldName('a b'), fieldName('')],
      ['block.0.q_proj', '"a b"', '""'],
    );
  });

  test('values look as they do in a document', () => {
    const shown = [undefined, null, 'x', 1e300, Infinity, [1, 'a'], { a: {} }].map(quoteJson);
    assert.equal(shown, ['nothing', 'null', '"x"', '1e+300', 'Infinity', '[1,"a"]', '{"a":{}}']);
  });

  test('what is cut says so', () => {
    assert.is(quote('abcdef', 3), '"abc…"');
    assert.is(
      quoteJson(Array.from({ length: 40 }, () => 1)),
      `${'[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,'.slice(0, 40)}…`,
    );
  });
});
