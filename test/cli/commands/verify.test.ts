import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { isModel } from '../../../src/problems/cnf.ts';
import { parseDimacs } from '../../../src/formats/dimacs.ts';
import { sha256Hex } from '../../../src/formats/sha256.ts';
import { suite } from '../../support/harness.ts';
import type { IndexEntry } from '../../support/instances.ts';
import { sharedCnf } from '../../support/shared-cnf.ts';
import { inFolder, jsonLines, linesOf, mainFile, seth, shippedInstances } from '../seth.ts';

const index = JSON.parse(readFileSync(join(shippedInstances, 'index.json'), 'utf8')) as IndexEntry[];

/** `p cnf 2 1`, `1 2 0` as xz -z writes it. */
const packedByXz = Buffer.from(
  '/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAPcCBjbmYgMiAxCjEgMiAwCgC1/JxVSUoYcQABKBDlC2xgH7bzfQEAAAAABFla',
  'base64',
);

/** The type of each field. */
const kindsOf = (object: object): Record<string, string> =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, typeof value]));

/** Fields of one type. */
const fields = (kind: string, names: string): Record<string, string> =>
  Object.fromEntries(names.split(' ').map((name) => [name, kind]));

interface Figures {
  readonly rows: number;
  readonly of: number;
  readonly seed: number;
  readonly worst: number;
  readonly escapes: readonly { readonly altered: number; readonly probability: number }[];
}

suite('src/cli/commands/verify', (test) => {
  test('a directory stands for its formulas, and every count is that of the index', async () => {
    const { code, stdout, stderr } = await seth(['verify', 'instances', '--json']);
    assert.is(code, 0);
    assert.is(stderr, '');
    const found = jsonLines(stdout).map(({ file, count, answer }) => ({ file, count, answer }));
    const expected = index.map(({ file, models, satisfiable }) => ({
      file: join('instances', file),
      count: models,
      answer: satisfiable ? 'SATISFIABLE' : 'UNSATISFIABLE',
    }));
    assert.equal(
      found,
      expected.toSorted((a, b) => (a.file < b.file ? -1 : 1)),
    );
  });

  test('a JSON line has every field that the documentation shows, with its type', async () => {
    const file = 'instances/random-3sat-12-s1.cnf';
    const { stdout } = await seth(['verify', file, '--json', '--scale', 'rsqrt', '--prune']);
    const [line] = jsonLines(stdout);
    const kinds = kindsOf(line!);
    const documented = {
      ...fields('string', 'file sha256 route oracle dtype scale answer count'),
      ...fields('number', 'variables clauses'),
      ...fields('object', 'instance model certificate checks seconds'),
    };
    assert.equal({ ...kinds, ...documented }, kinds);
    const { instance, certificate, checks, seconds, model } = line as Record<string, object>;
    assert.equal(
      kindsOf(instance!),
      fields(
        'number',
        'vectors queries keys headDim valueDim degree bound boundOverSqrtLog nodes amplification',
      ),
    );
    assert.equal(kindsOf(certificate!), fields('number', 'bias noise worst'));
    assert.equal(kindsOf(seconds!), fields('number', 'encode attend decode check'));
    assert.equal(checks, [
      { name: 'model', agrees: true },
      { name: 'sat-solver', agrees: true },
      { name: 'orthogonal-vectors', agrees: true },
    ]);

    const text = readFileSync(file, 'utf8');
    const { cnf } = parseDimacs(text);
    const expected = {
      file,
      sha256: await sha256Hex(text),
      variables: 12,
      clauses: 55,
      route: 'minimax',
      oracle: 'cpu',
      dtype: 'f64',
      scale: 'rsqrt',
      answer: 'SATISFIABLE',
      count: '12',
    };
    assert.equal({ ...line, ...expected }, line);
    const assignment = (model as number[]).map((literal) => literal > 0);
    assert.equal(
      (model as number[]).map(Math.abs),
      Array.from({ length: 12 }, (_, k) => k + 1),
    );
    assert.ok(isModel(cnf, assignment));
    const { bias, noise, worst } = certificate as Record<string, number>;
    assert.ok(bias! + noise! < 0.5 && worst! < 0.5 && bias! > 0 && noise! > 0);
  });

  test('gzip, xz, standard input and several files go through, in the order in which they are given', async () => {
    await inFolder(async (folder) => {
      const text = 'p cnf 3 2\n1 2 0\n-1 3 0\n';
      writeFileSync(join(folder, 'a.cnf.gz'), gzipSync(text));
      writeFileSync(join(folder, 'b.cnf.xz'), packedByXz);
      const args = ['verify', 'b.cnf.xz', '-', 'a.cnf.gz', '--json'];
      const { code, stdout } = await seth(args, { cwd: folder, input: 'p cnf 1 2\n1 0\n-1 0\n' });
      assert.is(code, 0);
      assert.equal(
        jsonLines(stdout).map(({ file, count, sha256 }) => [file, count, sha256]),
        [
          ['b.cnf.xz', '3', await sha256Hex('p cnf 2 1\n1 2 0\n')],
          ['-', '0', await sha256Hex('p cnf 1 2\n1 0\n-1 0\n')],
          ['a.cnf.gz', '4', await sha256Hex(text)],
        ],
      );
    });
  });

  test('a file that fails has its error and the others go on; bad input ends with 2', async () => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'bad.cnf'), 'p cnf 1 1\n1 x 0\n');
      copyFileSync(join(shippedInstances, 'teaching-2.cnf'), join(folder, 'good.cnf'));
      mkdirSync(join(folder, 'empty'));
      const args = ['verify', 'bad.cnf', 'empty', 'missing.cnf', 'good.cnf', '--json'];
      const { code, stdout, stderr } = await seth(args, { cwd: folder });
      assert.is(code, 2);
      const lines = jsonLines(stdout);
      const message =
        'bad.cnf, line 2: expected a literal, a 0 that ends a clause, or a comment, found "x"; write literals as whole numbers such as 3 or -3, separated by blanks';
      assert.equal(lines[0], { file: 'bad.cnf', error: { code: 'not-a-literal', message, line: 2 } });
      assert.equal(
        lines.slice(1, 3).map(({ file, error }) => [file, (error as { code: string }).code]),
        [
          ['empty', 'no-formulas'],
          ['missing.cnf', 'file'],
        ],
      );
      assert.is(lines[3]!['count'], '3');
      assert.is(linesOf(stderr).length, 3);
      assert.is(linesOf(stderr)[0], `seth: ${message}`);
    });
  });

  test('an inconclusive file ends with 1, even beside bad input, and says what would help', async () => {
    const files = ['instances/random-3sat-12-s1.cnf', 'missing.cnf'];
    const { code, stdout, stderr } = await seth(['verify', ...files, '--bound', '1', '--json']);
    assert.is(code, 1);
    const [line] = jsonLines(stdout);
    assert.is(line!['answer'], 'UNKNOWN');
    assert.is(line!['count'], undefined);
    assert.is(line!['model'], undefined);
    assert.equal(line!['checks'], []);
    assert.match(String(line!['reason']), /^(left vector \d+ cannot|no left vector can) be certified: /);
    assert.match(String(line!['remedy']), /--bound/);
    assert.match(stderr, /^seth: warning: instances\/random-3sat-12-s1\.cnf: .*left vector .*--bound/);
  });

  test('the table has a line a file and a summary, and lists no file that failed', async () => {
    const files = ['instances/pigeonhole-2.cnf', 'instances/teaching-5.cnf', 'missing.cnf'];
    const { code, stdout } = await seth(['verify', ...files]);
    assert.is(code, 2);
    const lines = linesOf(stdout);
    assert.match(
      lines[0]!,
      /^file +vars +clauses +n +d +B +B\/√ln n +nodes +amplif\. +answer +models +bias \+ noise +checks +seconds$/,
    );
    assert.match(lines[1]!, /^─+$/);
    assert.match(lines[2]!, /^instances\/pigeonhole-2\.cnf +6 +9 +8 +10 .* UNSAT +0 .* ·✓✓ +\d+\.\d\d$/);
    assert.match(lines[3]!, /^instances\/teaching-5\.cnf +6 +17 +8 +18 .* SAT +8 .* ✓✓✓ +\d+\.\d\d$/);
    assert.match(
      lines[5]!,
      /^3 files · 1 satisfiable · 1 unsatisfiable · 1 failed · 5 of 5 checks agree · \d+\.\d s · \d+ MiB of memory at most$/,
    );
    assert.is(lines.length, 7);
  });

  test('the reference oracle, the other routes and f32 give the same counts', async () => {
    const files = ['random-3sat-12-s1', 'parity-8-odd', 'pigeonhole-3'].map(
      (name) => `instances/${name}.cnf`,
    );
    const settings = [
      '--oracle reference',
      '--route threshold',
      '--route interpolation --split weight',
      '--dtype f32 --witness columns',
    ];
    await Promise.all(
      settings.map(async (setting) => {
        const { code, stdout } = await seth(['verify', ...files, ...setting.split(' '), '--json']);
        assert.is(code, 0, setting);
        assert.equal(
          jsonLines(stdout).map(({ count }) => count),
          ['12', '128', '0'],
          setting,
        );
      }),
    );
  });

  test('--spot-check computes rows of every output anew, and says what it took and what would escape it', async () => {
    const args = ['verify', ...[1, 5].map((k) => `instances/teaching-${k}.cnf`), '--spot-check', '14'];
    const figures = async (more: readonly string[]): Promise<Figures[]> => {
      const { code, stdout, stderr } = await seth([...args, '--json', ...more]);
      assert.is(code, 0, stderr);
      return jsonLines(stdout).map(({ spotCheck }) => spotCheck as Figures);
    };
    const [small, large] = (await figures([])) as [Figures, Figures];
    assert.equal([small.rows, small.of, large.rows, large.of], [12, 12, 14, 48]);
    assert.is.not(small.seed, large.seed, 'a seed that was printed tells nothing of the next');
    for (const { worst } of [small, large]) assert.ok(worst >= 0 && worst < 1);
    assert.is(small.escapes[0]!.probability, 0);
    assert.ok(Math.abs(large.escapes[0]!.probability - (1 - 14 / 48)) < 1e-12);
    const repeated = await figures(['--seed', '7']);
    assert.equal(
      repeated.map(({ seed }) => seed),
      [7, 7],
    );
    assert.equal(await figures(['--seed', '7']), repeated);
    const { stdout } = await seth(args);
    assert.match(
      stdout,
      '\nspot check: 26 of 60 rows computed anew are as claimed · one altered row escapes with probability 0.708 at most\n',
    );
    for (const more of [[], ['--route', 'closest-pair'], ['--sparsify', '--thresholds', '2']]) {
      const input = 'p cnf 4 4\n1 2 0\n-1 3 0\n2 -3 4 0\n-2 -4 0\n';
      const { code, stdout } = await seth(['verify', '-', '--json', ...args.slice(-2), ...more], { input });
      assert.is(code, 0);
      assert.ok((jsonLines(stdout)[0]!['spotCheck'] as Figures).rows > 0, more.join(' '));
    }
    const { code, stderr } = await seth(['verify', 'instances', '--seed', '7']);
    assert.is(code, 2);
    assert.match(stderr, /^seth: --seed says which rows --spot-check takes: give both/);
  });

  test('an output whose one row is off by more than is claimed decodes rightly, and a spot check of all rows refuses it', async () => {
    await inFolder(async (cwd) => {
      writeFileSync(
        join(cwd, 'kernel.mjs'),
        `import { execFileSync } from 'node:child_process';
         import { readFileSync, writeFileSync } from 'node:fs';
         const [instance, output] = process.argv.slice(2);
         execFileSync(process.execPath, [${JSON.stringify(mainFile)}, 'attend', instance, '-o', output]);
         const bytes = readFileSync(output);
         bytes.writeDoubleLE(bytes.readDoubleLE(bytes.length - 8) * (1 - 1e-9), bytes.length - 8);
         writeFileSync(output, bytes);`,
      );
      writeFileSync(join(cwd, 'a.cnf'), 'p cnf 2 1\n1 2 0\n');
      const oracle = ['--oracle', `command:'${process.execPath}' kernel.mjs {instance} {output}`];
      const args = ['verify', 'a.cnf', '--route', 'threshold', '--json', ...oracle];
      const believed = await seth(args, { cwd });
      assert.is(believed.code, 0, believed.stderr);
      assert.is(jsonLines(believed.stdout)[0]!['count'], '3');
      const refused = await seth([...args, '--spot-check', '100'], { cwd });
      assert.is(refused.code, 1);
      assert.match(
        refused.stderr,
        /^seth: a\.cnf, row \d: expected 0\.\d+, computed anew, up to .*, found 0\.\d+; /,
      );
      const { error } = jsonLines(refused.stdout)[0] as { error: { code: string } };
      assert.is(error.code, 'output-refuted');
    });
  });

  test("SATCH's formulas and SATLIB's have the counts that were found by exhaustion", async () => {
    const counts = sharedCnf('counts.tsv');
    if (counts === null) return;
    const expected = new Map(
      linesOf(readFileSync(counts, 'utf8'))
        .slice(1)
        .map((line) => line.split('\t') as [string, string, string, string])
        .filter(([file, variables]) => Number(variables) <= 20 && /^satch|uf20-0[12]\.cnf$/.test(file))
        .map(([file, , , models]) => [file, models]),
    );
    const files = [...expected.keys()].map((file) => sharedCnf(file)!);
    assert.ok(files.length >= 20 && readdirSync(sharedCnf('satch')!).length > 0);
    const { code, stdout } = await seth(['verify', ...files, '--json']);
    assert.is(code, 0);
    assert.equal(
      jsonLines(stdout).map(({ count }) => count),
      [...expected.values()],
    );
  });
});
