/** What the results of a run depend on besides its input, so that results of different runs are never mixed. */
import { readFileSync } from 'node:fs';
import { splitWords } from '../oracles/oracles.ts';
import { InputError } from '../problems/input-error.ts';
import type { RunIdentity } from '../formats/part.ts';
import { quoteJson } from '../formats/quote.ts';
import { isCommand } from './command-options.ts';
import { hashOfBytes } from './file-hash.ts';
import { version } from './version.ts';

/** Options that say where results go and how they are shown, not what they are. */
const indifferent = new Set(
  '_ $0 file instance output o json junit html export progress debug journal shard require help h version'.split(
    ' ',
  ),
);

export function runIdentity(command: string, args: object): RunIdentity {
  const options = Object.entries({ ...args, ...programFiles(args) })
    .filter(([name, value]) => value !== undefined && !indifferent.has(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { tool: `seth-attention ${version()}`, command, options: Object.fromEntries(options) };
}

/** SHA-256 of the files that the command line of a program names, so that one that was edited makes another run. */
function programFiles(args: { readonly oracle?: unknown }): Readonly<Record<string, string>> {
  const { oracle } = args;
  if (typeof oracle !== 'string' || !isCommand(oracle)) return {};
  const words = splitWords(oracle.slice(oracle.indexOf(':') + 1));
  return Object.fromEntries(
    words.flatMap((word) => {
      try {
        return [[`oracle ${word}`, `SHA-256 ${hashOfBytes(readFileSync(word))}`]];
      } catch {
        return []; // not a file that can be read here
      }
    }),
  );
}

/** Throws an `InputError` that names what differs, and whose hint is `hint`. */
export function requireSameRun(file: string, expected: RunIdentity, found: RunIdentity, hint: string): void {
  const names = new Set([...Object.keys(expected.options), ...Object.keys(found.options)]);
  const pairs: readonly (readonly [field: string, expected: unknown, found: unknown])[] = [
    ['tool', expected.tool, found.tool],
    ['command', expected.command, found.command],
    ['files', expected.files, found.files],
    ...[...names].map((name) => [`--${shown(name)}`, expected.options[name], found.options[name]] as const),
  ];
  const differing = pairs.find(([, a, b]) => JSON.stringify(a) !== JSON.stringify(b));
  if (differing === undefined) return;
  const [field, a, b] = differing;
  throw new InputError({ code: 'run-differs', file, field, expected: shown(a), found: shown(b), hint });
}

/** A value as it was typed, where it fits a line; what stands in a file need not. */
const shown = (value: unknown): string =>
  typeof value === 'string' && /^[^\p{Cc}\u2028\u2029]{1,200}$/u.test(value) ? value : quoteJson(value);
