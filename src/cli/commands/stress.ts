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
  readonly scale?: 'rsqrt' | undefined;
  readonly rung?: string | undefined;
  readonly export?: string | undefined;
  readonly layout?: Layout | undefined;
  readonly exactBelow?: Typed;
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
          describe: 'quick: a rung or a few at each level; full: every shape at each level, and longer sums',
        },
        dtype: {
          choices: ['f64', 'f32', 'f16', 'bf16', 'all'] as const,
          default: 'f64' as const,
          describe: 'Format of the tensors: whose ladder is climbed',
        },
        scale: {
          choices: ['rsqrt'] as const,
          requiresArg: true,
          defaultDescription: 'as each rung has it',
          describe:
            'Each rung with logits scaled by 1/√d, for a kernel that does that whatever the file says',
        },
        rung: {
          string: true,
          requiresArg: true,
          describe:
            'Only these rungs of the suite, of whichever dtype: names as in the table, with commas between them',
        },
        export: {
          string: true,
          requiresArg: true,
          describe:
            'A folder for the matrices of each rung that is run, the right output and what is demanded of one',
        },
        timeout: commandOptions.timeout,
        layout: {
          choices: ['bhnd', 'bnhd'] as const satisfies readonly Layout[],
          requiresArg: true,
          describe:
            'Give the program of --oracle command:… all heads of a rung at once, in tensors of 4 dimensions',
        },
        'exact-below': {
          requiresArg: true,
          describe:
            'The oracle computes exactly with fewer keys than this: such a rung is not exercised and counts neither way',
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
