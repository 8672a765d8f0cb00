import * as assert from 'uvu/assert';
import { runRungs, type RungResult } from '../../../src/experiments/stress/run.ts';
import { hasPassed, scoreOf } from '../../../src/experiments/stress/score.ts';
import { suiteRungs } from '../../../src/experiments/stress/suite.ts';
import { cpuOracle } from '../../../src/oracles/cpu/cpu.ts';
import { referenceOracle } from '../../../src/oracles/reference.ts';
import { noTemporaryFiles, type Oracle } from '../../../src/oracles/oracle.ts';
import { InputError } from '../../../src/problems/input-error.ts';
import { faultOf } from '../../oracles/command/support.ts';
import { suite } from '../../support/harness.ts';
import { kernelOracle } from '../../support/kernels/kernel.ts';
import { plainKernel } from '../../support/kernels/plain.ts';

const bf16 = suiteRungs('quick', ['bf16']);
const right = plainKernel();

/** An oracle whose n-th call, counted from 0, does something else. */
function spoilt(at: number, instead: () => never): Oracle {
  let calls = 0;
  const good = kernelOracle('spoilt', right);
  return {
    ...good,
    attend: (attention, options) => (calls++ === at ? instead() : good.attend(attention, options)),
  };
}

suite('src/experiments/stress/run', (test) => {
  test('the cpu oracle and the reference survive every rung that they are given', async () => {
    for (const [oracle, rungs] of [
      [cpuOracle(), suiteRungs('quick')],
      [cpuOracle({ path: 'dense' }), suiteRungs('quick', ['f64', 'f32'])],
      [referenceOracle(), suiteRungs('quick', ['bf16'])],
    ] as const) {
      try {
        const results = await runRungs(rungs, oracle);
        for (const { rung, passed, reason } of results)
          assert.ok(passed, `${oracle.name}, ${rung}: ${reason}`);
      } finally {
        await oracle.close();
      }
    }
  });

  test('a rung whose oracle throws is failed, with one line, and the suite goes on', async () => {
    const oracle = spoilt(1, () => {
      throw new Error('the card\nfell off');
    });
    const results = await runRungs(bf16, oracle);
    assert.is(results.length, bf16.length);
    assert.equal(
      results.map(({ passed }) => passed),
      bf16.map((_, r) => r !== 1),
    );
    const failed = results[1]!;
    assert.is(failed.reason, 'the card fell off');
    assert.is(failed.error, null);
    assert.is(failed.wrong, failed.rows);
  });

  test('a machine without a place for temporary files is no fault of the kernel: nothing is scored, whatever else fails', async () => {
    const refused = (code: string): InputError =>
      new InputError({ code, expected: 'room', found: 'none', hint: 'make some' });
    const full = spoilt(1, () => {
      throw refused(noTemporaryFiles);
    });
    const judged: RungResult[] = [];
    const fault = await faultOf(runRungs(bf16, full, { onResult: (result) => void judged.push(result) }));
    assert.is(fault.code, noTemporaryFiles);
    assert.is(judged.length, 1);
    const failed = spoilt(1, () => {
      throw refused('command-exit');
    });
    const results = await runRungs(bf16, failed);
    assert.is(results[1]!.reason, 'expected room, found none; make some');
  });

  test('where a process is started for each instance no speed is said: it would be that of starting', async () => {
    const good = kernelOracle('cold', right);
    const cold: Oracle = {
      ...good,
      attend: async (...args) => ({ ...(await good.attend(...args)), startsProcess: true }),
    };
    const results = await runRungs(bf16.slice(0, 2), cold);
    for (const { passed, seconds, pairsPerSecond } of results) {
      assert.equal([passed, seconds! > 0, pairsPerSecond], [true, true, null]);
    }
    assert.is(scoreOf(results)[0]!.pairsPerSecond, null);
  });

  test('an output of NaN fails its rung, and the entry is named', async () => {
    const oracle = kernelOracle('nan', (matrices) => right(matrices).fill(NaN, 5, 6));
    const [result] = await runRungs(bf16.slice(0, 1), oracle);
    assert.is(result!.passed, false);
    assert.is(result!.error, null);
    assert.is(result!.bits, 0);
    assert.match(result!.reason!, /out\[5, 0\] is NaN/);
  });

  test('a head that is wrong fails the rung, whichever it is, and its rows are named', async () => {
    const heads = bf16.filter(({ heads: count }) => count > 1).slice(0, 1);
    const [good] = await runRungs(heads, kernelOracle('right', right));
    assert.ok(good!.passed);
    const pairs = good!.heads * good!.queries * good!.keys;
    assert.ok(Math.abs(good!.pairsPerSecond! * good!.seconds! - pairs) < 1e-6 * pairs);
    for (const spoilt of [0, 1]) {
      let calls = 0;
      const half = kernelOracle('half', (matrices) =>
        calls++ === spoilt ? right(matrices).fill(0.1) : right(matrices),
      );
      const [result] = await runRungs(heads, half);
      assert.not(result!.passed);
      assert.ok(result!.wrongRows.length > 0);
      assert.ok(result!.wrongRows.every(({ head }) => head === spoilt));
      assert.match(result!.reason!, new RegExp(`head ${spoilt}, out\\[`));
    }
  });

  test('an output of another size is refused', async () => {
    const small = kernelOracle('small', (matrices) => right(matrices).subarray(1));
    try {
      await runRungs(bf16.slice(0, 1), small);
    } catch (error) {
      assert.match(String(error), /expected \d+ × 1 numbers/);
      return;
    }
    assert.unreachable('it was taken');
  });

  test('a signal ends the run', async () => {
    const stop = new AbortController();
    const oracle = kernelOracle('right', right);
    const seen: string[] = [];
    const run = runRungs(bf16, oracle, {
      signal: stop.signal,
      onResult: ({ rung }) => {
        seen.push(rung);
        stop.abort(new Error('enough'));
      },
    });
    try {
      await run;
      assert.unreachable('it went on');
    } catch (error) {
      assert.match(String(error), /enough/);
    }
    assert.is(seen.length, 1);
  });
});

const result = (rung: string, passed: boolean, more: Partial<RungResult> = {}): RungResult => ({
  rung,
  dtype: rung.split('/')[0] as RungResult['dtype'],
  level: Number(rung.split('/')[1]),
  passed,
  demand: 1e-3,
  error: 1e-4,
  bits: 13,
  rows: 8,
  wrong: passed ? 0 : 1,
  wrongRows: [],
  amplification: 1,
  bound: 1,
  scale: 'linear',
  heads: 1,
  queries: 10,
  keys: 20,
  headDim: 4,
  valueDim: 1,
  path: 'x',
  seconds: 0.1,
  pairsPerSecond: 2000,
  ...more,
});

suite('src/experiments/stress/score', (test) => {
  test('the highest level survived has no failed rung at it or below', () => {
    const [score] = scoreOf([
      result('f32/1/a', true),
      result('f32/2/a', true),
      result('f32/3/a', true),
      result('f32/3/b', false),
      result('f32/4/a', true),
      result('f32/4/b', false),
    ]);
    assert.is(score!.reached, 2);
    assert.is(score!.top, 4);
    assert.is(score!.firstFailed, 'f32/3/b');
    assert.is(score!.rungsPassed, 4);
    assert.is(score!.passed, false);
    assert.is(score!.wrong, 2);
  });

  test('what is required is the top, or a lower level', () => {
    const rungs = [result('f32/1/a', true), result('f32/2/a', false), result('f64/1/a', true)];
    assert.equal(
      scoreOf(rungs).map(({ dtype, passed }) => [dtype, passed]),
      [
        ['f64', true],
        ['f32', false],
      ],
    );
    assert.not(hasPassed(scoreOf(rungs)), 'one ladder below is all below');
    assert.ok(hasPassed(scoreOf(rungs, 1)));
    assert.ok(scoreOf([result('f32/1/a', false)], 0)[0]!.passed);
    assert.not(scoreOf([result('f32/1/a', false)], 1)[0]!.passed);
    // A level beyond a ladder's top is its top.
    const beyond = scoreOf([result('f32/2/a', true), result('f64/1/a', true)], 2);
    assert.equal(
      beyond.map(({ required, passed }) => [required, passed]),
      [
        [1, true],
        [2, true],
      ],
    );
  });

  test('effective bits are those of the top level, none where it has no finite error', () => {
    const low = result('f16/1/a', true, { error: 0.1 });
    assert.is(scoreOf([low, result('f16/2/a', true, { error: 2 ** -10 })])[0]!.bits, 10);
    assert.is(scoreOf([low, result('f16/2/a', false, { error: null })])[0]!.bits, 0);
  });

  test('a rung that was not exercised counts neither way, and a level without others is skipped, not survived', () => {
    const no = (rung: string, more: Partial<RungResult> = {}): RungResult =>
      result(rung, false, { status: 'not-exercised', error: null, wrong: 8, ...more });
    const scored = (rungs: readonly RungResult[], required?: number): unknown => {
      const [{ reached, passed, rungsPassed, notExercised, firstFailed }] = scoreOf(rungs, required) as [
        ReturnType<typeof scoreOf>[number],
      ];
      return [reached, passed, `${rungsPassed} of ${notExercised!.rungs}`, notExercised!.levels, firstFailed];
    };
    const below = [no('f16/1/a'), no('f16/2/a'), no('f16/3/a')];
    assert.equal(scored([...below, result('f16/3/b', true)]), [3, true, '1 of 3', [1, 2], null]);
    assert.equal(scored([...below, result('f16/3/b', false)]), [0, false, '0 of 3', [1, 2], 'f16/3/b']);
    const middle = [result('f16/1/a', true), no('f16/2/a')];
    assert.equal(scored([...middle, result('f16/3/b', false)], 2), [1, false, '1 of 1', [2], 'f16/3/b']);
    assert.equal(scored(middle), [1, false, '1 of 1', [2], null], 'the top was not exercised');
    for (const required of [0, 1])
      assert.equal(scored(below, required), [0, false, '0 of 3', [1, 2, 3], null], 'nothing passes untried');
    const [mixed] = scoreOf([...below, result('f16/3/b', true, { error: 2 ** -10 })]);
    assert.equal([mixed!.bits, mixed!.wrong, mixed!.rows], [10, 0, 8]);
    const [nothing] = scoreOf(below);
    assert.equal([nothing!.bits, nothing!.pairsPerSecond, nothing!.rungs], [0, null, 0]);
    assert.not('notExercised' in scoreOf([result('f16/1/a', true)])[0]!);
  });

  test('speed counts the rungs that were answered', () => {
    const failed = result('f16/1/a', false, { seconds: null, pairsPerSecond: null });
    assert.is(scoreOf([failed, result('f16/2/a', true, { heads: 2 })])[0]!.pairsPerSecond, 4000);
    assert.is(scoreOf([failed])[0]!.pairsPerSecond, null);
  });
});
