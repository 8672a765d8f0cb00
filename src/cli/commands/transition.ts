import type { CommandModule } from 'yargs';
import { act } from '../act.ts';
import { jsonOption, progressOption, type Typed } from '../options.ts';
import type { ProgressMode } from '../progress.ts';

export interface TransitionArguments {
  readonly out: string;
  readonly quick: boolean;
  readonly seed?: Typed;
  readonly json: boolean;
  readonly progress: ProgressMode;
}

export const transition: CommandModule<object, TransitionArguments> = {
  command: 'transition',
  describe: 'Measure both sides of the transition at B = Θ(√log n), into CSV, JSON, SVG and PNG files',
  builder: (yargs) =>
    yargs
      .options({
        out: { string: true, requiresArg: true, demandOption: true, describe: 'The folder to write to' },
        quick: { boolean: true, default: false, describe: 'Smaller sizes, under 40 s' },
        seed: { requiresArg: true, defaultDescription: '1', describe: 'Seed of the random matrices' },
        json: {
          ...jsonOption,
          describe: 'Print one JSON object: all rows, with seconds, and the files',
        },
        progress: progressOption,
      })
      .example('seth transition --quick --out transition', '')
      .epilogue('Exit code: 0 written, 2 bad input.'),
  handler: act(async () => (await import('../actions/transition.ts')).transition),
};
