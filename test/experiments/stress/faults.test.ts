import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { suite } from '../../support/harness.ts';
import { catchFaults, caughtTable } from '../../support/kernels/caught.ts';
import { faults } from '../../support/kernels/faulty.ts';

const caught = await catchFaults();

suite('test/support/kernels/faulty', (test) => {
  test('a right kernel in plain JavaScript reaches the top of its ladder in f64, f32 and f16', () => {
    assert.equal(caught[0], {
      fault: 'none',
      rungs: { f64: null, f32: null, f16: null },
      passesRandomTest: true,
    });
  });

  test('each of the thirteen planted faults is caught at some rung', () => {
    assert.is(faults.length, 13);
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

  test('a test with random matrices and a tolerance of 1e-2 lets most of them through', () => {
    assert.ok(caught.filter(({ passesRandomTest }) => passesRandomTest).length > 6);
  });

  test('docs/stress.md names the rungs', () => {
    const page = readFileSync('docs/stress.md', 'utf8').replaceAll(/ +/g, ' ');
    for (const line of caughtTable(caught).filter((row) => !row.includes('---')))
      assert.ok(page.includes(line), line);
  });
});
