import type { CommandModule } from 'yargs';
import { act } from '../act.ts';
import { commandOptions, type CommandArguments } from '../command-options.ts';
import { shardOption } from '../long-run-options.ts';
import {
  forceOption,
  jsonOption,
  oracleOption,
  progressOption,
  type ReportArguments,
  type Typed,
} from '../options.ts';

export interface AttendArguments extends ReportArguments, CommandArguments {
  readonly instance: string;
  readonly output: string;
  readonly force: boolean;
  readonly scale?: Typed;
  readonly shard: string | undefined;
}

export const attend: CommandModule<object, AttendArguments> = {
  command: 'attend <instance>',
  describe: 'Compute the attention of an instance, or of any .safetensors file with q, k, v',
  builder: (yargs) =>
    yargs
      .positional('instance', {
        type: 'string',
        demandOption: true,
        describe: 'A .safetensors file; - is standard input',
      })
      .options({
        output: {
          alias: 'o',
          string: true,
          requiresArg: true,
          demandOption: true,
          describe: 'Where to: .safetensors or .npy; - is safetensors on standard output',
        },
        oracle: oracleOption,
        ...commandOptions,
        force: forceOption,
        scale: {
          requiresArg: true,
          defaultDescription: 'linear',
          describe:
            'For files without our metadata: what multiplies QKᵀ, a number, linear (1/d) or rsqrt (1/√d)',
        },
        shard: shardOption,
        json: jsonOption,
        progress: progressOption,
      })
      .example('seth random teaching | seth generate - -o - | seth attend - -o out.npy', '')
      .epilogue('Exit code: 0 written, 1 if the oracle failed, 2 bad input.'),
  handler: act(async () => (await import('../actions/attend.ts')).attend),
};
