import * as assert from 'uvu/assert';
import { OracleFailure, RefusedOutput } from '../../src/cli/faults.ts';
import { failedExit, verifiedExit, worstExit } from '../../src/cli/verify-exit.ts';
import type { Answer } from '../../src/problems/answer.ts';
import type { Assignment } from '../../src/problems/cnf.ts';
import { InputError } from '../../src/problems/input-error.ts';
import type { Check } from '../../src/verify/verify.ts';
import { suite } from '../support/harness.ts';

const certificate = { bias: 0.1, noise: 0.1, worst: 0.1 };
const no: Answer<Assignment> = { outcome: 'no', certificate };
const open: Answer<Assignment> = { outcome: 'inconclusive', reason: '', remedy: '', certificate };
const fault = { code: 'x', expected: 'x', found: 'y', hint: 'z' };

const check = (name: Check['name'], agrees: boolean): Check => ({ name, agrees });

suite('src/cli/verify-exit', (test) => {
  test('one check that disagrees, whichever it is, or an open answer is 1', () => {
    const agreeing = [check('sat-solver', true), check('orthogonal-vectors', true)];
    assert.is(verifiedExit({ answer: no, checks: agreeing }), 0);
    for (const name of ['model', 'sat-solver', 'orthogonal-vectors'] as const) {
      assert.is(verifiedExit({ answer: no, checks: [...agreeing, check(name, false)] }), 1);
    }
    assert.is(verifiedExit({ answer: open, checks: [] }), 1);
  });

  test('bad input is 2; a refused output, an oracle that broke down and a fault of ours are 1', () => {
    assert.is(failedExit(new InputError(fault)), 2);
    assert.is(failedExit(new RefusedOutput(fault)), 1);
    assert.is(failedExit(new OracleFailure('cpu', new Error('lost a worker'))), 1);
    assert.is(failedExit(new TypeError('undefined is not a function')), 1);
  });

  test('of several files a disagreement counts before bad input, and that before success', () => {
    assert.is(worstExit([0, 2, 1, 2]), 1);
    assert.is(worstExit([0, 2, 0]), 2);
    assert.is(worstExit([0, 0]), 0);
  });
});
