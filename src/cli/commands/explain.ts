import type { CommandModule } from 'yargs';
import { act } from '../act.ts';
import { commandOptions, type CommandArguments } from '../command-options.ts';
import {
  encodingOptions,
  jsonOption,
  oracleOption,
  sparsifyOption,
  thresholdOptions,
  type EncodingArguments,
} from '../options.ts';
import type { SparsifyArguments } from '../paper-options.ts';

export interface ExplainArguments extends EncodingArguments, SparsifyArguments, CommandArguments {
  readonly file: string;
  readonly json: boolean;
}

export const explain: CommandModule<object, ExplainArguments> = {
  command: 'explain <file>',
  describe: 'Walk a small formula through every step of a chain, with matrices to read',
  builder: (yargs) =>
    encodingOptions(yargs)
      .positional('file', {
        type: 'string',
        demandOption: true,
        describe: 'DIMACS CNF, plain, gzip or xz; - is standard input',
      })
      .options({
        sparsify: { ...sparsifyOption, describe: 'Show the tree of the sparsification lemma as well' },
        ...thresholdOptions,
        oracle: oracleOption,
        ...commandOptions,
        json: { ...jsonOption, describe: 'For programs: the steps and their ledgers as one JSON object' },
      })
      .example('seth random teaching --formula 2 | seth explain -', '')
      .example('seth random teaching | seth explain - --route closest-pair', '')
      .epilogue('Exit code: 0 explained, 1 if the oracle failed, 2 bad input.'),
  handler: act(async () => (await import('../actions/explain.ts')).explain),
};
