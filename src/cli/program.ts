/** The command line as yargs knows it. Parsing runs the command; whatever goes wrong is thrown. */
import yargs, { type Argv, type CommandModule } from 'yargs';
import { attend } from './commands/attend.ts';
import { check } from './commands/check.ts';
import { decode } from './commands/decode.ts';
import { doctor } from './commands/doctor.ts';
import { explain } from './commands/explain.ts';
import { generate } from './commands/generate.ts';
import { merge } from './commands/merge.ts';
import { lab } from './commands/lab.ts';
import { random } from './commands/random.ts';
import { reduce } from './commands/reduce.ts';
import { solve } from './commands/solve.ts';
import { stress } from './commands/stress.ts';
import { transition } from './commands/transition.ts';
import { verify } from './commands/verify.ts';
import { families } from '../problems/families/families.ts';
import { UsageError } from './faults.ts';
import { flagMessage, usageMessage, usageWords } from './usage.ts';
import { version } from './version.ts';

/** Help wider than this is hard to read. */
const widestHelp = 100;

const commands = [
  verify,
  solve,
  generate,
  attend,
  decode,
  check,
  merge,
  reduce,
  random,
  explain,
  stress,
  transition,
  lab,
  doctor,
] as readonly CommandModule[];
const names = [...commands.map(({ command }) => String(command).split(' ')[0]!), 'completion'];

export function program(args: readonly string[]): Argv {
  const parser = yargs(operands(args).map((arg) => (arg === '-' ? dash : arg)));
  return parser
    .scriptName('seth')
    .locale('en')
    .updateStrings(usageWords)
    .usage(
      '$0 <command>\n\nFrom CNF-SAT through Orthogonal Vectors to attention, and back to a certified answer.',
    )
    .parserConfiguration({
      'boolean-negation': false,
      'dot-notation': false,
    })
    .command([...commands])
    .completion('completion', 'Print a script that completes commands and options in bash, zsh or fish')
    .option('debug', { boolean: true, default: false, global: true, describe: 'Print the stack of an error' })
    .example('seth verify instances', '')
    .example('seth random uniform --variables 16 --seed 1 | seth solve -', '')
    .middleware((argv) => {
      const wrong = flagMessage(args, flagsOf(parser));
      if (wrong !== undefined) throw new UsageError(wrong);
      settle(argv);
    })
    .demandCommand(1, 'name a command')
    .strict()
    .recommendCommands()
    .alias('help', 'h')
    .version(version())
    .wrap(process.stdout.columns === undefined ? null : Math.min(widestHelp, process.stdout.columns))
    .showHelpOnFail(false)
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined) => {
      if (message === null) throw error; // a command's own
      throw new UsageError(
        usageMessage(message.replaceAll(/\0|\\u0000/g, '-'), args, {
          commands: names,
          families: Object.keys(families),
          options: optionsOf(parser),
        }),
      );
    });
}

/** Without a `--`: what follows it are files, whatever they begin with, and yargs would give no command any of them. */
function operands(args: readonly string[]): readonly string[] {
  const end = args.indexOf('--');
  if (end < 0 || args.includes('--get-yargs-completions')) return args; // a shell completes the word `--`
  const files = args.slice(end + 1).map((arg) => (/^-./.test(arg) ? `./${arg}` : arg));
  return [...args.slice(0, end), ...files];
}

/** Stands for a lone `-`, which yargs loses among positional arguments. No argument can hold a NUL. */
const dash = '\0';

/** Gives a lone `-` back. Throws a `UsageError` for an option that was given two values: only `file` may be many. */
function settle(argv: Record<string, unknown>): void {
  const restored = (value: unknown): unknown => (value === dash ? '-' : value);
  for (const [name, value] of Object.entries(argv)) {
    const values = Array.isArray(value) ? value.map(restored) : [restored(value)];
    if (name === 'file' || name === '_') {
      argv[name] = Array.isArray(value) ? values : values[0];
      continue;
    }
    const [first, other] = new Set(values.map(String));
    if (other !== undefined) {
      const option = `${name.length === 1 ? '-' : '--'}${name}`;
      const together = name === 'rung' ? `, as ${option} ${first},${other}` : '';
      throw new UsageError(`${option} was given twice, as ${first} and as ${other}: give it once${together}`);
    }
    argv[name] = values[0];
  }
}

/** The options and aliases of the command that was being parsed; yargs has them, its types do not. */
function optionsOf(parser: Argv): readonly string[] {
  const { key, alias } = (parser as unknown as WithOptions).getOptions();
  return [...Object.keys(key), ...Object.values(alias).flat()];
}

/** The options of the command that take no value, and their aliases. */
function flagsOf(parser: Argv): readonly string[] {
  const { boolean, alias } = (parser as unknown as WithOptions).getOptions();
  return boolean.flatMap((name) => [name, ...(alias[name] ?? [])]);
}

interface WithOptions {
  getOptions(): {
    readonly key: Readonly<Record<string, unknown>>;
    readonly boolean: readonly string[];
    readonly alias: Readonly<Record<string, readonly string[]>>;
  };
}
