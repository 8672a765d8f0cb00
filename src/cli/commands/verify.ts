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
  spotCheckOptions,
  thresholdOptions,
  type EncodingArguments,
  type ReportArguments,
  type SpotCheckArguments,
} from '../options.ts';
import { journalOption, shardOption, type LongRunArguments } from '../long-run-options.ts';
import type { SparsifyArguments } from '../paper-options.ts';

export interface VerifyArguments
  extends
    EncodingArguments,
    ReportArguments,
    SparsifyArguments,
    CommandArguments,
    LongRunArguments,
    SpotCheckArguments {
  readonly file: readonly string[];
  readonly force: boolean;
}

export const verify: CommandModule<object, VerifyArguments> = {
  command: 'verify <file..>',
  describe: 'Run the whole chain on formulas and check every step against independent solvers',
  builder: (yargs) =>
    encodingOptions(yargs)
      .positional('file', {
        array: true,
        type: 'string',
        demandOption: true,
        describe:
          'DIMACS CNF, plain, gzip or xz; - is standard input; a directory stands for its .cnf, .cnf.gz and .cnf.xz',
      })
      .options({
        sparsify: sparsifyOption,
        ...thresholdOptions,
        oracle: oracleOption,
        ...commandOptions,
        force: forceOption,
        ...spotCheckOptions,
        journal: journalOption,
        shard: shardOption,
        json: jsonOption,
        progress: progressOption,
      })
      .example('seth verify instances', '')
      .example('seth verify instances --journal finished', '')
      .example('seth random teaching | seth verify - --route closest-pair', '')
      .example('seth verify instances --spot-check 20', '')
      .example('seth random teaching | seth verify - --sparsify --thresholds 2', '')
      .example('seth random uniform --variables 16 --seed 1 | seth verify - --json', '')
      .epilogue(
        'Exit code: 0 if all agree, 1 if something disagrees or is inconclusive, otherwise 2 if a file was bad input.',
      ),
  handler: act(async () => (await import('../actions/verify.ts')).verify),
};
