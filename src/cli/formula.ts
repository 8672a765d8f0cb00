/** A formula from a file or standard input, unpacked and parsed. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cnf } from '../problems/cnf.ts';
import { InputError } from '../problems/input-error.ts';
import { decodeText, decompress, defaultLimit } from '../formats/decompress.ts';
import { parseDimacs } from '../formats/dimacs.ts';
import { sha256Hex } from '../formats/sha256.ts';
import { fileFault } from './file-fault.ts';
import { nameOf, readBytes } from './read.ts';

export interface Formula {
  /** The path as it was given. */
  readonly file: string;
  /** What was parsed, unpacked. */
  readonly text: string;
  /** SHA-256 of `text`. */
  readonly sha256: string;
  readonly cnf: Cnf;
  /** One sentence each, with the file. */
  readonly warnings: readonly string[];
}

/** Throws an `InputError` with the file, and the line where there is one. */
export async function readFormula(file: string, strict: boolean): Promise<Formula> {
  const bytes = await readBytes(file, defaultLimit);
  try {
    const text = decodeText(await decompress(bytes));
    const { cnf, warnings } = parseDimacs(text, { strict });
    return {
      file,
      text,
      sha256: await sha256Hex(text),
      cnf,
      warnings: warnings.map((warning) => `${nameOf(file)}, ${warning}`),
    };
  } catch (error) {
    throw error instanceof InputError ? error.inFile(nameOf(file)) : error;
  }
}

/** The file itself, or for a directory its .cnf, .cnf.gz and .cnf.xz files in order. */
export async function formulasAt(path: string): Promise<readonly string[]> {
  if (path === '-') return [path];
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const files = (await readdir(path)).filter((name) => /\.cnf(\.gz|\.xz)?$/.test(name));
    if (files.length > 0) return files.toSorted().map((name) => join(path, name));
  } catch (error) {
    throw fileFault(error, path, 'a file that can be read');
  }
  throw new InputError({
    code: 'no-formulas',
    file: path,
    expected: 'a directory with .cnf, .cnf.gz or .cnf.xz files',
    found: 'none',
    hint: 'check the path',
  });
}
