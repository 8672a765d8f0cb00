/**
 * From gap Hamming closest pair to attention, decoded at ½ (Haverbeck and others 2026, Lemma A.5, a strengthening of
 * Alman and Song's Theorem 4.6, NeurIPS 2023): it shows hardness for every additive error below ½, where the theorem
 * as published needs relative precision.
 *
 * Points are balanced, so that ⟨a, b⟩ = (d − dist)/2. With D = 2d head columns, μ = ½ − (½ + ε/3)t/d and
 * β = 12 d ln N/(εt), take queries √β·(a_i, 1_d), keys √β·(b_j, −μ·1_d) and as many zero keys, values 1 on the real
 * ones. N is any number ≥ n. At scale 1/D the logit is β/(4d)·((1 + 2ε/3)t − dist): at least 2 ln N for a close pair, at most −ln N for a far
 * one. So a row with a close pair gives at least N²/(N² + n) ≥ N/(N+1), and one without at most 1/(N+1).
 *
 * Decision and witness survive. It costs 2n keys, n queries, D = 2d columns and entries B = √β = O(√log n) for constant
 * ε and t = Ω(d). Where t is too small for that the Hamming balls are small, the question is answered by looking into
 * them (hamming-ball.ts), and the instance is a settled one, of a single column.
 */
import type { Answer } from '../src/problems/answer.ts';
import type { Attention, AttentionOutput } from '../src/problems/attention.ts';
import { hammingDistance, type ClosestPair } from '../src/problems/closest-pair.ts';
import type { GapMaxIp } from '../src/problems/gap-max-ip.ts';
import type { Pair } from '../src/problems/orthogonal-vectors.ts';
import { balance, innerProductAt } from './balance.ts';
import { decodeGap, settled, shifted, type GapAttention, type GapAttentionOptions } from './gap-attention.ts';
import { gapLedger } from './gap-ledger.ts';
import { closeByBall, isSmallBall } from './hamming-ball.ts';
import type { Reduction } from './reduction.ts';

export const closestPairToAttention: Reduction<
  ClosestPair,
  Attention,
  AttentionOutput,
  Answer<Pair>,
  GapAttentionOptions
> = {
  theorem: 'Haverbeck and others 2026, Lemma A.5, after Alman and Song 2023, Theorem 4.6',

  encode: (source, options) => shiftedPair(source, options).attention,

  // Row i is point i; a row above ½ has a partner within distance t.
  decode: (source, output, options) =>
    decodeGap(output, source.left.rows, shiftedPair(source, options), (i) => firstNear(source, i)),

  ledger: (source, options) => [
    {
      parameter: 'branch',
      promised: 'attention, or Hamming balls where t is too small',
      actual: isSmallBall(source) ? 'Hamming balls' : 'attention',
    },
    ...gapLedger(shiftedPair(source, options), source.right.rows, '< 1/2'),
  ],
};

/** The instance with its parameters. */
export function shiftedPair(source: ClosestPair, options: GapAttentionOptions): GapAttention {
  if (isSmallBall(source)) return settled(closeByBall(source), source.right.rows, options);
  const pair = balance(source);
  return shifted(toMaxIp(pair), pair.left.columns, options);
}

/** Balanced points as vectors whose inner products say how far apart they are. */
export const toMaxIp = ({ left, right, near, far }: ClosestPair): GapMaxIp => ({
  left,
  right,
  high: innerProductAt(left.columns, near),
  low: innerProductAt(left.columns, far),
});

/** The first right point within distance `near` of left point i. */
export function firstNear(source: ClosestPair, i: number): number | undefined {
  for (let j = 0; j < source.right.rows; j++) if (hammingDistance(source, { i, j }) <= source.near) return j;
  return undefined;
}
