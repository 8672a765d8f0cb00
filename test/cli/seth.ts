/** Runs the built command as a user does, in a process of its own, and says what came of it. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

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
}

/** `seth` with these arguments. Fails the test when it takes longer than five minutes. */
export const seth = (args: readonly string[], options: RunOptions = {}): Promise<Run> =>
  run(process.execPath, [mainFile, ...args], options);

/** A line for the shell, in which `seth` is the built command. */
export function shell(line: string, options: RunOptions = {}): Promise<Run> {
  const define = `seth() { "${process.execPath}" "${mainFile}" "$@"; }`;
  return run('sh', ['-c', `${define}\n${line}`], options);
}

function run(program: string, args: readonly string[], { input, cwd, env }: RunOptions): Promise<Run> {
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
