import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseHTML, DOMParser } from 'linkedom';
import * as assert from 'uvu/assert';
import { suiteRungs, suiteVersion } from '../../../src/experiments/stress/suite.ts';
import { faultyProgram, inPlace } from '../../oracles/command/support.ts';
import { suite } from '../../support/harness.ts';
import { inFolder, seth } from '../seth.ts';

interface Outcome {
  readonly passed: boolean;
  readonly suite: string;
  readonly version: number;
  readonly oracle: string;
  readonly scores: readonly { readonly dtype: string; readonly reached: number; readonly top: number }[];
  readonly rungs: readonly {
    readonly rung: string;
    readonly passed: boolean;
    readonly reason?: string;
    readonly error: number | null;
    readonly demand: number;
    readonly bits: number;
    readonly heads: number;
    readonly wrong: number;
    readonly wrongRows: readonly { readonly head: number; readonly row: number }[];
  }[];
}

const bf16 = suiteRungs('quick', ['bf16']).map(({ id }) => id);

suite('src/cli/commands/stress', (test) => {
  test('--json has passed, a score for each dtype and an entry for each rung', async () => {
    const { code, stdout, stderr } = await seth(['stress', '--dtype', 'f32', '--json']);
    assert.is(code, 0, stderr);
    const outcome = JSON.parse(stdout) as Outcome;
    assert.is(outcome.passed, true);
    assert.equal([outcome.suite, outcome.version, outcome.oracle], ['quick', suiteVersion, 'cpu']);
    assert.equal(
      outcome.rungs.map(({ rung }) => rung),
      suiteRungs('quick', ['f32']).map(({ id }) => id),
    );
    assert.ok(
      outcome.rungs.every(({ passed, error, demand }) => passed && error !== null && error <= demand),
    );
    const [score] = outcome.scores;
    assert.equal([score!.dtype, score!.reached, score!.top], ['f32', 6, 6]);
  });

  test('the table has a row for each rung of every dtype, and a score for each', async () => {
    const { code, stdout } = await seth(['stress', '--dtype', 'all']);
    assert.is(code, 0);
    for (const { id } of suiteRungs('quick')) assert.match(stdout, new RegExp(`^${id} .* ✓$`, 'm'));
    for (const score of [
      'f64: level 14 of 14',
      'f32: level 6 of 6',
      'f16: level 3 of 3',
      'bf16: level 2 of 2',
    ]) {
      assert.match(stdout, score);
    }
    assert.match(stdout, `cpu on the quick suite, version ${suiteVersion}: passed\n`);
  });

  test('an oracle that fails on every rung fails them with one line each, and the suite goes on to its end', async () => {
    const { code, stdout, stderr } = await seth([
      'stress',
      '--oracle',
      'polynomial',
      '--dtype',
      'bf16',
      '--json',
    ]);
    assert.is(code, 1, stderr);
    const { passed, rungs, scores } = JSON.parse(stdout) as Outcome;
    assert.is(passed, false);
    assert.is(scores[0]!.reached, 0);
    assert.equal(
      rungs.map(({ rung }) => rung),
      bf16,
    );
    for (const { passed: good, reason, error, bits } of rungs) {
      assert.not(good);
      assert.match(reason!, /^[^\n]*rank[^\n]*$/);
      assert.equal([error, bits], [null, 0]);
    }
  });

  test('a program that writes float32 for float64 is judged by its outputs: they carry it to level 7 of 14', async () => {
    await inPlace(async (place) => {
      const oracle = `command-warm:${place.line('float32', 0, true)}`;
      const { code, stdout, stderr } = await seth(['stress', '--oracle', oracle, '--json']);
      assert.is(code, 1, stderr);
      const { scores, rungs } = JSON.parse(stdout) as Outcome;
      assert.is(scores[0]!.reached, 7);
      for (const { error, reason = '' } of rungs) {
        assert.ok(error !== null && error < 1e-7);
        assert.not.match(reason, /--error/);
      }
    });
  });

  test('the rows decided wrongly that JSON has are named in the table, the page and the JUnit report too', async () => {
    await inPlace((place) =>
      inFolder(async (folder) => {
        const oracle = `command-warm:${place.line('float32', 0, true)}`;
        const args = ['stress', '--oracle', oracle];
        const files = ['--junit', 'j.xml', '--html', 'h.html'];
        const { stdout, stderr } = await seth([...args, '--json', ...files], { cwd: folder });
        const { rungs } = JSON.parse(stdout) as Outcome;
        const named = rungs.filter(({ wrongRows }) => wrongRows.length > 0);
        assert.ok(
          named.some(({ heads }) => heads > 1),
          stderr,
        );
        assert.ok(named.some(({ wrong, wrongRows }) => wrong > wrongRows.length));
        const { stdout: table } = await seth(args, { cwd: folder });
        const xml = new DOMParser().parseFromString(readFileSync(join(folder, 'j.xml'), 'utf8'), 'text/xml');
        const cases = [...xml.querySelectorAll('testcase')];
        const { document } = parseHTML(readFileSync(join(folder, 'h.html'), 'utf8'));
        const rows = [...document.querySelectorAll('td.why')].map(({ textContent }) => textContent);
        for (const { rung, heads, wrong, wrongRows } of named) {
          const first = wrongRows.filter(({ head }) => head === wrongRows[0]!.head).map(({ row }) => row);
          const begin = ` rows decided wrongly: ${heads > 1 ? `head ${wrongRows[0]!.head}: ` : ''}${first.join(', ')}`;
          const end =
            wrong > wrongRows.length ? ` and ${wrong - wrongRows.length} more` : `${wrongRows.at(-1)!.row}`;
          const found = cases.find((element) => element.getAttribute('name') === rung)!;
          const message = found.querySelector('failure')!.getAttribute('message')!;
          assert.match(message, begin);
          assert.ok(message.endsWith(end), message);
          assert.match(table, `\n  ${message}\n`);
          assert.ok(rows.includes(message));
        }
      }),
    );
  });

  test('a shard says in every report that it is one, and its scores are no score of the suite', async () => {
    await inFolder(async (folder) => {
      const args = ['stress', '--dtype', 'bf16', '--junit', 'j.xml', '--html', 'h.html'];
      const reports = async (shard: readonly string[]): Promise<readonly string[]> => {
        const { code, stdout, stderr } = await seth([...args, ...shard], { cwd: folder });
        assert.is(code, 0, stderr);
        const xml = readFileSync(join(folder, 'j.xml'), 'utf8');
        const { document } = parseHTML(readFileSync(join(folder, 'h.html'), 'utf8'));
        const name = new DOMParser().parseFromString(xml, 'text/xml').querySelector('testsuite')!;
        const page = [document.title, document.querySelector('h1 + p')!.textContent ?? ''];
        return [stdout, name.getAttribute('name')!, ...page];
      };
      for (const report of await reports(['--shard', '1/3'])) {
        assert.match(report, ', shard 1/3 of its rungs only');
      }
      for (const report of await reports([])) assert.not.match(report, /shard|only/);
    });
  });

  for (const fault of ['crash', 'NaN', 'hang']) {
    test(`a program that does this on its third instance fails that rung with one line, the others are judged: ${fault}`, async () => {
      await inPlace(async (place) => {
        const timeout = fault === 'hang' ? ['--timeout', '5'] : [];
        const oracle = `command-warm:${place.line(fault, 3, true)}`;
        const args = ['stress', '--oracle', oracle, '--dtype', 'f16', '--json', ...timeout];
        const { code, stdout, stderr } = await seth(args);
        assert.is(code, 1, stderr);
        const { rungs } = JSON.parse(stdout) as Outcome;
        const failed = rungs.filter(({ passed }) => !passed);
        assert.equal(
          failed.map(({ rung, error }) => [rung, error]),
          [[rungs[2]!.rung, null]],
        );
        assert.match(failed[0]!.reason!, /^[^\n]+$/);
      });
    });
  }

  test('a journal says how much was taken from it, and is refused where the program was edited since', async () => {
    await inFolder(async (folder) => {
      const program = join(folder, 'kernel');
      const line = `'${process.execPath}' '${faultyProgram}' none 0 '${join(folder, 'state')}'`;
      const script = (text: string): void =>
        writeFileSync(program, `#!/bin/sh\n# ${text}\nexec ${line} "$@"\n`, { mode: 0o755 });
      script('first');
      const oracle = 'command:./kernel {instance} {output}';
      const args = ['stress', '--oracle', oracle, '--dtype', 'f16', '--journal', 'kept', '--json'];
      const first = await seth(args, { cwd: folder });
      assert.is(first.code, 0, first.stderr);
      assert.not.match(first.stderr, 'kept');
      const again = await seth([...args, '--require', '1'], { cwd: folder });
      assert.is(again.code, 0, again.stderr);
      const all = suiteRungs('quick', ['f16']).length;
      assert.match(again.stderr, `${all} of ${all} rungs were kept in kept from an earlier run`);
      script('second');
      const edited = await seth(args, { cwd: folder });
      assert.is(edited.code, 2);
      assert.match(edited.stderr, /--oracle \.\/kernel: expected SHA-256 /);
    });
  });

  test('--timeout is for programs only', async () => {
    const { code, stderr } = await seth(['stress', '--timeout', '5']);
    assert.is(code, 2);
    assert.match(stderr, /--timeout is for --oracle command/);
  });

  test('--layout is for programs only', async () => {
    const { code, stderr } = await seth(['stress', '--layout', 'bhnd']);
    assert.is(code, 2);
    assert.match(stderr, /--layout is for --oracle command/);
  });

  test('--require 0 is reached by anything', async () => {
    const { code } = await seth([
      'stress',
      '--oracle',
      'polynomial',
      '--dtype',
      'bf16',
      '--require',
      '0',
      '--json',
    ]);
    assert.is(code, 0);
  });

  test('a level that the ladder does not have is refused', async () => {
    const { code, stdout, stderr } = await seth(['stress', '--dtype', 'f32', '--require', '9']);
    assert.is(code, 2);
    assert.is(stdout, '');
    assert.match(stderr, /--require: expected a whole number from 0 to 6, found 9/);
  });

  test('--junit and --html write whole files, which say why a rung failed', async () => {
    await inFolder(async (folder) => {
      const args = [
        'stress',
        '--dtype',
        'bf16',
        '--oracle',
        'polynomial',
        '--junit',
        'j.xml',
        '--html',
        'h.html',
      ];
      const { code, stderr } = await seth([...args, '--require', '1'], { cwd: folder });
      assert.is(code, 1, stderr);
      assert.equal(readdirSync(folder).toSorted(), ['h.html', 'j.xml']);

      const xml = new DOMParser().parseFromString(readFileSync(join(folder, 'j.xml'), 'utf8'), 'text/xml');
      const cases = [...xml.querySelectorAll('testcase')];
      assert.equal(
        cases.map((element) => element.getAttribute('name')),
        bf16,
      );
      for (const element of cases) {
        const isRequired = element.getAttribute('name')!.startsWith('bf16/1/');
        const [why] = element.querySelectorAll(isRequired ? 'failure' : 'skipped');
        assert.match(why!.getAttribute('message'), /rank/);
      }

      const html = readFileSync(join(folder, 'h.html'), 'utf8');
      const { document } = parseHTML(html);
      assert.is(document.querySelectorAll('figure svg').length, 1);
      const whys = [...document.querySelectorAll('td.why')];
      assert.is(whys.length, bf16.length);
      for (const { textContent } of whys) assert.match(textContent ?? '', /rank/);
      assert.not.match(html, /\b(?:src|href)=|@import|url\(/);
    });
  });

  test('a place that does not exist is refused before anything is run', async () => {
    const { code, stderr, stdout } = await seth(['stress', '--junit', '/nowhere/at/all.xml']);
    assert.is(code, 2);
    assert.is(stdout, '');
    assert.match(stderr, /\/nowhere\/at\/all\.xml/);
  });

  test('two reports for standard output are one too many', async () => {
    const { code, stderr } = await seth(['stress', '--json', '--junit', '-']);
    assert.is(code, 2);
    assert.match(stderr, /standard output/);
  });
});
