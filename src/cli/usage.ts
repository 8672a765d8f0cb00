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
  /** Names of the commands. */
  readonly commands: readonly string[];
  /** Of `random`, which have a help of their own. */
  readonly families: readonly string[];
  /** Options and their aliases, without dashes. */
  readonly options: readonly string[];
}

/**
 * The line for what yargs said of `args`. A command or an option that there is not comes first, because yargs may
 * have complained of something that follows from it.
 */
export function usageMessage(said: string, args: readonly string[], known: Known): string {
  const words = beforeDashes(args);
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
  const family = command === 'random' ? words.find((word) => known.families.includes(word)) : undefined;
  const help = ['seth', command, family, '--help'].filter((word) => word !== undefined).join(' ');
  return `${wrong}; see "${help}"`;
}

/** The line for the first of `flags`, options that are either there or not, that was given a value; undefined for none. */
export function flagMessage(args: readonly string[], flags: readonly string[]): string | undefined {
  for (const word of beforeDashes(args)) {
    const [, dashes = '', flag = '', value] = /^(--?)([^=]+)=(.*)$/s.exec(word) ?? [];
    const isFlag = flags.includes(flag.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`));
    if (!isFlag || value === 'true' || value === 'false') continue;
    return `${dashes}${flag} takes no value, found ${JSON.stringify(value)}; write ${dashes}${flag}, or leave it out`;
  }
  return undefined;
}

/** What follows `--` is no option, whatever it looks like. */
function beforeDashes(args: readonly string[]): readonly string[] {
  const end = args.indexOf('--');
  return end < 0 ? args : args.slice(0, end);
}

/** On one line, and with the dashes that yargs' parser leaves out. */
function inWords(said: string): string {
  const line = said.replace('Invalid values:', '').replace(/\s+/g, ' ').trim();
  return line.replace(/^the option (\w+) needs/, (_, name: string) => {
    return `the option ${name.length === 1 ? '-' : '--'}${name} needs`;
  });
}

/** The name that is least far from what was typed; of several, one that begins as it does. */
export function nearest(typed: string, names: readonly string[]): string | undefined {
  const [first] = names
    .filter((name) => name.length > 1)
    .map((name) => ({ name, far: distance(typed, name) + (name[0] === typed[0] ? 0 : 0.5) }))
    .toSorted((a, b) => a.far - b.far);
  return first !== undefined && first.far < 3 ? first.name : undefined;
}

function suggestion(dashes: string, typed: string, names: readonly string[]): string {
  const name = nearest(typed, names);
  return name === undefined ? '' : `, did you mean ${dashes}${name}?`;
}

/** The fewest insertions, deletions, substitutions and swaps of neighbours from one word to the other. */
function distance(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, k) => k)];
  for (let i = 1; i <= from.length; i++) {
    const [row, before] = [rows[i - 1]!, rows[i - 2]];
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const substituted = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      const isSwap = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const swapped = before !== undefined && isSwap ? before[j - 2]! + 1 : Infinity;
      next.push(Math.min(substituted, swapped, row[j]! + 1, next[j - 1]! + 1));
    }
    rows.push(next);
  }
  return rows[from.length]![to.length]!;
}
