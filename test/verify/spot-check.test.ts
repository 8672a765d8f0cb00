import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { Attention, AttentionOutput } from '../../src/problems/attention.ts';
import { denseMatrix } from '../../src/problems/attention.ts';
import { random } from '../../src/problems/families/random.ts';
import { referenceOracle } from '../../src/oracles/reference.ts';
import { escapeProbability, leastAltered, spotCheck } from '../../src/verify/spot-check.ts';
import { rejectionOf } from '../formats/damage.ts';
import { suite } from '../support/harness.ts';

const draw = random(5);
const drawn = (rows: number, columns: number, one: () => number): ReturnType<typeof denseMatrix> =>
  denseMatrix(rows, columns, Float64Array.from({ length: rows * columns }, one));

/** Twelve queries, nine keys, two columns of zeros and ones. */
const attention: Attention = {
  q: drawn(12, 5, () => draw.below(8) / 2),
  k: drawn(9, 5, () => -draw.below(8) / 2),
  v: drawn(9, 2, () => draw.below(2)),
  scale: 0.25,
  dtype: 'f64',
};

async function claimed(relative: number): Promise<AttentionOutput> {
  const { output } = await referenceOracle().attend(attention);
  return { ...output, error: { relative, absolute: 1e-300 } };
}

suite('src/verify/spot-check', (test) => {
  test('a row that is off by more than the claim is found when it is looked at, and only then', async () => {
    const output = await claimed(1e-9);
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.nat({ max: 11 }), { minLength: 1 }),
        fc.nat({ max: 23 }),
        fc.constantFrom(-1, 1),
        async (rows, entry, sign) => {
          const values = output.values.slice();
          values[entry]! *= 1 + sign * 1.01e-9;
          const isSeen = rows.includes(Math.floor(entry / 2)) && values[entry] !== 0;
          const checking = spotCheck(attention, { ...output, values }, rows);
          if (!isSeen) assert.ok((await checking) < 1e-5);
          else assert.is((await rejectionOf(checking)).field, `row ${Math.floor(entry / 2)}`);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('a row within the claim passes, with its share of the claim', async () => {
    const output = await claimed(1e-6);
    const values = output.values.map((y) => y * (1 + 0.75e-6));
    const worst = await spotCheck(attention, { ...output, values }, [3, 0]);
    assert.ok(Math.abs(worst - 0.75) < 1e-6, `${worst}`);
    values[7] = NaN;
    assert.is((await rejectionOf(spotCheck(attention, { ...output, values }, [3]))).code, 'output-refuted');
  });

  test('altered rows escape as often as is said', () => {
    const [total, runs] = [50, 20_000];
    for (const [altered, checked] of [
      [1, 5],
      [3, 10],
      [10, 4],
      [45, 6],
      [20, 1],
    ] as const) {
      const said = escapeProbability(total, altered, checked);
      let escaped = 0;
      for (let run = 0; run < runs; run++) {
        if (draw.subset(checked, total).every((row) => row >= altered)) escaped++;
      }
      const sigma = Math.sqrt(Math.max(said * (1 - said), 1e-4) / runs);
      assert.ok(
        Math.abs(escaped / runs - said) < 5 * sigma,
        `${altered}, ${checked}: ${escaped / runs} and ${said}`,
      );
    }
    assert.is(escapeProbability(10, 0, 10), 1);
    assert.is(escapeProbability(10, 1, 10), 0);
    assert.ok(Math.abs(escapeProbability(9216, 1, 92) - (1 - 92 / 9216)) < 1e-12);
  });

  test('the least number of altered rows that is found with a probability is the least', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.nat(), (total, k) => {
        const checked = 1 + (k % total);
        const least = leastAltered(total, checked, 0.01);
        assert.ok(escapeProbability(total, least, checked) <= 0.01);
        assert.ok(least === 1 || escapeProbability(total, least - 1, checked) > 0.01);
      }),
    );
  });
});
