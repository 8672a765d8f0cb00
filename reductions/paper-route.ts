/**
 * The paper's own route from CNF-SAT to attention, composed: preprocess, split and list, distributed PCP, gap Max-IP to
 * closest pair, closest pair to attention. Read the files in this order. Sparsification comes before it where a formula
 * has too many clauses; its leaves then take this route one by one.
 *
 * Two shapes of the same chain: one attention instance for each of Merlin's messages, made lazily, or one for all.
 */
import type { Answer } from '../src/problems/answer.ts';
import type { Attention, AttentionOutput } from '../src/problems/attention.ts';
import type { Assignment, Cnf } from '../src/problems/cnf.ts';
import type { GapMaxIp } from '../src/problems/gap-max-ip.ts';
import type { Pair } from '../src/problems/orthogonal-vectors.ts';
import { allMessages } from './all-messages.ts';
import { closestPairToAttention } from './closest-pair-to-attention.ts';
import { closestPairToTallAttention } from './closest-pair-to-tall-attention.ts';
import { each } from './disjunction.ts';
import { distributedPcp, pcpParameters, type PcpParameters } from './distributed-pcp.ts';
import type { GapAttentionOptions } from './gap-attention.ts';
import { maxIpToAttention, maxIpToTallAttention } from './max-ip-to-attention.ts';
import { maxIpToClosestPair } from './max-ip-to-closest-pair.ts';
import { preprocess } from './preprocess.ts';
import { compose, type Reduction } from './reduction.ts';
import { splitAndList, type SplitOptions } from './split-and-list.ts';

/**
 * The last steps: by closest pairs, decoded at ½ (`strengthened`) or as Theorem 4.6 was `published`, or the same two
 * straight from inner products (`direct`, `direct-published`).
 */
export type AttentionForm = 'strengthened' | 'published' | 'direct' | 'direct-published';

export const attentionForms: readonly AttentionForm[] = [
  'strengthened',
  'published',
  'direct',
  'direct-published',
];

export interface PaperRouteOptions extends SplitOptions, GapAttentionOptions {
  /** Make pure literals true before anything else. */
  readonly pure: boolean;
  readonly form: AttentionForm;
  /** T, ℓ and q; without them those that make the instances small. */
  readonly pcp?: PcpParameters;
}

type GapArrow = Reduction<GapMaxIp, Attention, AttentionOutput, Answer<Pair>, GapAttentionOptions>;

/** The arrow from gap Max-IP to attention of a form. */
export const gapArrow = (form: AttentionForm): GapArrow => arrows[form];

const arrows: Readonly<Record<AttentionForm, GapArrow>> = {
  strengthened: byClosestPair(compose(maxIpToClosestPair, closestPairToAttention)),
  published: byClosestPair(compose(maxIpToClosestPair, closestPairToTallAttention)),
  direct: maxIpToAttention,
  'direct-published': maxIpToTallAttention,
};

function byClosestPair(
  arrow: Reduction<
    GapMaxIp,
    Attention,
    AttentionOutput,
    Answer<Pair>,
    readonly [undefined, GapAttentionOptions]
  >,
): GapArrow {
  return {
    theorem: arrow.theorem,
    encode: (source, options) => arrow.encode(source, [undefined, options]),
    decode: (source, output, options) => arrow.decode(source, output, [undefined, options]),
    ledger: (source, options) => arrow.ledger(source, [undefined, options]),
  };
}

/** The parameters of the PCP for a preprocessed formula: one coordinate a clause. */
export const pcpFor = (small: Cnf, { pcp }: Pick<PaperRouteOptions, 'pcp'>): PcpParameters =>
  pcp ?? pcpParameters(small.clauses.length);

/** One attention instance for each message, lazily; their answers are joined by OR. */
export const paperRoute: Reduction<
  Cnf,
  Iterable<Attention>,
  Iterable<AttentionOutput>,
  Answer<Assignment>,
  PaperRouteOptions
> = along((form) => compose(splitAndList, compose(distributedPcp, each(gapArrow(form)))));

/** One attention instance for all messages. */
export const paperRouteAtOnce: Reduction<
  Cnf,
  Attention,
  AttentionOutput,
  Answer<Assignment>,
  PaperRouteOptions
> = along((form) => compose(splitAndList, compose(allMessages, gapArrow(form))));

/** Preprocessing, then the rest of the route with the parameters that the small formula asks for. */
function along<Target, TargetAnswer>(
  rest: (
    form: AttentionForm,
  ) => Reduction<
    Cnf,
    Target,
    TargetAnswer,
    Answer<Assignment>,
    readonly [SplitOptions, readonly [PcpParameters, GapAttentionOptions]]
  >,
): Reduction<Cnf, Target, TargetAnswer, Answer<Assignment>, PaperRouteOptions> {
  const given = (small: Cnf, options: PaperRouteOptions) =>
    [options, [pcpFor(small, options), options]] as const;
  return {
    theorem: 'Alman and Song 2023, by way of approximate closest pairs',
    encode(cnf, options) {
      const small = preprocess.encode(cnf, options);
      return rest(options.form).encode(small, given(small, options));
    },
    decode(cnf, answer, options) {
      const small = preprocess.encode(cnf, options);
      return preprocess.decode(cnf, rest(options.form).decode(small, answer, given(small, options)), options);
    },
    ledger(cnf, options) {
      const small = preprocess.encode(cnf, options);
      return [...preprocess.ledger(cnf, options), ...rest(options.form).ledger(small, given(small, options))];
    },
  };
}
