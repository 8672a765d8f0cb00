import * as assert from 'uvu/assert';
import { anyOf, each, lazily } from '../../reductions/disjunction.ts';
import type { Reduction } from '../../reductions/reduction.ts';
import type { Answer, Certificate } from '../../src/problems/answer.ts';
import { suite } from '../support/harness.ts';

const certificate = (bias: number, noise: number, worst: number): Certificate => ({ bias, noise, worst });
const none = certificate(0, 0, 0);
const yes = (witness: string, count: bigint | null): Answer<string> => ({
  outcome: 'yes',
  witness,
  count,
  certificate: none,
});
const no: Answer<string> = { outcome: 'no', certificate: none };
const open: Answer<string> = { outcome: 'inconclusive', reason: 'r', remedy: 's', certificate: none };

suite('reductions/disjunction', (test) => {
  test('one yes is enough, and no needs every answer', () => {
    assert.is(anyOf([no, open, yes('a', 1n), yes('b', 2n)], 4, true).outcome, 'yes');
    assert.is(anyOf([no, no], 2, true).outcome, 'no');
    assert.is(anyOf([no, no], 3, true).outcome, 'inconclusive');
    assert.is(anyOf([no, open], 2, true).outcome, 'inconclusive');
    assert.is(anyOf([], 0, true).outcome, 'no');
  });

  test('counts add up where witnesses are disjoint and all instances were counted', () => {
    const count = (answers: Answer<string>[], instances: number, disjoint: boolean): unknown => {
      const answer = anyOf(answers, instances, disjoint);
      return answer.outcome === 'yes' ? answer.count : answer.outcome;
    };
    assert.is(count([yes('a', 1n), no, yes('b', 2n)], 3, true), 3n);
    assert.is(count([yes('a', 1n), yes('b', 2n)], 2, false), null);
    assert.is(count([yes('a', 1n)], 2, true), null);
    assert.is(count([yes('a', 1n), open], 2, true), null);
    assert.is(count([yes('a', 1n), yes('b', null)], 2, true), null);
  });

  test('the certificate is the worst of all', () => {
    const answers: Answer<string>[] = [
      { outcome: 'no', certificate: certificate(0.1, 0.2, 0) },
      { outcome: 'no', certificate: certificate(0, 0.3, 0.4) },
    ];
    assert.equal(anyOf(answers, 2, true).certificate, certificate(0.1, 0.3, 0.4));
  });

  test('instances are made when they are asked for, each time anew, and answers meet their own', () => {
    let made = 0;
    const double: Reduction<number, number, number, string, string> = {
      theorem: 'double',
      encode: (x) => {
        made++;
        return 2 * x;
      },
      decode: (x, answer, unit) => `${x} ${answer} ${unit}`,
      ledger: (x) => [{ parameter: 'x', promised: '', actual: String(x) }],
    };
    const naturals = lazily(function* () {
      for (let x = 1; ; x++) yield x;
    });
    const all = each(double);
    const targets = all.encode(naturals, 'm');
    assert.is(made, 0);
    for (let time = 0; time < 2; time++) {
      const seen: number[] = [];
      for (const target of targets) {
        seen.push(target);
        if (seen.length === 3) break;
      }
      assert.equal(seen, [2, 4, 6]);
    }
    assert.is(made, 6);
    assert.equal([...all.decode(naturals, [5, 7], 'm')], ['1 5 m', '2 7 m']);
    assert.is(all.ledger(naturals, 'm')[0]!.actual, '1');
  });
});
