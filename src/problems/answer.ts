/**
 * What a decode returns. There are three outcomes and no fourth: yes with a checked witness, no with a
 * certificate, or inconclusive with what would make it conclusive. An output that cannot be what it claims to
 * be is refused with an `InputError` instead.
 */
export type Answer<Witness> = Outcome<Witness> & { readonly certificate: Certificate };

export type Outcome<Witness> =
  | {
      readonly outcome: 'yes';
      readonly witness: Witness;
      /** The number of witnesses; null where a row that might have more could not be certified. */
      readonly count: bigint | null;
    }
  | { readonly outcome: 'no' }
  | { readonly outcome: 'inconclusive'; readonly reason: string; readonly remedy: string };

/** Why a number of partners that was read is the true one: it is off by at most bias + noise < ½. */
export interface Certificate {
  /** n · max_s |r(s) − [s = 0]|: what the readout itself may be off by, recomputed from its nodes and weights. */
  readonly bias: number;
  /** The largest of the rows' noises: what the claimed error of the output can have moved its count by. */
  readonly noise: number;
  /** The largest distance seen between a certified row's count and the integer it was rounded to. */
  readonly worst: number;
}

/** The answer with its witness carried through `carry`; outcome, count and certificate stay as they are. */
export function mapWitness<A, B>(answer: Answer<A>, carry: (witness: A) => B): Answer<B> {
  return answer.outcome === 'yes' ? { ...answer, witness: carry(answer.witness) } : answer;
}
