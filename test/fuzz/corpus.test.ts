import * as assert from 'uvu/assert';
import { suite } from '../support/harness.ts';
import { readCorpus } from './corpus.ts';
import { judge } from './judge.ts';
import type { Outcome } from './target.ts';
import { targets } from './targets.ts';

const none = Uint8Array.of(1);

suite('test/fuzz', (test) => {
  for (const target of targets) {
    test(`${target.name}: every input that was kept, and every cut of it, is read or refused`, async () => {
      const inputs = [...target.seeds, ...readCorpus(target.name)];
      let accepted = 0;
      for (const bytes of inputs) {
        await judge(target, bytes); // what is loaded when it is first used is not the input's
        for (const input of [bytes, bytes.subarray(0, bytes.length / 2), bytes.subarray(0, -1)]) {
          const verdict = await judge(target, input);
          assert.is(verdict.fault, undefined, Buffer.from(input).toString('base64'));
          if (verdict.accepted) accepted++;
        }
      }
      assert.ok(accepted > 0);
    });
  }

  test('what is wrong with a reader is found', async () => {
    const faultOf = async (check: () => Promise<Outcome>): Promise<string | undefined> =>
      (await judge({ check, mostBytes: (length) => 64 + length }, none)).fault;
    const kept: unknown[] = [];
    assert.is(await faultOf(async () => 'accepted'), undefined);
    assert.is(
      await faultOf(async () => {
        throw new RangeError('Invalid array length');
      }),
      'RangeError: Invalid array length',
    );
    for (const allocate of [() => new Uint8Array(66), () => new Float64Array(9), () => Array<number>(9)]) {
      const fault = await faultOf(async () => {
        kept.push(allocate());
        return 'refused';
      });
      assert.is(fault, 'more is allocated at once than the input accounts for');
    }
    const { prototype } = Object as unknown as { prototype: Record<string, unknown> };
    const polluted = await faultOf(async () => {
      prototype['polluted'] = true;
      return 'accepted';
    });
    delete prototype['polluted'];
    assert.is(polluted, 'a prototype was changed');
    const slow = await faultOf(async () => {
      await new Promise((resolve) => setTimeout(resolve, 1100));
      return 'accepted';
    });
    assert.is(slow, 'more than 1 s');
  });
});
