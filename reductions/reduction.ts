/**
 * A reduction is a value: `encode` turns an instance of one problem into an instance of another, `decode`
 * carries the answer back. `decode` recomputes what it needs from the source, because it runs in another
 * process, perhaps years later; nothing lives in a closure.
 */

/** What the theorem promises beside what this instance has, one line a parameter. */
export interface LedgerEntry {
  readonly parameter: string;
  readonly promised: string;
  readonly actual: string;
}

/**
 * An arrow from `Source` to `Target` that carries answers `Back` from a target's answer `Answer`. `Given` is what
 * the arrow takes beside its source: options that keep the answer, or a readout.
 */
export interface Reduction<Source, Target, Answer, Back, Given> {
  /** Author, year and number of the theorem that the arrow makes run. */
  readonly theorem: string;
  encode(source: Source, given: Given): Target;
  /** Pure and deterministic: the same source, answer and options, the same result. */
  decode(source: Source, answer: Answer, given: Given): Back;
  ledger(source: Source, given: Given): readonly LedgerEntry[];
}

/** First one arrow, then the other. Options are given as a pair. */
export function compose<A, B, C, AnswerC, AnswerB, AnswerA, GivenAB, GivenBC>(
  first: Reduction<A, B, AnswerB, AnswerA, GivenAB>,
  second: Reduction<B, C, AnswerC, AnswerB, GivenBC>,
): Reduction<A, C, AnswerC, AnswerA, readonly [GivenAB, GivenBC]> {
  return {
    theorem: `${first.theorem}, then ${second.theorem}`,
    encode: (source, [ab, bc]) => second.encode(first.encode(source, ab), bc),
    decode: (source, answer, [ab, bc]) =>
      first.decode(source, second.decode(first.encode(source, ab), answer, bc), ab),
    ledger: (source, [ab, bc]) => [
      ...first.ledger(source, ab),
      ...second.ledger(first.encode(source, ab), bc),
    ],
  };
}
