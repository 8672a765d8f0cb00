/**
 * A journal of finished work: a run that was cut off goes on where it was, with nothing lost and nothing done twice.
 *
 * It is one file in the folder that the user names. The first line says which run it belongs to; each further line
 * is one finished unit of work, and is on the disk (fsync) before anyone is told of it. A line begins with 16
 * hexadecimal digits of the SHA-256 of its rest. Whatever ends the process in the middle of a line leaves one that
 * is torn: it is the last, fails its sum or has no newline, and is dropped when the journal is opened again. Damage
 * anywhere else is refused.
 *
 * A second process on the same journal is refused as long as the first lives; the lock is a symbolic link, which is
 * made in one step and holds its owner's name.
 */
import { readFileSync } from 'node:fs';
import { open, readlink, symlink, unlink, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { InputError } from '../problems/input-error.ts';
import { defaultLimit } from '../formats/decompress.ts';
import type { RunIdentity, Shard } from '../formats/part.ts';
import { sha256Hex } from '../formats/sha256.ts';
import { note } from './faults.ts';
import { fileFault, unlessMissing } from './file-fault.ts';
import { beginJournal, doneWithJournal } from './go-on.ts';
import { makeFolder } from './make-folder.ts';
import { readBytes } from './read.ts';
import { requireSameRun } from './run-identity.ts';
import { removeAtExit, writeWhole } from './write.ts';

/** What identifies a unit of work within a run, such as a file's name and the hash of what is in it. */
export type Key = readonly string[];

export interface Journal<Line extends object> {
  /** What was kept for this unit of work; undefined where it is still to be done. */
  find(key: Key): Line | undefined;
  /** How many units of work `find` has found so far. */
  found(): number;
  /** Resolves when the line is on the disk. */
  keep(key: Key, line: Line): Promise<void>;
  /** Call it when the run went through. */
  close(): Promise<void>;
}

interface Header {
  readonly journal: 1;
  readonly run: RunIdentity;
  readonly shard?: Shard;
}

/**
 * The journal of `run` in `folder`, which is made if there is none: `verify.journal`, or `verify-0-of-4.journal` for
 * a shard. Without a folder nothing is kept. Throws an `InputError` for a journal of another run, one that is
 * damaged or in use, and for a folder that cannot be written.
 */
export async function openJournal<Line extends object>(
  folder: string | undefined,
  run: RunIdentity,
  shard?: Shard,
): Promise<Journal<Line>> {
  if (folder === undefined)
    return { find: () => undefined, found: () => 0, keep: async () => {}, close: async () => {} };
  const name = shard === undefined ? run.command : `${run.command}-${shard.index}-of-${shard.of}`;
  const path = join(folder, `${name}.journal`);
  const lock = join(folder, `${name}.lock`);
  const writable = (error: unknown): never => {
    throw fileFault(error, path, 'a file that can be written');
  };
  await makeFolder(folder);
  const unlock = await take(lock, path);
  try {
    const header: Header = { journal: 1, run, ...(shard === undefined ? {} : { shard }) };
    if ((await sizeOf(path)) === 0) {
      await writeWhole(path, async (write) => write(await summed(header)));
      await syncFolder(path).catch(writable);
    }
    const { lines, length, size } = await readJournal(path, header);
    const handle = await open(path, 'a').catch(writable);
    // Only what was read and is torn: another machine may have appended since.
    if (length < size) await handle.truncate(length).catch(writable);
    await handle.sync().catch(writable);
    beginJournal();
    const found = new Set<string>();
    return {
      find(key) {
        const text = JSON.stringify(key);
        const line = lines.get(text) as Line | undefined;
        if (line !== undefined) found.add(text);
        return line;
      },
      found: () => found.size,
      ...keeper(handle, lines),
    };
  } catch (error) {
    await unlock();
    throw error;
  }

  function keeper(handle: FileHandle, lines: Map<string, unknown>): Pick<Journal<Line>, 'keep' | 'close'> {
    return {
      async keep(key, line) {
        const bytes = Buffer.from(await summed({ key, line }));
        try {
          for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at)).bytesWritten;
          await handle.sync();
        } catch (error) {
          writable(error); // the next run drops what is torn
        }
        lines.set(JSON.stringify(key), line);
      },
      async close() {
        await handle.close().catch(writable);
        await unlock();
        doneWithJournal();
      },
    };
  }
}

/** Says on standard error how much of a run was taken from its journal; nothing where nothing was. */
export function noteFound(journal: Journal<object>, of: number, units: string, folder = ''): void {
  const found = journal.found();
  if (found === 0) return;
  note(`${found} of ${of} ${units} were kept in ${folder} from an earlier run and were not asked again`);
}

/** The entries of the journal at `path`, by key, and how many of the bytes that were read are whole lines. */
async function readJournal(
  path: string,
  expected: Header,
): Promise<{ readonly lines: Map<string, unknown>; readonly length: number; readonly size: number }> {
  const bytes = await readBytes(path, defaultLimit);
  const end = bytes.lastIndexOf(0x0a) + 1;
  const texts = new TextDecoder().decode(bytes.subarray(0, end)).split('\n').slice(0, -1);
  const lines = new Map<string, unknown>();
  let length = 0;
  for (const [at, text] of texts.entries()) {
    const value = await unsummed(text);
    if (at === 0) requireHeader(path, expected, value);
    else if (value !== undefined) {
      if (!isEntry(value)) throw damaged(path, at + 1);
      lines.set(JSON.stringify(value.key), value.line);
    } else if (at < texts.length - 1) throw damaged(path, at + 1);
    else return { lines, length, size: bytes.length };
    length += Buffer.byteLength(text) + 1;
  }
  if (texts.length === 0) throw notJournal(path);
  return { lines, length, size: bytes.length };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** A sum protects from accidents, not from somebody who reckons it anew. */
const isEntry = (value: unknown): value is { readonly key: Key; readonly line: object } =>
  isObject(value) && Array.isArray(value['key']) && isObject(value['line']);

function requireHeader(path: string, expected: Header, found: unknown): void {
  if (!isObject(found) || !('journal' in found)) throw notJournal(path);
  const { run } = found;
  if (!isObject(run) || !isObject(run['options'])) throw notJournal(path);
  requireSameRun(
    path,
    run as unknown as RunIdentity,
    expected.run,
    'a journal goes on only as it began: take these options, or another folder',
  );
}

/** `text` as a line with its sum. */
async function summed(value: object): Promise<string> {
  const text = JSON.stringify(value);
  return `${(await sha256Hex(text)).slice(0, sumLength)} ${text}\n`;
}

async function unsummed(line: string): Promise<unknown> {
  const text = line.slice(sumLength + 1);
  if (`${(await sha256Hex(text)).slice(0, sumLength)} ` !== line.slice(0, sumLength + 1)) return undefined;
  return JSON.parse(text);
}

const sumLength = 16;

async function sizeOf(path: string): Promise<number> {
  const handle = await unlessMissing(open(path)).catch((error: unknown) => {
    throw fileFault(error, path, 'a file that can be read');
  });
  try {
    return (await handle?.stat())?.size ?? 0;
  } finally {
    await handle?.close();
  }
}

/** A new file's name is on the disk only when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path));
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Takes the lock, from a process that is no more if need be; the result gives it back. */
async function take(lock: string, path: string): Promise<() => Promise<void>> {
  const mine = `${process.pid}:${startOf(process.pid)}@${hostname()}`;
  for (;;) {
    try {
      await symlink(mine, lock);
      const forget = removeAtExit(lock);
      return async () => {
        forget();
        await unlink(lock).catch(() => undefined); // gone already
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw fileFault(error, path, 'a file that can be written');
      }
    }
    // What is gone by now was just given back.
    const owner = await unlessMissing(readlink(lock)).catch(() => {
      throw notLock(lock);
    });
    if (owner === undefined) continue;
    if (isAlive(owner)) throw inUse(path, lock, owner);
    await unlessMissing(unlink(lock)).catch((error: unknown) => {
      throw fileFault(error, lock, 'a lock that can be removed: its owner is gone');
    });
  }
}

/**
 * Does the process that wrote `owner` live? One on another machine cannot be asked and counts as gone: schedulers
 * start a job again elsewhere. If it lives after all, both append whole lines: a file may be done twice, but nothing
 * that was kept is lost, unless the other was in the middle of a line, which then counts as torn and is cut off.
 */
function isAlive(owner: string): boolean {
  const [, id, start, host] = /^(\d+):(\d*)@(.*)$/s.exec(owner) ?? [];
  if (host !== hostname()) return false;
  try {
    process.kill(Number(id), 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return startOf(Number(id)) === start;
}

/** When a process started, in Linux's own unit: its number alone may have gone to another one. */
function startOf(id: number): string {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]!;
  } catch {
    return ''; // not Linux
  }
}

const notJournal = (file: string): InputError =>
  new InputError({
    code: 'not-a-journal',
    file,
    expected: 'a journal of this program',
    found: 'another file',
    hint: 'name another folder',
  });

const notLock = (file: string): InputError =>
  new InputError({
    code: 'not-a-lock',
    file,
    expected: 'the lock of a journal, which is a symbolic link, or nothing',
    found: 'something else',
    hint: 'move it away, or name another folder',
  });

const damaged = (file: string, line: number): InputError =>
  new InputError({
    code: 'journal-damaged',
    file,
    line,
    expected: 'an entry that fits its sum',
    found: 'one that does not',
    hint: 'delete this line, and its work is done again',
  });

const inUse = (file: string, lock: string, owner: string): InputError =>
  new InputError({
    code: 'journal-in-use',
    file,
    expected: 'a journal that nobody writes',
    found: `process ${owner.replace(/:.*/s, '')} at work on it`,
    hint: `wait for it or end it; if it is another program, delete ${lock}`,
  });
