/** From an output to an answer about the formula, whose model is checked before anyone sees it. */
import type { Answer } from '../problems/answer.ts';
import type { Attention, AttentionOutput } from '../problems/attention.ts';
import { firstFalsified, type Assignment, type Cnf } from '../problems/cnf.ts';
import { compose, type Reduction } from '../../reductions/reduction.ts';
import { ovToAttention, type AttentionOptions } from '../../reductions/ov-to-attention.ts';
import { splitAndList, type SplitOptions } from '../../reductions/split-and-list.ts';

/** CNF to attention, in two steps. */
export const cnfToAttention: Reduction<
  Cnf,
  Attention,
  AttentionOutput,
  Answer<Assignment>,
  readonly [SplitOptions, AttentionOptions]
> = compose(splitAndList, ovToAttention);

/**
 * Decodes an output. Throws an `InputError` when the output is malformed or refuted, and an Error, which would be a
 * fault of ours, when the model does not satisfy the formula.
 */
export function carryBack(
  cnf: Cnf,
  output: AttentionOutput,
  split: SplitOptions,
  options: AttentionOptions,
): Answer<Assignment> {
  const answer = cnfToAttention.decode(cnf, output, [split, options]);
  if (answer.outcome === 'yes') {
    const clause = firstFalsified(cnf, answer.witness);
    if (clause >= 0 || answer.witness.length !== cnf.variables) {
      throw new Error(
        `the decoded assignment falsifies clause ${clause + 1}: a fault of this program, please report it`,
      );
    }
  }
  return answer;
}
