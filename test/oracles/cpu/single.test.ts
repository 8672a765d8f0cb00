import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { cpuOracle } from '../../../src/oracles/cpu/cpu.ts';
import { openDense } from '../../../src/oracles/cpu/dense.ts';
import { productError, singleClaim } from '../../../src/oracles/cpu/single.ts';
import { entries, type Attention, type Matrix } from '../../../src/problems/attention.ts';
import { roundTo, truncateTo } from '../../../src/problems/dtype.ts';
import { decimalExp, toDecimal } from '../../support/decimal-attention.ts';
import { suite } from '../../support/harness.ts';
import { adversarial, attentions, cook, distance, hardAttention, numbers } from '../cases.ts';

const u = 2 ** -24;
const row = { dtype: 'f32', headDim: 4, scale: 1 } as const;

/** Entries of few bits, so that inner products are exact in float32, of very different sizes. */
const exact = (seed: number, queries: number, valueDim: number): Attention => {
  const next = numbers(seed);
  const sizes = Array.from({ length: queries }, () => 2 ** Math.floor(-8 + 9 * next()));
  return cook({
    queries,
    keys: 129,
    headDim: 7,
    valueDim,
    dtype: 'f32',
    scale: 1 / 8,
    q: (r) => sizes[r]! * Math.floor(16 * next()),
    k: () => Math.floor(8 * (2 * next() - 1)),
    v: () => 2 * next() - 1,
  });
};

const withQueries = (attention: Attention, read: Matrix['read'], rows: number): Attention => ({
  ...attention,
  q: { rows, columns: attention.q.columns, read },
});

suite('oracles/cpu/single', (test) => {
  const dense = openDense({ threads: 2, threadsFrom: 0 });
  const oracle = cpuOracle({ threads: 1, path: 'dense' });

  for (const dtype of ['f32', 'f16'] as const) {
    test(`adversarial inputs in ${dtype} are within the claim`, async () => {
      let single = 0;
      for (const [name, attention] of adversarial(dtype)) {
        const attended = await dense.attend(attention);
        if (attended.reason.includes('float32')) single++;
        const { share } = distance(attention, attended);
        assert.ok(share <= 1, `${name}: ${share} of the claim`);
      }
      assert.ok(single > 20, `${single} in float32`);
    });
  }

  test('random shapes are within the claim, and that within the one made beforehand', () =>
    fc.assert(
      fc.asyncProperty(attentions, async (attention) => {
        const f32 = inF32(attention);
        const attended = await dense.attend(f32);
        const { share } = distance(f32, attended);
        assert.ok(share <= 1, `${share} of the claim`);
      }),
      { numRuns: 50 },
    ));

  test('with exact products the error is at most 16 units below four value columns and 23 from four on', async () => {
    for (const valueDim of [0, 1, 3, 4, 64]) {
      for (let seed = 0; seed < 3; seed++) {
        const attention = exact(seed, valueDim < 4 ? 5 : 2, valueDim);
        const attended = await dense.attend(attention);
        assert.match(attended.reason, /in float32 on/);
        assert.ok(attended.output.error.relative <= (valueDim < 4 ? 16.1 : 23.1) * u);
        const { share } = distance(attention, attended);
        assert.ok(share <= 1, `${share} of the claim`);
      }
    }
  });

  test('an exponential is right to 5 units of 2^-24, down to 2^-140 of the largest', async () => {
    const next = numbers(51);
    const logits = Array.from({ length: 1500 }, (_, i) => -truncateTo(18, next() * (i % 2 === 0 ? 97 : 2)));
    const attention = cook({
      queries: logits.length,
      keys: 2,
      headDim: 1,
      valueDim: 1,
      scale: 1,
      dtype: 'f32',
      q: (r) => logits[r]!,
      k: (r) => r,
      v: (r) => (r === 1 ? 2 ** 32 : 0), // keeps the output a normal number
    });
    const attended = await dense.attend(attention);
    assert.match(attended.reason, /in float32 on/);
    let worst = 0;
    logits.forEach((logit, i) => {
      const exp = decimalExp(logit);
      const truth = exp.div(exp.plus(1)).times(toDecimal(2 ** 32));
      worst = Math.max(
        worst,
        toDecimal(attended.output.values[i]!).minus(truth).abs().div(truth).toNumber() / u,
      );
    });
    assert.ok(worst <= 5 && worst > 0.5, `off by ${worst}u`); // 3 for the weight, its part of the sum, the output
  });

  test('a row is for float32 where its products are exact there, or in neither format and their error small', () => {
    assert.is(productError(row, 2 ** 23, 1), undefined); // a logit of 2^23
    assert.is(productError({ ...row, scale: 2 ** -14 }, 2 ** 23, 1), 0);
    assert.is(productError({ ...row, scale: 2 ** -14 }, 2 ** 24, 1), undefined); // 25 bits, exact in float64
    const inexact = productError(row, 100, 2 ** -60)!;
    assert.ok(inexact >= 400 * u && inexact < 401 * u);
    assert.is(productError(row, 100, 0), inexact);
    assert.is(productError({ ...row, headDim: 200 }, 100, 0), undefined);
    assert.is(productError(row, 1025, 0), undefined);
    assert.ok(productError({ ...row, dtype: 'bf16' }, 100, 2 ** -40)! > 0);
    assert.is(productError({ ...row, dtype: 'f16' }, 200, 2 ** -40), undefined);
  });

  test('rows of both sorts in one block: each as it is alone, and within the claim', async () => {
    const base = exact(3, 36, 2);
    const all = entries(base.q);
    const d = base.q.columns;
    const wide = (r: number): boolean => r % 3 === 1 || (r > 20 && r < 30);
    for (let r = 0; r < base.q.rows; r++) if (wide(r)) all[r * d] = 2 ** 20 + r + 0.5;
    const read =
      (first: number): Matrix['read'] =>
      (from, to, into) =>
        into.set(all.subarray((first + from) * d, (first + to) * d));
    const mixed = { ...withQueries(base, read(0), base.q.rows), scale: 2 ** -14 };
    const attended = await dense.attend(mixed);
    assert.match(attended.reason, /in float32 and float64 on/);
    const { share } = distance(mixed, attended);
    assert.ok(share <= 1, `${share} of the claim`);
    for (const r of [0, 1, 2, 20, 21, 29, 30, 31, 34, 35]) {
      const alone = await dense.attend({ ...mixed, ...withQueries(mixed, read(r), 1) });
      assert.equal(alone.output.values, attended.output.values.subarray(2 * r, 2 * r + 2), `row ${r}`);
      assert.is(alone.reason.includes('float32'), !wide(r));
    }
  });

  test('keys, values and scales that float32 cannot work with go to float64, and are right', async () => {
    const base = exact(4, 5, 1);
    const spoilt: readonly (readonly [name: string, attention: Attention])[] = [
      ['a value of 2^33', { ...base, v: { ...base.v, read: (a, b, into) => into.fill(2 ** 33, 0, b - a) } }],
      ['a scale of 2^-17', { ...base, scale: 2 ** -17 }],
      [
        'keys that are no float32',
        { ...base, k: { ...base.k, read: (a, b, into) => into.fill(0.1, 0, (b - a) * 7) } },
      ],
    ];
    for (const [name, attention] of spoilt) {
      const attended = await dense.attend(attention);
      assert.match(attended.reason, /in float64 on/, name);
      const { share } = distance(attention, attended);
      assert.ok(share <= 1, `${name}: ${share} of the claim`);
    }
  });

  test('the same bits on 1, 2 and 3 threads, and with the queries one at a time', async () => {
    for (const valueDim of [1, 6]) {
      const attention = exact(5, 600, valueDim);
      const runs = [];
      for (const threads of [1, 2, 3]) {
        const pool = openDense({ threads, threadsFrom: 0 });
        runs.push((await pool.attend(attention)).output.values);
        await pool.close();
      }
      assert.equal(runs[1], runs[0]);
      assert.equal(runs[2], runs[0]);
      for (const r of [0, 1, 2, 3, 511, 599]) {
        const read: Matrix['read'] = (from, to, into) => attention.q.read(r + from, r + to, into);
        const alone = (await dense.attend(withQueries(attention, read, 1))).output.values;
        assert.equal(alone, runs[0]!.subarray(r * valueDim, (r + 1) * valueDim));
      }
    }
  });

  test('progress rises to 1 where some rows are done in float64', async () => {
    const base = exact(6, 3000, 1);
    const q: Matrix = {
      ...base.q,
      read(from, to, into) {
        base.q.read(from, to, into);
        for (let r = from; r < to; r++) if (r % 5 === 0) into[(r - from) * 7] = 2 ** 20 + 0.5;
      },
    };
    const seen: number[] = [];
    await dense.attend({ ...base, q, scale: 2 ** -14 }, { onProgress: (done) => seen.push(done) });
    assert.equal(
      seen,
      seen.toSorted((a, b) => a - b),
    );
    assert.is(seen.at(-1), 1);
  });

  test('the claim made beforehand covers the claim made with the output', async () => {
    for (const [seed, dtype] of (['f32', 'f32', 'f16', 'bf16'] as const).entries()) {
      const bits = dtype === 'f32' ? 10 : 4;
      const bound = 12;
      const attention = hardAttention(60 + seed, {
        queries: 9,
        keys: 90,
        pads: 6,
        headDim: 20,
        bound,
        bits,
        dtype,
      });
      const { error } = (await oracle.attend(attention)).output;
      const maxLogit = bound * bound;
      const claim = oracle.claim({ dtype, keys: 96, headDim: 20, maxLogit, exactProducts: true });
      assert.ok(error.relative <= claim.relative && error.absolute <= claim.absolute);
    }
    const rough = singleClaim({ dtype: 'f32', keys: 96, maxLogit: 10 }, 0.0005, 4).relative;
    assert.ok(
      rough <=
        oracle.claim({ dtype: 'f32', keys: 96, headDim: 20, maxLogit: 1e4, exactProducts: false }).relative,
    );
  });
});

function inF32(attention: Attention): Attention {
  const rounded = (matrix: Matrix): Matrix => ({
    ...matrix,
    read(from, to, into) {
      matrix.read(from, to, into);
      for (let e = 0; e < (to - from) * matrix.columns; e++) into[e] = roundTo('f32', into[e]!);
    },
  });
  return {
    ...attention,
    q: rounded(attention.q),
    k: rounded(attention.k),
    v: rounded(attention.v),
    dtype: 'f32',
  };
}
