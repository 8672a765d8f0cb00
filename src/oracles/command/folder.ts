/** The folder of one instance: what the program reads and writes, removed whatever happens. */
import { rmSync } from 'node:fs';
import { mkdtemp, open, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Attention } from '../../problems/attention.ts';
import { InputError } from '../../problems/input-error.ts';
import { instanceBytes, type HeadsFormat } from '../../formats/instance-bytes.ts';
import { noTemporaryFiles } from '../oracle.ts';
import { beforeExit } from './leftovers.ts';

export interface Folder {
  readonly path: string;
  readonly instance: string;
  readonly output: string;
  remove(): Promise<void>;
}

/** Makes a folder and removes it. Rejects as `makeFolder`: before anything is asked of a program. */
export async function requireFolder(): Promise<void> {
  await (await makeFolder('output')).remove();
}

/** A new folder where the system keeps temporary files. Rejects with an `InputError` where it cannot be made. */
export async function makeFolder(outputName: string): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'seth-command-')).catch((error: unknown) => {
    throw noRoom(error);
  });
  // The program may still be writing while it is being killed, so removing is tried more than once.
  const options = { recursive: true, force: true, maxRetries: 5, retryDelay: 20 };
  const forget = beforeExit(() => rmSync(path, options));
  return {
    path,
    instance: join(path, 'instance.safetensors'),
    output: join(path, outputName),
    async remove() {
      await rm(path, options);
      forget();
    },
  };
}

/** Writes the instance. Rejects with an `InputError` where there is no room for it, and with the signal's reason. */
export async function writeInstanceFile(
  { instance }: Folder,
  attention: Attention,
  signal: AbortSignal | undefined,
  heads?: HeadsFormat,
): Promise<void> {
  try {
    const file = await open(instance, 'wx');
    try {
      for (const bytes of instanceBytes(attention, undefined, heads)) {
        signal?.throwIfAborted();
        for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten;
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw noRoom(error);
  }
}

/** Room for a header, in bytes; safetensors' may be long. */
const header = 2 ** 20;

/** The bytes of the output, which has `entries` numbers. Rejects with an `InputError` where they can't be those. */
export async function readResult({ path, instance, output }: Folder, entries: number): Promise<Uint8Array> {
  const found = await stat(output).catch(() => undefined);
  if (found === undefined) {
    const others = (await readdir(path)).filter((name) => name !== basename(instance)).slice(0, 3);
    throw missing(
      others.length === 0
        ? 'nothing there, though the program says that it is done'
        : `${others.map((name) => JSON.stringify(name)).join(', ')} beside its place`,
    );
  }
  if (!found.isFile()) throw missing('something that is not a file');
  const most = entries * 8 + header;
  if (found.size > most) throw missing(`${found.size} bytes, where at most ${most} were expected`);
  const file = await open(output).catch((error: unknown) => {
    throw missing(error instanceof Error ? error.message : String(error));
  });
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}

const missing = (found: string): InputError =>
  new InputError({
    code: 'command-output',
    field: '--oracle',
    expected: 'an output in the file that the program was given for it',
    found,
    hint: 'write it to exactly the path of {output}, or after the tab, as .npy or as .safetensors with one tensor "out"',
  });

/** What the file system says, in words; any other error as it is. */
function noRoom(error: unknown): unknown {
  if (!(error instanceof Error && 'syscall' in error)) return error;
  return new InputError({
    code: noTemporaryFiles,
    field: tmpdir(),
    expected: 'a folder with room for temporary files',
    found: error.message.replace(/^E\w+: /, '').replace(/, \w+( '.*)?$/s, ''),
    hint: 'make room there, or name another folder in the environment variable TMPDIR',
  });
}
