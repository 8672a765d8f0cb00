/** Random instances of gap problems that keep their promise, brute-force answers, and noise. */
import fc from 'fast-check';
import { referenceOracle } from '../../src/oracles/reference.ts';
import type { Answer } from '../../src/problems/answer.ts';
import type { Attention, AttentionOutput } from '../../src/problems/attention.ts';
import { hammingDistance, type ClosestPair } from '../../src/problems/closest-pair.ts';
import type { GapMaxIp } from '../../src/problems/gap-max-ip.ts';
import { innerProduct, type OrthogonalVectors, type Pair } from '../../src/problems/orthogonal-vectors.ts';
import { orthogonalVectorsArb } from './arbitraries.ts';
import { everyAnswer } from './laws.ts';

const someVectors = (maxVectors: number, maxDimension: number): fc.Arbitrary<OrthogonalVectors> =>
  orthogonalVectorsArb({ maxVectors, maxDimension }).filter(
    ({ left, right }) => left.rows > 0 && right.rows > 0,
  );

/** All pairs. */
export function pairsOf({ left, right }: OrthogonalVectors): Pair[] {
  return Array.from({ length: left.rows * right.rows }, (_, k) => ({
    i: Math.floor(k / right.rows),
    j: k % right.rows,
  }));
}

/** The wide gaps between the values that occur, those beyond the least and the largest too: [below, above]. */
function gaps(values: readonly number[], most: number): (readonly [number, number])[] {
  const sorted = [...new Set([-1, ...values, most + 1])].toSorted((a, b) => a - b);
  return sorted.slice(1).map((above, k) => [sorted[k]!, above] as const);
}

/** Instances of gap Max-IP: random vectors and a gap in which no inner product lies. */
export const gapMaxIpArb = (maxVectors: number, maxDimension: number): fc.Arbitrary<GapMaxIp> =>
  fc.tuple(someVectors(maxVectors, maxDimension), fc.nat()).map(([vectors, which]) => {
    const all = gaps(
      pairsOf(vectors).map((pair) => innerProduct(vectors, pair)),
      vectors.left.columns,
    );
    const [low, high] = all[which % all.length]!;
    return { ...vectors, low: Math.max(0, low), high: Math.max(1, high) };
  });

/** Instances of gap closest pair, likewise. */
export const closestPairArb = (maxVectors: number, maxDimension: number): fc.Arbitrary<ClosestPair> =>
  fc.tuple(someVectors(maxVectors, maxDimension), fc.nat()).map(([vectors, which]) => {
    const all = gaps(
      pairsOf(vectors).map((pair) => hammingDistance(vectors, pair)),
      vectors.left.columns,
    );
    const [near, far] = all[which % all.length]!;
    return { ...vectors, near, far };
  });

export const isLarge = (source: GapMaxIp, pair: Pair): boolean => innerProduct(source, pair) >= source.high;
export const isNear = (source: ClosestPair, pair: Pair): boolean =>
  hammingDistance(source, pair) <= source.near;

export const largePairs = (source: GapMaxIp): Pair[] =>
  pairsOf(source).filter((pair) => isLarge(source, pair));
export const nearPairs = (source: ClosestPair): Pair[] =>
  pairsOf(source).filter((pair) => isNear(source, pair));

export const answersTo = (pairs: readonly Pair[]): Answer<Pair>[] => everyAnswer(pairs);

const reference = referenceOracle();

export const attend = async (attention: Attention): Promise<AttentionOutput> =>
  (await reference.attend(attention)).output;

/** The output with every entry moved by `by`, up or down as a hash of its place says, or as `sign` does; claimed. */
export function noisy(output: AttentionOutput, by: number, sign?: 1 | -1): AttentionOutput {
  const values = output.values.map(
    (y, e) => y + by * (sign ?? ((Math.imul(e + 1, 2654435761) >> 16) & 1 ? 1 : -1)),
  );
  return {
    ...output,
    values,
    error: { relative: output.error.relative, absolute: output.error.absolute + by },
  };
}
