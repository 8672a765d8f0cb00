/** How a run ends: the exit codes, which error gets which, and the one line that is printed for it. */
import { InputError } from '../problems/input-error.ts';
import { paint } from './paint.ts';

/** Where a command has an answer to a formula, SAT solvers' codes say it. */
export const exits = {
  ok: 0,
  unknown: 0,
  /** A step disagrees, is inconclusive, or an oracle or its output failed. */
  disagreement: 1,
  /** Bad input or usage. */
  badInput: 2,
  satisfiable: 10,
  unsatisfiable: 20,
  /** A fault of this program; sysexits' EX_SOFTWARE. */
  internal: 70,
  /** What a shell says of a program that SIGHUP, SIGINT or SIGTERM ended. */
  hangUp: 129,
  interrupted: 130,
  terminated: 143,
  /** The reader of standard output went away: what a shell says of a program that SIGPIPE ended. */
  brokenPipe: 141,
} as const;

/** A command line that cannot be understood. */
export class UsageError extends Error {}

/** An output that is malformed or refuted, or a program that failed: the fault of whoever computed it, not of what the user typed. */
export class RefusedOutput extends InputError {}

/** An oracle that broke down on a sound instance. */
export class OracleFailure extends Error {
  constructor(oracle: string, cause: unknown) {
    super(`the oracle ${oracle} failed: ${messageOf(cause)}; try another --oracle, or "seth doctor"`, {
      cause,
    });
  }
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof RefusedOutput || error instanceof OracleFailure) return exits.disagreement;
  if (error instanceof InputError || error instanceof UsageError) return exits.badInput;
  return exits.internal;
}

/** The error in one line, for people. */
export function describeError(error: unknown): string {
  const message = oneLine(messageOf(error));
  return exitCodeOf(error) === exits.internal
    ? `internal error: ${message}; please report it, with what --debug adds`
    : message;
}

/** Prints the error on standard error: one line, and with `debug` the stack under it. */
export function report(error: unknown, debug: boolean): void {
  const { red } = paint(process.stderr);
  const stack = debug && error instanceof Error ? `\n${error.stack ?? ''}` : '';
  process.stderr.write(`${red('seth:')} ${describeError(error)}${stack}\n`);
}

/** A warning on standard error, in one line. */
export function warn(text: string): void {
  const { yellow } = paint(process.stderr);
  process.stderr.write(`${yellow('seth: warning:')} ${oneLine(text)}\n`);
}

/** A remark on standard error, in one line. */
export function note(text: string): void {
  process.stderr.write(`${oneLine(text)}\n`);
}

/** An error's code, as JSON has it. */
export function codeOf(error: unknown): string {
  if (error instanceof InputError) return error.fault.code;
  return error instanceof OracleFailure ? 'oracle-failed' : 'internal';
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** File names may hold anything, line ends and a terminal's control characters included. */
const oneLine = (text: string): string =>
  text.replace(/[\p{Cc}\u2028\u2029]/gu, (found) => {
    return `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
