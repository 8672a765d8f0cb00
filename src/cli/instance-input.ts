/** An instance from a file or standard input. */
import { InputError } from '../problems/input-error.ts';
import { readInstance, type Instance } from '../formats/instance.ts';
import { nameOf, readBytes } from './read.ts';

/** The longest typed array of Node 20, in bytes. */
const longestArray = 2 ** 32 - 1;

/** Reads an instance of at most `memory` bytes. Throws an `InputError` with the file. */
export async function readInstanceAt(path: string, memory: number): Promise<Instance> {
  const bytes = await readInstanceBytes(path, memory);
  return inFile(path, () => readInstance(bytes));
}

/** The bytes of an instance, at most `memory` of them, unread. */
export const readInstanceBytes = (path: string, memory: number): Promise<Uint8Array> =>
  readBytes(path, Math.min(memory, longestArray));

/** The result of `read`, whose `InputError`s get the file's name. */
export function inFile<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof InputError ? error.inFile(nameOf(path)) : error;
  }
}
