import type { CommandModule } from 'yargs';
import { act } from '../act.ts';
import { jsonOption } from '../options.ts';

export interface MergeArguments {
  readonly output: string;
  readonly file: readonly string[];
  readonly json: boolean;
}

export const merge: CommandModule<object, MergeArguments> = {
  command: 'merge <output> <file..>',
  describe:
    'Put together what runs with --shard wrote: outputs of attend, JSON lines of verify, JSON of stress',
  builder: (yargs) =>
    yargs
      .positional('output', {
        type: 'string',
        demandOption: true,
        describe: 'Where to: .safetensors or .npy for outputs; - is standard output',
      })
      .positional('file', {
        array: true,
        type: 'string',
        demandOption: true,
        describe: 'All parts of one run, in any order; - is standard input',
      })
      .option('json', {
        ...jsonOption,
        describe: 'For programs: the output and the exit code of the whole run as a JSON object',
      })
      .example('seth verify instances --json --shard 0/1 | seth merge whole.jsonl -', '')
      .epilogue(
        'Exit code: 2 if a part is missing, there twice or of another run; otherwise that of the whole run.',
      ),
  handler: act(async () => (await import('../actions/merge.ts')).merge),
};
