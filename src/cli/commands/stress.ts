import type { CommandModule } from 'yargs';
import type { Dtype } from '../../problems/dtype.ts';
import type { Layout } from '../../oracles/oracle.ts';
import type { SuiteName } from '../../experiments/stress/suite.ts';
import { act } from '../act.ts';
import { commandOptions, type CommandArguments } from '../command-options.ts';
import { journalOption, shardOption, type LongRunArguments } from '../long-run-options.ts';
import { jsonOption, oracleOption, progressOption, type ReportArguments, type Typed } from '../options.ts';

export interface StressArguments extends ReportArguments, LongRunArguments, Omit<CommandArguments, 'error'> {
  readonly suite: SuiteName;
  readonly dtype: Dtype | 'all';
  readonly layout?: Layout | undefined;
  readonly require?: Typed;
  readonly junit?: string | undefined;
  readonly html?: string | undefined;
}

export const stress: CommandModule<object, StressArguments> = {
  command: 'stress',
  describe: 'How much precision an attention implementation has: a ladder of instances, and a score',
  builder: (yargs) =>
    yargs
      .options({
        oracle: oracleOption,
        suite: {
          choices: ['quick', 'full'] as const,
          default: 'quick' as const,
          describe: 'quick: each level once; full: each in every shape, and longer sums',
        },
        dtype: {
          choices: ['f64', 'f32', 'f16', 'bf16', 'all'] as const,
          default: 'f64' as const,
          describe: 'Format of the tensors: whose ladder is climbed',
        },
        timeout: commandOptions.timeout,
        layout: {
          choices: ['bhnd', 'bnhd'] as const,
          requiresArg: true,
          describe:
            'Give the program of --oracle command:… all heads of a rung at once, in tensors of 4 dimensions',
        },
        require: {
          requiresArg: true,
          defaultDescription: 'the top level of the dtype',
          describe: 'Exit with 1 when a lower level than this is the highest survived',
        },
        junit: { string: true, requiresArg: true, describe: 'Write a JUnit report; - is standard output' },
        html: {
          string: true,
          requiresArg: true,
          describe: 'Write a page with figures that needs nothing beside it; - is standard output',
        },
        journal: journalOption,
        shard: shardOption,
        json: jsonOption,
        progress: progressOption,
      })
      .example('seth stress --oracle cpu --suite quick --dtype f32', '')
      .epilogue('Exit code: 0 the required level is survived, 1 it is not, 2 bad input.'),
  handler: act(async () => (await import('../actions/stress.ts')).stress),
};
