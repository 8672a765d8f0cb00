import type { CommandModule } from 'yargs';
import { act } from '../act.ts';
import { jsonOption, type Typed } from '../options.ts';

export interface LabArguments {
  readonly port?: Typed;
  readonly 'no-open': boolean;
  readonly json: boolean;
}

export const lab: CommandModule<object, LabArguments> = {
  command: 'lab',
  describe:
    'Serve the interactive page on localhost: a formula, its attention instance and the decode, linked',
  builder: (yargs) =>
    yargs
      .options({
        port: {
          requiresArg: true,
          defaultDescription: '8017, or a free one',
          describe: 'The port of localhost to listen on; 0 takes a free one',
        },
        'no-open': { boolean: true, default: false, describe: 'Print the address and open no browser' },
        json: { ...jsonOption, describe: 'For programs: the address as a JSON object' },
      })
      .example('seth lab --port 8080 --no-open', '')
      .epilogue('It runs until Ctrl-C. Exit code: 0 ended, 2 bad input.'),
  handler: act(async () => (await import('../actions/lab.ts')).lab),
};
