import type { CommandModule } from 'yargs';
import { act } from '../act.ts';
import {
  encodingOptions,
  jsonOption,
  progressOption,
  type EncodingArguments,
  type ReportArguments,
  type Typed,
} from '../options.ts';

export interface GenerateArguments extends EncodingArguments, ReportArguments {
  readonly file: string;
  readonly output: string;
  readonly error?: Typed;
  readonly seed?: Typed;
}

export const generate: CommandModule<object, GenerateArguments> = {
  command: 'generate <file>',
  describe: 'Make an attention instance of a formula: one .safetensors file with q, k, v',
  builder: (yargs) =>
    encodingOptions(yargs)
      .positional('file', {
        type: 'string',
        demandOption: true,
        describe: 'DIMACS CNF, plain, gzip or xz; - is standard input',
      })
      .options({
        output: {
          alias: 'o',
          string: true,
          requiresArg: true,
          demandOption: true,
          describe: 'The instance; - is standard output',
        },
        error: {
          requiresArg: true,
          defaultDescription: 'what a careful kernel of the dtype reaches',
          describe: 'Relative error of an output entry to plan for',
        },
        seed: {
          requiresArg: true,
          describe: 'Kept in the metadata; these routes draw nothing at random',
        },
        json: jsonOption,
        progress: progressOption,
      })
      .example('seth random uniform --seed 4 | seth generate - -o i.safetensors', '')
      .example('seth random teaching | seth generate - -o i32.safetensors --dtype f32 --json', '')
      .epilogue('Exit code: 0 written, 2 bad input.'),
  handler: act(async () => (await import('../actions/generate.ts')).generate),
};
