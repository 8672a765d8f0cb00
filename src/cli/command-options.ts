/** What is said of the program of `--oracle command:…`. */
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
    defaultDescription: 'what a careful kernel of the dtype reaches',
    describe: 'Relative error for each output entry that the program of --oracle command:… claims',
  },
} as const;

/** Is this oracle a program of the user's? */
export const isCommand = (oracle: string): boolean => /^command(-warm)?:/.test(oracle);

/** Longer, and a timer of Node's would end at once. */
const longestTimeout = 1e6;

/** Throws an `InputError` for numbers out of range and a `UsageError` where no program could use them. */
export function openOptions({ oracle, timeout, error }: CommandArguments): OpenOptions {
  const seconds = numberOf('timeout', timeout, { above: 0, max: longestTimeout });
  const claimed = numberOf('error', error, { above: 0, max: 1 });
  if ((seconds !== undefined || claimed !== undefined) && !isCommand(oracle)) {
    throw new UsageError(
      `--${seconds === undefined ? 'error' : 'timeout'} is for --oracle command:…, and the oracle is ${oracle}: leave it out`,
    );
  }
  return {
    ...(seconds === undefined ? {} : { timeout: seconds }),
    ...(claimed === undefined ? {} : { error: claimed }),
  };
}
