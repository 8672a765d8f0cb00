import type { CommandModule } from 'yargs';
import { act } from '../act.ts';
import { commandOptions, type CommandArguments } from '../command-options.ts';
import {
  encodingOptions,
  forceOption,
  jsonOption,
  oracleOption,
  progressOption,
  sparsifyOption,
  thresholdOptions,
  type EncodingArguments,
  type ReportArguments,
} from '../options.ts';
import type { SparsifyArguments } from '../paper-options.ts';

export interface SolveArguments
  extends EncodingArguments, ReportArguments, SparsifyArguments, CommandArguments {
  readonly file: string;
  readonly force: boolean;
}

export const solve: CommandModule<object, SolveArguments> = {
  command: 'solve <file>',
  describe: 'Answer a formula through attention: satisfiable or not, a model, the number of models',
  builder: (yargs) =>
    encodingOptions(yargs)
      .positional('file', {
        type: 'string',
        demandOption: true,
        describe: 'DIMACS CNF, plain, gzip or xz; - is standard input',
      })
      .options({
        sparsify: sparsifyOption,
        ...thresholdOptions,
        oracle: oracleOption,
        ...commandOptions,
        force: forceOption,
        json: jsonOption,
        progress: progressOption,
      })
      .example('seth random planted --variables 16 --seed 1 | seth solve -', '')
      .epilogue(
        'Exit code: 10 satisfiable, 20 unsatisfiable, 0 unknown, 1 if the oracle failed, 2 bad input.',
      ),
  handler: act(async () => (await import('../actions/solve.ts')).solve),
};
