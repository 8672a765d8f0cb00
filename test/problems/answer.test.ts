import * as assert from 'uvu/assert';
import { mapWitness } from '../../src/problems/answer.ts';
import type { Answer, Certificate } from '../../src/problems/answer.ts';
import { suite } from '../support/harness.ts';

const certificate: Certificate = { bias: 0.1, noise: 0.01, worst: 0.05 };

const carry = (): never => {
  throw new Error('nothing to carry');
};

suite('problems/answer', (test) => {
  test('a yes keeps its count and certificate and gets the carried witness', () => {
    const yes: Answer<number> = { outcome: 'yes', witness: 3, count: 7n, certificate };
    assert.equal(mapWitness(yes, String), { outcome: 'yes', witness: '3', count: 7n, certificate });
  });

  test('no and inconclusive pass unchanged, and nothing is carried', () => {
    const no: Answer<number> = { outcome: 'no', certificate };
    const open: Answer<number> = {
      outcome: 'inconclusive',
      reason: 'noise',
      remedy: 'a larger bound',
      certificate,
    };
    assert.is(mapWitness(no, carry), no);
    assert.is(mapWitness(open, carry), open);
  });
});
