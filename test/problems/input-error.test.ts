import * as assert from 'uvu/assert';
import { InputError } from '../../src/problems/input-error.ts';
import { suite } from '../support/harness.ts';

const fault = {
  code: 'literal-out-of-range',
  expected: 'a literal from -3 to 3',
  found: '7',
  hint: 'raise the header',
};

suite('problems/input-error', (test) => {
  test('the message is one line: what was expected, what was found, what to do', () => {
    assert.is(new InputError(fault).message, 'expected a literal from -3 to 3, found 7; raise the header');
  });

  test('the message starts with the place, as far as it is known', () => {
    const placed = new InputError({ ...fault, file: 'a.cnf', line: 4, field: 'clause' });
    assert.ok(placed.message.startsWith('a.cnf, line 4, clause: expected'));
    assert.ok(new InputError({ ...fault, line: 4 }).message.startsWith('line 4: expected'));
  });

  test('a file can be added later, and the rest stays', () => {
    const later = new InputError({ ...fault, line: 4 }).inFile('a.cnf');
    assert.ok(later.message.startsWith('a.cnf, line 4: expected'));
    assert.equal(later.fault, { ...fault, line: 4, file: 'a.cnf' });
    assert.ok(later instanceof Error && later.name === 'InputError');
  });
});
