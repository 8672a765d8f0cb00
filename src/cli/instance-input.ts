/** An instance from a file or standard input. */
import { InputError } from '../problems/input-error.ts';
import { requireSafetensorsStart } from '../formats/safetensors.ts';
import { nameOf, readBytes } from './read.ts';

/** The longest typed array of Node 20, in bytes. */
export const longestArray: number = 2 ** 32 - 1;

/** The bytes of an instance, at most `memory` of them, unread: of what may never end the first are looked at. */
export const readInstanceBytes = (path: string, memory: number): Promise<Uint8Array> =>
  readBytes(path, Math.min(memory, longestArray), (start) =>
    inFile(path, () => requireSafetensorsStart(start)),
  );

/** The result of `read`, whose `InputError`s get the file's name. */
export function inFile<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof InputError ? error.inFile(nameOf(path)) : error;
  }
}
