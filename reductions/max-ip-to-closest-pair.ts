/**
 * From gap Maximum Inner Product to gap Hamming closest pair (Rubinstein, "Hardness of approximate nearest neighbor
 * search", STOC 2018, Section 4; Alman and Song need the points balanced).
 *
 * dist(a, b) = |a| + |b| − 2⟨a, b⟩, so among vectors of one weight on each side near is the same as a large inner
 * product. Each a is padded with ones to weight W = max|a_i|, each b to the weight of its side's heaviest, in
 * coordinates where the other side has zeros. The map x ↦ (x, 1 − x) then makes every point weigh exactly half of its
 * coordinates and doubles all distances. With d the dimension before it,
 *
 *     dist = 2(W_a + W_b − 2⟨a, b⟩):   near t = 2(W_a + W_b − 2·high),   far (1+ε)t = 2(W_a + W_b − 2·low).
 *
 * Decision, witness and count survive. It costs 2(d + pads) coordinates, and the ratio 1 + ε is as close to 1 as the
 * gap is small against the weights; at toy sizes nearly 1, since |ã| is about q^T and the gap less than q.
 */
import type { Answer } from '../src/problems/answer.ts';
import type { ClosestPair } from '../src/problems/closest-pair.ts';
import type { GapMaxIp } from '../src/problems/gap-max-ip.ts';
import {
  bitMatrix,
  getBit,
  maxWeight,
  setBit,
  weight,
  type BitMatrix,
  type Pair,
} from '../src/problems/orthogonal-vectors.ts';
import type { Reduction } from './reduction.ts';

export const maxIpToClosestPair: Reduction<GapMaxIp, ClosestPair, Answer<Pair>, Answer<Pair>, undefined> = {
  theorem: 'Rubinstein 2018',

  encode({ left, right, high, low }) {
    const [wa, wb] = [maxWeight(left), maxWeight(right)];
    const [padsLeft, padsRight] = [wa - leastWeight(left), wb - leastWeight(right)];
    const d = left.columns + padsLeft + padsRight;
    return {
      left: padded(left, d, wa, left.columns),
      right: padded(right, d, wb, left.columns + padsLeft),
      near: 2 * (wa + wb - 2 * high), // negative where no two vectors are heavy enough
      far: 2 * (wa + wb - 2 * low),
    };
  },

  // Point i is vector i.
  decode: (_, answer) => answer,

  ledger(source) {
    const { left, near, far } = maxIpToClosestPair.encode(source, undefined);
    return [
      { parameter: 'dimension', promised: '2(d + pads)', actual: `${left.columns}` },
      { parameter: 'distances', promised: '≤ t or ≥ (1+ε)t', actual: `≤ ${near} or ≥ ${far}` },
      {
        parameter: '1+ε',
        promised: 'a constant above 1',
        actual: near > 0 ? (far / near).toPrecision(6) : '∞',
      },
      { parameter: 't/d', promised: 'Θ(1)', actual: (near / left.columns).toPrecision(3) },
    ];
  },
};

/** Rows (x, 1 − x), where x is the row, ones from column `pads` on to bring it to `target`, and zeros up to d. */
function padded(matrix: BitMatrix, d: number, target: number, pads: number): BitMatrix {
  const points = bitMatrix(matrix.rows, 2 * d);
  for (let row = 0; row < matrix.rows; row++) {
    const missing = target - weight(matrix, row);
    for (let c = 0; c < d; c++) {
      const one = c < matrix.columns ? getBit(matrix, row, c) === 1 : c >= pads && c < pads + missing;
      setBit(points, row, one ? c : d + c);
    }
  }
  return points;
}

function leastWeight(matrix: BitMatrix): number {
  let least = Infinity;
  for (let row = 0; row < matrix.rows; row++) least = Math.min(least, weight(matrix, row));
  return matrix.rows === 0 ? 0 : least;
}
