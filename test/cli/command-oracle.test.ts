/** A program of the user's own through the command line. */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as assert from 'uvu/assert';
import { openOptions } from '../../src/cli/command-options.ts';
import { inPlace, isGone, until } from '../oracles/command/support.ts';
import { suite } from '../support/harness.ts';
import { inFolder, jsonLines, linesOf, listing, mainFile, seth } from './seth.ts';

const formulas = ['a', 'b', 'c'];

/** Calls `body` where a.cnf, b.cnf and c.cnf are, with 3, 2 and 1 models. */
const withFormulas = (body: (folder: string) => Promise<void>): Promise<void> =>
  inFolder(async (folder) => {
    ['1 2 0', '1 0', '1 0 2 0'].forEach((clauses, at) => {
      const count = clauses.split(' 0').length - 1;
      writeFileSync(join(folder, `${formulas[at]}.cnf`), `p cnf 2 ${count}\n${clauses}\n`);
    });
    await body(folder);
  });

suite('src/cli/command-oracle', (test) => {
  for (const warm of [false, true]) {
    const command = `command${warm ? '-warm' : ''}:`;

    test(`${command} a file on which the program fails is one line, and the others go on`, () =>
      inPlace((place) =>
        withFormulas(async (folder) => {
          const files = formulas.map((name) => `${name}.cnf`);
          const oracle = `${command}${place.line('exit 3', 2, warm)}`;
          const { code, stdout, stderr } = await seth(['verify', ...files, '--json', '--oracle', oracle], {
            cwd: folder,
          });
          assert.is(code, 1);
          assert.is(linesOf(stderr).length, 1);
          assert.match(
            stderr,
            /^seth: b\.cnf, --oracle: expected .*, found exit code 3, after it said "first \| /,
          );
          const [a, b, c] = jsonLines(stdout);
          assert.equal([a!['count'], c!['count']], ['3', '1']);
          assert.is(a!['oracle'], oracle);
          assert.is((b!['error'] as { code: string }).code, 'command-exit');
        }),
      ));

    test(`${command} an interrupt or a termination ends the program with all that it started, and leaves no files`, () =>
      inPlace((place) =>
        withFormulas(async (folder) => {
          for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
            writeFileSync(place.state, '');
            const temporary = join(folder, signal);
            mkdirSync(temporary);
            const oracle = `${command}${place.line('hang with a child', 1, warm)}`;
            const child = spawn(process.execPath, [mainFile, 'solve', 'a.cnf', '--oracle', oracle], {
              cwd: folder,
              env: { ...process.env, TMPDIR: temporary },
              stdio: 'ignore',
            });
            const ended = new Promise((resolve) => child.once('exit', (_, by) => resolve(by)));
            await until(() => place.noted().length === 2);
            assert.is(listing(temporary).length, 1);
            child.kill(signal);
            assert.is(await ended, signal);
            await until(() => place.noted().every(isGone));
            assert.equal(listing(temporary), []);
          }
        }),
      ));

    test(`${command} a SIGKILL, after which nothing can be done, ends the program with all that it started`, () =>
      inPlace((place) =>
        withFormulas(async (folder) => {
          const oracle = `${command}${place.line('hang with a child', 1, warm)}`;
          const child = spawn(process.execPath, [mainFile, 'solve', 'a.cnf', '--oracle', oracle], {
            cwd: folder,
            env: { ...process.env, TMPDIR: folder },
            stdio: 'ignore',
          });
          const ended = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
          await until(() => place.noted().length === 2);
          assert.not(place.noted().some(isGone));
          child.kill('SIGKILL');
          assert.is(await ended, 'SIGKILL');
          await until(() => place.noted().every(isGone));
        }),
      ));
  }

  test('attend: what the program does wrong is exit code 1, and no output is left', () =>
    inPlace((place) =>
      withFormulas(async (folder) => {
        await seth(['generate', 'a.cnf', '-o', 'i.safetensors'], { cwd: folder });
        const before = listing(folder);
        const oracle = `command:${place.line('infinity', 1)}`;
        const run = (): ReturnType<typeof seth> =>
          seth(['attend', 'i.safetensors', '-o', 'o.npy', '--oracle', oracle], { cwd: folder });
        const failed = await run();
        assert.is(failed.code, 1);
        assert.match(
          failed.stderr,
          /^seth: i\.safetensors, out\[\d+, 0\]: expected a finite number, found Infinity; .*\n$/,
        );
        assert.equal(listing(folder), before);
        assert.is((await run()).code, 0);
        assert.is((await seth(['decode', 'i.safetensors', 'o.npy'], { cwd: folder })).code, 10);
      }),
    ));

  test("seth itself can be the program, and instances' own scale is used", () =>
    withFormulas(async (folder) => {
      const line = `command:'${process.execPath}' '${resolve(mainFile)}' attend {instance} --oracle reference -o {output}`;
      for (const scale of ['linear', 'rsqrt']) {
        const { code, stdout } = await seth(['solve', 'b.cnf', '--scale', scale, '--oracle', line], {
          cwd: folder,
        });
        assert.is(code, 10);
        assert.match(stdout, /^c s exact arb int 2$/m);
      }
    }));

  test('a program that is not there, or a line without its places, is bad usage', async () => {
    for (const [oracle, line] of [
      [
        'command:no-such {instance} {output}',
        /^seth: --oracle: expected a program that can be run, found "no-such"; /,
      ],
      ['command:node x.js', /^seth: --oracle: expected {instance} among the program's arguments/],
    ] as const) {
      const { code, stdout, stderr } = await seth(['verify', 'instances', '--oracle', oracle]);
      assert.equal([code, stdout, linesOf(stderr).length], [2, '', 1]);
      assert.match(stderr, line);
    }
  });

  test('a TMPDIR that is none is bad input before anything is run, and stress gives no score', () =>
    withFormulas(async (folder) => {
      const oracle = ['--oracle', 'command:true {instance} {output}'];
      const commands = [
        ['verify', 'a.cnf'],
        ['solve', 'a.cnf'],
        ['stress', '--dtype', 'bf16'],
      ];
      for (const command of commands) {
        for (const env of [{ TMPDIR: join(folder, 'missing') }, { TMPDIR: join(folder, 'a.cnf') }]) {
          const { code, stdout, stderr } = await seth([...command, ...oracle], { cwd: folder, env });
          assert.equal([code, stdout, linesOf(stderr).length], [2, '', 1]);
          assert.ok(
            stderr.startsWith(`seth: ${env.TMPDIR}: expected a folder with room for temporary files`),
          );
        }
      }
    }));

  test('--timeout and --error are checked, and refused where no program could use them', () => {
    const oracle = 'command:x {instance} {output}';
    assert.equal(openOptions({ oracle }), {});
    assert.equal(openOptions({ oracle, timeout: '2.5', error: '1e-6' }), { timeout: 2.5, error: 1e-6 });
    assert.equal(openOptions({ oracle: 'command-warm:x', error: 1 }), { error: 1 });
    for (const [args, message] of [
      [{ oracle, timeout: 0 }, /^--timeout: expected a number above 0 and up to 1000000, found 0/],
      [{ oracle, error: 2 }, /^--error: expected a number above 0 and up to 1, found 2/],
      [
        { oracle: 'cpu', error: 1e-6 },
        /^--error is for --oracle command:… and polynomial, and the oracle is cpu: leave it out$/,
      ],
      [{ oracle: 'reference', timeout: 5 }, /^--timeout is for --oracle command:…/],
    ] as const) {
      assert.throws(() => openOptions(args), message);
    }
  });
});
