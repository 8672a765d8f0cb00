/**
 * Results to a file or standard output. A file is written beside its place and renamed when it is whole, so that
 * nobody ever sees half of one; an interrupted or failed run leaves nothing behind.
 */
import { closeSync, openSync, unlinkSync, type Stats } from 'node:fs';
import { open, realpath, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InputError } from '../problems/input-error.ts';
import { fileFault } from './file-fault.ts';

export type Write = (chunk: Uint8Array | string) => Promise<void>;

const unfinished = new Set<string>();

/** Removes what is half-written; for whoever ends the process. */
export function removeUnfinished(): void {
  for (const path of unfinished) {
    try {
      unlinkSync(path);
    } catch {
      // it is gone, or cannot go: there is nothing left to do about it
    }
  }
  unfinished.clear();
}

/** The file at `path` goes when the process ends, unless the result is called before. */
export function removeAtExit(path: string): () => void {
  unfinished.add(path);
  return () => unfinished.delete(path);
}

/**
 * Calls `produce`, whose writes go to `path`, or to standard output for `-`. The place is tried before `produce`
 * begins, so that no long computation ends in a path that does not exist.
 */
export async function writeWhole(path: string, produce: (write: Write) => Promise<void>): Promise<void> {
  if (path === '-') return produce(print);
  const existing = await existingAt(path);
  if (existing?.isDirectory() === true) {
    throw new InputError({
      code: 'file',
      file: path,
      expected: 'a place for a file',
      found: 'a directory',
      hint: 'name a file in it',
    });
  }
  // A device or a pipe has no place beside it.
  if (existing !== undefined && !existing.isFile()) return writeInto(path, 'w', produce);

  const target = existing === undefined ? path : await realpath(path);
  const temporary = join(dirname(target), `.seth-${crypto.randomUUID()}.partial`);
  create(temporary, path, existing?.mode);
  try {
    // It is there: one that a signal has just removed is not made again by an opening that was under way.
    await writeInto(temporary, 'r+', produce, path);
    await rename(temporary, target).catch((error: unknown) => {
      throw fileFault(error, path, 'a file that can be written');
    });
    unfinished.delete(temporary);
  } catch (error) {
    if (unfinished.delete(temporary)) await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

/** To standard output, no faster than it is read. */
export async function print(chunk: Uint8Array | string): Promise<void> {
  if (!process.stdout.write(chunk)) await new Promise((resolve) => process.stdout.once('drain', resolve));
}

/** Makes the empty file and notes it in one go: no signal is handled between the two. */
function create(temporary: string, name: string, mode = 0o666): void {
  try {
    closeSync(openSync(temporary, 'wx', mode));
  } catch (error) {
    throw fileFault(error, name, 'a file that can be written');
  }
  unfinished.add(temporary);
}

async function writeInto(
  path: string,
  flags: 'w' | 'r+',
  produce: (write: Write) => Promise<void>,
  name: string = path,
): Promise<void> {
  const failed = (error: unknown): never => {
    throw fileFault(error, name, 'a file that can be written');
  };
  const handle = await open(path, flags).catch(failed);
  try {
    await produce(async (chunk) => {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      for (let at = 0; at < bytes.length;) {
        const { bytesWritten } = await handle.write(bytes, at).catch(failed);
        at += bytesWritten;
      }
    });
    // A name must not reach the disk before what it names: a device has none, and a file has when it is renamed.
    if (flags === 'r+') await handle.sync().catch(failed);
  } finally {
    await handle.close().catch(failed);
  }
}

async function existingAt(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch {
    return undefined; // opening will say what is wrong
  }
}

/** Refuses to write tensors to a terminal. */
export function refuseTerminal(path: string): void {
  if (path !== '-' || !process.stdout.isTTY) return;
  throw new InputError({
    code: 'binary-on-terminal',
    field: '--output',
    expected: 'a file or a pipe',
    found: 'standard output, which is a terminal',
    hint: 'name a file after -o, or pipe into the next command',
  });
}
