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
process.on('SIGHUP', () => stop('SIGHUP', exits.hangUp));
process.on('SIGINT', () => stop('SIGINT', exits.interrupted));
process.on('SIGTERM', () => stop('SIGTERM', exits.terminated));
process.on('uncaughtException', end);
process.stderr.on('error', () => {}); // nobody is left to tell
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exits.brokenPipe);
  end(fileFault(error, 'standard output', 'a place that can be written'));
});

await run(args);

/**
 * Ends by the signal itself, after all that is done on an exit: `process.exit` waits for its threads, and one that
 * opens a pipe without another end waits for ever. A shell makes `code` of either. Where `process.exit` is reached all the
 * same, what is done on an exit is done twice, which must do no harm.
 */
function stop(signal: NodeJS.Signals, code: number): never {
  sayHowToGoOn();
  process.emit('exit', code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  process.exit(code); // the first process of a container outlives a signal that it does not handle
}

/** For what no command can catch. */
function end(error: unknown): never {
  report(error, isDebugging(args));
  sayHowToGoOn();
  process.exit(exitCodeOf(error));
}
