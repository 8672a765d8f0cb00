/** What a command line that cannot be understood gets: one line that says what is wrong and what to do. */

/** yargs' messages in this program's words, under their English originals; `%s` is filled in by yargs. */
export const usageWords = {
  'Not enough non-option arguments: got %s, need at least %s': plural(
    'too few arguments: found %s, expected %s',
  ),
  'Too many non-option arguments: got %s, maximum of %s': plural(
    'too many arguments: found %s, expected at most %s',
  ),
  'Missing argument value: %s': plural('no value for %s'),
  'Missing required argument: %s': plural('the option --%s is missing'),
  'Unknown argument: %s': plural('unknown argument %s'),
  'Unknown command: %s': plural('unknown command %s'),
  'Argument: %s, Given: %s, Choices: %s': '--%s cannot be %s, choose among %s',
  'Not enough arguments following: %s': 'the option %s needs a value',
  'Did you mean %s?': 'no such family, did you mean %s?',
  // yargs' types know of strings only, yargs itself of both.
} as unknown as Record<string, string>;

function plural(words: string): { readonly one: string; readonly other: string } {
  return { one: words, other: words };
}

/** What the command that was being parsed knows. */
export interface Known {
  /** Names of the commands, without families. */
  readonly commands: readonly string[];
  /** Options and their aliases, without dashes. */
  readonly options: readonly string[];
}

/**
 * The line for what yargs said of `args`. A command or an option that there is not comes first, because yargs may
 * have complained of something that follows from it.
 */
export function usageMessage(said: string, args: readonly string[], known: Known): string {
  const end = args.indexOf('--');
  const words = end < 0 ? args : args.slice(0, end);
  const command = words.find((word) => !word.startsWith('-'));
  if (command !== undefined && !known.commands.includes(command)) {
    return `unknown command ${command}${suggestion('', command, known.commands)}; see "seth --help"`;
  }
  const option = words
    .filter((word) => /^--?[a-z]/i.test(word))
    .map((word) => word.replace(/=.*/s, ''))
    .find((word) => !known.options.includes(word.startsWith('--') ? word.slice(2) : word[1]!));
  const wrong =
    option === undefined
      ? inWords(said)
      : `unknown option ${option}${suggestion('--', option.replace(/^-+/, ''), known.options)}`;
  return `${wrong}; see "seth ${command === undefined ? '' : `${command} `}--help"`;
}

/** On one line, and with the dashes that yargs' parser leaves out. */
function inWords(said: string): string {
  const line = said.replace('Invalid values:', '').replace(/\s+/g, ' ').trim();
  return line.replace(/^the option (\w+) needs/, (_, name: string) => {
    return `the option ${name.length === 1 ? '-' : '--'}${name} needs`;
  });
}

function suggestion(dashes: string, typed: string, names: readonly string[]): string {
  const nearest = names
    .filter((name) => name.length > 1)
    .map((name) => ({ name, far: distance(typed, name) }))
    .toSorted((a, b) => a.far - b.far)[0];
  return nearest !== undefined && nearest.far <= 2 ? `, did you mean ${dashes}${nearest.name}?` : '';
}

/** Levenshtein's: the fewest insertions, deletions and substitutions from one word to the other. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, k) => k);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const substituted = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
