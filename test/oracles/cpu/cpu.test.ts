import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { cpuOracle } from '../../../src/oracles/cpu/cpu.ts';
import { InputError } from '../../../src/problems/input-error.ts';
import { decimalExp, toDecimal } from '../../support/decimal-attention.ts';
import { suite } from '../../support/harness.ts';
import { adversarial, attentions, cook, distance, hardAttention, numbers } from '../cases.ts';

suite('oracles/cpu/cpu', (test) => {
  const oracle = cpuOracle({ threads: 2, path: 'dense' });

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
      { numRuns: 80 },
    ));

  test('an exponential is right to 6 units of 2^-53, down to e^-1000', async () => {
    const next = numbers(21);
    const logits = Array.from({ length: 1500 }, (_, i) => -next() * (i % 2 === 0 ? 1000 : 2));
    const attention = cook({
      queries: logits.length,
      keys: 2,
      headDim: 1,
      valueDim: 1,
      scale: 1,
      q: (r) => logits[r]!,
      k: (r) => r,
      v: (r) => (r === 1 ? 2 ** 449 : 0), // keeps weight times value a normal number
    });
    const { output } = await oracle.attend(attention);
    logits.forEach((logit, i) => {
      const exp = decimalExp(logit);
      const truth = exp.div(exp.plus(1)).times(toDecimal(2 ** 449));
      const off = toDecimal(output.values[i]!).minus(truth).abs().div(truth).toNumber() * 2 ** 53;
      assert.ok(off <= 6, `logit ${logit}: off by ${off}u`); // 3 for the weight, then sum, last sum, quotient
    });
  });

  test('on 20,000 keys and logits up to 35 the f64 claim is at most 64 units of 2^-53', () => {
    const shape = { keys: 20000, headDim: 92, maxLogit: 35, exactProducts: true };
    assert.ok(oracle.claim({ ...shape, dtype: 'f64' }).relative <= 64 * 2 ** -53);
  });

  test('the f64 claim is within 100 times the error seen', async () => {
    const attention = hardAttention(22, {
      queries: 20,
      keys: 1500,
      pads: 64,
      headDim: 92,
      bound: 12,
      bits: 20,
    });
    const attended = await oracle.attend(attention);
    const { relative } = distance(attention, attended);
    const claimed = attended.output.error.relative;
    assert.ok(
      relative <= claimed && relative * 100 > claimed,
      `seen ${relative * 2 ** 53}u, claimed ${claimed * 2 ** 53}u`,
    );
  });

  test('on 60,000 keys whose tiles round the same way, still within the claim', async () => {
    const attention = cook({
      queries: 3,
      keys: 60000,
      headDim: 1,
      valueDim: 1,
      q: (r) => 0.1 + r,
      k: (r) => (r < 30000 ? 1 : 0.875),
      v: (r) => (r < 30000 ? 1 : 0),
    });
    const { share } = distance(attention, await oracle.attend(attention));
    assert.ok(share <= 1, `${share} of the claim`);
  });

  test('inner products that round are in the claim: it grows with the dimension and the logits', async () => {
    const next = numbers(23);
    const rough = (size: number) =>
      cook({
        queries: 8,
        keys: 100,
        headDim: 64,
        valueDim: 1,
        scale: 1,
        q: () => size * (2 * next() - 1) * Math.PI,
        k: () => (2 * next() - 1) / 3,
        v: () => next(),
      });
    let before = 0;
    for (const size of [0.3, 1, 3, 10]) {
      const attention = rough(size);
      const attended = await oracle.attend(attention);
      const { share } = distance(attention, attended);
      assert.ok(share <= 1, `size ${size}: ${share} of the claim`);
      assert.ok(attended.output.error.relative > before);
      before = attended.output.error.relative;
    }
  });

  test('the claim made beforehand from the true bounds is the claim made with the output', async () => {
    const attention = hardAttention(24, { queries: 4, keys: 90, pads: 6, headDim: 20, bound: 8, bits: 40 });
    const { error } = (await oracle.attend(attention)).output;
    const claim = oracle.claim({ dtype: 'f64', keys: 96, headDim: 20, maxLogit: 64, exactProducts: true });
    assert.ok(error.relative <= claim.relative && error.relative > 0.99 * claim.relative);
    assert.is(error.absolute, claim.absolute);
  });

  test('a shape beyond the largest logit has no finite claim', () => {
    const shape = { dtype: 'f64', keys: 10, headDim: 10, exactProducts: true } as const;
    assert.is(oracle.claim({ ...shape, maxLogit: 2 ** 31 }).relative, Infinity);
  });

  test('refuses a number of threads that is none', () => {
    for (const threads of [0, -1, 1.5, NaN, 1000]) {
      assert.throws(
        () => cpuOracle({ threads }),
        (e: unknown) => e instanceof InputError && e.fault.code === 'threads-invalid',
      );
    }
  });
});
