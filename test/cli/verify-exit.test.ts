import * as assert from 'uvu/assert';
import { OracleFailure, RefusedOutput } from '../../src/cli/faults.ts';
import { exitOf, worstExit } from '../../src/cli/verify-exit.ts';
import { failedLine, type VerifiedLine } from '../../src/cli/verify-line.ts';
import { InputError } from '../../src/problems/input-error.ts';
import type { Check } from '../../src/verify/verify.ts';
import { suite } from '../support/harness.ts';

const no = { answer: 'UNSATISFIABLE' } as VerifiedLine;
const open = { answer: 'UNKNOWN' } as VerifiedLine;
const failing = (error: unknown): number => exitOf(failedLine('a.cnf', error));
const fault = { code: 'x', expected: 'x', found: 'y', hint: 'z' };

const check = (name: Check['name'], agrees: boolean): Check => ({ name, agrees });

suite('src/cli/verify-exit', (test) => {
  test('one check that disagrees, whichever it is, or an open answer is 1', () => {
    const agreeing = [check('sat-solver', true), check('orthogonal-vectors', true)];
    assert.is(exitOf({ ...no, checks: agreeing }), 0);
    for (const name of ['model', 'sat-solver', 'orthogonal-vectors'] as const) {
      assert.is(exitOf({ ...no, checks: [...agreeing, check(name, false)] }), 1);
    }
    assert.is(exitOf({ ...open, checks: [] }), 1);
  });

  test('bad input is 2; a refused output, an oracle that broke down and a fault of ours are 1', () => {
    assert.is(failing(new InputError(fault)), 2);
    assert.is(failing(new RefusedOutput({ ...fault, code: 'output-not-finite' })), 1);
    assert.is(failing(new OracleFailure('cpu', new Error('lost a worker'))), 1);
    assert.is(failing(new TypeError('undefined is not a function')), 1);
  });

  test('of several files a disagreement counts before bad input, and that before success', () => {
    assert.is(worstExit([0, 2, 1, 2]), 1);
    assert.is(worstExit([0, 2, 0]), 2);
    assert.is(worstExit([0, 0]), 0);
  });
});
