import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { pngMaker } from '../../../src/cli/png.ts';
import { transitionFigure } from '../../../src/cli/transition-figure.ts';
import { version } from '../../../src/cli/version.ts';
import { transitionConfig } from '../../../src/experiments/transition/config.ts';
import { toCsv } from '../../../src/experiments/transition/csv.ts';
import type { Transition } from '../../../src/experiments/transition/run.ts';
import { suite } from '../../support/harness.ts';
import { inFolder, seth } from '../seth.ts';

suite('src/cli/commands/transition', (test) => {
  test('it writes the run into a new folder in every format, by the seed that was given, and names the files', async () => {
    await inFolder(async (folder) => {
      const args = ['transition', '--quick', '--out', 'a/b', '--seed', '5'];
      const { code, stdout } = await seth(args, { cwd: folder });
      assert.is(code, 0);
      const files = [
        'hard.csv',
        'measured.csv',
        'paper.csv',
        'powers.csv',
        'times.csv',
        'transition.json',
        'transition.png',
        'transition.svg',
      ];
      assert.equal(readdirSync(join(folder, 'a/b')).toSorted(), files);
      for (const file of files) assert.ok(stdout.includes(`${join('a/b', file)}\n`), stdout);
      const read = (file: string): string => readFileSync(join(folder, 'a/b', file), 'utf8');
      const { version: by, ...run } = JSON.parse(read('transition.json')) as Transition & { version: string };
      assert.is(by, version());
      assert.equal(run.config, transitionConfig(true, 5));
      assert.is(run.measured.length, 15);
      assert.is(read('paper.csv'), toCsv(run.paper));
      assert.is(read('measured.csv'), toCsv(run.measured));
      assert.is(read('hard.csv'), toCsv(run.hard));
      assert.is(read('powers.csv'), toCsv(run.powers));

      // Again, as one JSON object: the same bytes in all files but times.csv, and the seconds with the rows.
      const again = await seth([...args.slice(0, 3), 'c', ...args.slice(4), '--json'], { cwd: folder });
      const {
        measured,
        files: named,
        ...rest
      } = JSON.parse(again.stdout) as {
        files: string[];
        measured: ({ taken: boolean; seconds: number | null; exactSeconds: number | null } & object)[];
      };
      assert.equal(
        named.toSorted(),
        files.map((file) => join('c', file)),
      );
      const { measured: timeless, ...same } = JSON.parse(read('transition.json')) as { measured: object[] };
      assert.equal(rest, same);
      const timed = timeless.map((row, i) => {
        const { seconds, exactSeconds } = measured[i]!;
        return { ...row, seconds, exactSeconds };
      });
      assert.equal(measured, timed);
      for (const { taken, seconds, exactSeconds } of measured)
        assert.equal([taken, taken], [seconds !== null, exactSeconds !== null]);
      const times = readFileSync(join(folder, 'c/times.csv'), 'utf8').trim().split('\n');
      assert.is(times[0], 'log2n,gamma,seconds,exactSeconds');
      assert.is(times.length - 1, measured.filter(({ taken }) => taken).length);
      for (const file of files.filter((file) => file !== 'times.csv'))
        assert.ok(
          readFileSync(join(folder, 'c', file)).equals(readFileSync(join(folder, 'a/b', file))),
          file,
        );
      const svg = (await transitionFigure())(run);
      assert.is(read('transition.svg'), svg);
      const png = readFileSync(join(folder, 'a/b/transition.png'));
      assert.ok(png.equals((await pngMaker())(svg)));
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
