import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { buildRung } from '../../../src/experiments/stress/rung.ts';
import { runRungs, type RungResult } from '../../../src/experiments/stress/run.ts';
import { suiteRungs } from '../../../src/experiments/stress/suite.ts';
import { queryOrder } from '../../../src/oracles/command/order.ts';
import { openOracle } from '../../../src/oracles/oracles.ts';
import { layouts, type HeadsCall, type Layout } from '../../../src/oracles/oracle.ts';
import { referenceOracle } from '../../../src/oracles/reference.ts';
import { denseMatrix, type Attention } from '../../../src/problems/attention.ts';
import { suite } from '../../support/harness.ts';
import { headFaults, headsProgram } from '../../support/kernels/heads-program.ts';
import { faultOf } from './support.ts';

const ids = ['f32/1/plain', 'f32/2/batch', 'f32/4/heads'];
const rungs = suiteRungs('quick', ['f32']).filter(({ id }) => ids.includes(id));

const program = (fault: string): string => `command-warm:'${process.execPath}' '${headsProgram}' '${fault}'`;

const calls = fc
  .record({
    layout: fc.constantFrom(...layouts),
    batches: fc.integer({ min: 1, max: 3 }),
    each: fc.integer({ min: 1, max: 3 }),
    queries: fc.integer({ min: 1, max: 5 }),
    keys: fc.integer({ min: 1, max: 5 }),
    headDim: fc.integer({ min: 1, max: 4 }),
    valueDim: fc.integer({ min: 1, max: 3 }),
    seed: fc.nat(1000),
  })
  .map(({ layout, batches, each, queries, keys, headDim, valueDim, seed }): HeadsCall => {
    const matrix = (rows: number, columns: number, from: number): Attention['q'] =>
      denseMatrix(
        rows,
        columns,
        Float64Array.from({ length: rows * columns }, (_, e) => Math.sin(seed + 37 * (from + e))),
      );
    const heads = Array.from({ length: batches * each }, (_, h): Attention => {
      const [q, k, v] = [
        matrix(queries, headDim, 100 * h),
        matrix(keys, headDim, 100 * h + 30),
        matrix(keys, valueDim, 100 * h + 60),
      ];
      return { q, k, v, scale: 0.5, dtype: 'f64' };
    });
    return { heads, batches, layout };
  });

async function stressed(fault: string, layout?: Layout): Promise<readonly RungResult[]> {
  const oracle = await openOracle(program(fault), { error: 1 });
  try {
    return await runRungs(rungs, oracle, { layout });
  } finally {
    await oracle.close();
  }
}

const failed = (results: readonly RungResult[]): readonly string[] =>
  results.filter(({ passed }) => !passed).map(({ rung }) => rung);

suite('oracles/command/heads', (test) => {
  test('head h of a call is what the program answers for head h by itself, in every layout', async () => {
    const oracle = await openOracle(program('none'));
    try {
      await fc.assert(
        fc.asyncProperty(calls, async (call) => {
          const { outputs } = await oracle.attendHeads!(call);
          assert.is(outputs.length, call.heads.length);
          for (const [h, head] of call.heads.entries()) {
            assert.equal(outputs[h]!, (await oracle.attend(head)).output, `head ${h}`);
            const right = (await referenceOracle().attend(head)).output.values;
            const off = right.map((y, e) => Math.abs(y - outputs[h]!.values[e]!));
            assert.ok(Math.max(...off) < 1e-14, `head ${h}: off by ${Math.max(...off)}`);
          }
        }),
        { numRuns: 40 },
      );
    } finally {
      await oracle.close();
    }
  });

  for (const [y, code, found] of [
    ['NaN', 'output-not-finite', 'NaN'],
    ['-Infinity', 'output-not-finite', '-Infinity'],
    ['1000', 'output-out-of-range', '1000'],
  ] as const) {
    for (const layout of layouts) {
      test(`${y} in the last of 2 × 3 heads: the fault names the head and its row, ${layout}`, async () => {
        const rung = rungs.find(({ id }) => id === 'f32/2/batch')!;
        const heads = buildRung(rung).heads.map(({ attention }) => attention);
        assert.is(heads.length, 6);
        const oracle = await openOracle(program(`y = ${y}`));
        try {
          const fault = await faultOf(oracle.attendHeads!({ heads, batches: 2, layout }));
          assert.is(fault.code, code);
          assert.is(fault.found, found);
          const row = queryOrder(heads[5]!).at(-1)!; // the file has them in this order
          assert.is(fault.field, `head 5, out[${row}, 0]`);
        } finally {
          await oracle.close();
        }
      });
    }
  }

  for (const layout of ['bhnd', 'bnhd'] as const) {
    test(`a right program passes with all heads of a rung in one call, ${layout}`, async () => {
      const results = await stressed('none', layout);
      assert.equal(failed(results), [], results.map(({ reason }) => reason).join());
      const apart = await stressed('none');
      assert.equal(
        results.map(({ error }) => error),
        apart.map(({ error }) => error),
      );
    });

    for (const fault of headFaults) {
      test(`${fault}, ${layout}: f32/2/batch catches it`, async () => {
        assert.is(failed(await stressed(fault, layout))[0], 'f32/2/batch');
      });
    }

    test(`an output that is no tensor of four dimensions fails with one line, ${layout}`, async () => {
      const [first] = await stressed('writes a matrix', layout);
      const expected = layout === 'bhnd' ? '1 × 1 × 320 × 1' : '1 × 320 × 1 × 1';
      assert.is(
        first!.reason,
        `out: expected ${expected}, found 320 × 1; write the output in the layout of q, with the columns of v`,
      );
    });
  }

  test('one head at a time shows none of these faults', async () => {
    for (const fault of headFaults) assert.equal(failed(await stressed(fault)), [], fault);
  });
});
