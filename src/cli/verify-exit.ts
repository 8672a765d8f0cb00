/** How `seth verify` ends: each file by itself, and all of them together. */
import type { Verified } from '../verify/verify.ts';
import { exitCodeOf, exits } from './faults.ts';

/** A file ends well when there is an answer and every check agrees with it. */
export function verifiedExit({ answer, checks }: Pick<Verified, 'answer' | 'checks'>): number {
  const agrees = answer.outcome !== 'inconclusive' && checks.every((check) => check.agrees);
  return agrees ? exits.ok : exits.disagreement;
}

/** Bad input is the file's fault, anything else a failed check of the chain. */
export function failedExit(error: unknown): number {
  return exitCodeOf(error) === exits.badInput ? exits.badInput : exits.disagreement;
}

/** A disagreement is worse than bad input: it may be a fault of the chain. */
export function worstExit(ends: readonly number[]): number {
  return [exits.disagreement, exits.badInput].find((exit) => ends.includes(exit)) ?? exits.ok;
}
