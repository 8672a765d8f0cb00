/**
 * From Orthogonal Vectors to gap Maximum Inner Product: the distributed PCP of Abboud, Rubinstein and Williams
 * ("Distributed PCP theorems for hardness of approximation in P", FOCS 2017) and Rubinstein ("Hardness of approximate
 * nearest neighbor search", STOC 2018), over Reed–Solomon codes, which is the protocol of Aaronson and Wigderson.
 *
 * Alice has a ∈ {0,1}^(T·ℓ) and Bob b; Merlin wants to convince Alice that ⟨a, b⟩ = 0. Coordinates are pairs (t, i),
 * t < T, 1 ≤ i ≤ ℓ, with zeros after the last one. Let ψ_{a,t} be the polynomial over F_q of degree < ℓ with values
 * a_{t,i} at i. Then Φ = Σ_t ψ_{a,t}·ψ_{b,t} has degree ≤ 2(ℓ − 1), and Φ(i) = Σ_t a_{t,i}·b_{t,i}, a number ≤ T < q,
 * is 0 for all i exactly if a ⊥ b. Merlin sends a polynomial Φ' of that degree that vanishes at 1 … ℓ, which is
 * ∏(z − i)·h with deg h ≤ ℓ − 2: one of q^(ℓ−1) messages μ. A public coin r ∈ F_q is thrown, Bob sends the vector
 * u = ψ_b(r) ∈ F_q^T, and Alice accepts if ⟨ψ_a(r), u⟩ = Φ'(r). If a ⊥ b, the message Φ is accepted at all q coins;
 * otherwise Φ ≠ Φ' for every message, so that at most 2(ℓ − 1) < q coins accept.
 *
 * For a fixed message, write that down as vectors with a coordinate for each (r, u): b̃[r,u] = 1 where Bob sends u,
 * ã[r,u] = 1 where Alice accepts u. ⟨ã, b̃⟩ counts the accepting coins. So a ⊥ b for some pair exactly if one of the
 * q^(ℓ−1) instances has an inner product of q instead of at most 2(ℓ − 1): decision and witness survive, and since an
 * orthogonal pair is accepted under one message only, the count does.
 *
 * It costs dimension q^(T+1) and q^(ℓ−1) instances, at best 2^Θ(√m log m) together for m clauses. The theorem has
 * m = O(log n) and takes ℓ = ε·log n/log q for any ε > 0, so that there are n^ε instances, and T = m/ℓ = O(log q).
 * Reed–Solomon needs q > 2(ℓ − 1), which grows with n, and q^(T+1) outgrows O(log n); algebraic geometry codes have a
 * constant q, hence a constant T, and O(ℓ) places for the coin in place of q, and the dimension O(ℓ)·q^T is O(log n).
 * docs/paper-route.md goes through it.
 */
import { mapWitness, type Answer } from '../src/problems/answer.ts';
import {
  evaluate,
  lagrangeBasis,
  multiplyPolynomials,
  primeFrom,
  vanishing,
} from '../src/problems/finite-field.ts';
import type { GapMaxIp } from '../src/problems/gap-max-ip.ts';
import {
  bitMatrix,
  getBit,
  setBit,
  type BitMatrix,
  type OrthogonalVectors,
  type Pair,
} from '../src/problems/orthogonal-vectors.ts';
import { anyOf, lazily } from './disjunction.ts';
import type { Reduction } from './reduction.ts';

/** T, ℓ and q with T·ℓ ≥ the dimension, and q a prime > max(T, ℓ, 2(ℓ − 1)). */
export interface PcpParameters {
  /** T. */
  readonly blocks: number;
  /** ℓ. */
  readonly length: number;
  /** q. */
  readonly field: number;
}

/** What the parameters make, known before anything is. */
export interface PcpSize {
  /** q^(ℓ−1), one instance each. */
  readonly messages: number;
  /** q^(T+1). */
  readonly dimension: number;
  /** The inner product of an orthogonal pair: q. */
  readonly high: number;
  /** The most that another pair has: 2(ℓ − 1), which is less than q. */
  readonly low: number;
}

/** The smallest field that T and ℓ allow. */
export const fieldFor = (blocks: number, length: number): number =>
  primeFrom(Math.max(blocks, length, 2 * (length - 1)) + 1);

/** The parameters for vectors of `dimension` coordinates that make messages × dimension = q^(T+ℓ) least, then the gap widest. */
export function pcpParameters(dimension: number): PcpParameters {
  let best: PcpParameters | undefined;
  let least = Infinity;
  for (let length = 1; length <= Math.max(1, dimension); length++) {
    const blocks = Math.max(1, Math.ceil(dimension / length));
    const field = fieldFor(blocks, length);
    const size = (blocks + length) * Math.log(field);
    if (size >= least - 1e-9) continue;
    [best, least] = [{ blocks, length, field }, size];
  }
  return best!;
}

/** Infinite where a number is beyond float64. */
export const pcpSize = ({ blocks, length, field }: PcpParameters): PcpSize => ({
  messages: field ** (length - 1),
  dimension: field ** (blocks + 1),
  high: field,
  low: 2 * (length - 1),
});

export const distributedPcp: Reduction<
  OrthogonalVectors,
  Iterable<GapMaxIp>,
  Iterable<Answer<Pair>>,
  Answer<Pair>,
  PcpParameters
> = {
  theorem: 'Abboud, Rubinstein and Williams 2017; Rubinstein 2018',

  encode: (vectors, parameters) =>
    lazily(function* () {
      const right = sent(codewords(vectors.right, parameters), parameters);
      const codes = codewords(vectors.left, parameters);
      const { high, low } = pcpSize(parameters);
      for (const message of merlinsMessages(parameters)) {
        yield { left: accepted(codes, message, parameters), right, high, low };
      }
    }),

  // Vector i is encoded as row i, whatever the message.
  decode: (_, answers, parameters) =>
    mapWitness(anyOf(answers, pcpSize(parameters).messages, true), (pair) => pair),

  ledger(vectors, parameters) {
    const { blocks, length, field } = parameters;
    const { messages, dimension, high, low } = pcpSize(parameters);
    const n = Math.max(vectors.left.rows, vectors.right.rows);
    return [
      {
        parameter: 'T, ℓ, q',
        promised: `T·ℓ ≥ ${vectors.left.columns}`,
        actual: `${blocks}, ${length}, ${field}`,
      },
      { parameter: 'instances', promised: 'n^ε, here q^(ℓ−1)', actual: `${messages}` },
      {
        parameter: 'dimension',
        promised: `O(log n) with AG codes, here q^(T+1)`,
        actual: `${dimension} = ${ratio(dimension, Math.log2(Math.max(2, n)))} · log₂ n`,
      },
      { parameter: 'inner products', promised: '≥ q or ≤ 2(ℓ−1)', actual: `≥ ${high} or ≤ ${low}` },
    ];
  },
};

const ratio = (a: number, b: number): string => (a / b).toPrecision(3);

/** Φ'_μ(r) for each coin r, message by message: ∏(z − i)·h with the digits of μ as the coefficients of h. */
export function* merlinsMessages(parameters: PcpParameters): Generator<Uint32Array, void, undefined> {
  const { length, field: q } = parameters;
  const factor = vanishing(q, pointsOf(parameters));
  const h = new Uint32Array(length - 1);
  for (;;) {
    const polynomial = multiplyPolynomials(q, factor, h);
    yield Uint32Array.from({ length: q }, (_, r) => evaluate(q, polynomial, r));
    let k = 0;
    while (k < h.length && ++h[k]! === q) h[k++] = 0;
    if (k === h.length) return;
  }
}

/** ψ_x(r) ∈ F_q^T for every row x and coin r: entry [row][r·T + t]. */
export function codewords(vectors: BitMatrix, parameters: PcpParameters): readonly Uint32Array[] {
  const { blocks, length, field: q } = parameters;
  const basis = lagrangeBasis(q, pointsOf(parameters));
  const at = basis.map((polynomial) => Uint32Array.from({ length: q }, (_, r) => evaluate(q, polynomial, r)));
  return Array.from({ length: vectors.rows }, (_, row) => {
    const word = new Uint32Array(q * blocks);
    for (let c = 0; c < vectors.columns; c++) {
      if (getBit(vectors, row, c) === 0) continue;
      const t = Math.floor(c / length);
      for (let r = 0; r < q; r++) word[r * blocks + t] = (word[r * blocks + t]! + at[c % length]![r]!) % q;
    }
    return word;
  });
}

const pointsOf = ({ length }: PcpParameters): readonly number[] => Array.from({ length }, (_, i) => i + 1);

/** b̃: at each coin one 1, at the vector that Bob sends. */
function sent(codes: readonly Uint32Array[], { blocks, field: q }: PcpParameters): BitMatrix {
  const matrix = bitMatrix(codes.length, q ** (blocks + 1));
  codes.forEach((code, row) => {
    for (let r = 0; r < q; r++) {
      let u = 0;
      for (let t = 0; t < blocks; t++) u = u * q + code[r * blocks + t]!;
      setBit(matrix, row, r * q ** blocks + u);
    }
  });
  return matrix;
}

/** ã: at each coin a 1 for every vector that Alice accepts. Inner products of all u are built up digit by digit. */
function accepted(
  codes: readonly Uint32Array[],
  message: Uint32Array,
  { blocks, field: q }: PcpParameters,
): BitMatrix {
  const vectors = q ** blocks;
  const matrix = bitMatrix(codes.length, q * vectors);
  const products = new Uint32Array(vectors);
  codes.forEach((code, row) => {
    for (let r = 0; r < q; r++) {
      let known = 1; // products[u] for u of the first t digits
      products[0] = 0;
      for (let t = 0; t < blocks; t++) {
        const digit = code[r * blocks + t]!;
        for (let u = known - 1; u >= 0; u--) {
          const before = products[u]!;
          for (let x = 0; x < q; x++) products[u * q + x] = (before + digit * x) % q;
        }
        known *= q;
      }
      for (let u = 0; u < vectors; u++) if (products[u] === message[r]) setBit(matrix, row, r * vectors + u);
    }
  });
  return matrix;
}
