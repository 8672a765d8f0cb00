/**
 * What the transition experiment varies: n = 2^k vectors or keys, head dimension d = c·log₂ n, and entries up to
 * B = b·(ln n)^γ for γ below, at and above ½. The theorem (Alman and Song 2023) puts the transition at γ = ½: below it
 * attention takes n^(1+o(1)) time for an error of 1/n, above it no n^(2-ε), unless SETH fails.
 */
export interface TransitionConfig {
  /** Of the random entries. */
  readonly seed: number;
  /** c in d = round(c·log₂ n). */
  readonly dimension: number;
  /** b in B = b·(ln n)^γ. */
  readonly factor: number;
  readonly exponents: readonly number[];
  /** k of the errors 1/n^k for which degree and rank are computed on paper. All else is for 1/n. */
  readonly powers: readonly number[];
  /** log₂ n of what is computed on paper, and of what is run. */
  readonly paper: readonly number[];
  readonly measured: readonly number[];
  /** Variables of the formulas that become hard instances. */
  readonly variables: readonly number[];
}

const from = (first: number, last: number, step: number): number[] =>
  Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => first + i * step);

/** The sizes that the command takes: `quick` ends within half a minute on two cores. */
export function transitionConfig(quick: boolean, seed: number): TransitionConfig {
  return {
    seed,
    dimension: 0.5,
    factor: 1,
    exponents: [0, 0.25, 0.5, 0.75, 1],
    powers: [1, 2, 3],
    paper: from(8, 64, quick ? 8 : 2),
    measured: from(8, quick ? 12 : 14, 2),
    variables: quick ? [8, 12] : [8, 12, 16],
  };
}

export interface Point {
  readonly log2n: number;
  readonly n: number;
  readonly d: number;
  readonly gamma: number;
  /** The largest entry of Q and K. */
  readonly bound: number;
}

/** The points of a grid, n by n. */
export function points(sizes: readonly number[], config: TransitionConfig): Point[] {
  const { dimension, factor, exponents } = config;
  return sizes.flatMap((log2n) =>
    exponents.map((gamma) => ({
      log2n,
      n: 2 ** log2n,
      d: Math.max(1, Math.round(dimension * log2n)),
      gamma,
      bound: factor * (log2n * Math.LN2) ** gamma,
    })),
  );
}
