import type { Argv, CommandModule } from 'yargs';
import { families } from '../../problems/families/families.ts';
import type { Family } from '../../problems/families/family.ts';
import { act } from '../act.ts';
import { jsonOption, type Typed } from '../options.ts';

export interface RandomArguments {
  readonly output: string;
  readonly json: boolean;
  readonly seed?: Typed;
  /** The family's parameters, under their names. */
  readonly [parameter: string]: Typed;
}

/** An example for each family; the sizes are those of `instances/`. */
const examples: Readonly<Record<string, string>> = {
  uniform: '--variables 20 --clauses 91 --seed 4',
  planted: '--variables 16 --ratio 5 --seed 1',
  pigeonhole: '--holes 4',
  parity: '--length 8 --parity 1',
  colouring: '--vertices 6 --edges 9 --seed 1',
  ladder: '--size 6',
  sequential: '--size 8',
  teaching: '--formula 2 -o formula.cnf',
};

export const random: CommandModule<object, object> = {
  command: 'random <family>',
  describe: 'Make a formula of a family, the same for the same seed',
  builder: (yargs) =>
    Object.entries(families)
      .reduce((parser, [name, family]) => parser.command(familyCommand(name, family)), yargs)
      .demandCommand(1, `name a family: ${Object.keys(families).join(', ')}`)
      .example('seth random uniform --variables 20 --clauses 91 --seed 4', '')
      .example('seth random pigeonhole --holes 3 | seth solve -', '')
      .epilogue('Exit code: 0 written, 2 bad input.'),
  handler() {
    // one of the families' own handlers runs
  },
};

function familyCommand(name: string, family: Family): CommandModule<object, RandomArguments> {
  return {
    command: name,
    describe: family.description,
    builder: (yargs) =>
      parameterOptions(yargs, family)
        .options({
          output: {
            alias: 'o',
            string: true,
            requiresArg: true,
            default: '-',
            describe: 'Where to; - is standard output',
          },
          json: {
            ...jsonOption,
            describe: 'For programs: the formula and what is known of it as one JSON object',
          },
        })
        .example(`seth random ${name} ${examples[name] ?? ''}`.trimEnd(), ''),
    handler: act(async () => {
      const { generateFormula } = await import('../actions/random.ts');
      return (args: RandomArguments) => generateFormula(family, name, args);
    }),
  };
}

function parameterOptions(yargs: Argv, family: Family): Argv {
  for (const { name, description, min, max, default: fallback } of family.parameters) {
    yargs.option(name, {
      requiresArg: true,
      describe: `${description} (${min} to ${max})`,
      ...(fallback === undefined ? {} : { defaultDescription: String(fallback) }),
    });
  }
  if (family.seeded) {
    yargs.option('seed', {
      requiresArg: true,
      defaultDescription: '1',
      describe: 'The same seed, the same formula',
    });
  }
  return yargs;
}
