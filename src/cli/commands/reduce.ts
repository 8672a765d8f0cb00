import type { CommandModule } from 'yargs';
import { act } from '../act.ts';
import { jsonOption, type Typed } from '../options.ts';

export interface ReduceArguments {
  readonly file: string;
  readonly to: 'ov';
  readonly output: string;
  readonly split: 'order' | 'weight';
  readonly prune: boolean;
  readonly strict: boolean;
  readonly memory?: Typed;
  readonly json: boolean;
}

export const reduce: CommandModule<object, ReduceArguments> = {
  command: 'reduce <file>',
  describe: 'Follow one arrow of the chain: a formula to Orthogonal Vectors',
  builder: (yargs) =>
    yargs
      .positional('file', {
        type: 'string',
        demandOption: true,
        describe: 'DIMACS CNF, plain, gzip or xz; - is standard input',
      })
      .options({
        to: { choices: ['ov'] as const, demandOption: true, describe: 'The problem to reduce to' },
        output: {
          alias: 'o',
          string: true,
          requiresArg: true,
          default: '-',
          describe: 'Where to; - is standard output',
        },
        split: {
          choices: ['order', 'weight'] as const,
          default: 'order' as const,
          describe: 'Halves of the variables: by number, or such that inner products stay small',
        },
        prune: {
          boolean: true,
          default: false,
          describe: 'Leave out half-assignments that already falsify a clause',
        },
        strict: {
          boolean: true,
          default: false,
          describe: 'Refuse a formula whose number of clauses differs from its header',
        },
        memory: {
          requiresArg: true,
          defaultDescription: 'three quarters of the machine',
          describe: 'GiB that may be used',
        },
        json: { ...jsonOption, describe: 'For programs: the vectors and the ledger as one JSON object' },
      })
      .example('seth random teaching --formula 2 | seth reduce - --to ov', '')
      .epilogue(
        'Written are comments (c), then "left 0101…" and "right 0101…", one vector a line; coordinate c is clause c.\nExit code: 0 written, 2 bad input.',
      ),
  handler: act(async () => (await import('../actions/reduce.ts')).reduce),
};
