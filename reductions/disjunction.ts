/**
 * Some arrows of the chain end in many instances whose answers are joined by OR: sparsification in its leaves, the
 * distributed PCP in one instance for each of Merlin's messages. Such a target is an `Iterable`, made one instance
 * at a time and never held in memory, and its answer is the answers in the same order. An answer that already says
 * yes may end the list early; a list without a yes has to be complete.
 */
import type { Answer, Certificate } from '../src/problems/answer.ts';
import type { Reduction } from './reduction.ts';

/** The same arrow for every instance of a disjunction. */
export function each<A, B, AnswerB, AnswerA, Given>(
  arrow: Reduction<A, B, AnswerB, AnswerA, Given>,
): Reduction<Iterable<A>, Iterable<B>, Iterable<AnswerB>, Iterable<AnswerA>, Given> {
  return {
    theorem: `${arrow.theorem}, for each`,
    encode: (sources, given) => lazily(() => mapped(sources, (source) => arrow.encode(source, given))),
    decode: (sources, answers, given) =>
      lazily(() => zipped(sources, answers, (source, answer) => arrow.decode(source, answer, given))),
    /** Of the first instance: those of a disjunction have the same parameters. */
    ledger(sources, given) {
      for (const source of sources) return arrow.ledger(source, given);
      return [];
    },
  };
}

/**
 * The OR of answers to `instances` instances. Yes with the first witness; no if all say no; inconclusive otherwise.
 * The count is the sum where the instances share no witness (`disjoint`) and all were answered with one.
 */
export function anyOf<Witness>(
  answers: Iterable<Answer<Witness>>,
  instances: number,
  disjoint: boolean,
): Answer<Witness> {
  let certificate: Certificate = { bias: 0, noise: 0, worst: 0 };
  let yes: Extract<Answer<Witness>, { outcome: 'yes' }> | undefined;
  let open: Extract<Answer<Witness>, { outcome: 'inconclusive' }> | undefined;
  let count: bigint | null = 0n;
  let answered = 0;
  for (const answer of answers) {
    answered++;
    certificate = worse(certificate, answer.certificate);
    if (answer.outcome === 'yes') {
      yes ??= answer;
      count = count === null || answer.count === null ? null : count + answer.count;
    } else if (answer.outcome === 'inconclusive') open ??= answer;
  }
  const complete = answered >= instances && open === undefined;
  if (yes !== undefined) return { ...yes, count: disjoint && complete ? count : null, certificate };
  if (open !== undefined) return { ...open, certificate };
  if (complete) return { outcome: 'no', certificate };
  return {
    outcome: 'inconclusive',
    reason: `only ${answered} of ${instances} instances have an answer, and none says yes`,
    remedy: 'the answers of the others',
    certificate,
  };
}

/** The larger of each figure: what holds for both. */
const worse = (a: Certificate, b: Certificate): Certificate => ({
  bias: Math.max(a.bias, b.bias),
  noise: Math.max(a.noise, b.noise),
  worst: Math.max(a.worst, b.worst),
});

/** An iterable that begins anew each time it is asked. */
export const lazily = <T>(begin: () => Iterator<T>): Iterable<T> => ({ [Symbol.iterator]: begin });

function* mapped<A, B>(items: Iterable<A>, change: (item: A) => B): Generator<B, void, undefined> {
  for (const item of items) yield change(item);
}

function* zipped<A, B, C>(
  lefts: Iterable<A>,
  rights: Iterable<B>,
  join: (left: A, right: B) => C,
): Generator<C, void, undefined> {
  const others = rights[Symbol.iterator]();
  for (const left of lefts) {
    const { done, value } = others.next();
    if (done === true) return;
    yield join(left, value);
  }
}
