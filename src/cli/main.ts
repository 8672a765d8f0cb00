#!/usr/bin/env node
/** The command `seth`: runs what the arguments say and ends with its exit code. */
import { setEngineFlags } from './engine-flags.ts';
import { exitCodeOf, exits, report } from './faults.ts';
import { fileFault } from './file-fault.ts';
import { sayHowToGoOn } from './go-on.ts';
import { isDebugging, run } from './run.ts';
import { removeUnfinished } from './write.ts';

const args = process.argv.slice(2);
setEngineFlags();

process.on('exit', removeUnfinished);
process.on('SIGHUP', () => stop(exits.hangUp));
process.on('SIGINT', () => stop(exits.interrupted));
process.on('SIGTERM', () => stop(exits.terminated));
process.on('uncaughtException', end);
process.stderr.on('error', () => {}); // nobody is left to tell
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exits.brokenPipe);
  end(fileFault(error, 'standard output', 'a place that can be written'));
});

await run(args);

/** Worker threads end with the process, and what is half-written is removed on its exit. */
function stop(code: number): never {
  sayHowToGoOn();
  process.exit(code);
}

/** For what no command can catch. */
function end(error: unknown): never {
  report(error, isDebugging(args));
  sayHowToGoOn();
  process.exit(exitCodeOf(error));
}
