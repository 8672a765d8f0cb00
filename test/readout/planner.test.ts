import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { dtypes, isExact, unitRoundoff } from '../../src/problems/dtype.ts';
import type { OutputError } from '../../src/problems/attention.ts';
import { InputError } from '../../src/problems/input-error.ts';
import { toFixed } from '../../src/readout/fixed-point.ts';
import { evaluatePlan, plan, type Demand } from '../../src/readout/planner.ts';
import { countNoise } from '../../src/readout/noise.ts';
import { amplification, nodeValues, padMass, residual, type ReadoutKind } from '../../src/readout/readout.ts';
import { suite } from '../support/harness.ts';

const kinds: readonly ReadoutKind[] = ['threshold', 'interpolation', 'minimax'];

const demandArb = fc
  .record({
    kind: fc.constantFrom(...kinds),
    keys: fc.integer({ min: 1, max: 512 }),
    degree: fc.integer({ min: 0, max: 24 }),
    dtype: fc.constantFrom(...dtypes),
    extra: fc.integer({ min: 1, max: 40 }),
    rsqrt: fc.boolean(),
    roundings: fc.double({ min: 1, max: 200, noNaN: true }),
  })
  .map(({ kind, keys, degree, dtype, extra, rsqrt, roundings }): Demand => ({
    kind,
    keys,
    degree,
    dtype,
    headDim: degree + extra,
    scale: rsqrt ? 1 / Math.sqrt(degree + extra) : 1 / (degree + extra),
    error: () => ({ relative: roundings * unitRoundoff(dtype), absolute: 2 ** -126 }),
  }));

/** A demand for 3-SAT at the threshold with 20 variables. */
const typical = (kind: ReadoutKind, dtype: 'f64' | 'f32', roundings: number): Demand => ({
  kind,
  keys: 1024,
  degree: 47,
  scale: 1 / 92,
  headDim: 92,
  dtype,
  error: () => ({ relative: roundings * unitRoundoff(dtype), absolute: 2 ** -126 }),
});

suite('readout/planner', (test) => {
  test('a plan certifies its demand with entries that the format holds, or says which error would be small enough', () => {
    let refused = 0;
    fc.assert(
      fc.property(demandArb, (demand) => {
        let found;
        try {
          found = plan(demand);
        } catch (error) {
          assert.instance(error, InputError);
          assert.is((error as InputError).fault.code, 'error-too-large');
          refused++;
          return;
        }
        const { readout, bias, noise, pads } = found;
        assert.ok(found.certified && bias + noise < 0.5);
        assert.ok(bias >= demand.keys * residual(readout));
        assert.ok(readout.scales.length > 0 && readout.scales.every((t) => t > 0 && t <= readout.bound));
        assert.ok([readout.bound, ...readout.scales].every((entry) => isExact(demand.dtype, entry)));
        assert.ok(pads.mass >= demand.keys);
      }),
      { numRuns: 120 },
    );
    assert.ok(refused > 0 && refused < 100, `${refused} refused`);
  });

  test('a plan is certified where the search, which takes fewer candidates, just reached what the last look misses', () => {
    const demand: Demand = {
      kind: 'minimax',
      keys: 207,
      degree: 4,
      dtype: 'f64',
      headDim: 23,
      scale: 1 / 23,
      error: () => ({ relative: 2 ** -53, absolute: 2 ** -126 }),
    };
    const found = plan(demand);
    assert.ok(found.certified, `${found.bias} + ${found.noise}`);
    assert.not.ok(plan({ ...demand, bound: 0.283203125 }).certified, 'the bound that was returned before');
  });

  test('every product of entries and every sum of d of them is exact in f32, and in f64', () => {
    fc.assert(
      fc.property(demandArb, ({ dtype, ...demand }) => {
        const wide = dtype === 'f64';
        const { readout } = plan({
          ...demand,
          dtype: wide ? 'f64' : 'f32',
          kind: 'interpolation',
          error: () => ({ relative: 1e-12, absolute: 0 }),
        });
        const bits = wide ? 53n : 24n;
        for (const t of readout.scales) {
          // In units of the product's last bit, the largest sum needs no more than the format's bits.
          let product = toFixed(t) * toFixed(readout.bound);
          while (product % 2n === 0n) product /= 2n;
          const sum = product * BigInt(demand.headDim);
          assert.ok(sum < 1n << bits, `${t} · ${readout.bound} · ${demand.headDim}`);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('no smaller bound of eight bits certifies', () => {
    for (const kind of ['interpolation', 'minimax'] as const) {
      for (const dtype of ['f64', 'f32'] as const) {
        const demand = typical(kind, dtype, 100);
        const { readout } = plan(demand);
        const quantum = 2 ** (Math.floor(Math.log2(readout.bound)) - 7);
        // The search compares readouts over a coarser grid: two steps are clear of the difference.
        assert.not(plan({ ...demand, bound: readout.bound - 2 * quantum }).certified, `${kind} ${dtype}`);
      }
    }
  });

  test('for 20 variables and 91 clauses B is at most 8.5 in f64 and 14.5 in f32, where interpolation needs 15 and the threshold 26', () => {
    assert.ok(plan(typical('minimax', 'f64', 218)).readout.bound <= 8.5);
    assert.ok(plan(typical('minimax', 'f32', 64)).readout.bound <= 14.5);
    assert.ok(plan(typical('interpolation', 'f64', 218)).readout.bound > 15);
    assert.ok(plan(typical('threshold', 'f64', 218)).readout.bound > 26);
  });

  test('a bound asked for is kept, rounded down to an entry of the format', () => {
    for (const [asked, dtype] of [
      [12.34, 'f64'],
      [14.51, 'f32'],
      [26.3, 'f16'],
      [26.3, 'bf16'],
    ] as const) {
      const { readout } = plan({ ...typical('minimax', 'f64', 64), dtype, bound: asked });
      assert.ok(readout.bound <= asked && readout.bound > asked * (1 - 2 ** -7));
      assert.ok(isExact(dtype, readout.bound));
      assert.is(readout.scales.at(-1), readout.bound);
    }
  });

  test('a bound too small for the precision is planned, and not certified', () => {
    const found = plan({ ...typical('minimax', 'f32', 64), bound: 9 });
    assert.not(found.certified);
    assert.ok(found.noise > 1000);
  });

  test('any bound at all is planned, or refused as input', () => {
    for (const kind of kinds) {
      for (const dtype of dtypes) {
        for (let exponent = -300; exponent <= 300; exponent += exponent > -6 && exponent < 6 ? 1 : 21) {
          const demand = {
            ...typical(kind, 'f64', 64),
            keys: 8,
            degree: 17,
            dtype,
            bound: 1.37 * 10 ** exponent,
          };
          try {
            assert.ok(plan(demand).readout.bound <= demand.bound);
          } catch (error) {
            assert.instance(error, InputError, `${kind} ${dtype} ${demand.bound}: ${String(error)}`);
            assert.match(
              (error as InputError).fault.code,
              /^(bound-out-of-range|bound-too-small|nodes-coincide)$/,
            );
          }
        }
      }
    }
  });

  test('the search looks at few bounds, for long formulas and for few keys', () => {
    for (const [keys, degree] of [
      [1, 300],
      [1024, 20],
      [4, 120],
    ] as const) {
      let looks = 0;
      const headDim = degree + 1;
      const error = (): OutputError => {
        looks++;
        return { relative: 64 * 2 ** -53, absolute: 0 };
      };
      plan({ kind: 'interpolation', keys, degree, headDim, scale: 1 / headDim, dtype: 'f64', error });
      assert.ok(looks <= 25, `${looks} looks for ${keys} keys, D = ${degree}`);
    }
  });

  test('a bound that is no bound is refused', () => {
    for (const bound of [0, -1, NaN, Infinity, 1e6]) {
      assert.throws(() => plan({ ...typical('minimax', 'f64', 64), bound }), /--bound.*above 0/);
    }
  });

  test('a larger error costs a larger bound, and a smaller bound a larger amplification', () => {
    const bounds = [1, 16, 256, 4096].map((roundings) => plan(typical('minimax', 'f64', roundings)).readout);
    for (const [k, readout] of bounds.entries()) {
      const next = bounds[k + 1];
      if (next === undefined) continue;
      assert.ok(readout.bound < next.bound);
      assert.ok(amplification(readout) > amplification(next));
    }
  });

  test('sums known to be small are planned with: half precision decodes only thanks to them', () => {
    const demand: Demand = {
      ...typical('minimax', 'f64', 2),
      dtype: 'f16',
      error: () => ({ relative: 2 ** -10, absolute: 2 ** -24 }),
    };
    assert.throws(() => plan(demand), /error per output of at most/);
    const known = plan({ ...demand, mass: (x) => 30 + 1024 * x ** 11 });
    assert.ok(known.certified && known.readout.bound < 28);
  });

  test("a plan's noise is that of the error for all keys, pads included, and for the largest logit there can be", () => {
    for (const kind of kinds) {
      const asked: (readonly [keys: number, maxLogit: number])[] = [];
      const error = (keys: number, maxLogit: number): OutputError => {
        asked.push([keys, maxLogit]);
        return { relative: keys * maxLogit * 2 ** -60, absolute: 2 ** -1074 };
      };
      const mass = (x: number): number => 40 + 3000 * x;
      const demand: Demand = { ...typical(kind, 'f64', 1), headDim: 50, scale: 1 / 50, error, mass };
      const { readout, pads, noise, bias } = plan(demand);
      const { bound, scale } = readout;
      assert.is(pads.mass, padMass(pads.count, bound, scale));
      const [keys, maxLogit] = asked.at(-1)!;
      assert.is(keys, demand.keys + pads.count);
      assert.ok(maxLogit >= scale * bound * bound * demand.headDim * (1 - 2 ** -50)); // d products of B and B
      const masses = nodeValues(readout).map((x) => Math.min(demand.keys, mass(x))); // never more than all keys
      assert.is(noise, countNoise(readout, masses, pads.mass, demand.keys, error(keys, maxLogit)));
      assert.is(bias, demand.keys * residual(readout, demand.degree));
    }
  });

  test('the threshold keeps its promise at its own bound: all keys that are no partners count for a quarter at most', () => {
    for (const keys of [1, 2, 100, 1024, 5000]) {
      const { bias, readout } = plan({ ...typical('threshold', 'f64', 1), keys });
      assert.ok(bias <= 0.25 && bias > 0.2, `${keys} keys: ${bias} at ${readout.bound}`);
    }
  });

  test('the error that a refusal asks for is small enough, and a fifth more is not', () => {
    for (const kind of kinds) {
      const demand = typical(kind, 'f32', 2 ** 20);
      const refusal = (() => {
        try {
          return plan(demand).readout.kind;
        } catch (error) {
          return (error as Error).message;
        }
      })();
      const [, most] = /a relative error per output of at most (\S+) for 1024 keys/.exec(refusal) ?? [];
      assert.ok(most !== undefined, refusal);
      const roundings = Number(most) / unitRoundoff('f32');
      assert.ok(plan(typical(kind, 'f32', 0.9 * roundings)).certified, kind);
      assert.throws(() => plan(typical(kind, 'f32', 1.2 * roundings)), /error per output of at most/);
    }
  });

  test('a readout made for a lower degree is judged by the degree that there is', () => {
    const demand = typical('interpolation', 'f64', 1);
    const { readout } = plan({ ...demand, degree: 5, bound: 9 });
    const { bias, certified } = evaluatePlan(demand, readout);
    assert.is(bias, demand.keys * residual(readout, 47));
    assert.ok(bias > 1 && !certified);
    assert.ok(demand.keys * residual(readout) < 1e-3);
  });

  test('a readout is judged by the claim at hand, whatever it was made for', () => {
    const strict = typical('minimax', 'f32', 64);
    const { readout } = plan({ ...strict, bound: 9 });
    assert.not(evaluatePlan(strict, readout).certified);
    assert.ok(
      evaluatePlan({ ...strict, error: () => ({ relative: 1e-13, absolute: 0 }) }, readout).certified,
    );
  });
});
