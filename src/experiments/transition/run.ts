/** The transition, run: random matrices with entries up to B through the polynomial oracle and through exact attention. */
import { denseMatrix, type Attention, type Matrix } from '../../problems/attention.ts';
import { random, type Random } from '../../problems/families/random.ts';
import type { Oracle } from '../../oracles/oracle.ts';
import type { PolynomialOracle } from '../../oracles/polynomial/polynomial.ts';
import { points, type Point, type TransitionConfig } from './config.ts';
import { runHard, type HardRow } from './hard.ts';
import { onPaper, type OnPaper } from './paper.ts';

export interface Measured extends Point {
  /** The bound on the logits of these very matrices, which is what the degree is for. */
  readonly logit: number;
  readonly degree: number;
  readonly rank: number;
  /** Work of exact attention over that of the polynomial method: multiplications, without what is done once. */
  readonly workSaved: number;
  /** Did the oracle take it, and not say that exact attention is faster? */
  readonly taken: boolean;
  /** The error that is certified relative to A|V|/A1, and the largest that was seen; null where it was not taken. */
  readonly certified: number | null;
  readonly seen: number | null;
  readonly seconds: number | null;
  readonly exactSeconds: number | null;
}

export interface Transition {
  readonly config: TransitionConfig;
  readonly paper: readonly OnPaper[];
  readonly measured: readonly Measured[];
  readonly hard: readonly HardRow[];
}

export interface Oracles {
  readonly polynomial: PolynomialOracle;
  readonly exact: Oracle;
}

/** Everything but the seconds is the same for the same config. */
export async function runTransition(
  config: TransitionConfig,
  oracles: Oracles,
  onProgress: (done: number) => void = () => {},
): Promise<Transition> {
  const grid = points(config.measured, config);
  const total = grid.reduce((sum, { n }) => sum + n, 0);
  const measured: Measured[] = [];
  let done = 0;
  for (const point of grid) {
    measured.push(await runPoint(point, config.seed, oracles));
    onProgress((done += point.n) / total);
  }
  const hard = await runHard(config.variables, config.seed, oracles);
  return { config, paper: points(config.paper, config).map(onPaper), measured, hard };
}

async function runPoint(point: Point, seed: number, { polynomial, exact }: Oracles): Promise<Measured> {
  const attention = randomAttention(point, seed);
  const plan = polynomial.plan(attention);
  const taken = plan.certified !== undefined && plan.relativeTime < 1;
  const facts = {
    ...point,
    logit: plan.M,
    degree: plan.degree,
    rank: plan.rank,
    workSaved: plan.exactWork / plan.work,
    taken,
  };
  if (!taken) return { ...facts, certified: null, seen: null, seconds: null, exactSeconds: null };
  const ours = await polynomial.attend(attention);
  const theirs = await exact.attend(attention);
  // V ≥ 0, so that A|V|/A1 is the output itself.
  let seen = 0;
  theirs.output.values.forEach((y, e) => {
    seen = Math.max(seen, Math.abs(ours.output.values[e]! - y) / y);
  });
  return {
    ...facts,
    certified: ours.output.error.relative,
    seen,
    seconds: ours.seconds,
    exactSeconds: theirs.seconds,
  };
}

/** n queries and n keys, entries uniform in [-B, B]; values uniform in (0, 1]. */
export function randomAttention({ n, d, bound }: Point, seed: number): Attention {
  const drawn = random(seed);
  const entry = (): number => bound * (drawn.next() / 2 ** 31 - 1);
  return {
    q: filled(n, d, entry),
    k: filled(n, d, entry),
    v: filled(n, 1, () => (drawn.next() + 1) / 2 ** 32),
    scale: 1 / d,
    dtype: 'f64',
  };
}

function filled(rows: number, columns: number, entry: Random['next']): Matrix {
  return denseMatrix(rows, columns, Float64Array.from({ length: rows * columns }, entry));
}
