/**
 * What a decode returns. There are three outcomes and no fourth: yes with a checked witness, no with a
 * certificate, or inconclusive with what would make it conclusive. An output that cannot be what it claims to
 * be is refused with an `InputError` instead.
 */
export type Answer<Witness> =
  | { readonly outcome: 'yes'; readonly witness: Witness; readonly count: bigint }
  | { readonly outcome: 'no' }
  | { readonly outcome: 'inconclusive'; readonly reason: string; readonly remedy: string };

/** The answer with its witness carried through `carry`; the outcome and the count stay as they are. */
export function mapWitness<A, B>(answer: Answer<A>, carry: (witness: A) => B): Answer<B> {
  return answer.outcome === 'yes' ? { ...answer, witness: carry(answer.witness) } : answer;
}
