/**
 * From gap Hamming closest pair to attention as Alman and Song published it ("Fast Attention Requires Bounded Entries",
 * NeurIPS 2023, arXiv 2302.13214, Theorem 4.6).
 *
 * Points are balanced. Queries are √β·(a_i, 1_d) and then pads √β·(0, 1_d); keys √β·(b_j, 0_d) and then pads
 * √β·(0, 1_d); values 1 on real keys, 0 on pads. At scale 1/(2d) a real logit is β/4·(1 − dist/d) and a pad's is β/2,
 * so with S the sum of exp(β/4·(1 − dist/d)) a row gives S/(S + n·exp(β/2)). A close pair makes S at least
 * exp(β/4·(1 − t/d)); without one it is at most n·exp(β/4·(1 − (1+ε)t/d)), which for β = 4d·ln(4n)/(εt) is 4 times less.
 *
 * Decision and witness survive. The pad queries make Q as tall as K, as the theorem has it; nobody reads their rows. The
 * output of a close row is about exp(−β/4·(1 + t/d))/n, so the decoder needs relative precision and
 * the format the exponents: instances whose outputs would underflow are refused. The theorem's additive error
 * n^−Θ(1) says the same for β = Θ(log n). Where t is too small, Hamming balls (closest-pair-to-attention.ts).
 */
import type { Answer } from '../src/problems/answer.ts';
import type { Attention, AttentionOutput } from '../src/problems/attention.ts';
import type { ClosestPair } from '../src/problems/closest-pair.ts';
import type { Pair } from '../src/problems/orthogonal-vectors.ts';
import { balance } from './balance.ts';
import { firstNear, toMaxIp } from './closest-pair-to-attention.ts';
import { decodeGap, settled, tall, type GapAttention, type GapAttentionOptions } from './gap-attention.ts';
import { gapLedger } from './gap-ledger.ts';
import { closeByBall, isSmallBall } from './hamming-ball.ts';
import type { Reduction } from './reduction.ts';

export const closestPairToTallAttention: Reduction<
  ClosestPair,
  Attention,
  AttentionOutput,
  Answer<Pair>,
  GapAttentionOptions
> = {
  theorem: 'Alman and Song 2023, Theorem 4.6',

  encode: (source, options) => tallPair(source, options).attention,

  // Row i is point i; pad rows are not read.
  decode: (source, output, options) =>
    decodeGap(output, source.left.rows, tallPair(source, options), (i) => firstNear(source, i)),

  ledger: (source, options) => [
    {
      parameter: 'branch',
      promised: 'attention, or Hamming balls where t is too small',
      actual: isSmallBall(source) ? 'Hamming balls' : 'attention',
    },
    ...gapLedger(tallPair(source, options), source.right.rows, 'n^−Θ(1)'),
  ],
};

export function tallPair(source: ClosestPair, options: GapAttentionOptions): GapAttention {
  if (isSmallBall(source)) return settled(closeByBall(source), source.right.rows, options);
  const pair = balance(source);
  return tall(toMaxIp(pair), pair.left.columns, options);
}
