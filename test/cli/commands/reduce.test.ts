import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../../support/harness.ts';
import { inFolder, linesOf, listing, seth } from '../seth.ts';

const formula = 'p cnf 3 4\n1 2 3 0\n-1 -2 0\n-1 -3 0\n-2 -3 0\n';

/** The number of orthogonal pairs, counted on strings of 0 and 1. */
function orthogonalPairs(left: readonly string[], right: readonly string[]): number {
  const meets = (a: string, b: string): boolean =>
    Array.from(a).some((bit, c) => bit === '1' && b[c] === '1');
  return left.reduce((sum, a) => sum + right.filter((b) => !meets(a, b)).length, 0);
}

suite('src/cli/commands/reduce', (test) => {
  test('the vectors that are written have an orthogonal pair for each model', async () => {
    const { code, stdout } = await seth(['reduce', '-', '--to', 'ov'], { input: formula });
    assert.is(code, 0);
    const side = (name: string): string[] =>
      linesOf(stdout)
        .filter((line) => line.startsWith(`${name} `))
        .map((line) => line.slice(name.length + 1));
    assert.equal(side('left'), ['1000', '0010', '0001', '0111']); // 1 and 2 false, then 1, then 2, then both true
    assert.is(orthogonalPairs(side('left'), side('right')), 3);
    assert.ok(linesOf(stdout).every((line) => /^(c .*|(left|right) [01]{4})$/.test(line)));
    assert.match(stdout, /^c n: 2\^⌈v\/2⌉ = 4; here 4 and 2$/m);
  });

  test('--json has the same vectors and the ledger, to a file as to standard output', async () => {
    await inFolder(async (folder) => {
      const args = ['reduce', '-', '--to', 'ov', '--json', '--split', 'weight', '--prune'];
      const { stdout } = await seth(args, { input: formula });
      assert.is((await seth([...args, '-o', 'ov.json'], { input: formula, cwd: folder })).code, 0);
      assert.equal(listing(folder), ['ov.json']);
      assert.is(readFileSync(join(folder, 'ov.json'), 'utf8'), stdout);
      const { dimension, left, right, ledger } = JSON.parse(stdout) as {
        dimension: number;
        left: string[];
        right: string[];
        ledger: { parameter: string }[];
      };
      assert.is(dimension, 4);
      assert.is(orthogonalPairs(left, right), 3);
      assert.equal(
        ledger.map(({ parameter }) => parameter),
        ['n', 'd', 'D'],
      );
    });
  });

  test('vectors of a formula without clauses have no coordinates', async () => {
    const { code, stdout } = await seth(['reduce', '-', '--to', 'ov', '--json'], { input: 'p cnf 2 0\n' });
    assert.is(code, 0);
    const { dimension, left, right } = JSON.parse(stdout) as Record<string, unknown>;
    assert.equal({ dimension, left, right }, { dimension: 0, left: ['', ''], right: ['', ''] });
  });
});
