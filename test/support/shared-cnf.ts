/**
 * Formulas that were not written for this project and are not part of it: SATLIB's and SATCH's, in a folder beside
 * the repository. Where the folder is missing, a test that needs it fails under CI and otherwise says that it did
 * not run.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { notRun } from './harness.ts';

const folder = resolve(process.cwd(), '../shared/cnf');

/** The absolute path of a file or folder in there, or null where there is none. Throws under CI instead of null. */
export function sharedCnf(...path: readonly string[]): string | null {
  if (existsSync(folder)) return resolve(folder, ...path);
  notRun(`tests with formulas of others: ${folder} is missing`);
  return null;
}
