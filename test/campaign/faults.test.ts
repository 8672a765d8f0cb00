import * as assert from 'uvu/assert';
import { suite } from '../support/harness.ts';
import { broken, faultTable, tableText } from './fault-table.ts';

suite('campaign/faults', (test) => {
  test('an output within its claim is answered rightly, whatever the noise; a model is never invented', async () => {
    const rows = await faultTable(10, 3, 7);
    assert.equal(broken(rows), [], tableText(rows));
    const sum = (of: 'runs' | 'right' | 'refused' | 'inconclusive' | 'wrong', within: boolean): number =>
      rows.filter(({ fault }) => fault.within === within).reduce((total, row) => total + row[of], 0);
    // Plans certify what they claim, so nothing within the claim is left open either.
    assert.is(sum('right', true), sum('runs', true), tableText(rows));
    assert.ok(sum('runs', true) >= 150);
    // Beyond the claim most are refused; those that are not are what docs/under-fire.md counts.
    assert.ok(sum('refused', false) > 0.5 * sum('runs', false), tableText(rows));
    const parts =
      sum('right', false) + sum('refused', false) + sum('inconclusive', false) + sum('wrong', false);
    assert.is(parts, sum('runs', false));
  });

  test('whoever knows formula and readout can deny every model of a formula, and no decode can tell', async () => {
    const rows = await faultTable(10, 1, 8);
    const denied = rows.find(({ fault }) => fault.name === 'forged: all models denied')!;
    assert.ok(denied.runs > 0, 'no formula had a model to deny');
    assert.is(denied.wrong, denied.runs, tableText(rows));
    // Models, on the other hand, are checked: one that is invented is refused where it is looked up.
    const invented = rows.find(({ fault }) => fault.name === 'forged: a model invented')!;
    assert.ok(invented.refused > 0 && invented.refused > invented.wrong, tableText(rows));
  });
});
