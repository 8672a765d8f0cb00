/** Runs the built command as a user does, and says what came of it. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { setEngineFlags } from '../../src/cli/engine-flags.ts';
import { run } from '../../src/cli/run.ts';

/** The built file behind the command. */
export const mainFile: string = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

/** The formulas that the repository ships. */
export const shippedInstances: string = resolve('instances');

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly bytes: Buffer;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Of a terminal; without it output is a pipe's. */
  readonly columns?: number;
}

setEngineFlags(); // as main.ts does, before anything is compiled

/**
 * `seth` with these arguments, in this process: all that main.ts does but for signals and streams that break, without
 * the half second that a process takes to start. Runs wait for each other, since folder, streams and environment are
 * the process's own.
 */
export function seth(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const result = last.then(() => here(args, options));
  last = result.catch(() => {});
  return result;
}

let last: Promise<unknown> = Promise.resolve();

async function here(
  args: readonly string[],
  { input = '', cwd = '.', env, columns }: RunOptions,
): Promise<Run> {
  const { argv, exitCode } = process;
  const folder = process.cwd();
  const restore = withVariables({ NO_COLOR: undefined, FORCE_COLOR: undefined, ...env });
  const stdin = Object.getOwnPropertyDescriptor(process, 'stdin')!;
  const stdout = collected(process.stdout, columns);
  const stderr = collected(process.stderr);
  try {
    process.chdir(cwd);
    process.argv = [process.execPath, mainFile, ...args];
    process.exitCode = undefined;
    Object.defineProperty(process, 'stdin', { ...stdin, get: () => Readable.from([Buffer.from(input)]) });
    await run(args);
    const bytes = stdout();
    return { code: codeNow(), bytes, stdout: bytes.toString(), stderr: stderr().toString() };
  } finally {
    stdout();
    stderr();
    Object.defineProperty(process, 'stdin', stdin);
    process.argv = argv;
    process.exitCode = exitCode;
    restore();
    process.chdir(folder);
  }
}

const codeNow = (): number => Number(process.exitCode ?? 0);

/** Sets variables of the environment; the result sets them back. */
function withVariables(values: Readonly<Record<string, string | undefined>>): () => void {
  const before = Object.fromEntries(Object.keys(values).map((name) => [name, process.env[name]]));
  const set = (name: string, value: string | undefined): void => {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  };
  for (const [name, value] of Object.entries(values)) set(name, value);
  return () => {
    for (const [name, value] of Object.entries(before)) set(name, value);
  };
}

/** Makes a pipe of a stream and keeps what is written from it, until the result is called, which gives it. */
function collected(stream: NodeJS.WriteStream, columns?: number): () => Buffer {
  const chunks: Buffer[] = [];
  const write = (chunk: Uint8Array | string, ...rest: unknown[]): boolean => {
    chunks.push(Buffer.from(chunk));
    const done = rest.find((one) => typeof one === 'function');
    if (done !== undefined) process.nextTick(done);
    return true;
  };
  const replaced = { write, isTTY: undefined, columns };
  const before = Object.keys(replaced).map((name) => Object.getOwnPropertyDescriptor(stream, name));
  for (const [name, value] of Object.entries(replaced))
    Object.defineProperty(stream, name, { value, configurable: true });
  return () => {
    Object.keys(replaced).forEach((name, at) => {
      if (before[at] === undefined) Reflect.deleteProperty(stream, name);
      else Object.defineProperty(stream, name, before[at]);
    });
    return Buffer.concat(chunks);
  };
}

/** `seth` with these arguments in a process of its own. Fails the test when it takes longer than five minutes. */
export const sethProcess = (args: readonly string[], options: RunOptions = {}): Promise<Run> =>
  start(process.execPath, [mainFile, ...args], options);

/** A line for the shell, in which `seth` is the built command. */
export function shell(line: string, options: RunOptions = {}): Promise<Run> {
  const define = `seth() { "${process.execPath}" "${mainFile}" "$@"; }`;
  return start('sh', ['-c', `${define}\n${line}`], options);
}

function start(program: string, args: readonly string[], { input, cwd, env }: RunOptions): Promise<Run> {
  const { NO_COLOR: _, FORCE_COLOR: __, ...inherited } = process.env;
  const child = spawn(program, args, { cwd, env: { ...inherited, ...env }, timeout: 300_000 });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on('error', () => {}); // it need not read all of its input
  child.stdin.end(input ?? '');
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      const bytes = Buffer.concat(stdout);
      resolve({ code, bytes, stdout: bytes.toString(), stderr: Buffer.concat(stderr).toString() });
    });
  });
}

/** Calls `body` with an empty folder, which is gone afterwards. */
export async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'seth-test-'));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is in a folder, hidden files included, in order. */
export const listing = (folder: string): string[] => readdirSync(folder).toSorted();

/** The lines of a text that ends in a newline. */
export const linesOf = (text: string): string[] => text.split('\n').slice(0, -1);

/** JSON lines, each an object. */
export const jsonLines = (text: string): Record<string, unknown>[] =>
  linesOf(text).map((line) => JSON.parse(line) as Record<string, unknown>);
