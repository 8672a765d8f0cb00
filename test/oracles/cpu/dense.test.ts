import { spawnSync } from 'node:child_process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as assert from 'uvu/assert';
import { openDense } from '../../../src/oracles/cpu/dense.ts';
import type { Attention, Matrix } from '../../../src/problems/attention.ts';
import { denseMatrix } from '../../../src/problems/attention.ts';
import { suite } from '../../support/harness.ts';
import { cook, hardAttention, numbers } from '../cases.ts';

const middling = hardAttention(31, { queries: 5000, keys: 300, pads: 7, headDim: 20, bound: 9, bits: 30 });

/** A matrix that nobody may read. */
const unread = (rows: number, columns: number): Matrix => ({
  rows,
  columns,
  read: () => {
    throw new Error('was read');
  },
});

/** Rows `from` … `to - 1` of the queries alone. */
function some(attention: Attention, from: number, to: number): Attention {
  const { q } = attention;
  return {
    ...attention,
    q: { ...q, rows: to - from, read: (a, b, into) => q.read(from + a, from + b, into) },
  };
}

/** The error that `promise` rejects with. Whatever hangs fails here, not in the runner. */
async function rejection(promise: Promise<unknown>): Promise<Error> {
  let alarm: NodeJS.Timeout | undefined;
  const hang = new Promise((_, reject) => {
    alarm = setTimeout(() => reject(new Error('neither rejected nor resolved for a minute')), 60000);
  });
  try {
    await Promise.race([promise, hang]);
  } catch (thrown) {
    if (thrown instanceof Error) return thrown;
    throw new Error(`rejected with ${String(thrown)}`, { cause: thrown });
  } finally {
    clearTimeout(alarm);
  }
  throw new Error('did not reject');
}

/** Runs a script in a process of its own, with `openDense` and an attention over 2000 zero keys at hand. */
function elsewhere(script: string): { readonly stdout: string; readonly status: number | null } {
  const url = new URL('../../../src/oracles/cpu/dense.js', import.meta.url).href;
  const prelude = `
    const { openDense } = await import(${JSON.stringify(url)});
    const zeros = { rows: 2000, columns: 8, read: (from, to, into) => into.fill(0, 0, (to - from) * 8) };
    const attention = { q: zeros, k: zeros, v: zeros, scale: 1, dtype: 'f64' };`;
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', prelude + script], {
    timeout: 60000,
  });
  return { stdout: run.stdout.toString(), status: run.status };
}

suite('oracles/cpu/dense', (test) => {
  test('the same bits on 1, 2 and 3 threads, and with the queries one at a time', async () => {
    const next = numbers(32);
    const signed = (): number => 40 * (2 * next() - 1);
    const rough = cook({
      queries: 700,
      keys: 333,
      headDim: 17,
      valueDim: 3,
      q: signed,
      k: signed,
      v: signed,
    });
    for (const attention of [middling, rough]) {
      const runs = [];
      for (const threads of [1, 2, 3]) {
        const dense = openDense({ threads, threadsFrom: 0 });
        runs.push((await dense.attend(attention)).output.values);
        if (threads === 2) {
          const dv = attention.v.columns;
          for (const row of [0, 1, 2, 3, 4, 511, attention.q.rows - 1]) {
            const alone = (await dense.attend(some(attention, row, row + 1))).output.values;
            assert.equal(alone, runs[1]!.subarray(row * dv, (row + 1) * dv), `row ${row}`);
          }
        }
        await dense.close();
      }
      assert.equal(runs[1], runs[0]);
      assert.equal(runs[2], runs[0]);
    }
  });

  test('a large call before leaves no trace in a small one', async () => {
    const dense = openDense({ threads: 1 });
    const small = some(
      hardAttention(33, { queries: 9, keys: 33, pads: 1, headDim: 5, bound: 4, bits: 20 }),
      0,
      7,
    );
    const first = (await dense.attend(small)).output.values;
    await dense.attend(
      cook({ queries: 40, keys: 700, headDim: 9, valueDim: 4, q: () => 3, k: () => 5, v: () => 7 }),
    );
    assert.equal((await dense.attend(small)).output.values, first);
    await dense.close();
  });

  test('calls made at once wait for each other', async () => {
    const dense = openDense({ threads: 2, threadsFrom: 0 });
    const parts = [0, 1, 2, 3].map((part) => some(middling, 200 * part, 200 * part + 200));
    const together = await Promise.all(parts.map((part) => dense.attend(part)));
    const whole = (await dense.attend(some(middling, 0, 800))).output.values;
    together.forEach(({ output }, part) =>
      assert.equal(output.values, whole.subarray(200 * part, 200 * part + 200)),
    );
    await dense.close();
  });

  test('a worker that dies under way is an error, and the next call runs', async () => {
    let blocks = 0;
    let trap = true;
    const dense = openDense({
      threads: 2,
      threadsFrom: 0,
      beforeBlock: (pool) => {
        if (trap && ++blocks === 1) pool.sabotage(); // the worker that the block goes to
      },
    });
    const error = await rejection(dense.attend(middling));
    assert.match(error.message, /worker thread of the cpu oracle failed: sabotage/);
    trap = false;
    const { values } = (await dense.attend(middling)).output;
    const alone = openDense({ threads: 1 });
    assert.equal(values, (await alone.attend(middling)).output.values);
    await dense.close();
    await alone.close();
  });

  test('a worker that died between calls is replaced', async () => {
    let pool: { readonly broken: boolean; sabotage(): void } | undefined;
    const dense = openDense({ threads: 2, threadsFrom: 0, beforeBlock: (p) => (pool = p) });
    await dense.attend(middling);
    const first = pool!;
    first.sabotage();
    while (!first.broken) await new Promise((resolve) => setTimeout(resolve, 5));
    await dense.attend(middling);
    assert.is.not(pool, first);
    await dense.close();
  });

  test('closing under way ends the call with an error, and later calls too', async () => {
    let closing: Promise<void> | undefined;
    const dense = openDense({
      threads: 2,
      threadsFrom: 0,
      beforeBlock: () => {
        closing ??= dense.close();
      },
    });
    assert.match((await rejection(dense.attend(middling))).message, /closed/);
    await closing;
    assert.match((await rejection(dense.attend(middling))).message, /closed/);
  });

  for (const threads of [1, 2]) {
    test(`an abort stops reading within a few blocks and the oracle goes on (threads: ${threads})`, async () => {
      const abort = new AbortController();
      let read = 0;
      const endless: Matrix = {
        rows: 1e7,
        columns: 4,
        read: (from, to, into) => {
          read = to;
          into.fill(0.5, 0, (to - from) * 4);
        },
      };
      const attention = {
        ...cook({ queries: 1, keys: 3, headDim: 4, valueDim: 0, q: () => 1, k: () => 1, v: () => 1 }),
        q: endless,
      };
      const dense = openDense({ threads, threadsFrom: 0 });
      const error = await rejection(
        dense.attend(attention, {
          signal: abort.signal,
          onProgress: () => abort.abort(),
        }),
      );
      assert.is(error.name, 'AbortError');
      assert.ok(read < 1e5, `${read} rows read`);
      assert.is((await dense.attend(some(middling, 0, 5))).output.rows, 5);
      assert.is(
        (await rejection(dense.attend(attention, { signal: AbortSignal.abort() }))).name,
        'AbortError',
      );
      await dense.close();
    });
  }

  test('progress rises to 1', async () => {
    const dense = openDense({ threads: 2, threadsFrom: 0 });
    const seen: number[] = [];
    await dense.attend(middling, { onProgress: (done) => seen.push(done) });
    assert.ok(seen.length > 1);
    assert.equal(
      seen,
      seen.toSorted((a, b) => a - b),
    );
    assert.is(seen.at(-1), 1);
    await dense.close();
  });

  test('an error while queries are read comes through, and the oracle goes on', async () => {
    const dense = openDense({ threads: 2, threadsFrom: 0 });
    const torn: Matrix = {
      ...middling.q,
      read(from, to, into) {
        if (from > 0) throw new Error('torn page');
        middling.q.read(from, to, into);
      },
    };
    assert.is((await rejection(dense.attend({ ...middling, q: torn }))).message, 'torn page');
    assert.is((await dense.attend(middling)).output.rows, middling.q.rows);
    await dense.close();
  });

  test('queries are read once, in order, in blocks of at most 1 MiB', async () => {
    const dense = openDense({ threads: 2, threadsFrom: 0 });
    let next = 0;
    let most = 0;
    const q: Matrix = {
      rows: 5000,
      columns: 300,
      read(from, to, into) {
        assert.is(from, next);
        next = to;
        most = Math.max(most, (to - from) * 300 * 8);
        into.fill(0, 0, (to - from) * 300);
      },
    };
    const k = denseMatrix(2, 300, new Float64Array(600));
    await dense.attend({ q, k, v: denseMatrix(2, 1, Float64Array.of(1, 3)), scale: 1, dtype: 'f64' });
    assert.is(next, 5000);
    assert.ok(most <= 2 ** 20 + 4 * 300 * 8, `${most} bytes`);
    await dense.close();
  });

  test('too many keys for 4 GiB are refused before anything is read', async () => {
    const dense = openDense({ threads: 1 });
    const attention = {
      q: unread(1, 64),
      k: unread(1e7, 64),
      v: unread(1e7, 1),
      scale: 1,
      dtype: 'f64',
    } as const;
    assert.match((await rejection(dense.attend(attention))).message, /4 GiB as float64, found 10000000 keys/);
    await dense.close();
  });

  test('400 calls on threads leave neither handles nor buffers behind', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const dense = openDense({ threads: 2, threadsFrom: 0 });
    const slice = some(middling, 0, 40);
    const settle = async (calls: number) => {
      for (let call = 0; call < calls; call++) await dense.attend(slice);
      // Buffers are swept by another thread after a collection: what is held for good is what is left after several.
      const left: number[] = [];
      for (let n = 0; n < 5; n++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        collect();
        left.push(process.memoryUsage().arrayBuffers);
      }
      return { arrayBuffers: Math.min(...left), handles: process.getActiveResourcesInfo().length };
    };
    const before = await settle(20);
    const after = await settle(400);
    assert.ok(after.handles <= before.handles, `${before.handles} handles before, ${after.handles} after`);
    assert.ok(
      after.arrayBuffers - before.arrayBuffers < 2 ** 16,
      `${after.arrayBuffers - before.arrayBuffers} bytes more`,
    );
    await dense.close();
  });

  test('idle workers do not keep a process alive, and busy ones do', () => {
    const run = elsewhere(`
      const { output } = await openDense({ threads: 2, threadsFrom: 0 }).attend(attention);
      console.log(output.values.length);`);
    assert.equal(run, { stdout: '16000\n', status: 0 });
  });

  test('when one worker dies the others do not keep a process alive', () => {
    const run = elsewhere(`
      const beforeBlock = (pool) => pool.sabotage();
      await openDense({ threads: 3, threadsFrom: 0, beforeBlock }).attend(attention).catch(() => console.log('died'));`);
    assert.equal(run, { stdout: 'died\n', status: 0 });
  });
});
