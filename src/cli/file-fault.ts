/** What the file system says, as an `InputError` in plain words. */
import { InputError } from '../problems/input-error.ts';

const meanings: Readonly<Record<string, readonly [found: string, hint: string]>> = {
  ENOENT: ['no such file or directory', 'check the path'],
  ENOTDIR: ['a file where the path needs a directory', 'check the path'],
  EISDIR: ['a directory', 'name a file in it'],
  EEXIST: ['something else of that name', 'take another name'],
  EACCES: ['no permission', 'check the permissions of the file and its directory'],
  EPERM: ['no permission', 'check the permissions of the file and its directory'],
  EROFS: ['a read-only file system', 'write somewhere else'],
  ENOSPC: ['no space left on the device', 'free some space or write somewhere else'],
  EDQUOT: ['no space left in the quota', 'free some space or write somewhere else'],
  EFBIG: ['a file system that takes no files of this size', 'write somewhere else'],
  ENAMETOOLONG: ['a name that is too long', 'take a shorter one'],
  ELOOP: ['symbolic links that go round in circles', 'check the path'],
  EIO: ['an input/output error', 'check the device'],
  EMFILE: ['too many open files', 'close some, or raise "ulimit -n"'],
};

/** The error itself unless it comes from the file system. */
export function fileFault(error: unknown, file: string, expected: string): unknown {
  if (!(error instanceof Error) || !('code' in error) || error instanceof InputError) return error;
  const meaning = meanings[String(error.code)];
  if (meaning === undefined) return error;
  const [found, hint] = meaning;
  return new InputError({ code: 'file', file, expected, found, hint });
}
