/**
 * The closed loop as a law: encode, answer the target, carry the answer back, check it on the source. A test
 * states only what differs from one reduction to the next.
 */
import * as fc from 'fast-check';
import type { Reduction } from '../../reductions/reduction.ts';
import type { Answer, Certificate } from '../../src/problems/answer.ts';

export interface ClosedLoop<Source, Target, TargetAnswer, Witness, Given> {
  readonly reduction: Reduction<Source, Target, TargetAnswer, Answer<Witness>, Given>;
  /** Sources; among them some with a solution and some without, or the law fails. */
  readonly sources: fc.Arbitrary<Source>;
  readonly given: fc.Arbitrary<Given>;
  /**
   * Right answers of the target, from a solver that shares no code with the reduction: one answer where the
   * target has one, one for each witness where it has several (`everyAnswer`).
   */
  readonly answers: (target: Target) => Iterable<TargetAnswer> | Promise<Iterable<TargetAnswer>>;
  /** All solutions of the source, found on the source alone. */
  readonly solutions: (source: Source) => readonly Witness[];
  /** Is this a solution of the source? The problem's own definition. */
  readonly isSolution: (source: Source, witness: Witness) => boolean;
  /** True where the witnesses carried back must be all solutions, not only some of them. */
  readonly everyWitness: boolean;
  /** True where the number of solutions must come back too. */
  readonly keepsCount: boolean;
}

/** Checks the closed loop on random sources: on those with a solution, and as hard on those without. */
export async function reductionLaw<Source, Target, TargetAnswer, Witness, Given>(
  loop: ClosedLoop<Source, Target, TargetAnswer, Witness, Given>,
  runs: fc.Parameters<[Source, Given]> = {},
): Promise<void> {
  const seen = { yes: 0, no: 0 };
  await fc.assert(
    fc.asyncProperty(loop.sources, loop.given, async (source, given) => {
      const { reduction, solutions, isSolution, everyWitness, keepsCount } = loop;
      const right = new Set(solutions(source).map(key));
      const outcome = right.size > 0 ? 'yes' : 'no';
      const back = new Set<string>();
      let answers = 0;

      for (const answer of await loop.answers(reduction.encode(source, given))) {
        answers++;
        const carried = reduction.decode(source, answer, given);
        if (carried.outcome !== outcome) throw new Error(`came back ${carried.outcome}, is ${outcome}`);
        if (carried.outcome !== 'yes') continue;
        const witness = key(carried.witness);
        if (!isSolution(source, carried.witness)) throw new Error(`carried back ${witness}, no solution`);
        if (keepsCount && carried.count !== BigInt(right.size)) {
          throw new Error(`came back with ${carried.count} solutions, has ${right.size}`);
        }
        back.add(witness);
      }

      const missing = [...right].filter((witness) => !back.has(witness));
      if (answers === 0) throw new Error('the target was given no answer');
      if (everyWitness && missing.length > 0) throw new Error(`never came back: ${missing.join(' ')}`);
      seen[outcome]++;
    }),
    runs,
  );
  if (seen.yes === 0 || seen.no === 0) {
    throw new Error(`the sources had ${seen.yes} times a solution and ${seen.no} times none; make both`);
  }
}

/** Of an answer that was found without attention: nothing to be off by. */
const certificate: Certificate = { bias: 0, noise: 0, worst: 0 };

/** The answers of a problem whose witnesses are `witnesses`: yes with each of them, or no. */
export function everyAnswer<Witness>(witnesses: readonly Witness[]): Answer<Witness>[] {
  if (witnesses.length === 0) return [{ outcome: 'no', certificate }];
  const count = BigInt(witnesses.length);
  return witnesses.map((witness) => ({ outcome: 'yes', witness, count, certificate }));
}

/** Equal for equal witnesses, whatever their representation's object identity. */
function key(witness: unknown): string {
  return JSON.stringify(witness, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}
