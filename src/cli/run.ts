/** One run of the command, in the process in which it is called. */
import { exitCodeOf, report } from './faults.ts';
import { sayHowToGoOn } from './go-on.ts';
import { program } from './program.ts';

/** Does what the arguments say, reports what goes wrong, and leaves the exit code in `process.exitCode`. */
export async function run(args: readonly string[]): Promise<void> {
  try {
    await program(args).parseAsync();
  } catch (error) {
    report(error, isDebugging(args));
    sayHowToGoOn();
    process.exitCode = exitCodeOf(error);
  }
}

/** Were stacks asked for? Known before the arguments are understood. */
export const isDebugging = (args: readonly string[]): boolean => args.includes('--debug');
