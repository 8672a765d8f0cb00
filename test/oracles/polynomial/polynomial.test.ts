import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { entries, type Attention, type AttentionOutput } from '../../../src/problems/attention.ts';
import { InputError } from '../../../src/problems/input-error.ts';
import { largestM } from '../../../src/oracles/polynomial/series.ts';
import { measure, type Measured } from '../../../src/oracles/polynomial/measure.ts';
import { monomials, rankOf } from '../../../src/oracles/polynomial/monomials.ts';
import { plainAttend } from '../../../src/oracles/polynomial/plain.ts';
import { defaultError, ofDegree } from '../../../src/oracles/polynomial/plan.ts';
import { polynomialOracle } from '../../../src/oracles/polynomial/polynomial.ts';
import { referenceOracle } from '../../../src/oracles/reference.ts';
import { points, transitionConfig } from '../../../src/experiments/transition/config.ts';
import { randomAttention } from '../../../src/experiments/transition/run.ts';
import { suite } from '../../support/harness.ts';
import { adversarial, attentions, cook, distance, hardAttention, numbers } from '../cases.ts';

const forced = polynomialOracle({ force: true });
const reference = referenceOracle();

/** Small entries, as the method likes them. */
function easy(seed: number, shape: Partial<Parameters<typeof cook>[0]> = {}): Attention {
  const next = numbers(seed);
  const entry = (): number => 2 * next() - 1;
  return cook({ queries: 19, keys: 45, headDim: 4, valueDim: 3, q: entry, k: entry, v: entry, ...shape });
}

/** All logits are +M or -M: queries and keys are ± one vector. */
function extreme(M: number, positive: number, keys: number): Attention {
  const size = Math.sqrt(M);
  return cook({
    queries: 2,
    keys,
    headDim: 4,
    valueDim: 2,
    scale: 1 / 4,
    q: (r) => (r === 0 ? size : -size),
    k: (r) => (r < positive ? size : -size),
    v: (r, c) => (c === 0 ? Number(r < positive) : 1),
  });
}

const taylor = (degree: number): Float64Array => {
  const coefficients = new Float64Array(degree + 1).fill(1);
  for (let j = 1; j <= degree; j++) coefficients[j] = coefficients[j - 1]! / j;
  return coefficients;
};

/** Of the polynomial that a forced degree takes. */
function forcedCoefficients({ q, k, v, dtype }: Attention, measured: Measured, degree: number): Float64Array {
  const shape = { queries: q.rows, keys: k.rows, headDim: q.columns, valueDim: v.columns };
  return ofDegree({ ...shape, dtype, ...measured }, degree, defaultError(k.rows)).tiers[0]!.p.coefficients;
}

const faultOf = async (made: Promise<unknown>): Promise<InputError['fault']> => {
  const thrown = await made.then(
    () => new Error('did not refuse'),
    (error: unknown) => error,
  );
  assert.instance(thrown, InputError, String(thrown));
  return (thrown as InputError).fault;
};

suite('oracles/polynomial/polynomial', (test) => {
  test('random attentions are within the claim', async () => {
    let certified = 0;
    await fc.assert(
      fc.asyncProperty(attentions, async (attention) => {
        const plan = forced.plan(attention);
        if (plan.M > largestM || plan.certified === undefined) return;
        certified++;
        const attended = await forced.attend(attention);
        assert.equal(attended.output.error, plan.certified.error);
        const { share } = distance(attention, attended);
        assert.ok(share <= 1, `${share} times the claim`);
      }),
    );
    assert.ok(certified > 20, `only ${certified} could be certified`);
  });

  test('inputs that have broken softmaxes are within the claim', async () => {
    let certified = 0;
    for (const [name, attention] of adversarial()) {
      if (forced.plan(attention).certified === undefined) continue;
      certified++;
      const { share } = distance(attention, await forced.attend(attention));
      assert.ok(share <= 1, `${name}: ${share} times the claim`);
    }
    assert.ok(certified > 10, `only ${certified}`);
  });

  test('logits that are all M or -M are within the claim of every degree, and come near it', async () => {
    let nearest = 0;
    for (const M of [0.25, 1, 2, 4]) {
      for (let degree = 2; degree <= 14; degree++) {
        const oracle = polynomialOracle({ force: true, degree });
        for (const positive of [0, 1, 40]) {
          const attention = extreme(M, positive, 41);
          const attended = await oracle.attend(attention);
          if (attended.output.error.relative === Infinity) continue;
          const { share } = distance(attention, attended);
          assert.ok(share <= 1, `M ${M}, degree ${degree}: ${share} times the claim`);
          nearest = Math.max(nearest, share);
        }
        await oracle.close();
      }
    }
    assert.ok(nearest > 0.1, `the claim is ${1 / nearest} times too large everywhere`);
  });

  test('the claim before the matrices exist covers the one after', async () => {
    for (const dtype of ['f64', 'f32', 'f16', 'bf16'] as const) {
      const attention = easy(3, { dtype });
      const { error } = (await forced.attend(attention)).output;
      const shape = { dtype, keys: 45, headDim: 4, maxLogit: 1, exactProducts: false };
      const claim = forced.claim(shape);
      assert.ok(error.relative <= claim.relative && error.absolute <= claim.absolute);
    }
  });

  test('an error that is asked for is certified, with a higher degree for a smaller one', () => {
    let last = -1;
    for (const error of [1e-1, 1e-3, 1e-6, 1e-9]) {
      const plan = polynomialOracle({ error }).plan(easy(4));
      assert.ok(plan.certified!.error.relative <= error * (1 + 1e-9) + 1e-15 && plan.degree > last);
      assert.is(plan.rank, rankOf(4, plan.degree));
      last = plan.degree;
    }
  });

  test('no larger error is taken for the one that was asked for, down to where rounding forbids any', () => {
    const attention = easy(4, { scale: 1 });
    let refused = 0;
    for (let k = 4; k <= 50; k++) {
      const { certified } = polynomialOracle({ error: 2 ** -k }).plan(attention);
      if (certified === undefined) refused++;
      else assert.ok(certified.error.relative <= 2 ** -k * (1 + 1e-9) + 1e-15, `2^-${k}`);
    }
    assert.ok(refused > 5 && refused < 30, `${refused} refused`);
  });

  test('values of 1 give 1 exactly', async () => {
    for (const valueDim of [1, 2, 5]) {
      const { output } = await forced.attend(easy(5, { valueDim, v: () => 1 }));
      assert.ok(output.values.length === 19 * valueDim && output.values.every((y) => y === 1));
    }
  });

  test('the kernel agrees with the plain loops to rounding, whatever the sizes', async () => {
    for (const [queries, keys, headDim, valueDim, degree] of [
      [1, 1, 1, 1, 0],
      [7, 9, 3, 1, 1],
      [8, 8, 3, 2, 5],
      [17, 1100, 5, 4, 4],
      [30, 33, 2, 0, 6],
      [9, 2500, 0, 3, 2],
    ] as const) {
      const attention = easy(6, { queries, keys, headDim, valueDim, scale: 0.2 });
      const measured = measure(attention);
      const coefficients = forcedCoefficients(attention, measured, degree);
      const wanted = plainAttend(attention, monomials(headDim, degree), measured, coefficients);
      const oracle = polynomialOracle({ force: true, degree });
      const { output } = await oracle.attend(attention);
      await oracle.close();
      assert.is(output.values.length, queries * valueDim);
      output.values.forEach((y, e) => assert.ok(Math.abs(y - wanted[e]!) <= 1e-12, `${y} for ${wanted[e]}`));
    }
  });

  test('one block or many give the same to rounding, and one thread or many the same bits', async () => {
    // 40,000 keys are 16 parts of 2,500, each in ten blocks and several tiers: enough multiplications that threads start.
    const attention = easy(7, { queries: 3000, keys: 40_000, headDim: 5 });
    const run = async (blockRows: number, threads: number): Promise<Float64Array> => {
      const oracle = polynomialOracle({ force: true, blockRows, threads, error: 1e-9 });
      assert.ok(oracle.plan(attention).certified!.tiers.length > 1);
      const { output } = await oracle.attend(attention);
      await oracle.close();
      return output.values;
    };
    const whole = await run(2048, 1);
    const many = await run(256, 1);
    assert.ok(whole.every((y, e) => Math.abs(y - many[e]!) <= 1e-13));
    for (const threads of [2, 3, 2, 3]) assert.equal(await run(256, threads), many, `${threads} threads`);
  });

  test('rows in tiers are within the claim, and short ones have lower degrees', async () => {
    let several = 0;
    for (let seed = 0; seed < 12; seed++) {
      const next = numbers(seed);
      const lengths = Float64Array.from({ length: 64 }, () => 0.1 + next() ** 3);
      const entry = (r: number): number => (next() < 0.5 ? -1 : 1) * lengths[r % 64]!;
      const attention = easy(seed, {
        queries: 40,
        keys: 90,
        q: entry,
        k: entry,
        v: () => next(),
        scale: 0.5,
      });
      const oracle = polynomialOracle({ force: true, tiersFrom: 0, error: 10 ** -(1 + (seed % 8)) });
      const plan = oracle.plan(attention);
      const { tiers } = plan.certified!;
      if (tiers.length > 1) several++;
      tiers.forEach(
        ({ M, p }, t) => t > 0 && assert.ok(M > tiers[t - 1]!.M && p.degree > tiers[t - 1]!.p.degree),
      );
      assert.is(
        tiers.reduce((sum, tier) => sum + tier.queries, 0),
        40,
      );
      assert.is(
        tiers.reduce((sum, tier) => sum + tier.keys, 0),
        90,
      );
      assert.ok(
        plan.work <= polynomialOracle({ tiersFrom: Infinity, error: plan.target }).plan(attention).work,
      );
      const { output } = await oracle.attend(attention);
      const exact = (await reference.attend(attention)).output.values;
      exact.forEach((y, e) => {
        // Values are positive, so that A|V|/A1 is the output.
        const off = Math.abs(output.values[e]! - y);
        assert.ok(off <= output.error.relative * y + 1e-14, `seed ${seed}: ${off} off`);
      });
      await oracle.close();
    }
    assert.ok(several > 6, `only ${several} had several tiers`);
  });

  test('the largest error over inputs with logits at ±M is no larger than with Taylor features of the same rank', () => {
    for (const M of [0.25, 0.5, 1, 2, 4]) {
      for (let degree = 0; degree <= 12; degree++) {
        let ours = 0;
        let theirs = 0;
        // How many logits are M: as the weights balance, the error of a ratio is largest.
        for (const positive of [0, 1, 2, 5, 10, 20, 39, 40]) {
          const attention = extreme(M, positive, 40);
          // Values in the first column are 1 where a key is the positive one; in the second they are all 1.
          const share = [M, -M].map((x) => positive / (positive + (40 - positive) * Math.exp(-2 * x)));
          const exact = [share[0]!, 1, share[1]!, 1];
          const measured = measure(attention);
          const worst = (coefficients: Float64Array): number =>
            plainAttend(attention, monomials(4, degree), measured, coefficients).reduce(
              // Weights can add up to 0, as Taylor's do for degree 1 and logits of -1.
              (most, y, e) => Math.max(most, Number.isNaN(y) ? Infinity : Math.abs(y - exact[e]!)),
              0,
            );
          ours = Math.max(ours, worst(forcedCoefficients(attention, measured, degree)));
          theirs = Math.max(theirs, worst(taylor(degree)));
        }
        assert.ok(ours <= theirs + 1e-12, `M ${M}, degree ${degree}: ${ours} against ${theirs}`);
      }
    }
  });

  test('at equal rank the error seen over the sweep is no larger than with Taylor features, nor is what is certified', async () => {
    const config = transitionConfig(true, 1);
    const outcome = { smaller: 0, compared: 0 };
    for (const point of points([8, 10], config)) {
      const attention = randomAttention(point, config.seed);
      const plan = forced.plan(attention);
      if (plan.certified === undefined || plan.rank > 10_000) continue;
      const measured = measure(attention);
      const exact = (await reference.attend(attention)).output.values;
      const worst = (values: Float64Array): number =>
        exact.reduce((most, y, e) => Math.max(most, Math.abs(values[e]! - y) / y), 0);
      for (let degree = 0; degree <= plan.degree; degree++) {
        const oracle = polynomialOracle({ force: true, degree, threads: 1 });
        const { output } = await oracle.attend(attention);
        await oracle.close();
        const ours = worst(output.values);
        const theirs = worst(plainAttend(attention, monomials(point.d, degree), measured, taylor(degree)));
        const name = `n 2^${point.log2n}, γ ${point.gamma}, degree ${degree}`;
        // Up to degree 2 it can be the same polynomial, and then rounding differs.
        assert.ok(ours <= theirs * (1 + 1e-9), `${name}: ${ours} against ${theirs}`);
        const off = Math.abs(taylor(degree).reduceRight((p, c) => c - p * plan.M, 0) * Math.exp(plan.M) - 1);
        const certifiable = off < 1 / 2 ? (2 * off) / (1 - off) : Infinity;
        assert.ok(output.error.relative <= certifiable * 1.005, `${name}: claims ${output.error.relative}`);
        if (degree === plan.degree) assert.ok(output.error.relative <= plan.target * (1 + 1e-9), name);
        outcome.compared++;
        if (ours < 0.95 * theirs) outcome.smaller++;
      }
    }
    assert.ok(outcome.compared > 40 && outcome.smaller > 25, JSON.stringify(outcome));
  });

  test('a hard instance is refused with the rank it would need, and forced it claims nothing', async () => {
    const shape = { queries: 40, keys: 200, pads: 30, headDim: 92, bound: 12.5, bits: 40 };
    const attention = hardAttention(8, shape);
    const oracle = polynomialOracle();
    const fault = await faultOf(oracle.attend(attention));
    assert.is(fault.code, 'polynomial-slower');
    assert.match(
      fault.found,
      /^degree \d+, rank \d\.\d+e\+\d+, for logits up to .* times as long as exact attention$/,
    );
    assert.match(fault.hint, /--force/);
    const { output, reason } = await forced.attend(hardAttention(8, shape));
    assert.is(output.error.relative, Infinity);
    assert.is(output.values.length, 40);
    assert.match(reason, /^degree 3 instead of \d+ for an error of 0.00435, rank 138415/);
  });

  test('rows of zeros, as padding makes them, leave the bounds of the others as they are', () => {
    // Rows of one length, for which the bound by lengths is less than the one by columns.
    const at = (zeros: number): Attention => {
      const entry = (r: number, c: number): number => (r < zeros ? 0 : c === r % 8 ? 0.9 : 0.1);
      return easy(3, { queries: 60, keys: 60, headDim: 8, q: entry, k: entry, scale: 0.5 });
    };
    assert.is(measure(at(1)).M, measure(at(0)).M);
    assert.equal(measure(at(1)).queryBounds.subarray(1), measure(at(0)).queryBounds.subarray(1));
  });

  test('a degree that is not forced is not taken: the error that was asked for is kept', async () => {
    const attention = easy(9, { queries: 3000, keys: 3000, headDim: 1, valueDim: 1 });
    const free = polynomialOracle({ error: 1e-6, threads: 1 });
    const bound = polynomialOracle({ error: 1e-6, threads: 1, degree: 1 });
    const [wanted, found] = [await free.attend(attention), await bound.attend(attention)];
    await Promise.all([free.close(), bound.close()]);
    assert.ok(free.plan(attention).degree > 1);
    assert.equal(found.output, wanted.output);
    assert.is(found.reason, wanted.reason);
  });

  test('calls that are made at once do not disturb each other', async () => {
    const attentions = [1, 2, 3].map((seed) =>
      easy(seed, { queries: 200 * seed, keys: 5000, headDim: 2 + seed, valueDim: seed }),
    );
    const one = polynomialOracle({ force: true, threads: 2, blockRows: 64 });
    const wanted: AttentionOutput[] = [];
    for (const attention of attentions) wanted.push((await one.attend(attention)).output);
    const found = await Promise.all(attentions.map((attention) => one.attend(attention)));
    await one.close();
    found.forEach(({ output }, k) => assert.equal(output, wanted[k]));
  });

  test('what float64 cannot certify is refused though it would be faster', async () => {
    const attention = easy(9, { queries: 3000, keys: 3000, headDim: 1, valueDim: 1, scale: 30 });
    const oracle = polynomialOracle();
    assert.is((await faultOf(oracle.attend(attention))).code, 'polynomial-uncertified');
  });

  test('options out of range, degrees with too many monomials and huge logits are refused', async () => {
    for (const options of [{ error: 0 }, { error: 1 }, { error: NaN }, { degree: -1 }, { degree: 1.5 }]) {
      assert.throws(() => polynomialOracle(options), /expected a/);
    }
    const wide = polynomialOracle({ force: true, degree: 9 });
    assert.is((await faultOf(wide.attend(easy(1, { headDim: 30 })))).code, 'rank-too-large');
    const far = easy(1, { scale: 1000 });
    assert.is((await faultOf(forced.attend(far))).code, 'polynomial-uncertified');
    assert.is((await faultOf(forced.attend(easy(1, { keys: 0 })))).code, 'no-keys');
    assert.is((await faultOf(forced.attend(easy(1, { v: () => NaN })))).code, 'entry-not-finite');
  });

  test('progress rises to 1, a signal stops it, and once closed it throws', async () => {
    const attention = easy(2, { keys: 4000 });
    const seen: number[] = [];
    const oracle = polynomialOracle({ force: true });
    await oracle.attend(attention, { onProgress: (done) => seen.push(done) });
    assert.ok(seen.length > 2 && seen.at(-1) === 1 && seen.every((x, i) => i === 0 || x >= seen[i - 1]!));
    const aborted = oracle.attend(attention, { signal: AbortSignal.abort(new Error('stop')) });
    assert.match(String(await aborted.catch((error: unknown) => error)), /stop/);
    await oracle.close();
    assert.match(String(await oracle.attend(attention).catch((error: unknown) => error)), /was closed/);
  });

  test('the entries of Q, K and V are not changed', async () => {
    const attention = easy(11);
    const before = [attention.q, attention.k, attention.v].map(entries);
    await forced.attend(attention);
    assert.equal([attention.q, attention.k, attention.v].map(entries), before);
  });
});
