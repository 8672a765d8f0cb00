/** The bench's arithmetic, and peers that agree with the reference. Nothing here is timed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { entries } from '../../src/problems/attention.ts';
import { suite } from '../support/harness.ts';
import { contenders } from './contenders.ts';
import { expected } from './expected.ts';
import { naive } from './naive.ts';
import { countSeconds, laneSeconds, rowsOf, table, type Measured, type ShapeOutcome } from './outcome.ts';
import { startPeer } from './peer-process.ts';
import type { Roofline } from './roofline.ts';
import { dense, writeTask } from './shapes.ts';
import { median, pairedRatio } from './statistics.ts';
import { assemble } from './wasm-loops.ts';

const roofline: Roofline = {
  f64MultiplyAdds: 1000,
  f32MultiplyAdds: 4000,
  popcounts: 500,
  bytes: 1e9,
  relaxed: false,
};
const task = { dtype: 'f64', scale: 1, queries: 20, keys: 10, headDim: 65, valueDim: 5 } as const;
const measured = (name: string, ours: boolean, seconds: readonly number[], error = 0): Measured => ({
  name,
  ours,
  how: 'somehow',
  rows: 20,
  seconds,
  error,
  right: error < 1e-8,
});
const outcome: ShapeOutcome = {
  shape: 'a shape',
  task,
  nodes: 2,
  rooflines: [roofline, roofline, roofline],
  measured: [
    measured('cpu', true, [1, 4, 2]),
    measured('slow', false, [10, 30, 20]),
    { ...measured('fast', false, [3, 8, 6]), rows: 5 },
    measured('careless', false, [0.1, 0.1, 0.1], 1e-3),
  ],
  missing: [{ name: 'gone', why: 'not installed' }],
};

suite('test/bench', (test) => {
  test('a median is the middle one, or the mean of the two in the middle', () => {
    assert.is(median([30, 1, 2]), 2);
    assert.is(median([10, 4, 1, 2]), 3);
    assert.ok(Number.isNaN(median([])));
  });

  test('ratios are taken round by round', () => {
    assert.is(pairedRatio([2, 40, 9], [1, 10, 3]), 3);
    assert.is(pairedRatio([2, 40], [1, 10, 3]), 3);
  });

  test('the best peer is the fastest one that is right, and never one of ours', () => {
    const ratios = rowsOf(outcome).map(({ timesBestPeer }) => timesBestPeer);
    assert.equal(ratios, [3, 0.3, 1, 60]);
    const [cpu] = rowsOf({ ...outcome, measured: outcome.measured.slice(0, 1) });
    assert.is(cpu?.timesBestPeer, undefined);
  });

  test('rooflines count multiply-adds, words for each vector once, and bytes', () => {
    assert.is(laneSeconds(task, roofline), (20 * 10 * 70) / 1000);
    assert.is(laneSeconds({ ...task, dtype: 'f32' }, roofline), (20 * 10 * 70) / 4000);
    assert.is(countSeconds(task, 2, roofline), (10 * 10 * 2) / 500);
    assert.is(laneSeconds(task, { ...roofline, bytes: 1 }), 8 * 30 * 70);
    assert.is(rowsOf(outcome)[0]?.shareOfLanes, 7);
    assert.is(rowsOf({ ...outcome, nodes: 1 })[0]?.shareOfCounts, undefined);
  });

  test('the table marks what is scaled up, what is wrong and who is absent', () => {
    const lines = table([outcome]).split('\n');
    assert.match(lines[2]!, /^a shape +f64 +cpu +2000 .*3\.00/);
    assert.match(lines[4]!, /fast +~6000 /);
    assert.match(lines[5]!, /careless .* wrong /);
    assert.is(lines.at(-1), 'absent  gone: not installed');
  });

  test('the naive loop agrees with the reference', async () => {
    for (const dtype of ['f64', 'f32'] as const) {
      const { attention } = dense(40, 7, 3, dtype).make();
      const { q, k, v, scale } = attention;
      const out = new Float64Array(40 * 3);
      naive(entries(q), entries(k), entries(v), { headDim: 7, valueDim: 3, scale }, out);
      const rows = [0, 17, 39];
      const values = rows.map((row) => [...out.subarray(3 * row, 3 * row + 3)]);
      assert.ok((await expected(attention).errorOf(rows, values)) < 1e-14);
      values[1]![2]! += 1e-6;
      assert.ok((await expected(attention).errorOf(rows, values)) > 1e-8);
      values[1]![2] = NaN;
      assert.is(await expected(attention).errorOf(rows, values), Infinity);
    }
  });

  test('a peer in a process computes every stride-th query', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'seth-bench-test-'));
    const command = contenders(2).find(({ name }) => name === 'naive loop')!.command;
    const peer = await startPeer(command);
    try {
      const { attention } = dense(30, 5, 2, 'f32').make();
      await peer.ask({ do: 'load', task: writeTask(attention, folder) });
      assert.equal(await peer.ask({ do: 'use', stride: 7 }), { rows: 5 });
      await peer.ask({ do: 'run' });
      const { values } = await peer.ask<{ values: number[][] }>({ do: 'rows', rows: [0, 4] });
      assert.ok((await expected(attention).errorOf([0, 28], values)) < 1e-6);
    } finally {
      peer.close();
      rmSync(folder, { recursive: true });
    }
  });

  test('a peer that cannot start says why', async () => {
    const command = [process.execPath, '-e', 'throw new Error("no luck")'];
    try {
      await startPeer(command);
      assert.unreachable();
    } catch (error) {
      assert.match(String(error), /ended with 1/);
    }
  });

  test('the loops of the roofline are valid WebAssembly', () => {
    assert.ok(WebAssembly.validate(assemble(false) as BufferSource));
  });
});
