import * as fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { splitWords } from '../../../src/oracles/command/words.ts';
import { InputError } from '../../../src/problems/input-error.ts';
import { suite } from '../../support/harness.ts';

suite('oracles/command/words', (test) => {
  test('blanks, quotes and backslashes split words as a shell splits them', () => {
    const lines: readonly (readonly [line: string, words: readonly string[]])[] = [
      ['', []],
      ['  \t', []],
      ['python3 my.py {instance} {output}', ['python3', 'my.py', '{instance}', '{output}']],
      [`a 'b c' "d e" f\\ g`, ['a', 'b c', 'd e', 'f g']],
      [`x'y'"z"`, ['xyz']],
      [`'' ""`, ['', '']],
      [`"a \\"b\\" \\\\ \\n" 'c\\d'`, ['a "b" \\ \\n', 'c\\d']],
      [`sh -c 'cd x && ./run {instance} > {output}'`, ['sh', '-c', 'cd x && ./run {instance} > {output}']],
      [`p '{"a": 1}' x~y`, ['p', '{"a": 1}', 'x~y']],
    ];
    for (const [line, words] of lines) assert.equal(splitWords(line), words, line);
  });

  test('words that a shell would leave alone come back from the way it would write them', () => {
    const written = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (words) => {
        assert.equal(splitWords(words.map(written).join(' ')), words);
      }),
    );
  });

  test('a shell splits the same lines into the same words', () => {
    const part = fc.constantFrom('a', ' ', "'", '"', '\\', '{', '=', 'é', "' '", '" "', '\\"');
    const lines = fc.sample(
      fc.array(part, { maxLength: 8 }).map((parts) => parts.join('')),
      { numRuns: 300, seed: 7 },
    );
    const split = lines.flatMap((line) => {
      try {
        return [{ line, words: splitWords(line) }];
      } catch {
        return []; // an open quote
      }
    });
    assert.ok(split.length > 100);
    const script = split.map(({ line }) => `printf '%s\\0' ${line}; printf '\\1\\0'`);
    // A backslash at the very end would join the next line, so it is left out there and compared by itself above.
    const usable = split.map(({ line }) => !/(^|[^\\])(\\\\)*\\$/.test(line));
    const run = script.filter((_, at) => usable[at]).join('\n');
    const said = execFileSync('sh', { input: run, encoding: 'utf8' }).split('\u0001\0').slice(0, -1);
    const expected = split.filter((_, at) => usable[at]);
    assert.is(said.length, expected.length);
    expected.forEach(({ line, words }, at) => {
      // printf prints one empty word where it gets none.
      assert.equal(said[at]!.split('\0').slice(0, -1), words.length === 0 ? [''] : words, line);
    });
  });

  test('an open quote and what needs a shell are refused', () => {
    const lines: readonly (readonly [line: string, message: RegExp])[] = [
      [`a 'b`, /^--oracle: expected a closing ', found the end of the command; close the quote$/],
      [`a "b\\"`, /^--oracle: expected a closing ", /],
      ['a | b', /found \|, which needs a shell; quote it, or give the line to one: sh -c '…'$/],
      ['a && b', /found &, /],
      ['a > b', /found >, /],
      ['a; b', /found ;, /],
      ['$HOME/a', /found \$, /],
      ['~/a', /found ~, /],
    ];
    for (const [line, message] of lines) {
      assert.throws(
        () => splitWords(line),
        (error: unknown) => error instanceof InputError && message.test(error.message),
        line,
      );
    }
  });
});
