import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { plainSplit } from '../../../reductions/split-and-list.ts';
import { parseDimacs } from '../../../src/formats/dimacs.ts';
import { cpuOracle } from '../../../src/oracles/cpu/cpu.ts';
import { findProvider, isHardwareAdapter, loadDawn } from '../../../src/oracles/gpu/device.ts';
import { GpuFailure } from '../../../src/oracles/gpu/failure.ts';
import { gpuOracle, type GpuMode, type GpuOptions, type GpuOracle } from '../../../src/oracles/gpu/gpu.ts';
import { selfTests } from '../../../src/oracles/gpu/self-test.ts';
import { measureLogits } from '../../../src/oracles/logit-meter.ts';
import type { Attended } from '../../../src/oracles/oracle.ts';
import { entries, type Attention } from '../../../src/problems/attention.ts';
import { InputError } from '../../../src/problems/input-error.ts';
import { solveByAttention } from '../../../src/verify/verify.ts';
import { suite } from '../../support/harness.ts';
import { sharedCnf } from '../../support/shared-cnf.ts';
import { adversarial, attentions, cook, distance, hardAttention, numbers } from '../cases.ts';
import { hasAdapter } from './adapter.ts';
import { patternAttention, patternShapes } from './patterns.ts';
import { changed, limited, replaced, shared, slowed } from './provider.ts';

const typicalShape = {
  vectors: 70,
  keys: 600,
  pads: 4,
  dimension: 70,
  scales: 3,
  columns: 3,
  largestValue: 9000,
  seed: 5,
};
const typical = patternAttention(typicalShape);

const dense = (
  seed: number,
  queries: number,
  keys: number,
  dtype: 'f64' | 'f32' = 'f64',
  headDim = 5,
): Attention => {
  const next = numbers(seed);
  const entry = (): number => 6 * next() - 3;
  return cook({ queries, keys, headDim, valueDim: 2, dtype, q: entry, k: entry, v: entry });
};

const thrownBy = (job: Promise<unknown>): Promise<unknown> =>
  job.then(
    () => new Error('it gave a result'),
    (thrown: unknown) => thrown,
  );

async function assertFails(job: Promise<unknown>, code: string, message: RegExp): Promise<void> {
  const thrown = await thrownBy(job);
  assert.instance(thrown, GpuFailure, String(thrown));
  assert.is((thrown as GpuFailure).code, code);
  assert.match((thrown as GpuFailure).message, message);
}

/** For devices of their own, whose shaders would be compiled for these alone. */
const passed: GpuOptions['selfTests'] & object = {
  exact: () => Promise.resolve(undefined),
  f32: () => Promise.resolve(undefined),
  'f64-emulated': () => Promise.resolve(undefined),
};

const assertWithin = (name: string, attention: Attention, attended: Attended): void => {
  const { share } = distance(attention, attended);
  assert.ok(share <= 1, `${name}: ${share} of the claim`);
};

if (hasAdapter) {
  suite('oracles/gpu/gpu', (test) => {
    const provider = shared();
    const gpu = gpuOracle({ provider });
    const exact = gpuOracle({ provider, mode: 'exact' });
    const f32 = gpuOracle({ provider, mode: 'f32' });
    const emulated = gpuOracle({ provider, mode: 'f64-emulated' });
    const structured = cpuOracle({ threads: 1, path: 'structured' });

    test("exact gives the same bits and the same claim as the cpu's structured way", () =>
      fc.assert(
        fc.asyncProperty(patternShapes, async (shape) => {
          const attention = patternAttention(shape);
          const ours = await exact.attend(attention);
          const theirs = await structured.attend(attention);
          assert.is(ours.path, 'exact');
          assert.equal(ours.output, theirs.output);
        }),
        { numRuns: 25 },
      ));

    test('exact counts every inner product up to the most that slices hold, and one beyond', async () => {
      for (const headDim of [8, 127, 128]) {
        for (const keys of [127, 128, 129, 520]) {
          const attention = cook({
            queries: 2 * headDim,
            keys,
            headDim,
            valueDim: 1,
            q: (r, c) => +(c <= r / 2),
            k: (r, c) => (c < (r >> 1) % headDim ? 0 : r % 2 === 0 ? -0.25 : -0.5),
            v: (r) => 1 + (r % 2),
          });
          const ours = await exact.attend(attention);
          assert.equal(ours.output, (await structured.attend(attention)).output, `${headDim}, ${keys} keys`);
        }
      }
    });

    test('exact sums values that differ by all that one plane holds, by one more, and by the most there is', async () => {
      for (const span of [1, 4095, 4096, 4097, 2 ** 25]) {
        const attention = cook({
          queries: 12,
          keys: 50,
          headDim: 6,
          valueDim: 1,
          q: (r, c) => +((r * 5 + c * 3) % 4 < 2),
          // The first of three classes has nothing to be summed.
          k: (r, c) => ((r * 7 + c * c) % 3 === 0 ? -0.5 * (1 + Math.floor(r / 20)) : 0),
          v: (r) => (r < 20 ? 7 : (r % 4 === 0 ? span : 0) - Math.floor(span / 2)),
        });
        const { output } = await exact.attend(attention);
        assert.equal(output, (await structured.attend(attention)).output, `${span}`);
      }
    });

    test('exact counts more equal keys than two bytes hold', async () => {
      const many = 70_000;
      const attention = cook({
        queries: 3,
        keys: many + 500,
        headDim: 4,
        valueDim: 1,
        q: (r, c) => +(c <= r),
        k: (r, c) => (c < 2 ? (r < many ? -0.25 : 0.5) : 0),
        v: (r) => +(r < many), // one value a class, so that counts are all there is
      });
      assert.equal((await exact.attend(attention)).output, (await structured.attend(attention)).output);
    });

    test('gpu takes exact for patterns, float32 for moderate f32, 64 bits otherwise, and says why', async () => {
      const cases: readonly (readonly [attention: Attention, path: string, reason: RegExp])[] = [
        [typical, 'exact', /^rows of Q and K are patterns of 70 bits, in 2 classes of keys, counted on ./],
        [dense(1, 3, 9), 'f64-emulated', /K .*; 64-bit numbers in integers on ./],
        [dense(1, 3, 9, 'f32'), 'f32', /K .*; float32 on ./],
        [{ ...dense(1, 3, 9, 'f32'), scale: 1e4 }, 'f64-emulated', /logits of query 0 reach .*beyond 1024;/],
        [
          { ...dense(1, 3, 9, 'f32', 60), scale: 3 },
          'f64-emulated',
          /; in float32 the error could be 0\.01\d+;/,
        ],
      ];
      const { adapter } = await gpu.examine();
      for (const [attention, path, reason] of cases) {
        const attended = await gpu.attend(attention);
        assert.is(attended.path, path);
        assert.match(attended.reason, reason);
        assert.ok(attended.reason.endsWith(` on ${adapter.name}`), attended.reason);
        assertWithin(path, attention, attended);
      }
    });

    test('f64-emulated: every adversarial input is within a claim of 8 units of 2^-53', async () => {
      for (const [name, attention] of adversarial()) {
        const attended = await emulated.attend(attention);
        assertWithin(name, attention, attended);
        if (attention.dtype === 'f64') assert.ok(attended.output.error.relative <= 8 * 2 ** -53, name);
      }
    });

    test('f32: every adversarial input is within the claim, or refused with a reason', async () => {
      let done = 0;
      for (const dtype of ['f32', 'f64'] as const) {
        for (const [name, attention] of adversarial(dtype)) {
          const attended = await f32.attend(attention).catch((error: unknown) => {
            assert.instance(error, InputError, String(error));
            assert.is((error as InputError).fault.code, 'gpu-mode-unsuitable', name);
            return undefined;
          });
          if (attended === undefined) continue;
          done++;
          assertWithin(name, attention, attended);
        }
      }
      assert.ok(done >= 50, `${done} taken`);
    });

    test('f64-emulated: an exponential is right to 2.5 units of 2^-53, a tenth of which are its own', async () => {
      const next = numbers(51);
      const logits = Array.from({ length: 800 }, (_, i) => next() * (i % 2 === 0 ? 600 : 2));
      const attention = cook({
        queries: logits.length,
        keys: 2,
        headDim: 1,
        valueDim: 1,
        scale: 1,
        q: (r) => logits[r]!,
        k: (r) => -r,
        v: (r) => r,
      });
      const { relative } = distance(attention, await emulated.attend(attention));
      assert.ok(relative <= 2.5 * 2 ** -53 && relative > 2 ** -54, `${relative * 2 ** 53} units`);
    });

    test('f64-emulated: negative inner products whose lower words are zeros', async () => {
      const next = numbers(6);
      const entry = (r: number, c: number): number =>
        r === 0 ? 2 * next() - 1 : c === 0 ? 2 ** -(r % 4) * (r % 2 === 0 ? 1 : -1) : 0;
      const attention = cook({
        queries: 9,
        keys: 12,
        headDim: 2,
        valueDim: 1,
        scale: 3,
        q: entry,
        k: entry,
        v: (r) => r,
      });
      assertWithin('powers of two', attention, await emulated.attend(attention));
    });

    test('f64-emulated: what is rounded for entries beside it that are far larger is within the claim, which says so', async () => {
      const big = 2 ** 20;
      // The large products cancel in one key, and the other has none.
      for (const [name, q, k] of [
        ['K', [1.5, 1.5, 0], [[big, -big, 0], [1 / 3, 1 / 7, 0]]], // prettier-ignore
        ['Q', [big, big, 1 / 3], [[1, -1, 0], [0, 0, 1]]], // prettier-ignore
      ] as const) {
        const attention = cook({
          queries: 1,
          keys: 2,
          headDim: 3,
          valueDim: 1,
          scale: 1,
          q: (_, c) => q[c]!,
          k: (r, c) => k[r]![c]!,
          v: (r) => r,
        });
        const attended = await emulated.attend(attention);
        assertWithin(name, attention, attended);
        const { relative } = attended.output.error;
        assert.ok(relative > 2 ** -40 && relative < 2 ** -34, `${name}: ${relative}`);
        const { maxLogit } = measureLogits(attention);
        const shape = { dtype: 'f64', keys: 2, headDim: 3, maxLogit, exactProducts: false } as const;
        assert.ok(
          relative <= emulated.claim(shape).relative,
          `${name}: claimed ${emulated.claim(shape).relative}`,
        );
      }
    });

    test('f32: weights of 2^-150 of the largest are kept, on whichever side of it they come', async () => {
      for (const late of [3, 150]) {
        const attention = cook({
          queries: 2,
          keys: 200,
          headDim: 1,
          valueDim: 1,
          scale: 1,
          dtype: 'f32',
          q: () => 1,
          k: (r) => (r === late ? 104 : 0),
          v: (r) => (r === late ? 0 : 2 ** 32),
        });
        const attended = await f32.attend(attention);
        assert.ok(attended.output.values[0]! > 2 ** -112);
        assertWithin(`${late}`, attention, attended);
      }
    });

    test('f32 refuses what float32 is not used for, and says what', async () => {
      const one = (changes: { q?: number; k?: number; v?: number; scale?: number }): Attention =>
        cook({
          queries: 1,
          keys: 2,
          headDim: 1,
          valueDim: 1,
          scale: changes.scale ?? 1,
          q: () => changes.q ?? 0,
          k: (r) => (r === 0 ? 0 : (changes.k ?? 0)),
          v: (r) => (r === 0 ? 0 : (changes.v ?? 1)),
        });
      for (const [changes, reason] of [
        [{ v: 2 ** 33 }, 'values beyond 2^32'],
        [{ v: -(2 ** 33) }, 'values beyond 2^32'],
        [{ k: 2 ** 61 }, 'K has an entry of '],
        [{ k: 2 ** -127 }, 'K has an entry of '],
        [{ q: -(2 ** 101) }, 'Q has an entry of '],
        [{ scale: 2 ** 17 }, 'a scale of 131072 is beyond float32'],
        [{ scale: 2 ** -17 }, 'a scale of 0.00000762939453125 is beyond float32'],
        [{ q: 2 ** 6, k: 2 ** 5 }, 'logits of query 0 reach 2048, beyond 1024'],
      ] as const) {
        const thrown = await thrownBy(f32.attend(one(changes)));
        assert.instance(thrown, InputError, String(thrown));
        assert.match((thrown as InputError).message, reason);
      }
      const { output } = await f32.attend(one({ v: 2 ** 32, q: 2 ** 5, k: -(2 ** 5), scale: 2 ** -5 }));
      assert.ok(output.values[0]! > 0);
    });

    test('random shapes, dtypes and sizes are within the claim', () =>
      fc.assert(
        fc.asyncProperty(attentions, async (attention) => {
          assertWithin('gpu', attention, await gpu.attend(attention));
        }),
        { numRuns: 30 },
      ));

    test("float32's claim for exact products is at most 40 units of 2^-23", async () => {
      const attention = hardAttention(4, {
        queries: 70,
        keys: 520,
        pads: 9,
        headDim: 30,
        bound: 14,
        bits: 8,
        dtype: 'f32',
      });
      const attended = await f32.attend(attention);
      assert.ok(attended.output.error.relative <= 40 * 2 ** -23);
      assertWithin('a reduction', attention, attended);
    });

    for (const [name, oracle, dtype] of [
      ['f32', f32, 'f32'],
      ['f64-emulated', emulated, 'f64'],
    ] as const) {
      test(`${name}: around every edge of tiles, chunks and workgroups a row is as it is alone`, async () => {
        for (const keys of [15, 16, 17, 255, 256, 257, 513]) {
          const all = dense(keys, 129, keys, dtype);
          const { values } = (await oracle.attend(all)).output;
          for (const [from, to] of [
            [0, 1],
            [0, 63],
            [0, 64],
            [0, 65],
            [127, 129],
          ] as const) {
            const part: Attention = {
              ...all,
              q: { ...all.q, rows: to - from, read: (a, b, into) => all.q.read(from + a, from + b, into) },
            };
            const attended = await oracle.attend(part);
            assert.equal(
              attended.output.values,
              values.subarray(2 * from, 2 * to),
              `${keys} keys, ${from}-${to}`,
            );
            if (to - from < 3) assertWithin(`${keys} keys`, part, attended);
          }
        }
      });
    }

    const small = {
      maxStorageBufferBindingSize: 40960,
      maxBufferSize: 65536,
      maxComputeWorkgroupStorageSize: 2048,
      maxComputeWorkgroupsPerDimension: 8,
    };
    const smallDevice = (mode: GpuMode, info: Partial<GPUAdapterInfo> = {}): GpuOracle =>
      gpuOracle({
        mode,
        limits: small,
        provider: changed({ info, device: limited(small) }, provider),
        selfTests: passed,
      });

    const cardInfo = {
      vendor: 'nvidia',
      architecture: 'hopper',
      description: '',
      device: '',
      isFallbackAdapter: false,
    };

    test('exact as a graphics card runs it gives the same bits', async () => {
      const card = gpuOracle({
        mode: 'exact',
        provider: changed({ info: cardInfo }, provider),
        selfTests: passed,
      });
      for (const attention of [
        patternAttention({ ...typicalShape, columns: 1 }), // in two runs
        patternAttention({ ...typicalShape, dimension: 7, columns: 3 }), // four planes, 64 threads
      ]) {
        const { output } = await card.attend(attention);
        assert.equal(output, (await structured.attend(attention)).output);
      }
      await card.close();
    });

    test('limits forced small are kept, and change no bit', async () => {
      for (const [oracle, mode, ...cases] of [
        [exact, 'exact', typical, patternAttention({ ...typicalShape, columns: 1 })],
        [f32, 'f32', dense(2, 900, 3000, 'f32'), dense(2, 2000, 10, 'f32', 7)],
        [emulated, 'f64-emulated', dense(2, 200, 1100), dense(2, 700, 10)],
      ] as const) {
        const bounded = smallDevice(mode);
        for (const attention of cases) {
          const { output } = await bounded.attend(attention);
          assert.equal(output, (await oracle.attend(attention)).output, mode);
        }
        await bounded.close();
      }
    });

    test('each limit by itself is kept by exact: buffers by wide patterns, workgroups by many keys', async () => {
      const next = numbers(3);
      const wide = (value: (r: number) => number): Attention =>
        cook({
          queries: 200,
          keys: 200,
          headDim: 1900,
          valueDim: 1,
          q: () => +(next() < 0.5),
          k: (r, c) => (c % 997 === r ? -0.25 : 0), // two ones a key: few counts, and much to list
          v: value,
        });
      const most = 2 ** 27;
      const large = { maxStorageBufferBindingSize: most, maxBufferSize: most };
      const many = { ...typicalShape, dimension: 7, vectors: 6, keys: 4500 };
      const buffers = { ...small, maxComputeWorkgroupsPerDimension: 65535 };
      const fourPlanes = { ...buffers, maxComputeWorkgroupStorageSize: 16384 };
      for (const [limits, info, ...cases] of [
        [buffers, {}, typical, wide(() => 1), wide((r) => r % 3)],
        [{ ...small, ...large }, {}, patternAttention(many)],
        [{ ...small, ...large }, cardInfo, patternAttention({ ...many, columns: 1 })],
        [fourPlanes, cardInfo, patternAttention({ ...typicalShape, dimension: 30, vectors: 300 })],
      ] as const) {
        const provide = changed({ info, device: limited(limits) }, provider);
        const bounded = gpuOracle({ mode: 'exact', limits, provider: provide, selfTests: passed });
        for (const attention of cases) {
          const { output } = await bounded.attend(attention);
          assert.equal(output, (await structured.attend(attention)).output);
        }
        await bounded.close();
      }
    });

    test('a dispatch of one workgroup takes fewer keys where rows are wide', async () => {
      const one = {
        maxBufferSize: 2 ** 28,
        maxStorageBufferBindingSize: 2 ** 28,
        maxComputeWorkgroupsPerDimension: 1,
      };
      const oracle = gpuOracle({
        mode: 'f32',
        provider: changed({ device: limited(one) }, provider), // which the oracle isn't told of
        selfTests: passed,
      });
      assert.is((await oracle.attend(dense(2, 8, 700, 'f32', 600))).path, 'f32');
      await oracle.close();
    });

    test('where one workgroup is all that a dispatch may have, rows and chunks come one after the other', async () => {
      const one = {
        maxBufferSize: 2 ** 28,
        maxStorageBufferBindingSize: 2 ** 28,
        maxComputeWorkgroupsPerDimension: 1,
      };
      for (const [oracle, mode, ...cases] of [
        [f32, 'f32', dense(3, 700, 600, 'f32')],
        [emulated, 'f64-emulated', dense(3, 150, 300)],
      ] as const) {
        const provide = changed({ device: limited(one) }, provider);
        const bounded = gpuOracle({ mode, provider: provide, limits: one, selfTests: passed });
        for (const attention of cases) {
          const { output } = await bounded.attend(attention);
          assert.equal(output, (await oracle.attend(attention)).output, mode);
        }
        await bounded.close();
      }
    });

    test('rows of which a workgroup and a chunk do not fit in a buffer are refused', async () => {
      const sparse = cook({
        queries: 100,
        keys: 100,
        headDim: 3000,
        valueDim: 1,
        q: (r, c) => +(c % 100 === r),
        k: (r, c) => (c % 100 === r ? -0.25 : 0),
        v: () => 1,
      });
      for (const [mode, attention, what, info] of [
        ['exact', sparse, 'patterns of 3008 bits', {}],
        ['exact', sparse, 'patterns of 3008 bits', cardInfo],
        ['f32', dense(2, 3, 5, 'f32', 41), 'rows of 41 columns', {}],
        ['f64-emulated', dense(2, 3, 5, 'f64', 17), 'rows of 17 columns', {}],
      ] as const) {
        const thrown = await thrownBy(smallDevice(mode, info).attend(attention));
        assert.instance(thrown, InputError, String(thrown));
        assert.is((thrown as InputError).fault.code, 'gpu-mode-unsuitable');
        assert.match((thrown as InputError).message, what);
        assert.match((thrown as InputError).message, 'too wide for the device');
      }
    });

    test('patterns too heavy for counts and sums on the device take another mode', async () => {
      const attention = cook({
        queries: 2,
        keys: 6,
        headDim: 540,
        valueDim: 1,
        q: () => 1,
        k: (r, c) => (c < 515 + r ? 1 : 0),
        v: (r) => r,
      });
      const small = gpuOracle({
        limits: { maxComputeWorkgroupStorageSize: 4096 },
        selfTests: passed,
      });
      const attended = await small.attend(attention);
      assert.is(attended.path, 'f64-emulated');
      assert.match(attended.reason, /too heavy for the device/);
      assertWithin('540 columns', attention, attended);
      await small.close();
    });

    test('a call that was slow makes no later one slow', async () => {
      const late = changed({ device: slowed([800]) }, provider);
      const oracle = gpuOracle({ provider: late, mode: 'exact', selfTests: passed });
      const attention = patternAttention({ ...typicalShape, columns: 1 });
      const times: number[] = [];
      for (let call = 0; call < 5; call++) times.push((await oracle.attend(attention)).seconds);
      assert.ok(times[0]! > 0.8 && Math.min(...times) < 0.3, times.join(' '));
    });

    test('two calls at once are as one after the other', async () => {
      const jobs = [dense(3, 900, 3000, 'f32'), typical, dense(5, 70, 300), dense(6, 900, 2000, 'f32')];
      const inTurn = [];
      for (const attention of jobs) inTurn.push((await gpu.attend(attention)).output);
      const atOnce = await Promise.all(jobs.map((attention) => gpu.attend(attention)));
      assert.equal(
        atOnce.map(({ output }) => output),
        inTurn,
      );
    });

    test('progress rises to 1, and an abort in the middle is heard', async () => {
      const attention = dense(4, 3000, 9000, 'f32');
      const seen: number[] = [];
      await f32.attend(attention, { onProgress: (done) => seen.push(done) });
      assert.ok(seen.length > 1);
      assert.is(seen.at(-1), 1);
      assert.equal(
        seen,
        seen.toSorted((a, b) => a - b),
      );
      const controller = new AbortController();
      let rows = 0;
      const aborted = f32.attend(attention, {
        signal: controller.signal,
        onProgress: (done) => {
          rows = done;
          controller.abort(new Error('enough'));
        },
      });
      assert.match(String(await thrownBy(aborted)), /enough/);
      assert.ok(rows > 0 && rows < 1);
      assert.is((await f32.attend(dense(4, 2, 2, 'f32'))).path, 'f32');
    });

    test('exact and f64-emulated hear an abort while a dispatch is awaited', async () => {
      for (const [mode, attention] of [
        ['exact', typical],
        ['f64-emulated', dense(2, 200, 1100)],
      ] as const) {
        const waits = changed({ device: slowed([300, 3000]) }, provider);
        const oracle = gpuOracle({ mode, limits: small, provider: waits, selfTests: passed });
        const signal = AbortSignal.timeout(100);
        const started = performance.now();
        assert.match(String(await thrownBy(oracle.attend(attention, { signal }))), /TimeoutError/);
        assert.ok(performance.now() - started < 2500, mode);
        await oracle.close();
      }
    });

    test('a device that is lost in mid-run is said to be, and the next call opens another', async () => {
      const devices: GPUDevice[] = [];
      const keep = (device: GPUDevice): GPUDevice => {
        devices.push(device);
        return device;
      };
      const oracle = gpuOracle({
        mode: 'f32',
        provider: changed({ device: keep }),
        selfTests: passed,
      });
      const attention = dense(4, 3000, 9000, 'f32');
      await assertFails(
        oracle.attend(attention, { onProgress: () => devices.at(-1)!.destroy() }),
        'gpu-device-lost',
        /was lost .*; run it again/,
      );
      assert.is(devices.length, 1);
      assertWithin('after', dense(4, 2, 2, 'f32'), await oracle.attend(dense(4, 2, 2, 'f32')));
      assert.is(devices.length, 2);
      await oracle.close();
    });

    test('what failed once is tried again by the next call: no adapter, a self-test that was broken off', async () => {
      let asked = 0;
      const late = (): Promise<GPU> =>
        asked++ === 0 ? Promise.reject(new GpuFailure('gpu-adapter-missing', 'none yet')) : provider();
      let tested = 0;
      const selfTests = {
        ...passed,
        f32: () => (tested++ === 0 ? Promise.reject(new Error('broken off')) : Promise.resolve(undefined)),
      };
      const oracle = gpuOracle({ mode: 'f32', provider: late, selfTests });
      const attention = dense(4, 2, 2, 'f32');
      await assertFails(oracle.attend(attention), 'gpu-adapter-missing', /^none yet; /);
      assert.match(String(await thrownBy(oracle.attend(attention))), /broken off/);
      for (let call = 0; call < 2; call++) assertWithin('after', attention, await oracle.attend(attention));
      assert.equal([asked, tested], [2, 2]);
      await oracle.close();
    });

    test('a call whose signal said no before it began, or whose oracle was closed, opens no device', async () => {
      let asked = 0;
      const counted = (): Promise<GPU> => (asked++, provider());
      const oracle = gpuOracle({ provider: counted, selfTests: passed });
      const signal = AbortSignal.abort(new Error('not any more'));
      assert.match(String(await thrownBy(oracle.attend(dense(4, 2, 2), { signal }))), /not any more/);
      await oracle.close();
      assert.match(String(await thrownBy(oracle.attend(dense(4, 2, 2)))), /the gpu oracle was closed/);
      assert.is(asked, 0);
    });

    test('closing waits for the call that is in progress, and then gives the device back', async () => {
      const seen: string[] = [];
      const device = (real: GPUDevice): GPUDevice =>
        replaced(real, { destroy: () => void seen.push('destroyed') });
      const oracle = gpuOracle({ mode: 'f32', provider: changed({ device }, provider), selfTests: passed });
      const closings: Promise<void>[] = [];
      await oracle.attend(dense(4, 2, 2, 'f32'), { onProgress: () => void closings.push(oracle.close()) });
      seen.push('attended');
      await Promise.all(closings);
      assert.equal(seen, ['attended', 'destroyed']);
    });

    test('a missing package, no adapter, a refused device and too little memory: each says what to do', async () => {
      const missing = loadDawn(() => Promise.reject(new Error('Cannot find package')));
      await assertFails(
        missing,
        'gpu-package-missing',
        /webgpu cannot be loaded .*; install it with "npm install/,
      );
      const none = { requestAdapter: () => Promise.resolve(null) } as unknown as GPU;
      const attention = dense(1, 1, 1);
      await assertFails(
        gpuOracle({ provider: () => Promise.resolve(none) }).attend(attention),
        'gpu-adapter-missing',
        /no WebGPU adapter .*; install the driver/,
      );
      const refuses = changed({ requestDevice: () => Promise.reject(new Error('a limit is too high')) });
      await assertFails(
        gpuOracle({ provider: refuses }).attend(attention),
        'gpu-error',
        /gives no device \(a limit is too high\)/,
      );
      const isFull = changed({
        device(device) {
          const filters: string[] = [];
          const pushErrorScope = (filter: GPUErrorFilter): undefined => {
            filters.push(filter);
            device.pushErrorScope(filter);
          };
          const popErrorScope = async (): Promise<GPUError | null> => {
            const isMemory = filters.pop() === 'out-of-memory';
            const found = await device.popErrorScope();
            return isMemory ? { message: 'no room' } : found;
          };
          return replaced(device, { pushErrorScope, popErrorScope });
        },
      });
      await assertFails(
        gpuOracle({ provider: isFull }).attend(attention),
        'gpu-out-of-memory',
        /is out of memory \(no room\); close what else/,
      );
    });

    test('software that plays a graphics card is recognised, and a card is not taken for it', async () => {
      const info = {
        vendor: 'nvidia',
        architecture: 'hopper',
        device: '',
        description: 'NVIDIA H100',
        isFallbackAdapter: false,
      };
      assert.is(await isHardwareAdapter(changed({ info })), true);
      for (const soft of [
        { isFallbackAdapter: true },
        { description: 'llvmpipe (LLVM 15)' },
        { architecture: 'swiftshader' },
        { description: 'Microsoft Basic Render Driver' },
      ]) {
        assert.is(
          await isHardwareAdapter(changed({ info: { ...info, ...soft } })),
          false,
          JSON.stringify(soft),
        );
      }
    });

    test('a mode that fails its self-test is not used: another is, or the failure is told', async () => {
      const fails = { ...selfTests, exact: () => Promise.resolve('output 3 is wrong') };
      const oracle = gpuOracle({ provider, selfTests: fails });
      const attended = await oracle.attend(typical);
      assert.is(attended.path, 'f64-emulated');
      assert.match(attended.reason, /^exact failed its self-test: output 3 is wrong; /);
      const { failed } = await oracle.examine();
      assert.equal(failed, { exact: 'output 3 is wrong', f32: undefined, 'f64-emulated': undefined });
      await oracle.close();
      const forced = gpuOracle({ provider, mode: 'exact', selfTests: fails });
      await assertFails(forced.attend(typical), 'gpu-self-test-failed', /exact failed its self-test/);
      await forced.close();
    });

    test('a self-test fails for an output that is off by twice the claim', async () => {
      const attend = async (attention: Attention, off: number) => {
        const { output } = await gpu.attend(attention);
        const values = output.values.slice();
        values[5]! *= 1 + off;
        return { values, error: output.error, why: '' };
      };
      for (const mode of ['exact', 'f64-emulated'] as const) {
        assert.is(await selfTests[mode]((attention) => attend(attention, 0)), undefined);
        assert.match(
          String(await selfTests[mode]((attention) => attend(attention, 2 ** -47))),
          /^output 5 is /,
        );
      }
      assert.match(String(await selfTests.f32((attention) => attend(attention, 2 ** -16))), /^output 5 is /);
    });

    test("float32's self-test fails where a driver's exponential is off by more than the claim", async () => {
      const device = (real: GPUDevice): GPUDevice =>
        replaced(real, {
          createShaderModule: ({ code }) => {
            const off = code.replaceAll('x * h + vec4f(', 'x * h * 1.00003 + vec4f(');
            assert.not.equal(off, code);
            return real.createShaderModule({ code: off });
          },
        });
      const oracle = gpuOracle({ mode: 'f32', provider: changed({ device }) });
      assert.match((await oracle.examine()).failed.f32!, /^output \d+ is .* is right to 0\.00000/);
      await oracle.close();
    });

    test('the claim made beforehand covers the one made with the output', async () => {
      for (const [dtype, bits] of [
        ['f64', 30],
        ['f32', 8],
        ['f16', 4],
        ['bf16', 3],
      ] as const) {
        const bound = 8;
        const shape = { queries: 9, keys: 90, pads: 6, headDim: 20, bound, bits, dtype };
        const attention = hardAttention(60, shape);
        for (const oracle of [gpu, exact, f32, emulated]) {
          const { error } = (await oracle.attend(attention)).output;
          const claim = oracle.claim({
            dtype,
            keys: 96,
            headDim: 20,
            maxLogit: bound * bound,
            exactProducts: true,
            patterns: oracle !== f32,
          });
          assert.ok(error.relative <= claim.relative, `${oracle.name} ${dtype}`);
          assert.ok(error.absolute <= claim.absolute, `${oracle.name} ${dtype}`);
        }
      }
      for (const dtype of ['f64', 'f32'] as const) {
        const attention = dense(9, 5, 50, dtype);
        const { error } = (await gpu.attend(attention)).output;
        const shape = { dtype, keys: 50, headDim: 5, maxLogit: 9, exactProducts: false };
        assert.ok(error.relative <= gpu.claim(shape).relative, dtype);
      }
    });

    test('what no oracle takes is refused as everywhere', async () => {
      const q = entries(dense(1, 2, 3).q);
      q[3] = NaN;
      const bad = {
        ...dense(1, 2, 3),
        q: {
          ...dense(1, 2, 3).q,
          read: (a: number, b: number, into: Float64Array) => into.set(q.subarray(a * 5, b * 5)),
        },
      };
      for (const oracle of [gpu, f32, emulated, exact]) {
        const thrown = await thrownBy(oracle.attend(bad));
        assert.instance(thrown, InputError, `${oracle.name}: ${String(thrown)}`);
      }
      assert.is((await findProvider()) !== undefined, true);
    });

    test('a formula is solved, with its published number of models, in exact and in float32', async () => {
      const index = sharedCnf('counts.tsv');
      if (index === null) return;
      const [file, , , models] = readFileSync(index, 'utf8')
        .split('\n')
        .map((line) => line.split('\t'))
        .find(([name]) => name === 'uf20-91/uf20-01.cnf')!;
      const { cnf } = parseDimacs(readFileSync(sharedCnf(file!)!, 'utf8'));
      const options = {
        ...plainSplit,
        route: 'minimax',
        scaleName: 'linear',
        witness: 'scan',
        memory: 2 ** 33,
      } as const;
      for (const [oracle, dtype, path] of [
        [gpu, 'f64', 'exact'],
        [f32, 'f32', 'f32'],
      ] as const) {
        const solved = await solveByAttention(cnf, { ...options, dtype }, oracle);
        assert.is(solved.path, path);
        assert.ok(solved.answer.outcome === 'yes', JSON.stringify(solved.answer.outcome));
        assert.is(String(solved.answer.count), models);
      }
    });
  });
}
