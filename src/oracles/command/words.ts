/**
 * A command line as words, split as a shell splits them: at blanks, with single quotes, double quotes and backslashes.
 * No shell runs it, so nothing is expanded; what would need one is refused instead of being handed on as a word.
 */
import { InputError } from '../../problems/input-error.ts';

/** Characters that mean something to a shell, outside quotes. */
const shellOnly = /[|&;<>$`]/;

/**
 * The words of `text`.
 *
 * @example
 * splitWords(`python3 'my kernel.py' --name "a \"b\""`); // ['python3', 'my kernel.py', '--name', 'a "b"']
 *
 * Throws an `InputError` for a quote without its end, and for what only a shell would understand.
 */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    const next = text[at + 1];
    if (quote !== '') {
      if (character === quote) quote = '';
      else if (quote === '"' && character === '\\' && (next === '"' || next === '\\')) word += text[++at]!;
      else word += character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === '\\' && next !== undefined) {
      word = (word ?? '') + text[++at]!;
    } else if (shellOnly.test(character) || (character === '~' && word === undefined)) {
      throw misunderstood(
        'a program and its arguments',
        `${character}, which needs a shell`,
        `quote it, or give the line to one: sh -c '…'`,
      );
    } else word = (word ?? '') + character;
  }
  if (quote !== '') throw misunderstood(`a closing ${quote}`, 'the end of the command', 'close the quote');
  return word === undefined ? words : [...words, word];
}

/** The fault of a command that was typed. */
export const misunderstood = (expected: string, found: string, hint: string): InputError =>
  new InputError({ code: 'command-line', field: '--oracle', expected, found, hint });
