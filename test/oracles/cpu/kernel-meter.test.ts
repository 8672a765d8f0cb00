import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { openEngine } from '../../../src/oracles/cpu/engine.ts';
import { examine, meterKeyBlock, meterQueryBlock } from '../../../src/oracles/cpu/kernel-meter.ts';
import { logitMeter } from '../../../src/oracles/logit-meter.ts';
import { InputError } from '../../../src/problems/input-error.ts';
import { suite } from '../../support/harness.ts';

const at = 4096;
const keyMax = 1024;
const seen = { sums: 2048, units: 2560, single: 3072 };
const largest32 = 2 ** 60;

/** The largest power of two that divides x ≠ 0, from its digits. */
function unitOf(x: number): number {
  let unit = 2 ** 400;
  while (!Number.isInteger(x / unit)) unit /= 2;
  return unit;
}

const entry: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, -0, 1, -2, 0.75, 3e-5, 2 ** -40, Math.fround(0.1), 2 ** 61, 2 ** 60),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }).filter((x) => x === 0 || Math.abs(x) > 1e-30),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 }).map((x) => x / 2 ** 20),
);

const blocks = fc
  .record({ rows: fc.integer({ min: 1, max: 5 }), columns: fc.integer({ min: 1, max: 9 }) })
  .chain(({ rows, columns }) =>
    fc
      .array(entry, { minLength: rows * columns, maxLength: rows * columns })
      .map((entries) => ({ rows, columns, entries })),
  );

const { kernel, memory } = await openEngine(1);

suite('oracles/cpu/kernel-meter', (test) => {
  const place = (rows: number, columns: number, all: readonly number[]) => {
    const entries = new Float64Array(memory.buffer, at, all.length);
    entries.set(all);
    return { kernel, at, entries, rows, columns, first: 10 };
  };

  test('sums, units and whether a row is in float32 are those of its entries', () =>
    fc.assert(
      fc.property(blocks, ({ rows, columns, entries }) => {
        const most = Float64Array.from({ length: columns }, (_, c) => c + 0.5);
        new Float64Array(memory.buffer, keyMax, columns).set(most);
        const { sums, units, single } = meterQueryBlock(
          place(rows, columns, entries),
          keyMax,
          seen,
          largest32,
        );
        for (let row = 0; row < rows; row++) {
          const own = entries.slice(row * columns, (row + 1) * columns);
          const sum = own.reduce((total, x, c) => total + Math.abs(x) * most[c]!, 0);
          assert.ok(Math.abs(sums[row]! - sum) <= 1e-14 * sum);
          const present = own.filter((x) => x !== 0);
          assert.is(units[row], present.length === 0 ? 2 ** 451 : Math.min(...present.map(unitOf)));
          const fits = own.every((x) => Math.fround(x) === x && Math.abs(x) <= largest32);
          assert.is(single[row] === 1, fits);
        }
      }),
      { numRuns: 300 },
    ));

  test('keys give the largest of each column and the largest power of two that divides all', () =>
    fc.assert(
      fc.property(blocks, ({ rows, columns, entries }) => {
        new Float64Array(memory.buffer, keyMax, columns).fill(0);
        const meter = logitMeter(columns, 1);
        meterKeyBlock(meter, place(rows, columns, entries), keyMax);
        const most = new Float64Array(memory.buffer, keyMax, columns);
        for (let c = 0; c < columns; c++) {
          const column = entries.filter((_, e) => e % columns === c).map(Math.abs);
          assert.is(most[c], Math.max(...column));
        }
        const present = entries.filter((x) => x !== 0);
        assert.is(meter.keyUnit, present.length === 0 ? 2 ** 451 : Math.min(...present.map(unitOf)));
      }),
      { numRuns: 300 },
    ));

  test('a unit too fine to matter counts as none', () => {
    new Float64Array(memory.buffer, keyMax, 1).fill(0);
    for (const [x, unit] of [
      [2 ** -530, 2 ** -530],
      [2 ** -531, 0],
      [2 ** -1074, 0],
    ] as const) {
      const meter = logitMeter(1, 1);
      meterKeyBlock(meter, place(1, 1, [x]), keyMax);
      assert.is(meter.keyUnit, unit);
    }
  });

  test('whatever is not finite or too large is refused with its place, wherever it stands', () => {
    for (const bad of [NaN, Infinity, -Infinity, 2 ** 451, -(2 ** 451)]) {
      for (let where = 0; where < 9; where++) {
        const all = Array<number>(9).fill(1);
        all[where] = bad;
        assert.throws(
          () => examine('v', place(3, 3, all), largest32),
          (error: unknown) =>
            error instanceof InputError &&
            error.message.includes(`row ${10 + Math.floor(where / 3)}, column ${where % 3}`),
        );
      }
    }
  });

  test('a block is in float32 where all its entries are', () => {
    assert.is(examine('k', place(1, 3, [1, 0.5, -0]), largest32), true);
    assert.is(examine('k', place(1, 3, [1, 0.5, 0.1]), largest32), false);
    assert.is(examine('k', place(1, 3, [0.1, 0.5, 1]), largest32), false);
    assert.is(examine('k', place(1, 2, [1, 2 ** 61]), largest32), false);
  });
});
