import * as assert from 'uvu/assert';
import { chainFault } from '../../src/cli/chain-fault.ts';
import { codeOf, describeError, exitCodeOf } from '../../src/cli/faults.ts';
import { InputError } from '../../src/problems/input-error.ts';
import { suite } from '../support/harness.ts';

const input = (code: string): InputError =>
  new InputError({ code, expected: 'this', found: 'that', hint: 'try another' });

suite('src/cli/chain-fault', (test) => {
  test('what is wrong with a formula is bad input in its file', () => {
    const error = chainFault(input('too-large'), '-', 'cpu');
    assert.is(exitCodeOf(error), 2);
    assert.is(describeError(error), 'standard input: expected this, found that; try another');
  });

  test('an output that is refused is the fault of the oracle, and its code stays', () => {
    const error = chainFault(input('output-refuted'), 'f.cnf', 'cpu');
    assert.is(exitCodeOf(error), 1);
    assert.is(codeOf(error), 'output-refuted');
    assert.is(describeError(error), 'f.cnf: expected this, found that; try another');
  });

  test('an oracle that breaks down is named, and nobody is told to report a fault of ours', () => {
    const error = chainFault(new Error('a worker thread ended'), 'f.cnf', 'cpu');
    assert.equal([exitCodeOf(error), codeOf(error)], [1, 'oracle-failed']);
    assert.is(
      describeError(error),
      'the oracle cpu failed: a worker thread ended; try another --oracle, or "seth doctor"',
    );
  });

  test('any other error is internal: code 70, and a request to report it', () => {
    assert.is(exitCodeOf(new TypeError('x is not a function')), 70);
    assert.is(
      describeError(new TypeError('x is not a function')),
      'internal error: x is not a function; please report it, with what --debug adds',
    );
  });
});
