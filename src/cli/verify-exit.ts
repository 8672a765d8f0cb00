/** How `seth verify` ends: each file by itself, and all of them together. */
import { isOfOutput } from './chain-fault.ts';
import { exits } from './faults.ts';
import { isFailed, type VerifyLine } from './verify-line.ts';

/**
 * A file ends well when there is an answer and every check agrees with it. One that failed is bad input, unless the
 * oracle or this program broke down or an output was refused.
 */
export function exitOf(line: VerifyLine): number {
  if (isFailed(line)) {
    const { code } = line.error;
    const isOurs = code === 'internal' || code === 'oracle-failed' || isOfOutput(code);
    return isOurs ? exits.disagreement : exits.badInput;
  }
  const agrees = line.answer !== 'UNKNOWN' && line.checks.every((check) => check.agrees);
  return agrees ? exits.ok : exits.disagreement;
}

/** A disagreement is worse than bad input: it may be a fault of the chain. */
export function worstExit(ends: readonly number[]): number {
  return [exits.disagreement, exits.badInput].find((exit) => ends.includes(exit)) ?? exits.ok;
}
