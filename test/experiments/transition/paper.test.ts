import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { points, transitionConfig } from '../../../src/experiments/transition/config.ts';
import { forPower, logChebyshev, logRank, onPaper } from '../../../src/experiments/transition/paper.ts';
import { degreeFor } from '../../../src/oracles/polynomial/series.ts';
import { rankOf } from '../../../src/oracles/polynomial/monomials.ts';
import { chebyshevAmplification } from '../../../src/readout/interpolation.ts';
import { suite } from '../../support/harness.ts';

const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * (1 + Math.abs(b));

/** The rows on paper of one γ, from small n to large. */
const rowsOf = (gamma: number, sizes: readonly number[]): ReturnType<typeof onPaper>[] =>
  points(sizes, { ...transitionConfig(true, 1), exponents: [gamma] }).map(onPaper);

suite('experiments/transition/paper', (test) => {
  test('logarithms are those of the rank and of the amplification', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 12 }), (d, g) => {
        assert.ok(near(logRank(d, g), Math.log(rankOf(d, g))));
      }),
    );
    for (const x of [1e-6, 0.1, 0.5, 0.9]) {
      assert.ok(near(logChebyshev(9, x), Math.log(chebyshevAmplification(9, x))), String(x));
    }
  });

  test('on paper M is B², the degree is that of an error of 1/n, and exponents are logarithms to base n', () => {
    for (const point of points([8, 12, 16, 40], transitionConfig(true, 1))) {
      const { n, d, bound } = point;
      const { logit, degree, rankExponent, amplificationExponent } = onPaper(point);
      assert.is(logit, bound ** 2);
      // An output is off by 2ε/(1 − ε) where weights are off by ε.
      assert.is(degree, degreeFor(logit, 1 / n / (2 + 1 / n)));
      assert.ok(near(n ** rankExponent / rankOf(d, degree), 1));
      const amplification = chebyshevAmplification(d, Math.exp(-logit / d));
      if (amplification < 1e300) assert.ok(near(n ** amplificationExponent / amplification, 1));
    }
  });

  test('an error of 1/n^k takes the degree of an error of 1/n with n^k keys, and its rank is one of n', () => {
    for (const point of points([8, 20, 48], transitionConfig(true, 1))) {
      const { n, d, bound } = point;
      let last = 0;
      for (const power of [1, 2, 3]) {
        const row = forPower(point, power);
        assert.equal({ ...row, degree: 0, rankExponent: 0 }, { ...point, power, degree: 0, rankExponent: 0 });
        assert.is(row.degree, onPaper({ ...point, n: n ** power }).degree, `γ ${point.gamma}, n^${power}`);
        assert.ok(near(row.rankExponent * Math.log(n), logRank(d, row.degree)));
        assert.ok(row.degree > last, `γ ${point.gamma}, B ${bound}: ${row.degree} after ${last}`);
        last = row.degree;
      }
    }
  });

  test('the linear program needs no more amplification than exact interpolation, and is solved for small n only', () => {
    let less = 0;
    for (const gamma of [0, 0.25, 0.5, 0.75, 1]) {
      for (const { amplificationExponent, minimaxExponent, n } of rowsOf(gamma, [8, 10, 12, 14, 16])) {
        // The node x = 1 costs the program nothing, and bounds are rounded to entries: a factor of two at most.
        assert.ok(minimaxExponent! <= amplificationExponent + Math.log(2) / Math.log(n), `${gamma} ${n}`);
        if (minimaxExponent! < amplificationExponent - 0.01) less++;
      }
      assert.is(rowsOf(gamma, [18])[0]!.minimaxExponent, null);
    }
    assert.ok(less > 4, `less for ${less} only`);
  });

  test('below γ = ½ the rank’s exponent falls, at ½ and above it rises', () => {
    const sizes = [16, 24, 32, 48, 64];
    const steps = (gamma: number): number[] =>
      rowsOf(gamma, sizes).flatMap(({ rankExponent }, i, all) =>
        i === 0 ? [] : [rankExponent - all[i - 1]!.rankExponent],
      );
    assert.ok(rowsOf(0.25, sizes).at(-1)!.rankExponent < rowsOf(0.25, sizes)[0]!.rankExponent);
    assert.ok(rowsOf(0, sizes).every(({ rankExponent }) => rankExponent < 1));
    for (const gamma of [0.5, 0.75, 1])
      assert.ok(
        steps(gamma).every((step) => step > 0),
        String(gamma),
      );
  });

  test('the amplification is a fixed power of n at γ = ½, a growing one below, a vanishing one above', () => {
    const sizes = [32, 64, 128];
    const [half, below, above] = [0.5, 0.25, 0.75].map((gamma) =>
      rowsOf(gamma, sizes).map(({ amplificationExponent }) => amplificationExponent),
    );
    assert.ok(Math.max(...half!) - Math.min(...half!) < 0.03);
    assert.ok(below![2]! > below![1]! && below![1]! > below![0]!);
    assert.ok(above![2]! < above![1]! && above![1]! < above![0]!);
  });
});
