/**
 * Formulas that were not written for this project and are not part of it: SATLIB's and SATCH's, in a folder beside
 * the repository. Where the folder is missing, a test that needs it fails under CI and otherwise says that it did
 * not run.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const folder = resolve(process.cwd(), '../shared/cnf');
let said = false;

/** The absolute path of a file or folder in there, or null where there is none. Throws under CI instead of null. */
export function sharedCnf(...path: readonly string[]): string | null {
  if (existsSync(folder)) return resolve(folder, ...path);
  if (process.env['CI'] === 'true') throw new Error(`${folder} is missing, and tests need its formulas`);
  if (!said) console.log(`${folder} is missing: tests with its formulas did not run`);
  said = true;
  return null;
}
