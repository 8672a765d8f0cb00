import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { families } from '../../../src/problems/families/families.ts';
import { suite } from '../../support/harness.ts';
import type { IndexEntry } from '../../support/instances.ts';
import { inFolder, seth, shippedInstances } from '../seth.ts';

const index = JSON.parse(readFileSync(join(shippedInstances, 'index.json'), 'utf8')) as IndexEntry[];

suite('src/cli/commands/random', (test) => {
  test('the command of an instance prints its very bytes, in every family', async () => {
    const chosen = Object.keys(families).map((family) => index.findLast((entry) => entry.family === family)!);
    await Promise.all(
      chosen.map(async ({ file, command }) => {
        const { code, stdout } = await seth(command.split(' ').slice(1));
        assert.is(stdout, readFileSync(join(shippedInstances, file), 'utf8'));
        assert.is(code, 0);
      }),
    );
  });

  test('the comments hold a command that makes the same formula, defaults and -o included', async () => {
    await inFolder(async (folder) => {
      const file = join(folder, 'f.cnf');
      assert.is((await seth(['random', 'uniform', '--ratio', '3', '-o', file])).code, 0);
      const text = readFileSync(file, 'utf8');
      const [, command] = /^c (seth .*)$/m.exec(text)!;
      assert.is(command, 'seth random uniform --variables 20 --clauses 60 --width 3 --seed 1');
      assert.is((await seth(command!.split(' ').slice(1))).stdout, text);
    });
  });

  test('--json has the clauses and what is known', async () => {
    const { stdout } = await seth(['random', 'teaching', '--formula', '2', '--json']);
    assert.equal(JSON.parse(stdout), {
      family: 'teaching',
      seed: null,
      command: 'seth random teaching --formula 2',
      variables: 3,
      clauses: [
        [1, 2, 3],
        [-1, -2],
        [-1, -3],
        [-2, -3],
      ],
      models: '3',
      satisfiable: true,
    });
    const planted = await seth('random planted --variables 6 --clauses 9 --seed 3 --json'.split(' '));
    const {
      seed,
      models,
      satisfiable,
      planted: model,
    } = JSON.parse(planted.stdout) as Record<string, unknown>;
    assert.equal({ seed, models, satisfiable }, { seed: 3, models: undefined, satisfiable: true });
    assert.equal((model as number[]).map(Math.abs), [1, 2, 3, 4, 5, 6]);
  });

  test('a parameter out of its range is refused under the name of its option', async () => {
    const cases: readonly (readonly [args: string, line: string])[] = [
      [
        'uniform --variables 0',
        '--variables: expected a whole number from 1 to 100000, found 0; see --help for what --variables means',
      ],
      [
        'uniform --seed 1.5',
        '--seed: expected a whole number from 0 to 9007199254740991, found 1.5; see --help for what --seed means',
      ],
      [
        'uniform --clauses 3 --ratio 2',
        '--ratio: expected clauses or ratio, not both, found clauses 3 and ratio 2; leave one of them out',
      ],
      [
        'planted --variables 2 --width 3',
        '--width: expected at most 2, because the variables of a clause are different, found 3; give a smaller number for width',
      ],
    ];
    for (const [args, line] of cases) {
      const { code, stdout, stderr } = await seth(['random', ...args.split(' ')]);
      assert.is(stderr, `seth: ${line}\n`);
      assert.is(code, 2);
      assert.is(stdout, '');
    }
  });
});
