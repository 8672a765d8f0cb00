import * as assert from 'uvu/assert';
import { suite } from '../../support/harness.ts';
import { seth } from '../seth.ts';

const formula = 'p cnf 3 4\n1 2 3 0\n-1 -2 0\n-1 -3 0\n-2 -3 0\n';

suite('src/cli/commands/explain', (test) => {
  test('either chain is walked step by step, with a ledger under it', async () => {
    for (const route of ['minimax', 'closest-pair']) {
      const { code, stdout } = await seth(['explain', '-', '--route', route], { input: formula });
      assert.is(code, 0);
      assert.match(stdout, /^1\. The formula\n {3}3 variables, 4 clauses/);
      assert.match(stdout, /\nThe ledger\n {3}step +parameter +promised +here\n/);
      assert.match(stdout, /\n {3}Attention +B +Θ\(√log n\) +\d/);
    }
  });

  test('--json has the steps with lines and ledgers, and --sparsify adds the tree', async () => {
    const args = ['explain', '-', '--route', 'closest-pair', '--sparsify', '--thresholds', '2', '--json'];
    const { code, stdout } = await seth(args, { input: formula });
    assert.is(code, 0);
    const { steps, route } = JSON.parse(stdout) as {
      route: string;
      steps: { title: string; theorem: string; lines: string[]; ledger: { parameter: string }[] }[];
    };
    assert.is(route, 'closest-pair');
    assert.equal(steps.map(({ title }) => title).slice(0, 4), [
      'The formula',
      'Sparsification',
      'Preprocessing',
      'Split and list',
    ]);
    assert.ok(steps.every(({ lines }) => lines.length > 0));
  });

  test('a formula too large for the route is refused as by solve', async () => {
    const large = (await seth(['random', 'uniform', '--variables', '12', '--seed', '1'])).stdout;
    const { code, stdout, stderr } = await seth(['explain', '-', '--route', 'closest-pair'], {
      input: large,
    });
    assert.is(code, 2);
    assert.is(stdout, '');
    assert.match(stderr, /clauses after preprocessing/);
  });
});
