import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { referenceOracle } from '../../src/oracles/reference.ts';
import { decimalExp, toDecimal } from '../support/decimal-attention.ts';
import { suite } from '../support/harness.ts';
import { adversarial, attentions, distance, hardAttention, numbers } from './cases.ts';

suite('oracles/reference', (test) => {
  const oracle = referenceOracle();

  test("the engine's exp is within one unit in the last place over the range of weights", () => {
    const next = numbers(11);
    for (let i = 0; i < 3000; i++) {
      const x = i % 3 === 0 ? 2 * next() - 1 : -708 + 1049 * next();
      const exact = decimalExp(x);
      const ulp = 2 ** (Math.floor(Math.log2(exact.toNumber())) - 52);
      const off = toDecimal(Math.exp(x)).minus(exact).abs().toNumber();
      assert.ok(off <= ulp, `exp(${x}) is off by ${off / ulp} units`);
    }
  });

  for (const [name, attention] of adversarial()) {
    test(`within its claim: ${name}`, async () => {
      const { share } = distance(attention, await oracle.attend(attention));
      assert.ok(share <= 1, `${share} of the claim`);
    });
  }

  test('within its claim for random shapes, dtypes and ranges', () =>
    fc.assert(
      fc.asyncProperty(attentions, async (attention) => {
        const { share } = distance(attention, await oracle.attend(attention));
        assert.ok(share <= 1, `${share} of the claim`);
      }),
      { numRuns: 60 },
    ));

  test('the f64 claim on a reduction is below 16 units of 2^-53 and within 100 times what is seen', async () => {
    const attention = hardAttention(12, {
      queries: 12,
      keys: 900,
      pads: 64,
      headDim: 92,
      bound: 12,
      bits: 20,
    });
    const attended = await oracle.attend(attention);
    const claimed = attended.output.error.relative;
    assert.ok(claimed < 16 * 2 ** -53, `claimed ${claimed * 2 ** 53}u`);
    const { relative } = distance(attention, attended);
    assert.ok(relative * 100 > claimed, `seen ${relative * 2 ** 53}u, claimed ${claimed * 2 ** 53}u`);
  });

  test('the claim made beforehand covers the claim made with the output', async () => {
    for (const [name, attention] of adversarial()) {
      const { error } = (await oracle.attend(attention)).output;
      const before = oracle.claim({
        dtype: attention.dtype,
        keys: attention.k.rows,
        headDim: attention.q.columns,
        maxLogit: 2 ** 30,
        exactProducts: false,
      });
      assert.ok(error.relative <= before.relative && error.absolute === before.absolute, name);
    }
  });
});
