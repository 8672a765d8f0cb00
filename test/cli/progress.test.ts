import * as assert from 'uvu/assert';
import { timeLeft } from '../../src/cli/progress.ts';
import { suite } from '../support/harness.ts';

suite('src/cli/progress', (test) => {
  test('the time left is what the share left takes at the pace so far', () => {
    assert.is(timeLeft(10, 0.25, 0.75), '30 s left ');
    assert.is(timeLeft(60, 0.1, 0.9), '9 min left ');
    assert.is(timeLeft(3600, 0.5, 0.5), '60 min left ');
    assert.is(timeLeft(36000, 0.5, 0.5), '10 h left ');
  });

  test('in the first second, and before anything is done, nothing is said', () => {
    assert.is(timeLeft(0.9, 0.5, 0.5), '');
    assert.is(timeLeft(20, 0, 1), '');
  });
});
