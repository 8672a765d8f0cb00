import type { CommandModule } from 'yargs';
import { act } from '../act.ts';
import { jsonOption, type Typed } from '../options.ts';

export interface CheckArguments {
  readonly instance: string;
  readonly output: string;
  readonly certificate: string;
  readonly error?: Typed;
  readonly memory?: Typed;
  readonly json: boolean;
}

export const check: CommandModule<object, CheckArguments> = {
  command: 'check <instance> <output> <certificate>',
  describe: 'Check a certificate with a program that shares no code with the decoder',
  builder: (yargs) =>
    yargs
      .positional('instance', { type: 'string', demandOption: true, describe: 'The instance' })
      .positional('output', { type: 'string', demandOption: true, describe: 'The output' })
      .positional('certificate', {
        type: 'string',
        demandOption: true,
        describe: 'What decode --certificate wrote; one of the three can be -, standard input',
      })
      .options({
        error: {
          requiresArg: true,
          defaultDescription: 'what the certificate says',
          describe:
            'Relative error that you grant each output: the answer must follow for it too; the certificate keeps its own if that is larger',
        },
        memory: {
          requiresArg: true,
          defaultDescription: 'three quarters of the machine',
          describe: 'GiB that may be used',
        },
        json: jsonOption,
      })
      .example('seth random pigeonhole --holes 3 | seth generate - -o i.safetensors', '')
      .example('seth attend i.safetensors -o o.npy', '')
      .example('seth decode i.safetensors o.npy --certificate c.json', '')
      .example('seth check i.safetensors o.npy c.json', '')
      .example('seth check i.safetensors o.npy c.json --error 1e-14', '')
      .epilogue('Exit code: 0 accepted, 1 rejected, 2 bad input.'),
  handler: act(async () => (await import('../actions/check.ts')).checkCertificate),
};
