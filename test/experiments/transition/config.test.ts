import * as assert from 'uvu/assert';
import { points, transitionConfig } from '../../../src/experiments/transition/config.ts';
import { suite } from '../../support/harness.ts';

suite('experiments/transition/config', (test) => {
  test('quick stops at smaller sizes, and both cover γ below, at and above ½ under the seed that is given', () => {
    const [full, quick] = [transitionConfig(false, 3), transitionConfig(true, 3)];
    const ends = ({ paper, measured, variables }: typeof full): unknown[] => [
      [paper[0], paper.at(-1), paper.length],
      measured,
      variables,
    ];
    assert.equal(ends(full), [
      [8, 64, 29],
      [8, 10, 12, 14],
      [8, 12, 16],
    ]);
    assert.equal(ends(quick), [
      [8, 64, 8],
      [8, 10, 12],
      [8, 12],
    ]);
    for (const { exponents, powers, seed } of [full, quick]) {
      assert.is(seed, 3);
      assert.equal(powers, [1, 2, 3], 'the errors 1/n, 1/n² and 1/n³');
      for (const holds of [(g: number) => g < 0.5, (g: number) => g === 0.5, (g: number) => g > 0.5]) {
        assert.ok(exponents.some(holds));
      }
    }
  });

  test('n is 2^k, d is c·log₂ n to the nearest and at least 1, and B is b·(ln n)^γ', () => {
    const config = { ...transitionConfig(true, 1), dimension: 0.3, factor: 1.5, exponents: [0, 0.5, 2] };
    const found = points([1, 9, 12], config);
    assert.equal(
      found.map(({ log2n, n, d, gamma }) => [log2n, n, d, gamma]),
      [
        [1, 2, 1],
        [9, 512, 3],
        [12, 4096, 4],
      ].flatMap((size) => [0, 0.5, 2].map((gamma) => [...size, gamma])),
    );
    for (const { n, gamma, bound } of found) {
      assert.ok(Math.abs(bound / (1.5 * Math.log(n) ** gamma) - 1) < 1e-12);
    }
  });
});
