/** What the file system says, as an `InputError` in plain words. */
import { InputError } from '../problems/input-error.ts';

const meanings: Readonly<Record<string, readonly [found: string, hint: string]>> = {
  ENOENT: ['no such file or directory', 'check the path'],
  ENOTDIR: ['a file where the path needs a directory', 'check the path'],
  EISDIR: ['a directory', 'name a file in it'],
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
  EEXIST: ['a file', 'take another name'],
  ENXIO: ['a socket, or a device that is not there', 'name a file'],
  ETXTBSY: ['a program that is running', 'end it, or take another name'],
  EBUSY: ['something that is in use', 'end what uses it, or take another name'],
  ESTALE: ['a network file system that lost the file', 'mount it again'],
  EINVAL: ['a place that takes no such file', 'write somewhere else'],
  ENOTEMPTY: ['a directory that is not empty', 'take another name'],
};

/** The error itself unless it comes from the operating system, which names its call and the number of what went wrong. */
export function fileFault(error: unknown, file: string, expected: string): unknown {
  if (!(error instanceof Error) || error instanceof InputError) return error;
  const { code = '', errno, syscall } = error as NodeJS.ErrnoException;
  if (errno === undefined || syscall === undefined) return error;
  const [found, hint] = meanings[code] ?? [
    `the error ${code} of ${syscall}`,
    'check the path and its device',
  ];
  return new InputError({ code: 'file', file: file === '' ? '""' : file, expected, found, hint });
}

/** The result of `step`; undefined where what it is about is not there. */
export async function unlessMissing<T>(step: Promise<T>): Promise<T | undefined> {
  try {
    return await step;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
