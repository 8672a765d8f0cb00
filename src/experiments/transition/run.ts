/** The transition, run: random matrices with entries up to B through the polynomial oracle and through exact attention. */
import { denseMatrix, type Attention, type Matrix } from '../../problems/attention.ts';
import { random, type Random } from '../../problems/families/random.ts';
import type { Attended, Oracle } from '../../oracles/oracle.ts';
import type { PolynomialOracle } from '../../oracles/polynomial/polynomial.ts';
import { points, type Point, type TransitionConfig } from './config.ts';
import { runHard, type HardRow } from './hard.ts';
import { forPower, onPaper, type ForPower, type OnPaper } from './paper.ts';

export interface Planned extends Point {
  /** The bound on the logits of these very matrices, which is what the degree is for. */
  readonly logit: number;
  readonly degree: number;
  readonly rank: number;
  /** Work of exact attention over that of the polynomial method: multiplications, without what is done once. */
  readonly workSaved: number;
  /** Did the oracle take it, and not say that exact attention is faster? */
  readonly taken: boolean;
}

export interface Measured extends Planned {
  /** The error that is certified relative to A|V|/A1, and the largest that was seen; null where it was not taken. */
  readonly certified: number | null;
  readonly seen: number | null;
}

/** Wall times of a row that was taken: the median of three calls after one that is not counted. */
export interface Times {
  readonly log2n: number;
  readonly gamma: number;
  readonly seconds: number;
  readonly exactSeconds: number;
}

export interface Transition {
  readonly config: TransitionConfig;
  readonly paper: readonly OnPaper[];
  readonly powers: readonly ForPower[];
  readonly measured: readonly Measured[];
  readonly hard: readonly HardRow[];
  readonly times: readonly Times[];
}

export interface Oracles {
  readonly polynomial: PolynomialOracle;
  readonly exact: Oracle;
}

/** Everything but the times is the same for the same config. */
export async function runTransition(
  config: TransitionConfig,
  oracles: Oracles,
  onProgress: (done: number) => void = () => {},
): Promise<Transition> {
  const grid = points(config.measured, config);
  const total = grid.reduce((sum, { n }) => sum + n, 0);
  const measured: Measured[] = [];
  const times: Times[] = [];
  let done = 0;
  for (const point of grid) {
    const { row, time } = await runPoint(point, config.seed, oracles);
    measured.push(row);
    if (time !== undefined) times.push(time);
    onProgress((done += point.n) / total);
  }
  const hard = await runHard(config.variables, config.seed, oracles);
  const onGrid = points(config.paper, config);
  const powers = config.powers.flatMap((power) => onGrid.map((point) => forPower(point, power)));
  return { config, paper: onGrid.map(onPaper), powers, measured, hard, times };
}

/** What the polynomial oracle would do for random matrices. */
export function planned(point: Point, attention: Attention, polynomial: PolynomialOracle): Planned {
  const plan = polynomial.plan(attention);
  return {
    ...point,
    logit: plan.M,
    degree: plan.degree,
    rank: plan.rank,
    workSaved: plan.exactWork / plan.work,
    taken: plan.certified !== undefined && plan.relativeTime < 1,
  };
}

async function runPoint(
  point: Point,
  seed: number,
  { polynomial, exact }: Oracles,
): Promise<{ readonly row: Measured; readonly time?: Times }> {
  const attention = randomAttention(point, seed);
  const facts = planned(point, attention, polynomial);
  if (!facts.taken) return { row: { ...facts, certified: null, seen: null } };
  const [ours, seconds] = await timed(polynomial, attention);
  const [theirs, exactSeconds] = await timed(exact, attention);
  // V ≥ 0, so that A|V|/A1 is the output itself.
  let seen = 0;
  theirs.values.forEach((y, e) => {
    seen = Math.max(seen, Math.abs(ours.values[e]! - y) / y);
  });
  const { log2n, gamma } = point;
  return {
    row: { ...facts, certified: ours.error.relative, seen },
    time: { log2n, gamma, seconds, exactSeconds },
  };
}

/** The output, and the median time of three calls: the first one starts threads and is compiled. */
async function timed(
  oracle: Oracle,
  attention: Attention,
): Promise<[output: Attended['output'], seconds: number]> {
  const { output } = await oracle.attend(attention);
  const times: number[] = [];
  for (let run = 0; run < 3; run++) times.push((await oracle.attend(attention)).seconds);
  return [output, times.toSorted((a, b) => a - b)[1]!];
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
