import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { balance } from '../../reductions/balance.ts';
import { closestPairToAttention, shiftedPair, toMaxIp } from '../../reductions/closest-pair-to-attention.ts';
import { closestPairToTallAttention, tallPair } from '../../reductions/closest-pair-to-tall-attention.ts';
import {
  massFor,
  shifted,
  tall,
  type GapAttention,
  type GapAttentionOptions,
} from '../../reductions/gap-attention.ts';
import { isSmallBall } from '../../reductions/hamming-ball.ts';
import { maxIpToAttention, maxIpToTallAttention } from '../../reductions/max-ip-to-attention.ts';
import type { Reduction } from '../../reductions/reduction.ts';
import type { Answer } from '../../src/problems/answer.ts';
import { entries, maxAbs, type Attention, type AttentionOutput } from '../../src/problems/attention.ts';
import { hammingDistance, type ClosestPair } from '../../src/problems/closest-pair.ts';
import { isExact, type Dtype } from '../../src/problems/dtype.ts';
import type { GapMaxIp } from '../../src/problems/gap-max-ip.ts';
import { InputError } from '../../src/problems/input-error.ts';
import { fromOnes, innerProduct, weight, type Pair } from '../../src/problems/orthogonal-vectors.ts';
import { suite } from '../support/harness.ts';
import { reductionLaw } from '../support/laws.ts';
import {
  attend,
  closestPairArb,
  gapMaxIpArb,
  isLarge,
  isNear,
  largePairs,
  nearPairs,
  noisy,
  pairsOf,
} from '../support/gap-instances.ts';

type Arrow<Source> = Reduction<Source, Attention, AttentionOutput, Answer<Pair>, GapAttentionOptions>;

const plain: GapAttentionOptions = { dtype: 'f64', scaleName: 'linear', tolerance: 0.25 };

const optionsArb = (
  dtypes: readonly Dtype[],
  tolerance: fc.Arbitrary<number>,
): fc.Arbitrary<GapAttentionOptions> =>
  fc.record({
    dtype: fc.constantFrom(...dtypes),
    scaleName: fc.constantFrom<'linear' | 'rsqrt'>('linear', 'rsqrt'),
    tolerance,
  });

const pairs = closestPairArb(9, 40);
const vectors = gapMaxIpArb(9, 40);
/** Few enough coordinates that the outputs of the published form stay above the smallest f64. */
const smallPairs = closestPairArb(5, 14);

/** The law of one arrow, with outputs that `disturb` has changed. */
const law = <Source>(
  reduction: Arrow<Source>,
  sources: fc.Arbitrary<Source>,
  options: fc.Arbitrary<GapAttentionOptions>,
  solutions: (source: Source) => Pair[],
  isSolution: (source: Source, pair: Pair) => boolean,
  disturb: (output: AttentionOutput) => readonly AttentionOutput[] = (output) => [output],
): Promise<void> =>
  reductionLaw(
    {
      reduction,
      sources,
      given: options,
      answers: async (target) => disturb(await attend(target)),
      solutions,
      isSolution,
      everyWitness: false,
      keepsCount: false,
    },
    { numRuns: 200 },
  );

const bothWays = (by: number) => (output: AttentionOutput) => [
  noisy(output, by, 1),
  noisy(output, by, -1),
  noisy(output, by),
];

const any = optionsArb(['f64', 'f32'], fc.constantFrom(0, 0.25, 0.4));
const f64 = optionsArb(['f64'], fc.constant(0.25));
const tolerant = optionsArb(['f64', 'f32'], fc.constant(0.49));

suite('reductions/gap-attention', (test) => {
  test('strengthened, from closest pairs: a close pair comes back exactly if there is one', () =>
    law(closestPairToAttention, pairs, any, nearPairs, isNear));

  test('strengthened, from inner products: a large pair comes back exactly if there is one', () =>
    law(maxIpToAttention, vectors, any, largePairs, isLarge));

  test('as published, from closest pairs: a close pair comes back exactly if there is one', () =>
    law(closestPairToTallAttention, smallPairs, f64, nearPairs, isNear));

  test('as published, from inner products: a large pair comes back exactly if there is one', () =>
    law(maxIpToTallAttention, gapMaxIpArb(9, 40), f64, largePairs, isLarge));

  test('strengthened, every output moved by 0.49 either way or by chance: still right', () =>
    law(closestPairToAttention, pairs, tolerant, nearPairs, isNear, bothWays(0.49)));

  test('strengthened from inner products, likewise', () =>
    law(maxIpToAttention, vectors, tolerant, largePairs, isLarge, bothWays(0.49)));

  test('as published, an error of a third of each output: still right', () =>
    law(closestPairToTallAttention, smallPairs, f64, nearPairs, isNear, (output) =>
      [4 / 3, 2 / 3].map((factor) => ({
        ...output,
        values: output.values.map((y) => y * factor),
        error: { relative: 0.34, absolute: output.error.absolute },
      })),
    ));

  test('the lemma: a close row gives at least N/(N+1) and a far row at most 1/(N+1), for N = n and more, in every format', async () => {
    const seen = { close: 0, far: 0 };
    const formats = fc.constantFrom<Dtype>('f64', 'f32');
    await fc.assert(
      fc.asyncProperty(pairs, fc.constantFrom(0, 0.25, 0.49), formats, async (source, tolerance, dtype) => {
        const options: GapAttentionOptions = { ...plain, tolerance, dtype };
        const made = shiftedPair(source, options);
        const { mass, gap } = made;
        const { values } = await attend(made.attention);
        const n = source.right.rows;
        assert.ok(mass >= Math.max(2, n));
        assert.ok(gap.near >= mass / (mass + 1) - 1e-12 && gap.far <= 1 / (mass + 1) + 1e-12);
        for (let i = 0; i < source.left.rows; i++) {
          const close = pairsOf(source).some((pair) => pair.i === i && isNear(source, pair));
          seen[close ? 'close' : 'far']++;
          const slack = dtype === 'f64' ? 1e-9 : 2 ** -23;
          if (close) assert.ok(values[i]! >= gap.near - slack, `${values[i]}`);
          else assert.ok(values[i]! <= gap.far + slack, `${values[i]}`);
        }
      }),
      { numRuns: 200 },
    );
    assert.ok(seen.close > 100 && seen.far > 100);
  });

  test('either side of the gap is reached: by a far row at its nearest, by a close row of one key at its farthest', async () => {
    const ones = (count: number): number[] => Array.from({ length: count }, (_, c) => c);
    for (const make of [shifted, tall]) {
      for (const [high, low] of [
        [5, 2],
        [3, 0],
      ] as const) {
        const right = (count: number, keys: number): GapMaxIp['right'] =>
          fromOnes(
            6,
            Array.from({ length: keys }, () => ones(count)),
          );
        const left = fromOnes(6, [ones(6)]);
        const near = { left, right: right(high, 1), high, low };
        const far = { left, right: right(low, 7), high, low };
        for (const [side, source] of [
          ['near', near],
          ['far', far],
        ] as const) {
          const { attention, gap } = make(source, 6, plain);
          const { values } = await attend(attention);
          assert.ok(Math.abs(values[0]! / gap[side] - 1) < 1e-9, `${make.name}, ${side}: ${values[0]}`);
        }
      }
    }
  });

  test('the lemma’s logits: β/(4d)·((1 + 2ε/3)t − dist) with β = 12 d ln N/(εt), up to the rounding of B and μ', () => {
    fc.assert(
      fc.property(
        closestPairArb(6, 60).filter((pair) => !isSmallBall(pair)),
        (source) => {
          const { attention, bound, mass } = shiftedPair(source, plain);
          const { left, near: t, far } = balance(source);
          const d = left.columns;
          const beta = (12 * d * Math.log(mass)) / (far - t);
          assert.is(attention.q.columns, 2 * d);
          assert.ok(Math.abs(bound / Math.sqrt(beta) - 1) < 1e-4, `${bound} and √β = ${Math.sqrt(beta)}`);
          const [q, k] = [entries(attention.q), entries(attention.k)];
          for (const pair of pairsOf(source)) {
            let dot = 0;
            for (let c = 0; c < 2 * d; c++) dot += q[pair.i * 2 * d + c]! * k[pair.j * 2 * d + c]!;
            const distance = hammingDistance(balance(source), pair);
            const logit = (beta / (4 * d)) * (t + (2 / 3) * (far - t) - distance);
            assert.ok(Math.abs(dot * attention.scale - logit) < 1e-3 * (1 + Math.abs(logit)));
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  test('as published: logits β/4·(1 − dist/d) against pads of β/2, and a square Q and K where the sides are equal', () => {
    fc.assert(
      fc.property(
        closestPairArb(4, 12).filter((pair) => !isSmallBall(pair)),
        (source) => {
          let made: GapAttention;
          try {
            made = tallPair(source, plain);
          } catch (error) {
            assert.is((error as InputError).fault.code, 'form-underflows');
            return;
          }
          const { attention, bound } = made;
          const d = balance(source).left.columns;
          const n = source.right.rows;
          assert.equal([attention.q.rows, attention.k.rows], [source.left.rows + n, 2 * n]);
          const beta = bound * bound;
          const [q, k] = [entries(attention.q), entries(attention.k)];
          const logit = (i: number, j: number): number => {
            let dot = 0;
            for (let c = 0; c < 2 * d; c++) dot += q[i * 2 * d + c]! * k[j * 2 * d + c]!;
            return dot * attention.scale;
          };
          for (const { i, j } of pairsOf(source)) {
            const expected = (beta / 4) * (1 - hammingDistance(balance(source), { i, j }) / d);
            assert.ok(Math.abs(logit(i, j) - expected) < 1e-9 * (1 + expected));
            assert.ok(Math.abs(logit(i, n + j) - beta / 2) < 1e-9 * beta);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  test('every entry is exact in the format and none exceeds B, √(β) in the paper’s scale', () => {
    fc.assert(
      fc.property(pairs, vectors, optionsArb(['f64', 'f32'], fc.constant(0.25)), (pair, source, options) => {
        for (const attention of [
          closestPairToAttention.encode(pair, options),
          maxIpToAttention.encode(source, options),
        ]) {
          for (const matrix of [attention.q, attention.k]) {
            assert.ok(entries(matrix).every((x) => isExact(options.dtype, x)));
          }
        }
        const { attention, bound } = shiftedPair(pair, options);
        assert.ok(maxAbs(attention.q) <= bound && maxAbs(attention.k) <= bound);
      }),
      { numRuns: 100 },
    );
  });

  test('a threshold too small for the theorem takes the Hamming-ball branch, of one column', async () => {
    const source: ClosestPair = {
      left: fromOnes(9, [[1], [2, 3], [4, 5, 6]]),
      right: fromOnes(9, [
        [0, 7],
        [2, 3],
      ]),
      near: 0,
      far: 2,
    };
    const attention = closestPairToAttention.encode(source, plain);
    assert.is(attention.q.columns, 1);
    assert.is(closestPairToAttention.ledger(source, plain)[0]!.actual, 'Hamming balls');
    const answer = closestPairToAttention.decode(source, await attend(attention), plain);
    assert.equal(answer.outcome === 'yes' ? answer.witness : answer, { i: 1, j: 1 });
    const tallAnswer = closestPairToTallAttention.decode(
      source,
      await attend(closestPairToTallAttention.encode(source, plain)),
      plain,
    );
    assert.is(tallAnswer.outcome, 'yes');
  });

  test('balancing keeps balanced points and doubles distances of others', () => {
    fc.assert(
      fc.property(pairs, (source) => {
        const balanced = balance(source);
        assert.is(balance(balanced), balanced);
        const factor = balanced === source ? 1 : 2;
        assert.is(balanced.near, factor * source.near);
        assert.is(balanced.far, factor * source.far);
        for (const pair of pairsOf(source)) {
          assert.is(hammingDistance(balanced, pair), factor * hammingDistance(source, pair));
          assert.is(
            innerProduct(balanced, pair),
            (balanced.left.columns - hammingDistance(balanced, pair)) / 2,
          );
          assert.is(2 * weight(balanced.left, pair.i), balanced.left.columns);
        }
        const { high, low } = toMaxIp(balanced);
        assert.is(high - low, (balanced.far - balanced.near) / 2);
      }),
    );
  });

  test('N is at least n and 2, and 1/(N + 1) is below what the tolerance leaves', () => {
    for (const n of [1, 2, 64, 1000]) {
      for (const tolerance of [0, 0.25, 0.3, 0.49, 0.499]) {
        const mass = massFor(n, tolerance);
        assert.ok(mass >= n && mass >= 2);
        assert.ok(1 / (mass + 1) < 0.5 - tolerance, `${n}, ${tolerance}`);
      }
    }
  });

  const source: GapMaxIp = {
    left: fromOnes(8, [
      [0, 1, 2],
      [3, 4],
    ]),
    right: fromOnes(8, [[0, 1, 2, 5], [6]]),
    high: 3,
    low: 0,
  };

  test('an error of half or more is inconclusive, and says what would do', async () => {
    const output = await attend(maxIpToAttention.encode(source, plain));
    const vague = { ...output, error: { relative: 0, absolute: 0.9 } };
    const answer = maxIpToAttention.decode(source, vague, plain);
    assert.is(answer.outcome, 'inconclusive');
    assert.match(answer.outcome === 'inconclusive' ? answer.remedy : '', /additive error below 0\.\d+/);
  });

  test('where a format rounds the shift, the entries make up for it: the lemma’s gap is kept', () => {
    const ones = (count: number): number[] => Array.from({ length: count }, (_, c) => c);
    let rounded = 0;
    for (let low = 1000; low < 2000; low += 37) {
      const side = fromOnes(low + 1, [ones(low)]);
      const instance = { left: side, right: side, low, high: low + 1 };
      const { gap, mass, attention } = shifted(instance, low + 1, { ...plain, dtype: 'f32' });
      assert.ok(gap.near >= (mass / (mass + 1)) * (1 - 1e-12), `${low}: ${gap.near}`);
      assert.ok(gap.far <= (1 / (mass + 1)) * (1 + 1e-12), `${low}: ${gap.far}`);
      const [b, shift] = [0, low + 1].map((c) => entries(attention.k)[c]!) as [number, number];
      if ((low + 1) * (-shift / b) < low + 1 / 3 - 0.01) rounded++;
    }
    assert.ok(rounded > 3, `${rounded} were rounded by more than a hundredth`);
  });

  test('the certificate has the gap’s own share, the claim and the output farthest from its side', async () => {
    const output = await attend(maxIpToAttention.encode(source, plain));
    const { near, far } = shifted(source, 1, plain).gap;
    const error = { relative: 0.02, absolute: 0.03 };
    const values = Float64Array.of(0.97, 0.02);
    const { certificate } = maxIpToAttention.decode(source, { ...output, values, error }, plain);
    const { bias, noise, worst } = certificate;
    assert.is(bias, Math.max(1 - near, far));
    assert.ok(Math.abs(noise - 0.05) < 1e-15 && Math.abs(worst - 0.03) < 1e-15);
    const swapped = { ...source, left: fromOnes(8, [[3, 4], [3]]) };
    const other = { ...output, values: Float64Array.of(0.01, 0.04), error };
    const answer = maxIpToAttention.decode(swapped, other, plain);
    assert.is(answer.outcome, 'no');
    assert.is(answer.certificate.worst, 0.04);
  });

  test('outputs of a wrong shape, beyond [0, 1], inside the gap or on the wrong side are refused with their row', async () => {
    const output = await attend(maxIpToAttention.encode(source, plain));
    const change = (row: number, y: number): AttentionOutput => ({
      ...output,
      values: output.values.map((value, i) => (i === row ? y : value)),
    });
    const faults: readonly (readonly [AttentionOutput, string, RegExp])[] = [
      [{ ...output, rows: 1, values: output.values.slice(0, 1) }, 'output-shape', /1 × 1/],
      [change(1, 1.5), 'output-out-of-range', /out\[1\]/],
      [change(1, NaN), 'output-out-of-range', /NaN/],
      [change(0, 0.5), 'output-refuted', /row 0/],
      [change(1, 0.99), 'output-refuted', /row 1/],
    ];
    // The first row is near: put it far away so that row 1 is the first one to be looked up.
    for (const [bad, code, message] of faults) {
      const given =
        message.source === 'row 1' ? { ...bad, values: bad.values.map((y, i) => (i === 0 ? 0.01 : y)) } : bad;
      let thrown: unknown;
      try {
        maxIpToAttention.decode(source, given, plain);
      } catch (error) {
        thrown = error;
      }
      assert.instance(thrown, InputError, code);
      assert.is((thrown as InputError).fault.code, code);
      assert.match((thrown as InputError).message, message);
    }
  });

  test('a format too coarse for the shift, and outputs too small for the format, are refused before anything is made', () => {
    const wide: ClosestPair = {
      left: fromOnes(4000, [Array.from({ length: 2000 }, (_, k) => k)]),
      right: fromOnes(4000, [Array.from({ length: 2000 }, (_, k) => k + 1)]),
      near: 2,
      far: 4,
    };
    const codeOf = (make: () => unknown): string => {
      try {
        make();
      } catch (error) {
        return (error as InputError).fault.code;
      }
      return 'made';
    };
    assert.is(
      codeOf(() => closestPairToAttention.encode(wide, plain)),
      'made',
    );
    assert.is(
      codeOf(() => closestPairToAttention.encode(wide, { ...plain, dtype: 'bf16' })),
      'dtype-too-narrow',
    );
    assert.is(
      codeOf(() => closestPairToTallAttention.encode(wide, plain)),
      'form-underflows',
    );
  });

  test('ledgers name what the theorem promises and what there is', () => {
    const names = maxIpToAttention.ledger(source, plain).map(({ parameter }) => parameter);
    assert.equal(names, [
      'queries',
      'keys',
      'head dimension',
      'B',
      'B/√(ln n)',
      'a close row',
      'a far row',
      'additive error tolerated',
    ]);
    const figure = (parameter: string): string =>
      maxIpToAttention.ledger(source, plain).find((entry) => entry.parameter === parameter)!.actual;
    assert.is(figure('keys'), '4');
    assert.is(figure('head dimension'), '9');
  });
});
