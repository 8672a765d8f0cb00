import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseHTML, DOMParser } from 'linkedom';
import * as assert from 'uvu/assert';
import { buildRung } from '../../../src/experiments/stress/rung.ts';
import { suiteRungs, suiteVersion } from '../../../src/experiments/stress/suite.ts';
import { decodeElements } from '../../../src/formats/elements.ts';
import { readInstance } from '../../../src/formats/instance.ts';
import { readOutput } from '../../../src/formats/output.ts';
import { readSafetensors } from '../../../src/formats/safetensors.ts';
import { tensorMatrix } from '../../../src/formats/tensor.ts';
import { referenceOracle } from '../../../src/oracles/reference.ts';
import { denseMatrix, entries } from '../../../src/problems/attention.ts';
import { rate, small } from '../../../src/cli/stress-outcome.ts';
import { faultyProgram, inPlace } from '../../oracles/command/support.ts';
import { headsProgram } from '../../support/kernels/heads-program.ts';
import { suite } from '../../support/harness.ts';
import { inFolder, seth } from '../seth.ts';

interface Outcome {
  readonly passed: boolean;
  readonly suite: string;
  readonly version: number;
  readonly oracle: string;
  readonly selfTest?: { readonly found: string | null; readonly line?: string };
  readonly scores: readonly {
    readonly dtype: string;
    readonly reached: number;
    readonly top: number;
    readonly notExercised?: { readonly rungs: number; readonly levels: readonly number[] };
  }[];
  readonly rungs: readonly {
    readonly rung: string;
    readonly passed: boolean;
    readonly status?: string;
    readonly reason?: string;
    readonly error: number | null;
    readonly demand: number;
    readonly bits: number;
    readonly heads: number;
    readonly seconds: number | null;
    readonly wrong: number;
    readonly wrongRows: readonly { readonly head: number; readonly row: number }[];
  }[];
}

/** What the document of an exported rung has. */
interface Exported {
  readonly rung: string;
  readonly suiteVersion: number;
  readonly dtype: string;
  readonly scale: number;
  readonly layout?: string;
  readonly batches?: number;
  readonly demand: { readonly relative: number; readonly absolute: number };
  readonly heads: readonly { readonly instance: string; readonly expected: string }[];
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
        for (const { rung, heads, seconds, wrong, wrongRows } of named) {
          const first = wrongRows.filter(({ head }) => head === wrongRows[0]!.head).map(({ row }) => row);
          const begin = ` rows decided wrongly: ${heads > 1 ? `head ${wrongRows[0]!.head}: ` : ''}${first.join(', ')}`;
          const end =
            wrong > wrongRows.length ? ` and ${wrong - wrongRows.length} more` : `${wrongRows.at(-1)!.row}`;
          const found = cases.find((element) => element.getAttribute('name') === rung)!;
          assert.is(found.getAttribute('time'), seconds!.toFixed(6));
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

  test('what a program computes in place of attention is said before the first rung, and in JSON', async () => {
    await inPlace(async (place) => {
      const args = (fault: string): string[] => [
        'stress',
        '--oracle',
        `command-warm:${place.line(fault, 0, true)}`,
        '--dtype',
        'f16',
        '--json',
      ];
      const wrong = await seth(args('rsqrt'));
      assert.is(wrong.code, 1);
      assert.match(wrong.stderr, /^self-test: this is attention with 1\/√d = 0\.5 in place of [^\n]*\n$/);
      const { selfTest, rungs } = JSON.parse(wrong.stdout) as Outcome;
      assert.is(selfTest!.found, 'scale 1/√d');
      assert.is(wrong.stderr, `self-test: ${selfTest!.line}\n`);
      assert.equal(
        rungs.map(({ rung }) => rung),
        suiteRungs('quick', ['f16']).map(({ id }) => id),
      );
      const right = await seth(args('none'));
      assert.equal([right.code, right.stderr], [0, '']);
      assert.equal((JSON.parse(right.stdout) as Outcome).selfTest, { found: 'attention' });
    });
  });

  test('a kernel that divides by √d whatever a file says survives --scale rsqrt as it is, and every report says so', async () => {
    await inPlace((place) =>
      inFolder(async (folder) => {
        const oracle = `command-warm:${place.line('rsqrt', 0, true)}`;
        const args = ['stress', '--oracle', oracle, '--dtype', 'f16', '--scale', 'rsqrt'];
        const files = ['--junit', 'j.xml', '--html', 'h.html'];
        const { code, stdout, stderr } = await seth([...args, ...files], { cwd: folder });
        assert.equal([code, stderr], [0, '']);
        assert.match(stdout, /^f16\/1\/plain\+rsqrt .* ✓$/m);
        assert.match(stdout, /^f16\/2\/rsqrt .* ✓$/m);
        for (const report of [
          stdout,
          ...['j.xml', 'h.html'].map((name) => readFileSync(join(folder, name), 'utf8')),
        ]) {
          assert.match(report, ', all logits by 1/√d');
        }
        for (const named of [['f16/1/plain+rsqrt'], ['f16/1/plain', '--scale', 'rsqrt']]) {
          const one = await seth(['stress', '--oracle', oracle, '--json', '--rung', ...named]);
          assert.is(one.code, 0, one.stderr);
          const { only, selfTest } = JSON.parse(one.stdout) as Outcome & { readonly only: readonly string[] };
          assert.equal([only, selfTest], [['f16/1/plain+rsqrt'], { found: 'attention' }]);
        }
      }),
    );
  });

  const f16Rungs = suiteRungs('quick', ['f16']);
  const f16 = f16Rungs.map(({ id }) => id);
  /** The call at which a rung is first asked: the self-test's is the first, and a rung has one for each head. */
  const callOf = (id: string): number =>
    f16Rungs.slice(0, f16.indexOf(id)).reduce((calls, { heads }) => calls + heads, 2);

  for (const [fault, rung, warm, line] of [
    ['crash', 'f16/2/shift', true, /its end by SIGSEGV/],
    ['exit 3', 'f16/3/plain', false, /exit code 3, after it said/],
    ['NaN', 'f16/2/shift', true, /found NaN/],
    ['hang', 'f16/2/shift', true, /within 10 s, found none, and the program was killed/],
    ['nonsense', 'f16/2/rsqrt', true, /^the output's header length: expected a header/],
    ['half', 'f16/3/long', true, /^the output's /],
    ['another place', 'f16/3/plain', true, /found "output\.npy\.npy" beside its place/],
    ['exit 0', 'f16/1/plain', false, /found nothing there, though the program says that it is done/],
    ['exit 0', 'f16/3/values', true, /exit code 0/],
  ] as const) {
    test(`a program that does this at one rung fails that with one line, the others are judged: ${fault}, ${warm ? 'warm' : 'cold'}`, () =>
      inPlace(async (place) => {
        const timeout = fault === 'hang' ? ['--timeout', '10'] : [];
        const oracle = `command${warm ? '-warm' : ''}:${place.line(fault, callOf(rung), warm)}`;
        const args = ['stress', '--oracle', oracle, '--dtype', 'f16', '--json', ...timeout];
        const { code, stdout, stderr } = await seth(args);
        assert.is(code, 1, stderr);
        const { rungs } = JSON.parse(stdout) as Outcome;
        const failed = rungs.filter(({ passed }) => !passed);
        assert.equal(
          failed.map((result) => [result.rung, result.error]),
          [[rung, null]],
        );
        assert.equal(
          rungs.map((result) => result.rung),
          f16,
        );
        assert.match(failed[0]!.reason!, line);
        assert.match(failed[0]!.reason!, /^[^\n]+$/);
      }));
  }

  test('a program that answers one head with the answer for the head before it fails that rung, with the rows', () =>
    inPlace(async (place) => {
      const second = callOf('f16/3/heads') + 1;
      const oracle = `command-warm:${place.line('repeated', second, true)}`;
      const { code, stdout, stderr } = await seth(['stress', '--oracle', oracle, '--dtype', 'f16', '--json']);
      assert.is(code, 1, stderr);
      const { rungs } = JSON.parse(stdout) as Outcome;
      const failed = rungs.filter(({ passed }) => !passed);
      assert.equal(
        failed.map(({ rung }) => rung),
        ['f16/3/heads'],
      );
      assert.match(failed[0]!.reason!, /: head 1, out\[\d+, 0\] is .* rows decided wrongly$/);
      assert.ok(failed[0]!.wrongRows.every(({ head }) => head === 1));
      assert.ok(failed[0]!.wrong > 16);
    }));

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

  test('--rung runs what it names, of whichever dtype, and the scores are of no ladder', async () => {
    await inFolder(async (folder) => {
      const args = ['stress', '--rung', 'bf16/1/shift, f16/3/heads', '--html', 'h.html'];
      const { code, stdout, stderr } = await seth(args, { cwd: folder });
      assert.is(code, 0, stderr);
      assert.match(
        stdout,
        /^f16\/3\/heads .* ✓\nbf16\/1\/shift .* ✓\n\nf16: 11\.1 effective bits · 1 of 1 rungs/m,
      );
      assert.match(
        stdout,
        `\ncpu on the quick suite, version ${suiteVersion}, 2 of its rungs only: passed\n`,
      );
      assert.not.match(readFileSync(join(folder, 'h.html'), 'utf8'), /level \d/);
      const { stdout: json } = await seth([...args.slice(0, 3), '--json']);
      const { only, rungs } = JSON.parse(json) as Outcome & { readonly only: readonly string[] };
      assert.equal(only, ['f16/3/heads', 'bf16/1/shift']);
      assert.equal(
        rungs.map(({ rung }) => rung),
        only,
      );
    });
  });

  test('a rung that fails by itself fails the run, and a name that is none is refused', async () => {
    const failed = await seth(['stress', '--rung', 'bf16/2/plain', '--oracle', 'polynomial']);
    assert.is(failed.code, 1);
    assert.match(failed.stdout, /, 1 of its rungs only: not passed\n$/);
    for (const [args, message] of [
      [
        ['--rung', 'f32/4/plain'],
        /^seth: --rung: expected a rung of the quick suite, such as f64\/1\/plain, found "f32\/4\/plain"; add --suite full\n$/,
      ],
      [
        ['--rung', 'f16/3/heads,f32'],
        /found "f32"; leave --rung out for a table whose first column has all names\n$/,
      ],
      [['--rung', 'f16/3/hads'], /found "f16\/3\/hads"; did you mean f16\/3\/heads\?\n$/],
      [
        ['--rung', 'f16/3/heads', '--require', '1'],
        /--require is for a whole suite: leave it out with --rung/,
      ],
      [['--rung', 'f16/3/heads', '--shard', '0/2'], /--shard is for a whole suite/],
    ] as const) {
      const { code, stdout, stderr } = await seth(['stress', ...args]);
      assert.equal([code, stdout], [2, '']);
      assert.match(stderr, message);
    }
  });

  test('--export writes what a rung asks, what is right and how far from it an output may be', async () => {
    await inFolder(async (folder) => {
      const args = ['stress', '--rung', 'f32/4/heads,f16/1/plain', '--export', 'deep/files', '--json'];
      const { code, stdout, stderr } = await seth(args, { cwd: folder });
      assert.is(code, 0, stderr);
      const { rungs } = JSON.parse(stdout) as Outcome;
      const at = (name: string): Buffer => readFileSync(join(folder, 'deep/files', name));
      const heads = [0, 1].flatMap((head) => [
        `f32-4-heads-head-${head}.expected.safetensors`,
        `f32-4-heads-head-${head}.safetensors`,
      ]);
      const one = ['f16-1-plain.expected.safetensors', 'f16-1-plain.json', 'f16-1-plain.safetensors'];
      assert.equal(readdirSync(join(folder, 'deep/files')).toSorted(), [
        ...one,
        ...heads,
        'f32-4-heads.json',
      ]);
      for (const { rung, demand, heads: count } of rungs) {
        const document = JSON.parse(at(`${rung.replaceAll('/', '-')}.json`).toString()) as Exported;
        assert.equal([document.rung, document.suiteVersion], [rung, suiteVersion]);
        assert.is(document.demand.relative, demand);
        assert.is(document.heads.length, count);
        for (const { instance, expected } of document.heads) {
          const { q, k, v, scale } = readInstance(at(instance));
          assert.is(scale, document.scale);
          assert.is(q.dtype, document.dtype);
          const { output } = await referenceOracle().attend({
            q: tensorMatrix(q),
            k: tensorMatrix(k),
            v: tensorMatrix(v),
            scale: scale!,
            dtype: 'f64',
          });
          const right = readOutput(at(expected), output);
          assert.is(right.dtype, 'f64');
          const off = Math.max(...right.values.map((y, e) => Math.abs((output.values[e]! - y) / y)));
          assert.ok(off < 1e-14, `${off}`);
        }
      }
      const nowhere = await seth(['stress', '--export', 'deep/files/f16-1-plain.json'], { cwd: folder });
      assert.equal([nowhere.code, nowhere.stdout], [2, '']);
      assert.match(
        nowhere.stderr,
        /deep\/files\/f16-1-plain\.json: expected a folder that is there or can be made/,
      );
    });
  });

  test('every report says how a rung that failed is run by itself', async () => {
    await inFolder(async (folder) => {
      const args = ['stress', '--suite', 'full', '--dtype', 'bf16', '--oracle', 'polynomial'];
      const { stdout } = await seth([...args, '--junit', 'j.xml', '--html', 'h.html'], { cwd: folder });
      const how = 'seth stress --suite full --rung bf16/1/plain';
      assert.match(
        stdout,
        `: not passed\nOne rung by itself: ${how} --oracle polynomial; with --export DIR, its matrices and the right output as files.\n`,
      );
      assert.match(readFileSync(join(folder, 'h.html'), 'utf8'), `${how} --oracle`);
      const xml = new DOMParser().parseFromString(readFileSync(join(folder, 'j.xml'), 'utf8'), 'text/xml');
      for (const element of xml.querySelectorAll('testcase')) {
        const name = element.getAttribute('name')!;
        assert.is(
          element.querySelector('failure')!.textContent,
          `seth stress --suite full --rung ${name} --oracle polynomial --export DIR`,
        );
      }
      const good = await seth(['stress', '--dtype', 'bf16']);
      assert.not.match(good.stdout, 'by itself');
    });
  });

  test('where a process is started for each instance the table has a dash for its speed, elsewhere a rate', () =>
    inPlace(async (place) => {
      for (const [warm, speed] of [
        [false, '-'],
        [true, '\\d\\.\\de\\d+'],
      ] as const) {
        const oracle = `command${warm ? '-warm' : ''}:${place.line('none', 0, warm)}`;
        const { code, stdout, stderr } = await seth(['stress', '--rung', 'f16/1/plain', '--oracle', oracle]);
        assert.is(code, 0, stderr);
        assert.match(stdout, new RegExp(`^f16/1/plain .* 0 +${speed}  ✓$`, 'm'));
        assert.match(stdout, new RegExp(` · ${speed} pairs/s  ✓$`, 'm'));
      }
    }));

  test('the command that runs a rung again gives the program the time that it had, whatever its line is made of', async () => {
    await inFolder(async (folder) => {
      const args = ['stress', '--rung', 'bf16/1/plain', '--timeout', '7.5', '--junit', 'j.xml', '--json'];
      const oracle = `command:sh -c 'echo "<x> & y" >&2; exit 1' sh {instance} {output}`;
      const { code, stdout, stderr } = await seth([...args, '--oracle', oracle], { cwd: folder });
      assert.is(code, 1, stderr);
      assert.is((JSON.parse(stdout) as { timeout: number }).timeout, 7.5);
      const text = readFileSync(join(folder, 'j.xml'), 'utf8');
      assert.not.match(text, /<x>|& y/);
      const failure = new DOMParser().parseFromString(text, 'text/xml').querySelector('failure')!;
      assert.match(text, 'after it said &quot;&lt;x&gt; &amp; y&quot;');
      assert.is(
        failure.textContent,
        `seth stress --rung bf16/1/plain --timeout 7.5 --oracle '${oracle.replaceAll("'", "'\\''")}' --export DIR`,
      );
    });
  });

  test('a fault that every rung has is said once, and a rung without an answer decided no row', async () => {
    await inPlace((place) =>
      inFolder(async (folder) => {
        const oracle = `command:${place.line('another place', 0)}`;
        const args = ['stress', '--oracle', oracle, '--dtype', 'f16', '--html', 'h.html', '--junit', 'j.xml'];
        const { code, stdout } = await seth(args, { cwd: folder });
        assert.is(code, 1);
        const [first, ...others] = suiteRungs('quick', ['f16']);
        assert.match(
          stdout,
          new RegExp(`^${first!.id} .* no answer +- {2}✗\\n {2}--oracle: expected an output .*$`, 'm'),
        );
        for (const { id, heads } of others) {
          const head = heads > 1 ? 'head 0: ' : '';
          assert.match(
            stdout,
            new RegExp(`^${id} .* no answer +- {2}✗\\n {2}${head}the same as at ${first!.id}$`, 'm'),
          );
        }
        assert.is(stdout.split('found "output').length, 2);
        assert.match(stdout, /· 0 of (\d+) rows decided wrongly, \1 without an answer ·/);
        const html = readFileSync(join(folder, 'h.html'), 'utf8');
        const { document } = parseHTML(html);
        const whys = [...document.querySelectorAll('td.why')].map(({ textContent }) => textContent ?? '');
        assert.is(whys.length, others.length + 1);
        assert.is(whys.filter((why) => why.endsWith(`the same as at ${first!.id}`)).length, others.length);
        assert.not.match(html, /\d+ of \d+<\/td>/);
        // A case of JUnit is read by itself.
        const xml = readFileSync(join(folder, 'j.xml'), 'utf8');
        assert.is(xml.split('expected an output in the file').length, others.length + 2);
      }),
    );
  });

  test('--timeout is for programs only', async () => {
    const { code, stderr } = await seth(['stress', '--timeout', '5']);
    assert.is(code, 2);
    assert.match(stderr, /--timeout is for --oracle command/);
  });

  test('with --layout the self-test, the export and every report have all heads in one call', async () => {
    await inFolder(async (folder) => {
      for (const layout of ['bhnd', 'bnhd'] as const) {
        const oracle = `command-warm:'${process.execPath}' '${headsProgram}'`;
        const args = ['stress', '--rung', 'f16/2/batch', '--layout', layout, '--export', layout];
        const right = await seth([...args, '--oracle', `${oracle} 'only ${layout}'`], { cwd: folder });
        assert.equal([right.code, right.stderr], [0, ''], right.stdout);
        assert.match(right.stdout, `, all heads in one call (${layout}), 1 of its rungs only: passed\n`);
        const wrong = ['stress', '--dtype', 'bf16', '--layout', layout, '--oracle', `${oracle} 'only none'`];
        const { stdout, stderr } = await seth([...wrong, '--junit', 'j.xml'], { cwd: folder });
        assert.match(
          stderr,
          `self-test: no answer to a tiny instance (5 queries, 7 keys, d = 4, 2 × 3 heads in ${layout}): `,
        );
        assert.match(
          stdout,
          `One rung by itself: seth stress --rung bf16/1/plain --layout ${layout} --oracle`,
        );
        const xml = new DOMParser().parseFromString(readFileSync(join(folder, 'j.xml'), 'utf8'), 'text/xml');
        const quoted = `'${`${oracle} 'only none'`.replaceAll("'", "'\\''")}'`;
        assert.is(
          xml.querySelector('failure')!.textContent,
          `seth stress --rung bf16/1/plain --layout ${layout} --oracle ${quoted} --export DIR`,
        );

        const names = ['f16-2-batch.expected.safetensors', 'f16-2-batch.json', 'f16-2-batch.safetensors'];
        assert.equal(readdirSync(join(folder, layout)).toSorted(), names);
        const at = (name: string): Buffer => readFileSync(join(folder, layout, name));
        const document = JSON.parse(at(names[1]!).toString()) as Exported;
        assert.equal([document.layout, document.batches], [layout, 2]);
        assert.equal(document.heads, [{ instance: names[2], expected: names[0] }]);
        const { tensors, metadata } = readSafetensors(at(names[2]!));
        assert.equal([metadata.get('layout'), metadata.get('scale')], [layout, String(document.scale)]);
        const expected = readSafetensors(at(names[0]!)).tensors.get('out')!;
        const rung = buildRung(suiteRungs('quick', ['f16']).find(({ id }) => id === document.rung)!);
        const count = rung.heads.length / 2;
        rung.heads.forEach(({ attention, truth }, h) => {
          const whole = { ...attention, out: denseMatrix(truth.rows, truth.columns, truth.high) };
          for (const [name, tensor] of [...tensors, ['out', expected] as const]) {
            const matrix = whole[name as 'q' | 'k' | 'v' | 'out'];
            const { rows, columns } = matrix;
            const all = decodeElements(tensor.dtype, tensor.bytes);
            const [batch, head] = [Math.floor(h / count), h % count];
            const place = (row: number): number =>
              layout === 'bhnd' ? h * rows + row : (batch * rows + row) * count + head;
            const shape = layout === 'bhnd' ? [2, count, rows, columns] : [2, rows, count, columns];
            assert.equal(tensor.shape, shape);
            const found = Array.from({ length: rows }, (_, row) => [
              ...all.subarray(place(row) * columns, (place(row) + 1) * columns),
            ]).flat();
            assert.equal(found, [...entries(matrix)], `${name} of head ${h}`);
          }
        });
      }
    });
  });

  test('shards with --layout and --scale rsqrt are merged to an outcome that says so', async () => {
    await inFolder(async (folder) => {
      const oracle = `command-warm:'${process.execPath}' '${headsProgram}' none`;
      const args = ['stress', '--dtype', 'bf16', '--json', '--layout', 'bnhd', '--scale', 'rsqrt'];
      args.push('--timeout', '90');
      for (const i of [0, 1]) {
        const part = await seth([...args, '--oracle', oracle, '--shard', `${i}/2`]);
        assert.is(part.code, 0, part.stderr);
        writeFileSync(join(folder, `${i}.json`), part.stdout);
      }
      const { stdout, stderr } = await seth(['merge', '-', '0.json', '1.json'], { cwd: folder });
      const { layout, scale, timeout, passed } = JSON.parse(stdout) as Outcome & Record<string, unknown>;
      assert.equal([layout, scale, timeout, passed], ['bnhd', 'rsqrt', 90, true], stderr);
    });
  });

  test('with --exact-below every report says which rungs were not exercised, and of the score which levels', async () => {
    await inFolder(async (folder) => {
      const args = [
        'stress',
        '--dtype',
        'f16',
        '--exact-below',
        '8738',
        '--junit',
        'j.xml',
        '--html',
        'h.html',
      ];
      const { code, stdout, stderr } = await seth(args, { cwd: folder });
      assert.is(code, 0, stderr);
      for (const id of f16.filter((name) => name !== 'f16/3/long')) {
        assert.match(stdout, new RegExp(`^${id} .* not exercised$`, 'm'));
      }
      assert.match(stdout, /^f16\/3\/long .* ✓$/m);
      const others = f16.length - 1;
      const score = `level 3 of 3, 2 levels not exercised · 11.2 effective bits · 1 of 1 rungs, ${others} not exercised · 0 of 8 rows`;
      assert.match(stdout, score);
      assert.match(stdout, ', exact below 8738 keys: passed\n');
      const xml = new DOMParser().parseFromString(readFileSync(join(folder, 'j.xml'), 'utf8'), 'text/xml');
      const suiteOf = xml.querySelector('testsuite')!;
      assert.equal(
        ['tests', 'failures', 'skipped'].map((name) => Number(suiteOf.getAttribute(name))),
        [f16.length, 0, others],
      );
      assert.is(xml.querySelector('skipped')!.getAttribute('message'), 'not exercised: 128 keys');
      const { document } = parseHTML(readFileSync(join(folder, 'h.html'), 'utf8'));
      assert.match(document.querySelector('h2')!.textContent, 'level 3 of 3, 2 levels not exercised');
      const marks = [...document.querySelectorAll('tr > td:last-child')].map(
        ({ textContent }) => textContent,
      );
      assert.equal(
        [marks.length, marks.filter((mark) => mark === 'not exercised').length],
        [f16.length, others],
      );
      assert.is(document.querySelectorAll('figure [aria-label="dot"] path').length, 1);

      const part = (i: number): Promise<Awaited<ReturnType<typeof seth>>> =>
        seth([...args.slice(0, 5), '--json', '--shard', `${i}/2`], { cwd: folder });
      for (const i of [0, 1]) writeFileSync(join(folder, `${i}.json`), (await part(i)).stdout);
      const merged = await seth(['merge', '-', '0.json', '1.json'], { cwd: folder });
      assert.is(merged.code, 0, merged.stderr);
      const outcome = JSON.parse(merged.stdout) as Outcome & { readonly exactBelow: number };
      assert.is(outcome.exactBelow, 8738);
      assert.equal(outcome.scores[0]!.notExercised, { rungs: others, levels: [1, 2] });
      for (const { rung, passed, status } of outcome.rungs) {
        const isLong = rung === 'f16/3/long';
        assert.equal([passed, status], [isLong, isLong ? undefined : 'not-exercised'], rung);
      }
      const damaged = { ...(JSON.parse(readFileSync(join(folder, '1.json'), 'utf8')) as Outcome) };
      const rungs = damaged.rungs.map((rung) => ({ ...rung, status: 'passed' }));
      writeFileSync(join(folder, '1.json'), `${JSON.stringify({ ...damaged, rungs })}\n`);
      assert.is((await seth(['merge', '-', '0.json', '1.json'], { cwd: folder })).code, 2);
    });
  });

  test('where no rung is exercised none passed: not the suite either, and JUnit has a case for the level', async () => {
    await inFolder(async (folder) => {
      const args = [
        'stress',
        '--dtype',
        'bf16',
        '--oracle',
        'polynomial',
        '--exact-below',
        '99999',
        '--html',
        'h.html',
        '--junit',
        'j.xml',
      ];
      const { code, stdout } = await seth(args, { cwd: folder });
      assert.is(code, 1);
      assert.match(
        stdout,
        new RegExp(
          `^bf16: level 0 of 2, 2 levels not exercised · - effective bits · 0 of 0 rungs, ${bf16.length} not exercised · 0 of 0 rows decided wrongly ·`,
          'm',
        ),
      );
      assert.match(stdout, /, exact below 99999 keys: not passed\n$/);
      const xml = readFileSync(join(folder, 'j.xml'), 'utf8');
      assert.match(xml, ` tests="${bf16.length + 1}" failures="1" errors="0" skipped="${bf16.length}"`);
      assert.match(xml, 'name="level 2" time="0">\n      <failure message="no rung was exercised"/>');
      const { code: none, stderr } = await seth(['stress', '--exact-below', '0.5']);
      assert.is(none, 2);
      assert.match(stderr, /--exact-below: expected a whole number from 1, found 0\.5/);
    });
  });

  test('large numbers and small ones are written alike in all columns', () => {
    assert.equal([12.5, 2e-7, null].map(small), ['1.3e1', '2.0e-7', 'none']);
    assert.equal([12.5, 2e9, null].map(rate), ['1.3e1', '2.0e9', '-']);
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
      const counts = { tests: 'testcase', failures: 'failure', skipped: 'skipped' };
      for (const [name, element] of Object.entries(counts)) {
        const count = xml.querySelector('testsuite')!.getAttribute(name);
        assert.is(count, String(xml.querySelectorAll(element).length), name);
      }

      const html = readFileSync(join(folder, 'h.html'), 'utf8');
      const { document } = parseHTML(html);
      assert.is(document.querySelectorAll('figure svg').length, 1);
      const ticks = [...document.querySelectorAll('[aria-label="y-axis tick label"] text')];
      assert.equal(
        ticks.map(({ textContent }) => textContent),
        ['1e+1', '1e+0', '1e-1', '1e-2'],
      );
      assert.is(document.querySelectorAll('[aria-label="y-grid"] line').length, ticks.length);
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
