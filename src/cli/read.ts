/** Bytes from a file or standard input, with every failure as an `InputError` that names the file. */
import { open, type FileHandle } from 'node:fs/promises';
import { InputError } from '../problems/input-error.ts';
import { UsageError } from './faults.ts';
import { fileFault } from './file-fault.ts';

/** What a path is called in messages. */
export const nameOf = (path: string): string => (path === '-' ? 'standard input' : path);

/** Throws a `UsageError` where standard input, which can be read once, is given for more than one file. */
export function requireOneInput(paths: readonly string[]): void {
  if (paths.filter((path) => path === '-').length < 2) return;
  throw new UsageError('- is given twice, and standard input can be read once: give it once');
}

/** Looks at the first bytes of what may never end, nine or more, and throws for a format that does not begin so. */
export type RequireStart = (bytes: Uint8Array) => void;

/**
 * All bytes of the file `path`, or of standard input for `-`. Refuses more than `most` bytes without reading them. Where
 * the length is not known, what throws in `requireStart` ends the reading.
 */
export async function readBytes(
  path: string,
  most: number,
  requireStart: RequireStart = () => {},
): Promise<Uint8Array> {
  try {
    if (path === '-') return await collect(process.stdin, path, most, requireStart);
    const handle = await open(path);
    try {
      return await readHandle(handle, path, most, requireStart);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fileFault(error, path, 'a file that can be read');
  }
}

async function readHandle(
  handle: FileHandle,
  path: string,
  most: number,
  requireStart: RequireStart,
): Promise<Uint8Array> {
  const stat = await handle.stat();
  if (!stat.isFile() || stat.size === 0) {
    return collect(handle.createReadStream({ autoClose: false }), path, most, requireStart);
  }
  if (stat.size > most) throw tooLarge(path, most, `${stat.size} bytes`);
  const bytes = new Uint8Array(stat.size);
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await handle.read(bytes, length, Math.min(2 ** 30, bytes.length - length), length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

/** Every format that is read here shows in so many bytes. */
const startLength = 9;

async function collect(
  stream: AsyncIterable<unknown>,
  path: string,
  most: number,
  requireStart: RequireStart,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const before = length;
    chunks.push(chunk as Uint8Array);
    length += (chunk as Uint8Array).length;
    if (before < startLength && length >= startLength) requireStart(Buffer.concat(chunks));
    if (length > most) throw tooLarge(path, most, 'more');
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

const tooLarge = (path: string, most: number, found: string): InputError =>
  new InputError({
    code: 'input-too-large',
    file: nameOf(path),
    expected: `at most ${most} bytes`,
    found,
    hint: 'is this the right file?',
  });
