import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { suite } from '../../support/harness.ts';
import { catchFaults, caughtTable } from '../../support/kernels/caught.ts';
import { faults } from '../../support/kernels/faulty.ts';
import { tolerated, toleranceTable } from '../../support/kernels/tolerance.ts';

const caught = await catchFaults();

function holdsLines(lines: readonly string[]): void {
  const page = readFileSync('docs/stress.md', 'utf8').replaceAll(/ +/g, ' ');
  for (const line of lines.filter((row) => !row.includes('---'))) assert.ok(page.includes(line), line);
}

suite('test/support/kernels/faulty', (test) => {
  test('a right kernel in plain JavaScript reaches the top of its ladder in f64, f32 and f16', () => {
    assert.equal(caught[0], {
      fault: 'none',
      rungs: { f64: null, f32: null, f16: null },
      passesRandomTest: true,
    });
  });

  test('each of the twenty-six planted faults is caught at some rung', () => {
    assert.is(faults.length, 26);
    for (const { name } of faults) {
      const { rungs } = caught.find(({ fault }) => fault === name)!;
      assert.ok(
        Object.values(rungs).some((rung) => rung !== null),
        `${name} is not caught`,
      );
    }
  });

  test('all but one are caught in f32, whose demand that one does not reach', () => {
    const missed = caught.filter(({ rungs }) => rungs.f32 === null).map(({ fault }) => fault);
    assert.equal(missed, ['none', 'a denominator with a 1e-6 epsilon']);
  });

  test('a sign that is lost and a matrix that is rounded coarsely are caught at the bottom', () => {
    const low = (fault: string): unknown => caught.find((one) => one.fault === fault)!.rungs.f32;
    assert.is(low('signs of Q lost'), 'f32/1/plain');
    assert.is(low('K in 8 bits, one step for all'), 'f32/1/plain');
    assert.is(low('K as signs, 0 or ± its maximum'), 'f32/1/plain');
    assert.is(low('V clamped at 0'), 'f32/2/rsqrt');
    assert.is(low('V in 8 bits, one step for all'), 'f32/2/rsqrt');
    assert.is(low('columns of V beyond 16 are 0'), 'f32/2/square');
    assert.is(low('Q and K rounded to 11 bits, as TF32'), 'f32/3/values');
    assert.is(low('columns of Q and K beyond 128 left out'), 'f32/6/deep');
  });

  test('a wrong maximum is caught where logits are far below 0, or come late', () => {
    for (const dtype of ['f64', 'f32', 'f16'] as const) {
      const first = (fault: string): unknown => caught.find((one) => one.fault === fault)!.rungs[dtype];
      assert.is(first('maximum of the first tile for all'), `${dtype}/2/late`);
      for (const fault of ['begins at 0', 'begins at −50, not −∞'])
        assert.is(first(`maximum that ${fault}`), `${dtype}/2/shift`);
      assert.is(first('absolute value of the maximum'), `${dtype}/2/shift`);
      assert.is(first('one maximum for 64 queries'), `${dtype}/2/shift`);
    }
  });

  test('a test with random matrices and a tolerance of 1e-2 lets nineteen of them through, as docs/stress.md says', () => {
    assert.is(caught.slice(1).filter(({ passesRandomTest }) => passesRandomTest).length, 19);
  });

  test('a kernel of zeros passes allclose in every row and turns a satisfiable formula unsatisfiable', async () => {
    const all = await tolerated();
    const answer = (fault: string): unknown =>
      all.find((one) => one.route === 'threshold' && one.fault === fault);
    const alike = { route: 'threshold', close: 1, allclose: true };
    assert.equal(answer('none'), { ...alike, fault: 'none', answer: 'satisfiable, 10 models' });
    assert.equal(answer('returns zeros'), { ...alike, fault: 'returns zeros', answer: 'unsatisfiable' });
    holdsLines(toleranceTable(all));
  });

  test('docs/stress.md names the rungs', () => {
    holdsLines(caughtTable(caught));
  });
});
