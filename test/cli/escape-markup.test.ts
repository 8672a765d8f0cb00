import * as fc from 'fast-check';
import { DOMParser } from 'linkedom';
import * as assert from 'uvu/assert';
import { escapeMarkup } from '../../src/cli/escape-markup.ts';
import { suite } from '../support/harness.ts';

/** May XML hold the character? */
const isHeld = (character: string): boolean =>
  '\t\n\r'.includes(character) || (character >= ' ' && character !== '\ufffe' && character !== '\uffff');

suite('src/cli/escape-markup', (test) => {
  test('the five characters of markup are written as entities', () => {
    assert.is(escapeMarkup(`<a b="c" d='e'> & f`), '&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt; &amp; f');
  });

  test('any text comes back from an attribute and from an element, but for what XML cannot hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const escaped = escapeMarkup(text);
        assert.not.match(escaped, /[<>"']/);
        const root = new DOMParser().parseFromString(
          `<a b="${escaped}">${escaped}</a>`,
          'text/xml',
        ).documentElement;
        const held = Array.from(text, (character) => (isHeld(character) ? character : '\ufffd')).join('');
        assert.is(root.getAttribute('b'), held);
        assert.is(root.textContent, held);
      }),
    );
  });
});
