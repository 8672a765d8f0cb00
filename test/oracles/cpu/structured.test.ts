import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { cpuOracle } from '../../../src/oracles/cpu/cpu.ts';
import { openEngine } from '../../../src/oracles/cpu/engine.ts';
import { newArena } from '../../../src/oracles/cpu/pattern-memory.ts';
import { attendStructured, structuredClaim } from '../../../src/oracles/cpu/structured.ts';
import type { Attended } from '../../../src/oracles/oracle.ts';
import { denseMatrix, entries, type Attention } from '../../../src/problems/attention.ts';
import { InputError } from '../../../src/problems/input-error.ts';
import { suite } from '../../support/harness.ts';
import { adversarial, attentions, cook, distance, numbers } from '../cases.ts';

interface Shape {
  readonly vectors: number;
  readonly keys: number;
  readonly pads: number;
  readonly dimension: number;
  readonly scales: number;
  readonly bits: number;
  readonly seed: number;
}

/** As reductions make it: several scales of each vector, pads, a pad coordinate, values 1 and the bits of the index. */
function reduction({ vectors, keys, pads, dimension, scales, bits, seed }: Shape): Attention {
  const next = numbers(seed);
  const bit = (): number => +(next() < 0.4);
  const left = Array.from({ length: vectors * dimension }, bit);
  const right = Array.from({ length: keys * dimension }, bit);
  const bound = 6 + 10 * next();
  const t = Array.from({ length: scales }, (_, k) => (k === 0 ? bound : bound * next() ** 2));
  return cook({
    queries: vectors * scales,
    keys: keys + pads,
    headDim: dimension + 1,
    valueDim: 1 + bits,
    q: (r, c) => (c === dimension ? bound : left[Math.floor(r / scales) * dimension + c]! * t[r % scales]!),
    k: (r, c) =>
      r < keys ? (c === dimension ? 0 : -bound * right[r * dimension + c]!) : c === dimension ? bound : 0,
    v: (r, c) => (r >= keys ? 0 : c === 0 ? 1 : (r >>> (c - 1)) & 1),
  });
}

const shapes: fc.Arbitrary<Shape> = fc.record({
  vectors: fc.integer({ min: 1, max: 6 }),
  keys: fc.integer({ min: 1, max: 40 }),
  pads: fc.integer({ min: 0, max: 5 }),
  dimension: fc.integer({ min: 1, max: 300 }),
  scales: fc.integer({ min: 1, max: 5 }),
  bits: fc.integer({ min: 0, max: 4 }),
  seed: fc.nat(),
});

/** One entry of a matrix changed. */
function changed(
  attention: Attention,
  name: 'q' | 'k' | 'v',
  at: number,
  to: (x: number) => number,
): Attention {
  const matrix = attention[name];
  const all = entries(matrix);
  all[at] = to(all[at]!);
  return { ...attention, [name]: denseMatrix(matrix.rows, matrix.columns, all) };
}

const nudged = (x: number): number => x * (1 + 2 ** -52);
const typical = reduction({ vectors: 12, keys: 50, pads: 4, dimension: 70, scales: 4, bits: 3, seed: 5 });
/** The first entry of row `row` that is not 0. */
const firstEntry = (matrix: Attention['q'], row: number): number => {
  const all = entries(matrix);
  for (let at = row * matrix.columns; ; at++) if (all[at] !== 0) return at;
};

suite('oracles/cpu/structured', (test) => {
  const oracle = cpuOracle({ threads: 2 });
  const forced = cpuOracle({ threads: 1, path: 'structured' });
  const dense = cpuOracle({ threads: 1, path: 'dense' });

  test('within its claim of at most 25u, for patterns of one to five words, pads and value columns', () =>
    fc.assert(
      fc.asyncProperty(shapes, async (shape) => {
        const attention = reduction(shape);
        const attended = await forced.attend(attention);
        assert.is(attended.path, 'structured');
        const [, classes] = /in (\d+) classes of keys$/.exec(attended.reason)!;
        assert.equal(attended.output.error, structuredClaim('f64', Number(classes)));
        assert.ok(attended.output.error.relative <= 25 * 2 ** -53);
        const { share } = distance(attention, attended);
        assert.ok(share <= 1, `${share} of the claim`);
      }),
      { numRuns: 60 },
    ));

  for (const [name, attention] of adversarial()) {
    test(`whichever way it takes, within its claim: ${name}`, async () => {
      const { share } = distance(attention, await oracle.attend(attention));
      assert.ok(share <= 1, `${share} of the claim`);
    });
  }

  test('whichever way it takes, within its claim for random matrices', () =>
    fc.assert(
      fc.asyncProperty(attentions, async (attention) => {
        const { share } = distance(attention, await oracle.attend(attention));
        assert.ok(share <= 1, `${share} of the claim`);
      }),
      { numRuns: 40 },
    ));

  test('both ways agree within their claims, around every edge of tiles and words', async () => {
    for (const keys of [1, 3, 127, 128, 129, 1023, 1025, 2049]) {
      // With 400 bits, keys have more ones than are counted in slices.
      for (const dimension of [1, 63, 64, 65, 127, 128, 191, 193, 256, 400]) {
        const attention = reduction({
          vectors: 3,
          keys,
          pads: 2,
          dimension,
          scales: 3,
          bits: 0,
          seed: keys + dimension,
        });
        const [a, b] = [(await forced.attend(attention)).output, (await dense.attend(attention)).output];
        a.values.forEach((x, e) => {
          const allowed = (a.error.relative + b.error.relative) * b.values[e]! * 1.001 + 1e-300;
          assert.ok(Math.abs(x - b.values[e]!) <= allowed, `${keys} keys, ${dimension} bits, output ${e}`);
        });
      }
    }
  });

  test('inner products up to the most that slices hold, and one beyond, are counted', async () => {
    const { kernel } = await openEngine(1);
    const most = kernel.mostSliced.value;
    for (const headDim of [most - 1, most, most + 1, most + 2]) {
      const attention = cook({
        queries: 4,
        keys: 140,
        headDim,
        valueDim: 1,
        q: (r, c) => +(r === 3 || c % 3 !== r),
        // Two classes, each of one value, so that counts are all there is; the first has keys of ones only.
        k: (r, c) => (r % 2 === 0 ? -3 * +(c % 7 >= r % 7) : -2 * +(c % 5 < r % 6)),
        v: (r) => 1 - (r % 2),
      });
      const [a, b] = [(await forced.attend(attention)).output, (await dense.attend(attention)).output];
      a.values.forEach((x, e) => {
        const allowed = (a.error.relative + b.error.relative) * b.values[e]! * 1.001;
        assert.ok(
          x > 0 && x < 1 && Math.abs(x - b.values[e]!) <= allowed,
          `${headDim} ones, output ${e}: ${x}, ${b.values[e]}`,
        );
      });
    }
  });

  test('an entry of any other value, in any column, is no pattern', async () => {
    const wide = reduction({ vectors: 30, keys: 120, pads: 4, dimension: 73, scales: 4, bits: 0, seed: 8 });
    // 2 is a single bit of the exponent, and the smallest number a single one of the fraction.
    for (const other of [2, -2, 2 ** -1074, 2 ** -1022]) {
      for (const name of ['q', 'k'] as const) {
        for (const column of [0, 1, 15, 16, 31, 47, 63, 64, 71, 72]) {
          const at = 50 * wide[name].columns + column; // in a row that is not looked at for general columns
          const { path, reason } = await oracle.attend(changed(wide, name, at, () => other));
          assert.is(path, 'dense', `${name}, column ${column}, ${other}`);
          assert.match(reason, new RegExp(`row 50 of ${name.toUpperCase()} has several values`));
        }
      }
    }
  });

  test('neighbouring queries that differ in their last column only are told apart', async () => {
    for (const headDim of [2, 64, 65, 100, 130]) {
      const attention = cook({
        queries: 5,
        keys: 9,
        valueDim: 1,
        headDim,
        q: (r, c) => (c < headDim - 1 ? 1 : r % 2),
        k: (r, c) => (c < headDim - 1 ? r % 2 : +(r % 3 === 0)),
        v: () => 0,
      });
      const valued = {
        ...attention,
        v: denseMatrix(
          9,
          1,
          Float64Array.from({ length: 9 }, (_, j) => +(j % 2 === 1 || j % 3 === 0)),
        ),
      };
      const { share } = distance(valued, await forced.attend(valued));
      assert.ok(share <= 1, `${headDim} columns: ${share} of the claim`);
    }
  });

  test('many scales, each of its own or coming back, get their own weights', async () => {
    // More rows than a block has, more scales than are kept from one block to the next.
    for (const scales of [1, 70, 400, 2500]) {
      const shape = { keys: 20, pads: 2, dimension: 40, bits: 0, seed: scales };
      const attention = reduction({ ...shape, vectors: Math.ceil(5000 / scales), scales });
      const [a, b] = [(await forced.attend(attention)).output, (await dense.attend(attention)).output];
      a.values.forEach((x, e) => {
        const allowed = (a.error.relative + b.error.relative) * b.values[e]! * 1.001;
        assert.ok(Math.abs(x - b.values[e]!) <= allowed, `${scales} scales, row ${e}: ${x}, ${b.values[e]}`);
      });
    }
  });

  test('general entries that change from row to row get their own weights, and are refused when not finite', async () => {
    const general = (odd: (row: number) => number): Attention =>
      cook({
        queries: 5000,
        keys: 12,
        headDim: 20,
        valueDim: 1,
        q: (r, c) => (c === 7 ? odd(r) : r % 3 === 0 ? 0 : +((r + c) % 4 === 0) * 1.5),
        k: (r, c) => (c === 7 ? (r % 2) + 1 : +((r * c) % 3 === 0)),
        v: (r) => r % 2,
      });
    const attention = general((r) => (r % 97) / 16 + 3);
    const [a, b] = [await forced.attend(attention), await dense.attend(attention)];
    a.output.values.forEach((x, e) => {
      const allowed = (a.output.error.relative + b.output.error.relative) * b.output.values[e]! * 1.001;
      assert.ok(Math.abs(x - b.output.values[e]!) <= allowed, `row ${e}`);
    });
    for (const bad of [NaN, Infinity, 2 ** 451]) {
      for (const row of [0, 2500, 4999]) {
        const refused = forced.attend(general((r) => (r === row ? bad : 3)));
        const error = await refused.then(
          () => undefined,
          (reason: unknown) => reason,
        );
        assert.instance(error, InputError);
        assert.match((error as InputError).message, new RegExp(`row ${row}, column 7`));
      }
    }
  });

  test('logits that could reach 2^30 are for the dense way, which refuses them with their row', async () => {
    const large = cook({
      queries: 50,
      keys: 3,
      headDim: 4,
      valueDim: 1,
      scale: 1,
      q: (r, c) => (c < 3 ? 1 : r === 30 ? 2 ** 31 : 1),
      k: (_, c) => (c < 3 ? 2 : 1),
      v: (r) => r,
    });
    // Two general columns whose products cancel: the logits are small, and what was rounded on the way is not.
    const cancelling = cook({
      queries: 1,
      keys: 2,
      headDim: 12,
      valueDim: 1,
      scale: 2 ** -8,
      q: (_, c) => (c < 10 ? 1 : c === 10 ? 2 ** 27 + 12345 : -(2 ** 27) - 12346),
      k: (r, c) => (c < 10 ? 1 : r === 1 ? 0 : c === 10 ? 2 ** 27 + 777 : 2 ** 27 + 776),
      v: (r) => 1 - r,
    });
    for (const [attention, row] of [
      [large, 30],
      [cancelling, 0],
    ] as const) {
      const refused = (of: typeof oracle): Promise<unknown> =>
        of.attend(attention).then(
          () => undefined,
          (reason: unknown) => reason,
        );
      const error = await refused(oracle);
      assert.instance(error, InputError);
      assert.is((error as InputError).fault.code, 'logits-too-large');
      assert.match((error as InputError).message, new RegExp(`row ${row}`));
      assert.match(
        ((await refused(forced)) as InputError).message,
        new RegExp(`query ${row} .*could reach 2\\^30`),
      );
    }
  });

  test('many value columns take few queries a block, or sums would fill more memory than there is', async () => {
    const shape = { queries: 130, keys: 3, headDim: 200, valueDim: 20_000 };
    const attention = cook({ ...shape, q: () => 1, k: () => 1, v: (r) => r });
    const attended = await forced.attend(attention);
    assert.ok(attended.output.values.every((x) => x === 1));
  });

  test('values are looked at to the last key, in however many blocks they are read', async () => {
    const shape = { queries: 2, keys: 8, headDim: 4, valueDim: 20_000 }; // three keys a block
    // In half of the columns the first key has another value than all others, in half of them the last one.
    const attention = cook({
      ...shape,
      q: () => 1,
      k: (r, c) => +(c < r % 3),
      v: (r, c) => +(r === 7 * (c % 2)),
    });
    const [a, b] = [await forced.attend(attention), await dense.attend(attention)];
    a.output.values.forEach((x, e) => {
      const right = b.output.values[e]!;
      assert.ok(right > 0.01 && Math.abs(x - right) <= 1e-14, `output ${e}: ${x}, ${right}`);
    });
    const refused = await forced
      .attend(changed(attention, 'v', 7 * shape.valueDim + 5, () => NaN))
      .catch((error: unknown) => error);
    assert.match(
      (refused as InputError).message,
      /^v: expected finite entries, found NaN in row 7, column 5/,
    );
  });

  test('an entry that is off by an ulp is no pattern: the dense way, which says why, and is right', async () => {
    const near: readonly (readonly [name: 'q' | 'k', at: number, reason: RegExp])[] = [
      ['q', firstEntry(typical.q, 1), /row 1 of Q has several values|several values in more than/],
      ['q', firstEntry(typical.q, 47), /row \d+ of Q has several values|several values in more than/],
      ['k', firstEntry(typical.k, 20), /row 20 of K has several values|several values in more than/],
    ];
    for (const [name, at] of near) {
      const attention = changed(typical, name, at, nudged);
      const attended = await oracle.attend(attention);
      const { share } = distance(attention, attended);
      assert.ok(share <= 1, `${name} ${at}: ${share} of the claim`);
      // A single odd column can be taken as general; its column is then no part of any pattern. Either is right.
      if (attended.path === 'dense') assert.match(attended.reason, /several values/);
    }
  });

  test('beyond a few odd columns, kinds of keys, or values that are not integers, the dense way is taken', async () => {
    const next = numbers(3);
    const { k, q } = typical;
    const scattered = entries(q).map((x) => (x === 0 || next() < 0.9 ? x : nudged(x)));
    const kinds = entries(k).map((x, at) => x * (1 + (Math.floor(at / k.columns) % 7) / 8));
    const spanning = (span: number): Attention =>
      cook({
        queries: 2,
        keys: 5,
        headDim: 4,
        valueDim: 1,
        scale: 1,
        q: () => 1,
        k: (r, c) => (c < r ? -span / 4 : 0),
        v: (r) => r,
      });
    const cases: readonly (readonly [Attention, RegExp])[] = [
      [{ ...typical, q: denseMatrix(q.rows, q.columns, scattered) }, /several values in more than 4 columns/],
      [{ ...typical, k: denseMatrix(k.rows, k.columns, kinds) }, /K has more than 5 kinds of rows/],
      [changed(typical, 'v', 8, () => 0.5), /not small integers/],
      [changed(typical, 'v', 1, () => 0.5), /not small integers/], // before the others of its class
      [changed(typical, 'v', 1, () => 2 ** 25), /not small integers/],
      [changed(typical, 'v', 8, () => 2 ** 25), /not small integers/],
      [{ ...typical, scale: 40 }, /span more than 1000/],
      [spanning(1004), /span more than 1000/],
    ];
    assert.ok(distance(spanning(1000), await forced.attend(spanning(1000))).share <= 1);
    for (const [attention, reason] of cases) {
      const attended = await oracle.attend(attention);
      assert.is(attended.path, 'dense');
      assert.match(attended.reason, reason);
      assert.ok(distance(attention, attended).share <= 1);
      const refused = await forced.attend(attention).then(
        () => new Error('attended'),
        (error: unknown) => error as Error,
      );
      assert.instance(refused, InputError);
      assert.match(refused.message, reason);
    }
  });

  test('one value a column that is no integer, and integers of both signs, are taken', async () => {
    const values = (v: (r: number, c: number) => number): Attention => ({
      ...typical,
      v: cook({ queries: 1, keys: typical.k.rows, headDim: 1, valueDim: 2, q: () => 0, k: () => 0, v }).v,
    });
    for (const attention of [
      values(() => 0.3),
      values((r, c) => (r < 50 ? 0.1 + c : -7e9)),
      values((r) => ((r * 7919) % 101) - 50),
    ]) {
      const attended = await forced.attend(attention);
      const { share } = distance(attention, attended);
      assert.ok(share <= 1, `${share} of the claim`);
    }
  });

  test('the same bits whatever the threads and wherever blocks end', async () => {
    const attention = reduction({
      vectors: 2600,
      keys: 20_000, // enough pairs for threads to be woken
      pads: 9,
      dimension: 20,
      scales: 4,
      bits: 2,
      seed: 11,
    });
    const outputs: Float64Array[] = [];
    for (const threads of [1, 2, 3]) {
      const engine = await openEngine(threads);
      const attended = (await attendStructured(attention, engine)) as Attended;
      outputs.push(attended.output.values);
      await engine.close();
    }
    assert.equal(outputs[1], outputs[0]);
    assert.equal(outputs[2], outputs[0]);
    // The last rows alone: another block, other neighbours.
    const { q } = attention;
    const tail: Attention = {
      ...attention,
      q: {
        rows: 40,
        columns: q.columns,
        read: (a, b, into) => q.read(q.rows - 40 + a, q.rows - 40 + b, into),
      },
    };
    assert.equal((await forced.attend(tail)).output.values, outputs[0]!.slice(-40 * attention.v.columns));
  });

  test('what the memory held before changes no bit', async () => {
    const engine = await openEngine(1);
    const shape = { vectors: 12, keys: 150, pads: 4, scales: 4, bits: 3, seed: 5 };
    for (const dimension of [20, 300]) {
      const pads = reduction({ ...shape, dimension });
      // Pads of two values: what is summed has no pattern.
      for (const attention of [pads, changed(pads, 'v', entries(pads.v).length - 2, () => 3)]) {
        const outputs: Float64Array[] = [];
        for (const before of [0, 0xff, 0x7f]) {
          new Uint8Array(engine.memory.buffer, newArena().end).fill(before);
          const attended = await attendStructured(attention, engine);
          outputs.push((attended as Attended).output.values);
        }
        assert.equal(outputs[1], outputs[0]);
        assert.equal(outputs[2], outputs[0]);
      }
    }
    await engine.close();
  });

  test('progress ends at 1, an abort is obeyed, and calls at once do not meet', async () => {
    const shares: number[] = [];
    const attention = reduction({
      vectors: 900,
      keys: 40,
      pads: 2,
      dimension: 60,
      scales: 20,
      bits: 0,
      seed: 2,
    });
    const [one, two] = await Promise.all([
      oracle.attend(attention, { onProgress: (done) => shares.push(done) }),
      oracle.attend(typical),
    ]);
    assert.is(shares.at(-1), 1);
    assert.ok(shares.length > 1 && shares.every((share, k) => k === 0 || share > shares[k - 1]!));
    assert.equal(two.output.values, (await forced.attend(typical)).output.values);
    assert.equal(one.output.values, (await forced.attend(attention)).output.values);
    const controller = new AbortController();
    const aborted = oracle.attend(attention, {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    assert.match(String(await aborted.catch((error: unknown) => error)), /Abort/);
    assert.equal((await oracle.attend(typical)).output.values, two.output.values);
  });

  test('entries that are not finite are refused with their place', async () => {
    for (const [name, at] of [
      ['q', 100],
      ['k', 300],
      ['v', 7],
    ] as const) {
      for (const bad of [NaN, Infinity, -Infinity]) {
        const refused = await oracle
          .attend(changed(typical, name, at, () => bad))
          .catch((error: unknown) => error);
        assert.instance(refused, InputError);
        assert.is((refused as InputError).fault.field, name);
      }
    }
  });

  test('a thousand calls hold no more memory than fifty', async () => {
    const call = async (count: number): Promise<number> => {
      for (let n = 0; n < count; n++) await oracle.attend(typical);
      return process.memoryUsage.rss() / 2 ** 20;
    };
    await call(100);
    const before = await call(50);
    const after = await call(1000);
    assert.ok(after < before + 160, `${before} MiB, then ${after} MiB`);
  });
});
