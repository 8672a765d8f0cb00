import * as assert from 'uvu/assert';
import { points, transitionConfig } from '../../../src/experiments/transition/config.ts';
import { toCsv } from '../../../src/experiments/transition/csv.ts';
import { runHard } from '../../../src/experiments/transition/hard.ts';
import { forPower, onPaper } from '../../../src/experiments/transition/paper.ts';
import { randomAttention, runTransition, type Transition } from '../../../src/experiments/transition/run.ts';
import { cpuOracle } from '../../../src/oracles/cpu/cpu.ts';
import type { Oracle } from '../../../src/oracles/oracle.ts';
import { polynomialOracle, type PolynomialOracle } from '../../../src/oracles/polynomial/polynomial.ts';
import type { Attention } from '../../../src/problems/attention.ts';
import { suite } from '../../support/harness.ts';

const small = { ...transitionConfig(true, 7), measured: [8, 9, 10], variables: [6, 10] };

async function run(): Promise<{ readonly result: Transition; readonly progress: readonly number[] }> {
  const oracles = { polynomial: polynomialOracle(), exact: cpuOracle({ path: 'dense', threads: 1 }) };
  const progress: number[] = [];
  const result = await runTransition(small, oracles, (done) => progress.push(done));
  await Promise.all([oracles.polynomial.close(), oracles.exact.close()]);
  return { result, progress };
}

suite('experiments/transition/run', (test) => {
  test('what was taken is within its certificate of 1/n, and saves work', async () => {
    const { result, progress } = await run();
    assert.is(result.measured.length, 15);
    const taken = result.measured.filter((row) => row.taken);
    assert.ok(taken.length >= 3 && taken.length < 15, `${taken.length} taken`);
    for (const { n, seen, certified, workSaved, rank } of taken) {
      assert.ok(seen! <= certified! && certified! <= 1.01 / n && workSaved > 1 && rank > 1);
      assert.ok(seen! > certified! / 1e6, 'the error seen is suspiciously small');
    }
    assert.ok(
      result.measured.some((row) => !row.taken && row.workSaved > 1),
      'less work is not always less time',
    );
    assert.ok(result.measured.filter(({ gamma }) => gamma > 0.5).every((row) => !row.taken));
    const [atHalf, atHalfLarger] = result.measured.filter(({ gamma }) => gamma === 0.5);
    assert.ok(atHalfLarger!.workSaved < atHalf!.workSaved, 'at γ = ½ less is saved as n grows');
    assert.is(progress.at(-1), 1);
  });

  test('a row has what the two oracles gave: the claim, the largest relative error, the seconds of each', async () => {
    const config = { ...transitionConfig(true, 7), exponents: [0], measured: [10, 11], variables: [] };
    const inner = polynomialOracle();
    const asked: Attention[] = [];
    const exact: Oracle = {
      ...cpuOracle({ path: 'dense', threads: 1 }),
      async attend(attention) {
        asked.push(attention);
        const { q, v } = attention;
        const values = Float64Array.from({ length: q.rows }, (_, row) => (row === 3 ? 0.01 : 0.5));
        const output = { rows: q.rows, columns: v.columns, values, error: { relative: 0, absolute: 0 } };
        return { output, path: '', reason: '', seconds: asked.length };
      },
    };
    // Row 5 is farthest off, row 3 is so in proportion.
    const polynomial: PolynomialOracle = {
      ...inner,
      plan: (attention) => inner.plan(attention),
      async attend(attention) {
        const attended = await exact.attend(attention);
        const values = attended.output.values.map((y, row) => y - (row === 3 ? 0.001 : row === 5 ? 0.01 : 0));
        return {
          ...attended,
          output: { ...attended.output, values, error: { relative: 0.25, absolute: 0 } },
          seconds: [103, 101, 104, 103][(asked.length - 1) % 4]! + (asked.length > 8 ? 4 : 0),
        };
      },
    };
    const progress: number[] = [];
    const { measured, times } = await runTransition(config, { polynomial, exact }, (done) =>
      progress.push(done),
    );
    await Promise.all([inner.close(), exact.close()]);
    assert.is(measured.length, 2);
    for (const { taken, certified, seen } of measured) {
      assert.ok(taken);
      assert.is(certified, 0.25);
      assert.ok(Math.abs(seen! - 0.1) < 1e-12, `${seen}`);
    }
    assert.equal(progress, [1 / 3, 1], 'progress is in proportion to n');
    // Each oracle's calls take 1, 2, 3 … seconds: the first does not count, and the median of the others is taken.
    assert.equal(times, [
      { log2n: 10, gamma: 0, seconds: 103, exactSeconds: 7 },
      { log2n: 11, gamma: 0, seconds: 107, exactSeconds: 15 },
    ]);
    assert.is(asked.length, 16);
    assert.ok(
      asked.slice(1, 8).every((attention) => attention === asked[0]),
      'both are asked the same',
    );
  });

  test('what is on paper is of the paper’s sizes, for each power in turn; what is hard is of the seed that is given', async () => {
    const config = { ...transitionConfig(true, 7), paper: [8, 18], measured: [8], variables: [8] };
    const oracles = { polynomial: polynomialOracle(), exact: cpuOracle({ path: 'dense', threads: 1 }) };
    const { paper, powers, hard, measured } = await runTransition(config, oracles);
    const [ours, others] = [await runHard([8], 7, oracles), await runHard([8], 1, oracles)];
    const grid = points([8, 18], config);
    assert.equal(paper, grid.map(onPaper));
    assert.equal(
      powers,
      [1, 2, 3].flatMap((power) => grid.map((point) => forPower(point, power))),
    );
    assert.equal(hard, ours);
    assert.not.equal(hard, others);
    for (const { logit, ...point } of measured) {
      const { M, degree, rank } = oracles.polynomial.plan(randomAttention(point, 7));
      assert.equal([logit, point.degree, point.rank], [M, degree, rank]);
      assert.ok(logit < point.bound ** 2);
    }
    await Promise.all([oracles.polynomial.close(), oracles.exact.close()]);
  });

  test('what would be faster without a certificate is not taken', async () => {
    const inner = polynomialOracle();
    const exact = cpuOracle({ path: 'dense', threads: 1 });
    const polynomial: PolynomialOracle = {
      ...inner,
      plan(attention) {
        const { certified: _, ...plan } = inner.plan(attention);
        return { ...plan, relativeTime: 1 / 2 };
      },
    };
    const config = { ...transitionConfig(true, 7), paper: [], measured: [8], variables: [] };
    const { measured, times } = await runTransition(config, { polynomial, exact });
    await Promise.all([inner.close(), exact.close()]);
    assert.equal([...new Set(measured.map((row) => row.taken))], [false]);
    assert.equal(times, []);
  });

  test('random entries fill [-B, B], values (0, 1], and another seed draws others', () => {
    const point = { log2n: 10, n: 1024, d: 4, gamma: 0.5, bound: 3 };
    const draw = (seed: number): Record<'q' | 'k' | 'v', Float64Array> => {
      const { q, k, v, scale, dtype } = randomAttention(point, seed);
      assert.equal([scale, dtype], [1 / 4, 'f64']);
      assert.equal([q.rows, q.columns, k.rows, k.columns, v.rows, v.columns], [1024, 4, 1024, 4, 1024, 1]);
      const read = (matrix: typeof q): Float64Array => {
        const entries = new Float64Array(matrix.rows * matrix.columns);
        matrix.read(0, matrix.rows, entries);
        return entries;
      };
      return { q: read(q), k: read(k), v: read(v) };
    };
    const { q, k, v } = draw(7);
    for (const [entries, low, high] of [
      [q, -3, 3],
      [k, -3, 3],
      [v, 0, 1],
    ] as const) {
      const [least, most] = [Math.min(...entries), Math.max(...entries)];
      const width = high - low;
      assert.ok(least >= low && least < low + width / 20, `${least}`);
      assert.ok(most <= high && most > high - width / 20, `${most}`);
      const mean = entries.reduce((sum, x) => sum + x, 0) / entries.length;
      assert.ok(Math.abs(mean - (low + high) / 2) < width / 20, `${mean}`);
    }
    assert.ok(Math.min(...v) > 0);
    assert.not.equal(q, k);
    assert.equal(draw(7).q, q);
    assert.not.equal(draw(8).q, q);
  });

  test('hard instances are refused, forced ones never decode to an answer, and exact attention decodes them', async () => {
    const { hard } = (await run()).result;
    assert.is(hard.length, 6);
    for (const row of hard) {
      assert.is(row.polynomial, 'refused');
      assert.ok(row.forced === 'refuted' || row.forced === 'inconclusive', row.forced);
      assert.is(row.exact, 'yes');
      assert.ok(row.log10Rank > 2 && row.degree >= 2);
    }
  });

  test('all but the times is the same again', async () => {
    const timeless = (result: Transition): object => ({ ...result, times: [] });
    assert.equal(timeless((await run()).result), timeless((await run()).result));
  });

  test('a CSV has a line a row and an empty cell for what is not there', () => {
    assert.is(
      toCsv([
        { n: 1, x: null },
        { n: 2, x: 0.5 },
      ]),
      'n,x\n1,\n2,0.5\n',
    );
  });
});
