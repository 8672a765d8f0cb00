import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../../support/harness.ts';
import { inFolder, seth } from '../seth.ts';

suite('src/cli/commands/transition', (test) => {
  test('it writes its files into a new folder and names them', async () => {
    await inFolder(async (folder) => {
      const { code, stdout } = await seth(['transition', '--quick', '--out', 'a/b'], { cwd: folder });
      assert.is(code, 0);
      const files = [
        'hard.csv',
        'measured.csv',
        'paper.csv',
        'transition.json',
        'transition.png',
        'transition.svg',
      ];
      assert.equal(readdirSync(join(folder, 'a/b')).toSorted(), files);
      for (const file of files) assert.ok(stdout.includes(`${join('a/b', file)}\n`), stdout);
      const { config, measured } = JSON.parse(readFileSync(join(folder, 'a/b/transition.json'), 'utf8')) as {
        readonly config: { readonly seed: number };
        readonly measured: readonly unknown[];
      };
      assert.is(config.seed, 1);
      const lines = readFileSync(join(folder, 'a/b/measured.csv'), 'utf8').trimEnd().split('\n');
      assert.is(lines.length, measured.length + 1);
    });
  });

  test('a seed that is none is refused, and nothing is written', async () => {
    await inFolder(async (folder) => {
      const args = ['transition', '--quick', '--out', 'x', '--seed', '-1'];
      const { code, stderr } = await seth(args, { cwd: folder });
      assert.is(code, 2);
      assert.match(stderr, /--seed: expected a whole number from 0/);
      assert.equal(readdirSync(folder), []);
    });
  });
});
