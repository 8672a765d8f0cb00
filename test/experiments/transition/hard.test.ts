import * as assert from 'uvu/assert';
import { runHard } from '../../../src/experiments/transition/hard.ts';
import { cpuOracle } from '../../../src/oracles/cpu/cpu.ts';
import { polynomialOracle } from '../../../src/oracles/polynomial/polynomial.ts';
import { suite } from '../../support/harness.ts';

suite('experiments/transition/hard', (test) => {
  test('24 formulas at the planner’s bound and above are refused; forced, none is answered; exact attention answers all', async () => {
    const oracles = { polynomial: polynomialOracle(), exact: cpuOracle({ path: 'dense', threads: 1 }) };
    const rows = [];
    for (let seed = 1; seed <= 8; seed++) rows.push(...(await runHard([6, 7, 8], seed, oracles)));
    await Promise.all([oracles.polynomial.close(), oracles.exact.close()]);
    assert.is(rows.length, 72);
    for (const row of rows) {
      const of = `${row.variables} variables, B = ${row.bound}`;
      assert.is(row.polynomial, 'refused', of);
      assert.ok(row.forced === 'inconclusive' || row.forced === 'refuted', `${of}: ${row.forced}`);
      assert.is(row.exact, 'yes', of);
      assert.ok(row.log10Rank > 2, of);
    }
  });
});
