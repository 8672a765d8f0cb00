import * as assert from 'uvu/assert';
import { runRungs, type RungResult } from '../../../src/experiments/stress/run.ts';
import { suiteRungs } from '../../../src/experiments/stress/suite.ts';
import { openOracle } from '../../../src/oracles/oracles.ts';
import type { Layout } from '../../../src/oracles/oracle.ts';
import { suite } from '../../support/harness.ts';
import { headFaults, headsProgram } from '../../support/kernels/heads-program.ts';

const ids = ['f32/1/plain', 'f32/2/batch', 'f32/4/heads'];
const rungs = suiteRungs('quick', ['f32']).filter(({ id }) => ids.includes(id));

async function stressed(fault: string, layout?: Layout): Promise<readonly RungResult[]> {
  const oracle = await openOracle(`command-warm:'${process.execPath}' '${headsProgram}' '${fault}'`, {
    error: 1,
  });
  try {
    return await runRungs(rungs, oracle, { layout });
  } finally {
    await oracle.close();
  }
}

const failed = (results: readonly RungResult[]): readonly string[] =>
  results.filter(({ passed }) => !passed).map(({ rung }) => rung);

suite('src/oracles/command/heads', (test) => {
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
