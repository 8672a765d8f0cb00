/** What a campaign has done, a formula a line, so that one that was ended goes on where it was. */
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';
import type { Cnf } from '../../src/problems/cnf.ts';

export interface Finding {
  readonly way: string;
  readonly said: string;
  /** The smallest formula found on which it is so. */
  readonly cnf: Cnf;
}

export interface Line {
  /** The formula's number under the seed. */
  readonly number: number;
  readonly seed: number;
  readonly family: string;
  readonly cases: number;
  readonly right: number;
  readonly inconclusive: number;
  /** Refusals by code. */
  readonly refused: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
  /** Cases by oracle, and why an oracle took part in none. */
  readonly oracles: Readonly<Record<string, number>>;
  readonly absent: Readonly<Record<string, string>>;
  /** What became of the cases of a route, an oracle and a format: right, inconclusive, or the code of a refusal. */
  readonly cells: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Comparisons of the number of models with a solver's answer, by solver. */
  readonly solvers: Readonly<Record<string, number>>;
  /** Wall seconds of the slowest case, and the most seconds of processor time that a case took. */
  readonly slowest: number;
  readonly processor: number;
  /** Bytes, the most that the process has had so far. */
  readonly memory: number;
}

/** The lines that are whole; what a killed run left of its last one is cut off. */
export function readJournal(file: string): Line[] {
  if (!existsSync(file)) return [];
  const bytes = readFileSync(file);
  const whole = bytes.lastIndexOf(10) + 1;
  if (whole < bytes.length) truncateSync(file, whole);
  const text = bytes.subarray(0, whole).toString();
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}

export const append = (file: string, line: Line): void => appendFileSync(file, `${JSON.stringify(line)}\n`);
