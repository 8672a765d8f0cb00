#!/usr/bin/env node
/** The command `seth`: runs what the arguments say and ends with its exit code. */
import { exitCodeOf, exits, report } from './faults.ts';
import { fileFault } from './file-fault.ts';
import { program } from './program.ts';
import { allowRelaxedSimd } from './relaxed-simd.ts';
import { removeUnfinished } from './write.ts';

const args = process.argv.slice(2);
const debug = args.includes('--debug');
allowRelaxedSimd();

process.on('exit', removeUnfinished);
process.on('SIGHUP', () => process.exit(exits.hangUp));
process.on('SIGINT', () => process.exit(exits.interrupted));
process.on('SIGTERM', () => process.exit(exits.terminated));
process.on('uncaughtException', end);
process.stderr.on('error', () => {}); // nobody is left to tell
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exits.brokenPipe);
  end(fileFault(error, 'standard output', 'a place that can be written'));
});

try {
  await program(args).parseAsync();
} catch (error) {
  report(error, debug);
  process.exitCode = exitCodeOf(error);
}

/** For what no command can catch. */
function end(error: unknown): never {
  report(error, debug);
  process.exit(exitCodeOf(error));
}
