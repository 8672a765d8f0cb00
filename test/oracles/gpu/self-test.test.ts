/** What the self-tests of the modes look at, whoever computes it: here the reference oracle does, and no card is needed. */
import * as assert from 'uvu/assert';
import { Unsuitable } from '../../../src/oracles/gpu/failure.ts';
import { gpuModes, type GpuMode, type ModeResult } from '../../../src/oracles/gpu/gpu.ts';
import { selfTests } from '../../../src/oracles/gpu/self-test.ts';
import { measureLogits } from '../../../src/oracles/logit-meter.ts';
import { referenceOracle } from '../../../src/oracles/reference.ts';
import { entries, type Attention } from '../../../src/problems/attention.ts';
import { suite } from '../../support/harness.ts';

async function right(attention: Attention): Promise<ModeResult> {
  const { values, error } = (await referenceOracle().attend(attention)).output;
  return { values: values.slice(), error, why: '' };
}

/** The attentions of a mode's self-test. */
async function asked(mode: GpuMode): Promise<readonly Attention[]> {
  const seen: Attention[] = [];
  const run = (attention: Attention): Promise<ModeResult> => (seen.push(attention), right(attention));
  assert.is(await selfTests[mode](run), undefined, mode);
  return seen;
}

suite('oracles/gpu/self-test', (test) => {
  test('each attention is compared: one wrong output, one that is no number, or none at all fails the mode', async () => {
    for (const mode of gpuModes) {
      const { length } = await asked(mode);
      for (let bad = 0; bad < length; bad++) {
        for (const [y, found] of [
          [1e3, /^output 5 is 1000 where /],
          [NaN, /^output 5 is NaN where /],
        ] as const) {
          let at = 0;
          const run = async (attention: Attention): Promise<ModeResult> => {
            const result = await right(attention);
            if (at++ === bad) result.values[5] = y;
            return result;
          };
          assert.match(String(await selfTests[mode](run)), found, `${mode}, attention ${bad}`);
        }
        let at = 0;
        const refuses = (attention: Attention): Promise<ModeResult> =>
          at++ === bad ? Promise.reject(new Unsuitable('too wide')) : right(attention);
        assert.is(await selfTests[mode](refuses), 'too wide');
      }
    }
  });

  test('exact counts alone and sums, both with more keys than a chunk; the others see small and large logits, exact and inexact', async () => {
    const exact = await asked('exact');
    const kinds = exact.map(({ v }) => new Set(entries(v).subarray(0, 590)).size);
    assert.equal(new Set(kinds), new Set([1, 2]));
    for (const { k } of exact) assert.ok(k.rows > 512);
    for (const [mode, most] of [
      ['f32', 79],
      ['f64-emulated', 300],
    ] as const) {
      const bounds = (await asked(mode)).map((attention) => measureLogits(attention));
      assert.ok(
        bounds.some(({ maxLogit }) => maxLogit > most),
        mode,
      );
      assert.ok(
        bounds.some(({ maxLogit }) => maxLogit < 4),
        mode,
      );
    }
    const f32 = await asked('f32');
    assert.ok(f32.some(({ k }) => k.rows > 256 && new Set(entries(k)).size <= 3));
    assert.ok(f32.every(({ dtype }) => dtype === 'f32'));
    const single = f32.find(({ k }) => k.rows === 2)!;
    const shares = (await right(single)).values;
    assert.ok(
      Math.min(...shares) < 1e-34 && Math.max(...shares) === 0.5,
      'a weight by itself, through all of its range',
    );
  });
});
