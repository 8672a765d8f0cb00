import * as assert from 'uvu/assert';
import { transitionConfig } from '../../../src/experiments/transition/config.ts';
import { toCsv } from '../../../src/experiments/transition/csv.ts';
import { runTransition, type Transition } from '../../../src/experiments/transition/run.ts';
import { cpuOracle } from '../../../src/oracles/cpu/cpu.ts';
import { polynomialOracle } from '../../../src/oracles/polynomial/polynomial.ts';
import { suite } from '../../support/harness.ts';

const small = { ...transitionConfig(true, 7), measured: [8, 9], variables: [6, 10] };

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
    assert.is(result.measured.length, 10);
    const taken = result.measured.filter((row) => row.taken);
    assert.ok(taken.length >= 3 && taken.length < 10, `${taken.length} taken`);
    for (const { n, seen, certified, workSaved, rank } of taken) {
      assert.ok(seen! <= certified! && certified! <= 1.01 / n && workSaved > 1 && rank > 1);
      assert.ok(seen! > certified! / 1e6, 'the error seen is suspiciously small');
    }
    assert.ok(result.measured.filter(({ gamma }) => gamma > 0.5).every((row) => !row.taken));
    const [atHalf, atHalfLarger] = result.measured.filter(({ gamma }) => gamma === 0.5);
    assert.ok(atHalfLarger!.workSaved < atHalf!.workSaved, 'at γ = ½ less is saved as n grows');
    assert.is(progress.at(-1), 1);
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

  test('all but the seconds is the same again', async () => {
    const timeless = ({ measured, ...rest }: Transition): object => ({
      ...rest,
      measured: measured.map((row) => ({ ...row, seconds: null, exactSeconds: null })),
    });
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
