/** A folder with those above it. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileFault, unlessMissing } from './file-fault.ts';

/**
 * Makes the folder at `path`, and those above it, one by one: Node's own `recursive` never ends where the file system
 * says of a new name in a folder that is there that there is no such thing, as /proc does. Throws an `InputError`
 * where it cannot be made or is a file.
 */
export async function makeFolder(path: string): Promise<void> {
  await make(path).catch((error: unknown) => {
    throw fileFault(error, path, 'a folder that is there or can be made');
  });
}

async function make(path: string): Promise<void> {
  if (await isFolder(path)) return;
  if (dirname(path) !== path) await make(dirname(path));
  await mkdir(path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST' || !(await isFolder(path))) throw error; // another process may have been faster
  });
}

const isFolder = async (path: string): Promise<boolean> =>
  (await unlessMissing(stat(path)))?.isDirectory() ?? false;
