/**
 * What the polynomial method costs beside exact attention: multiplications, which the theorem counts, and time, which also
 * has what does not grow with n. The unit of both is a multiplication with addition of the polynomial kernel, about 0.18 ns
 * where this was measured (`node dist/test/bench/transition.js worth`).
 */
import { rankOf } from './monomials.ts';

export interface Shape {
  readonly queries: number;
  readonly keys: number;
  readonly headDim: number;
  readonly valueDim: number;
}

export interface Cost {
  /** binom(d + degree, degree), a float where it is large. */
  readonly rank: number;
  /** Multiplications that this takes, and those of exact attention that take as long. */
  readonly work: number;
  readonly exactWork: number;
}

/** Calls with fewer products of rows and monomials run on the calling thread, by each pair of columns of values. */
export const threadsFrom = 4e7;

const pairsOf = ({ valueDim }: Shape): number => Math.ceil((valueDim + 1) / 2);

/** Of rows that all take one degree. */
export function costOf(shape: Shape, degree: number): Cost {
  const { queries, keys, headDim, valueDim } = shape;
  const rank = rankOf(headDim, degree);
  const inner = degree === 0 ? 0 : rankOf(headDim, degree - 1);
  return {
    rank,
    work: (queries + keys) * pairsOf(shape) * (rank * 2 + inner + 8 * headDim),
    exactWork: queries * keys * (headDim + valueDim + exponential),
  };
}

/** Multiplications that take as long as one exponential of the dense kernel. */
const exponential = 18;

/** Rows that take one degree. */
export interface Share {
  readonly degree: number;
  readonly queries: number;
  readonly keys: number;
}

/**
 * The time of rows of rising degrees over that of exact attention, engines running and compiled, on two threads. Exact
 * attention uses both from a size on, the sums over monomials from a larger one, and the rest never: with more threads
 * than two the ratio is larger, with one it is smaller.
 */
export function relativeTime(shape: Shape, shares: readonly Share[]): number {
  const top = rankOf(shape.headDim, shares.at(-1)!.degree);
  const rows = shape.queries + shape.keys;
  let alone = setUp + perRow * rows;
  let work = 0;
  for (const share of shares) {
    const cost = costOf({ ...shape, ...share }, share.degree);
    work += cost.work;
    alone += perExchange * (share.degree + 2) ** 2 + perMonomial * cost.rank * pairsOf(shape);
  }
  // Sums and monomials beyond a core's cache are slower to come by.
  work *= Math.min(4, 1 + Math.max(0, top - 2 ** 14) / 2 ** 15);
  const { exactWork } = costOf(shape, 0);
  const exact = exactWork / (exactWork < exactThreadsFrom ? 1 : 2);
  return (alone + work / (rows * top * pairsOf(shape) < threadsFrom ? 1 : 2)) / exact;
}

/** A call, as long as the engine has not compiled all of it. */
const setUp = 1.2e6;

/** A row that is measured and laid out. */
const perRow = 720;

/** A polynomial that is found and certified, for each of (degree + 2)². */
const perExchange = 9700;

/** A monomial that is weighed in a tier. */
const perMonomial = 220;

/** Exact attention with less work runs on one thread. */
const exactThreadsFrom = 3e6;
