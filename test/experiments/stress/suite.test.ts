import { createHash } from 'node:crypto';
import * as assert from 'uvu/assert';
import { buildRung, planned } from '../../../src/experiments/stress/rung.ts';
import { readouts } from '../../../src/experiments/stress/readouts.ts';
import {
  rootScaledRungs,
  suiteNames,
  suiteRungs,
  suiteVersion,
  topLevel,
} from '../../../src/experiments/stress/suite.ts';
import { entries, type Attention, type Matrix } from '../../../src/problems/attention.ts';
import { dtypes } from '../../../src/problems/dtype.ts';
import { pack } from '../../../src/readout/cache.ts';
import { plan } from '../../../src/readout/planner.ts';
import { suite } from '../../support/harness.ts';

/**
 * What scores of this version were measured on: SHA-256 of every matrix, scale and demand of the quick suite and of what
 * the full suite's instances are made from. When it changes, scores are not comparable any more: a new `suiteVersion`.
 */
const pinned = {
  version: 4,
  quick: '5c5dfd1f9c0c1d7d0a9a7a9ebdf9e989e6a682e97c139d90dcaed35e93bd3d75',
  full: '1830004322138263d474119eca8ce72bb549e327dfc353e9c5b1841776d2f463',
};

const isPower = (n: number): boolean => Number.isInteger(Math.log2(n));

/** The least and the largest logit of each query, over the keys from `first` on up to `end`. */
function logitRanges({ q, k, scale }: Attention, first = 0, end = k.rows): readonly [number, number][] {
  const [queries, keys, d] = [entries(q), entries(k), q.columns];
  return Array.from({ length: q.rows }, (_, i) => {
    const query = queries.subarray(i * d, (i + 1) * d);
    const logits = Array.from({ length: end - first }, (_, j) =>
      query.reduce((sum, x, c) => sum + scale * x * keys[(first + j) * d + c]!, 0),
    );
    return [Math.min(...logits), Math.max(...logits)];
  });
}

/** `+`, `-` or `+-`: which signs a matrix has. */
const signs = (matrix: Matrix): string => {
  const all = entries(matrix);
  return (all.some((x) => x > 0) ? '+' : '') + (all.some((x) => x < 0) ? '-' : '');
};

suite('src/experiments/stress/suite', (test) => {
  test('every level of every dtype has a rung in both suites, and no two rungs one name', () => {
    for (const name of suiteNames) {
      const rungs = suiteRungs(name);
      assert.is(new Set(rungs.map(({ id }) => id)).size, rungs.length);
      for (const dtype of dtypes) {
        for (let level = 1; level <= topLevel[dtype]; level++) {
          assert.ok(
            rungs.some((rung) => rung.dtype === dtype && rung.level === level),
            `${name} ${dtype}/${level}`,
          );
        }
      }
    }
  });

  test('a rung of both suites is the same in both', () => {
    const full = new Map(suiteRungs('full').map((rung) => [rung.id, rung]));
    for (const rung of suiteRungs('quick')) assert.equal(full.get(rung.id), rung);
  });

  test('every rung has its frozen readout, and there are no others', () => {
    const all = suiteNames.flatMap((name) => [...suiteRungs(name), ...rootScaledRungs(name)]);
    const ids = all.map(({ id }) => id);
    assert.equal(Object.keys(readouts).toSorted(), [...new Set(ids)].toSorted());
  });

  test('instances and demands are those of this version of the suites', () => {
    const quick = createHash('sha256');
    for (const rung of suiteRungs('quick').map(buildRung)) {
      const { relative, absolute } = rung.demand;
      quick.update(`${rung.spec.id} ${relative.toPrecision(9)} ${absolute}\n`);
      for (const { q, k, v, scale } of rung.heads.map(({ attention }) => attention)) {
        quick.update(`${scale} ${[q, k, v].map(({ rows, columns }) => `${rows} × ${columns}`).join()}\n`);
        for (const matrix of [q, k, v]) quick.update(entries(matrix));
      }
    }
    const full = createHash('sha256').update(JSON.stringify([suiteRungs('full'), readouts]));
    const found = { version: suiteVersion, quick: quick.digest('hex'), full: full.digest('hex') };
    assert.equal(found, pinned, 'a change of the suites is a new suiteVersion, and then these are');
  });

  test('with the scale of most kernels the ladder is the same: what is demanded, all scaled by 1/√d', () => {
    for (const dtype of dtypes) {
      const [own, scaled] = [suiteRungs('quick', [dtype]), rootScaledRungs('quick', [dtype])];
      assert.equal(
        scaled.map(({ id }) => id.replace('+rsqrt', '')),
        own.map(({ id }) => id),
      );
      for (const spec of scaled.filter(({ id, level }) => id.endsWith('+rsqrt') && level % 3 !== 0)) {
        const { heads, demand, shape } = buildRung(spec);
        for (const { attention } of heads) assert.is(attention.scale, 1 / Math.sqrt(shape.headDim));
        assert.ok(demand.relative >= spec.error, `${spec.id} demands ${demand.relative}`);
        assert.ok(demand.relative <= 2 * spec.error, `${spec.id} demands only ${demand.relative}`);
      }
      for (const spec of scaled.filter(({ id }) => !id.endsWith('+rsqrt')))
        assert.ok(own.some((o) => o.id === spec.id));
    }
  });

  test('no two heads of a rung have the same V', () => {
    const several = suiteRungs('full', ['f16']).filter(({ heads }) => heads > 1);
    assert.ok(several.length > 1);
    for (const spec of several) {
      const { heads } = buildRung(spec);
      const values = new Set(heads.map(({ attention }) => entries(attention.v).join()));
      assert.is(values.size, spec.heads, spec.id);
    }
  });

  test('Q and K of the short rungs have both signs and several magnitudes, and no rung loses demand by it', () => {
    for (const spec of suiteRungs('quick', ['f32']).filter(({ scaled }) => scaled)) {
      const rung = buildRung(spec);
      const { q, k } = rung.heads[0]!.attention;
      assert.is(signs(q), '+-', spec.id);
      assert.is(signs(k), '+-', spec.id);
      assert.ok(new Set(entries(k).map(Math.abs)).size >= 4, spec.id);
      const plain = buildRung({ ...spec, scaled: false, moved: false });
      assert.equal(signs(plain.heads[0]!.attention.q), spec.shift > 0 ? '+-' : '+', spec.id);
      assert.is(rung.demand.relative, plain.demand.relative);
      assert.equal(rung.heads[0]!.truth, plain.heads[0]!.truth);
    }
  });

  test('a frozen readout is what the planner makes', () => {
    for (const id of ['f64/3/values', 'f16/3/long']) {
      const spec = suiteRungs('quick').find((rung) => rung.id === id)!;
      assert.is(readouts[id], pack(plan(planned(spec).demand).readout), id);
    }
  });

  test('the quick suite has every shape, both scales, heads, witness columns, long sums, and demands what it says', () => {
    for (const dtype of dtypes) {
      const rungs = suiteRungs('quick', [dtype]).map(buildRung);
      for (const { demand, spec } of rungs) {
        assert.ok(demand.relative >= spec.error, `${spec.id} demands ${demand.relative}`);
        assert.ok(demand.relative <= 2 * spec.error, `${spec.id} demands only ${demand.relative}`);
      }
      const some = (what: string, holds: (rung: (typeof rungs)[number]) => boolean): void =>
        assert.ok(rungs.some(holds), `${dtype}: ${what}`);
      some('d is a power of two', ({ shape }) => isPower(shape.headDim));
      some('d is none', ({ shape }) => !isPower(shape.headDim));
      some('n is a power of two', ({ shape }) => isPower(shape.keys));
      some('n is none', ({ shape }) => !isPower(shape.keys));
      some('1/d', ({ spec }) => spec.scaleName === 'linear');
      some('1/√d', ({ spec }) => spec.scaleName === 'rsqrt');
      some('several heads', ({ heads }) => heads.length > 1);
      some('thousands of keys', ({ shape }) => shape.keys > 8192);
      const beyond = dtype === 'f64' ? 710 : 89;
      const named = (name: string): Attention =>
        rungs.find(({ spec }) => spec.id.endsWith(`/${name}`))!.heads[0]!.attention;
      // 64 less is beyond the denormal numbers too. In a tile of 64 queries there are both.
      const shifted = logitRanges(named('shift'));
      for (let from = 0; from + 64 <= shifted.length; from += 64) {
        const tile = shifted.slice(from, from + 64);
        assert.ok(
          tile.some(([least]) => least > beyond),
          `${dtype}: logits beyond exp`,
        );
        assert.ok(
          tile.some(([, most]) => most < -beyond - 64),
          `${dtype}: logits whose exp is 0`,
        );
      }
      const late = named('late');
      const early = logitRanges(late, 0, 256);
      logitRanges(late, 256).forEach(([, most], i) =>
        assert.ok(early[i]![1] < most - beyond - 64, `${dtype}: early keys count for query ${i}`),
      );
      some('witness columns', ({ shape, spec }) => shape.valueDim > 1 && spec.witness === 'columns');
      some('V as wide as Q', ({ shape }) => shape.valueDim === 64 && shape.headDim === 64);
      some('d beyond 128', ({ shape }) => shape.headDim > 128);
      some('patterns', ({ heads }) => signs(heads[0]!.attention.q) === '+');
      some('V with negative numbers', ({ heads }) => signs(heads[0]!.attention.v) === '-');
      some('V with both signs', ({ heads }) => signs(heads[0]!.attention.v) === '+-');
      if (dtype !== 'bf16')
        some('products that round', ({ heads }) => !entries(heads[0]!.attention.k).includes(0));
      some('rows with partners', ({ heads }) => heads[0]!.histograms.some(([all]) => all![0]! > 0));
      some('rows without', ({ heads }) => heads[0]!.histograms.some(([all]) => all![0] === 0));
    }
  });
});
