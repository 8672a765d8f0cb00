/** What is said of the program of `--oracle command:…`, and which error `--oracle polynomial` is to keep to. */
import type { OpenOptions } from '../oracles/oracles.ts';
import { UsageError } from './faults.ts';
import { numberOf, type Typed } from './options.ts';

export interface CommandArguments {
  readonly oracle: string;
  readonly timeout?: Typed;
  readonly error?: Typed;
}

export const commandOptions = {
  timeout: {
    requiresArg: true,
    defaultDescription: '600',
    describe: 'Seconds that the program of --oracle command:… may take for an instance',
  },
  error: {
    requiresArg: true,
    defaultDescription: 'what a careful kernel of the dtype reaches; polynomial: one over the keys',
    describe:
      'Relative error for each output entry: that the program of --oracle command:… claims, or polynomial keeps to',
  },
} as const;

/** Is this oracle a program of the user's? */
export const isCommand = (oracle: string): boolean => /^command(-warm)?:/.test(oracle);

/** Longer, and a timer of Node's would end at once. */
const longestTimeout = 1e6;

/** Throws an `InputError` for numbers out of range and a `UsageError` where the oracle could not use them. */
export function openOptions({ oracle, timeout, error }: CommandArguments): OpenOptions {
  const seconds = numberOf('timeout', timeout, { above: 0, max: longestTimeout });
  const claimed = numberOf('error', error, { above: 0, max: 1 });
  const refuse = (option: string, oracles: string): never => {
    throw new UsageError(`--${option} is for --oracle ${oracles}, and the oracle is ${oracle}: leave it out`);
  };
  if (seconds !== undefined && !isCommand(oracle)) refuse('timeout', 'command:…');
  if (claimed !== undefined && !isCommand(oracle) && oracle !== 'polynomial') {
    refuse('error', 'command:… and polynomial');
  }
  return {
    ...(seconds === undefined ? {} : { timeout: seconds }),
    ...(claimed === undefined ? {} : { error: claimed }),
  };
}
