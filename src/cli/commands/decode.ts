import type { CommandModule } from 'yargs';
import { act } from '../act.ts';
import { jsonOption, spotCheckOptions, type SpotCheckArguments, type Typed } from '../options.ts';

export interface DecodeArguments extends SpotCheckArguments {
  readonly instance: string;
  readonly output: string;
  readonly error?: Typed;
  readonly memory?: Typed;
  readonly certificate?: string | undefined;
  readonly json: boolean;
}

export const decode: CommandModule<object, DecodeArguments> = {
  command: 'decode <instance> <output>',
  describe: 'Read the answer from an output, whatever computed it',
  builder: (yargs) =>
    yargs
      .positional('instance', {
        type: 'string',
        demandOption: true,
        describe: 'The instance, as generate wrote it; - is standard input',
      })
      .positional('output', {
        type: 'string',
        demandOption: true,
        describe: 'The output, .safetensors or .npy; - is standard input',
      })
      .options({
        error: {
          requiresArg: true,
          defaultDescription: 'what the instance was planned for',
          describe:
            'Relative error that the output claims for each entry; rounding to a narrower format than the instance has is added',
        },
        memory: {
          requiresArg: true,
          defaultDescription: 'three quarters of the machine',
          describe: 'GiB that may be used',
        },
        certificate: {
          string: true,
          requiresArg: true,
          describe: 'Write what "seth check" needs to check the answer to this file',
        },
        ...spotCheckOptions,
        json: jsonOption,
      })
      .example('seth random teaching | seth generate - -o i.safetensors', '')
      .example('seth attend i.safetensors -o - | seth decode i.safetensors -', '')
      .example('seth attend i.safetensors -o - | seth decode i.safetensors - --spot-check 20', '')
      .epilogue(
        'Exit code: 10 satisfiable, 20 unsatisfiable, 0 unknown, 1 if the output is malformed or refuted, 2 bad input.',
      ),
  handler: act(async () => (await import('../actions/decode.ts')).decode),
};
