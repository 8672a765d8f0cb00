/**
 * A program in a process group of its own, so that whatever it starts ends with it: when it exits, when it takes too
 * long, when it is no longer wanted, and when this process ends, in whatever way.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { InputError } from '../../problems/input-error.ts';
import { lastWords } from './last-words.ts';
import { beforeExit } from './leftovers.ts';
import { watch } from './watch.ts';

/** How a program ended. */
export type End =
  | { readonly code: number }
  | { readonly signal: string }
  /** It never began. */
  | { readonly error: Error };

export interface Program {
  readonly child: ChildProcess;
  readonly ended: Promise<End>;
  /** What its standard error ends in, on one line; empty where there is nothing. */
  said(): string;
  /** Ends it, and all that it started, at once. */
  kill(): void;
}

/** What is kept of standard error. */
const keptCharacters = 8192;

/** Milliseconds that standard error may stay open when the program has ended. */
const patience = 500;

/** Starts `words[0]` with the other words as its arguments. Its standard output is a pipe, or goes nowhere. */
export function start(words: readonly string[], pipes: 'talking' | 'silent'): Program {
  const talk = pipes === 'talking' ? 'pipe' : 'ignore';
  const child = spawn(words[0]!, words.slice(1), { stdio: [talk, talk, 'pipe'], detached: true });
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // nothing of the group is left
    }
  };
  const forget = beforeExit(kill);
  const unwatch = child.pid === undefined ? undefined : watch(child.pid);
  let tail = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-keptCharacters);
  });
  child.stdin?.on('error', () => {}); // it need not read: that it ended is told by its end
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const ended = new Promise<End>((resolve) => {
    child.once('error', (error) => resolve({ error }));
    child.once('exit', (code, signal) => resolve(code === null ? { signal: signal! } : { code }));
  }).then(async (end) => {
    kill();
    forget();
    unwatch?.();
    if (!('error' in end)) await within(patience, closed);
    child.stdout?.destroy();
    child.stderr?.destroy();
    return end;
  });
  return { child, ended, said: () => lastWords(tail), kill };
}

/** What `promise` becomes, or undefined when that takes longer. */
export async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

export interface Limits {
  /** Seconds that an answer may take. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * What `answer` becomes; `program` is killed when that takes too long or the signal says so. Rejects with the signal's
 * reason, or with an `InputError`.
 */
export async function limited<T>(program: Program, answer: Promise<T>, limits: Limits): Promise<T> {
  const { timeout, signal } = limits;
  let stop = (): void => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(signal?.reason as Error);
    if (signal?.aborted === true) stop();
    signal?.addEventListener('abort', stop);
  });
  const inTime = within(
    timeout * 1000,
    answer.then((value) => ({ value })),
  );
  try {
    const result = await Promise.race([stopped, inTime]);
    if (result !== undefined) return result.value;
  } catch (error) {
    program.kill();
    await program.ended;
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
  program.kill();
  await program.ended;
  throw failure(
    'command-timeout',
    `an output within ${timeout} s`,
    `none, and the program was killed${after(program)}`,
    'allow more with --timeout SECONDS, or find out what it waits for',
  );
}

/** Throws an `InputError` unless the program ended with exit code 0. */
export function requireSuccess(program: Program, end: End): void {
  if ('code' in end && end.code === 0) return;
  throw unsuccessful(program, end, 'the program to end with exit code 0');
}

/** The fault of a program that ended when or how it should not. */
export function unsuccessful(program: Program, end: End, expected: string): InputError {
  if ('error' in end) {
    // The file itself was looked for before.
    const hint =
      'code' in end.error && end.error.code === 'ENOENT'
        ? 'the file is there, so the interpreter on its #! line is not: check that line, and that it ends in LF, not in CRLF'
        : 'check its permissions';
    return failure('command-start', 'a program that starts', end.error.message, hint);
  }
  const code = 'signal' in end ? 'command-signal' : 'command-exit';
  const found = 'signal' in end ? `its end by ${end.signal}` : `exit code ${end.code}`;
  const hint =
    'signal' in end
      ? 'it crashed in native code, or the machine ran out of memory: run it by itself on an instance of "seth generate"'
      : 'run it by itself on an instance of "seth generate" to see all that it says';
  return failure(code, expected, `${found}${after(program)}`, hint);
}

/** The fault of a program that was run. */
export const failure = (code: string, expected: string, found: string, hint: string): InputError =>
  new InputError({ code, field: '--oracle', expected, found, hint });

const after = (program: Program): string => {
  const said = program.said();
  return said === '' ? '' : `, after it said ${JSON.stringify(said)}`;
};

/** Throws an `InputError` where there is no such program, before anything else is done. */
export async function requireProgram(name: string): Promise<void> {
  const folders = name.includes('/') ? [''] : (process.env['PATH'] ?? '').split(delimiter);
  for (const folder of folders) {
    const place = folder === '' ? name : join(folder, name);
    try {
      await access(place, constants.X_OK);
      if ((await stat(place)).isFile()) return;
    } catch {
      // not here
    }
  }
  throw failure(
    'command-not-found',
    'a program that can be run',
    JSON.stringify(name),
    'check the name; a script needs its interpreter before it, as in "python3 my_attention.py", or ./ and permission to be run',
  );
}
