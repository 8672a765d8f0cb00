/**
 * From gap Maximum Inner Product to attention directly: the two constructions for closest pairs (Alman and Song 2023,
 * Theorem 4.6, and its strengthening by Haverbeck and others 2026, Lemma A.5) without the detour through distances.
 * Padding to one weight and balancing were needed only to make a distance of an inner product; without them the
 * dimension is a quarter or less, and what counts for the entries is the gap against the dimension, not against t.
 *
 * Shifted: θ = low + (high − low)/3, keys √β·(b_j, −θ/w·1_w) with w = ⌈θ⌉ further columns, so D = d + w and
 * β ≥ 3D ln N/(high − low), N ≥ n; decoded at ½. Tall: pads of w = ⌈high⌉ further columns, β = D ln(4n)/(high − low);
 * decoded with relative precision. A pad then weighs about as much as a near key, so the outputs do not become as tiny
 * as in the theorem, whose pads weigh exp(β/2) whatever the distance.
 *
 * Decision and witness survive. It costs 2n keys, n queries (2n for the tall form) and D ≤ 2d + 1 columns.
 */
import type { Answer } from '../src/problems/answer.ts';
import type { Attention, AttentionOutput } from '../src/problems/attention.ts';
import type { GapMaxIp } from '../src/problems/gap-max-ip.ts';
import type { Pair } from '../src/problems/orthogonal-vectors.ts';
import {
  decodeGap,
  firstPartner,
  shifted,
  tall,
  type GapAttention,
  type GapAttentionOptions,
} from './gap-attention.ts';
import { gapLedger } from './gap-ledger.ts';
import type { Reduction } from './reduction.ts';

type Arrow = Reduction<GapMaxIp, Attention, AttentionOutput, Answer<Pair>, GapAttentionOptions>;

export const maxIpToAttention: Arrow = arrow(
  'Haverbeck and others 2026, Lemma A.5, from inner products',
  (source, options) => shifted(source, columnsFor(source.low + (source.high - source.low) / 3), options),
  '< 1/2',
);

export const maxIpToTallAttention: Arrow = arrow(
  'Alman and Song 2023, Theorem 4.6, from inner products',
  (source, options) => tall(source, columnsFor(source.high), options),
  'n^−Θ(1)',
);

function arrow(
  theorem: string,
  make: (source: GapMaxIp, options: GapAttentionOptions) => GapAttention,
  additive: string,
): Arrow {
  return {
    theorem,
    encode: (source, options) => make(source, options).attention,
    // Row i is vector i.
    decode: (source, output, options) =>
      decodeGap(output, source.left.rows, make(source, options), (i) => firstPartner(source, i)),
    ledger: (source, options) => gapLedger(make(source, options), source.right.rows, additive),
  };
}

/** Enough columns that none of them needs an entry above B. */
const columnsFor = (height: number): number => Math.max(1, Math.ceil(height));
