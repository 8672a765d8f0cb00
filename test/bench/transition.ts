/**
 * The polynomial oracle against exact attention, measured: `node dist/test/bench/transition.js [exponents] [crossover]
 * [speedup] [worth]`, all of them without a name; `peers --sata DIR [--python PROGRAM]` is transition-peers.ts. Uniform entries in [-B, B], one value column, f64. Prints a JSON object a line.
 *
 * exponents: time and work over n = 2^12 … 2^20 at d = 8, B = 1, for error 1e-4 and 1/n; the slope of a straight line
 * through the logarithms. crossover: the least n = 2^k from which the polynomial is faster at error 1/n, by the clock up
 * to 2^15, beyond by the model of time. worth: the model of time beside the clock, over the sweep of `seth transition`. speedup: n = 2^17, d = 8, error 1/n, both oracles in this process; some minutes.
 */
import { parseArgs } from 'node:util';
import { points, transitionConfig } from '../../src/experiments/transition/config.ts';
import { randomAttention } from '../../src/experiments/transition/run.ts';
import { cpuOracle } from '../../src/oracles/cpu/cpu.ts';
import type { Oracle } from '../../src/oracles/oracle.ts';
import { polynomialOracle } from '../../src/oracles/polynomial/polynomial.ts';
import type { Attention } from '../../src/problems/attention.ts';
import { comparePeer } from './transition-peers.ts';

const exact = cpuOracle({ path: 'dense' });
const inverse = polynomialOracle({ force: true });
const fixed = polynomialOracle({ force: true, error: 1e-4 });

const made = (log2n: number, d: number, bound: number): Attention =>
  randomAttention({ log2n, n: 2 ** log2n, d, gamma: 0, bound }, 1);

/** The least of `runs` wall times. */
async function best(oracle: Oracle, attention: Attention, runs: number): Promise<number> {
  let least = Infinity;
  for (let run = 0; run < runs; run++) least = Math.min(least, (await oracle.attend(attention)).seconds);
  return least;
}

/** The slope of the least-squares line. */
function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (of: (point: readonly [number, number]) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [mx, my] = [mean(([x]) => x), mean(([, y]) => y)];
  return mean(([x, y]) => (x - mx) * (y - my)) / mean(([x]) => (x - mx) ** 2);
}

const print = (line: object): void => console.log(JSON.stringify(line));

async function exponents(): Promise<void> {
  for (let warm = 0; warm < 20; warm++) await fixed.attend(made(13, 8, 1)); // the engine compiles in the background
  for (const [error, oracle] of [
    ['1e-4', fixed],
    ['1/n', inverse],
  ] as const) {
    const rows = [];
    for (let log2n = 12; log2n <= 20; log2n++) {
      const attention = made(log2n, 8, 1);
      const { degree, rank, work, M } = oracle.plan(attention);
      rows.push({ log2n, M, degree, rank, work, seconds: await best(oracle, attention, 3) });
      print({ error, ...rows.at(-1) });
    }
    print({
      error,
      timeExponent: slope(rows.map(({ log2n, seconds }) => [log2n, Math.log2(seconds)])),
      workExponent: slope(rows.map(({ log2n, work }) => [log2n, Math.log2(work)])),
    });
  }
}

async function crossover(): Promise<void> {
  for (const d of [4, 8, 12]) {
    for (const bound of [0.5, 1, 1.5, 2]) {
      for (let log2n = 5; log2n <= 24; log2n++) {
        const isTimed = log2n <= 15;
        const attention = made(Math.min(log2n, 17), d, bound);
        // Beyond 2^17 the matrices would hold nothing new: M grows hardly, and the model knows n.
        const plan = polynomialOracle({ error: 2 ** -log2n }).plan(attention);
        const ratio = plan.relativeTime * 2 ** Math.min(0, 17 - log2n);
        if (isTimed && ratio > 4) continue; // hopeless, and slow to find out
        const isFaster = isTimed
          ? (await best(inverse, attention, 5)) < (await best(exact, attention, log2n < 12 ? 5 : 2))
          : ratio < 1;
        if (!isFaster) continue;
        const { M, degree, rank } = plan;
        print({ d, bound, crossover: `2^${log2n}`, by: isTimed ? 'clock' : 'model', M, degree, rank });
        break;
      }
    }
  }
}

async function worth(): Promise<void> {
  const config = transitionConfig(false, 1);
  for (const point of points([8, 9, 10, 11, 12, 13], config)) {
    const attention = randomAttention(point, 1);
    const { relativeTime, certified, rank } = inverse.plan(attention);
    if (certified === undefined || relativeTime > 4) continue;
    const ours = await best(inverse, attention, 12);
    const theirs = await best(exact, attention, 12);
    print({
      ...point,
      rank,
      isTaken: relativeTime < 1,
      byModel: relativeTime,
      byClock: ours / theirs,
      ours,
      theirs,
    });
  }
}

async function speedup(): Promise<void> {
  const attention = made(17, 8, 1);
  await best(inverse, attention, 3);
  const ours = await inverse.attend(attention);
  const before = process.memoryUsage().rss;
  const theirs = await exact.attend(attention);
  const off = theirs.output.values.reduce(
    (most, y, e) => Math.max(most, Math.abs(ours.output.values[e]! - y) / y),
    0,
  );
  print({
    polynomial: ours.seconds,
    exact: theirs.seconds,
    times: theirs.seconds / ours.seconds,
    certified: ours.output.error.relative,
    off,
    residentMiB: before / 2 ** 20,
  });
}

const parts = { exponents, crossover, speedup, worth };
const { values, positionals: asked } = parseArgs({
  options: { sata: { type: 'string' }, python: { type: 'string', default: '/usr/bin/python3' } },
  allowPositionals: true,
});
if (values.sata !== undefined) await comparePeer(values.sata, values.python, print);
for (const [name, part] of Object.entries(parts))
  if (asked.length === 0 || asked.includes(name)) await part();
await Promise.all([exact.close(), inverse.close(), fixed.close()]);
