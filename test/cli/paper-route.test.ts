import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parseDimacs } from '../../src/formats/dimacs.ts';
import { readInstance } from '../../src/formats/instance.ts';
import { readNpy, writeNpy } from '../../src/formats/npy.ts';
import { decodeElements, encodeElements } from '../../src/formats/elements.ts';
import { allModels } from '../../src/solvers/brute-force.ts';
import { suite } from '../support/harness.ts';
import { inFolder, jsonLines, linesOf, listing, seth } from './seth.ts';

const satisfiable = 'p cnf 3 6\n1 2 0\n-1 3 0\n-2 -3 0\n1 -3 0\n2 3 0\n-1 -2 0\n';
const unsatisfiable = 'p cnf 2 4\n1 2 0\n-1 2 0\n1 -2 0\n-1 -2 0\n';
const route = ['--route', 'closest-pair'];

suite('src/cli, the paper’s route', (test) => {
  test('solve says first how many instances of what dimension there are, then the answer', async () => {
    const yes = await seth(['solve', '-', ...route], { input: satisfiable });
    assert.is(yes.code, 10);
    assert.match(yes.stdout, /^s SATISFIABLE\nv -1 2 -3 0\n/);
    assert.match(yes.stderr, /5 instances of gap Max-IP of dimension 625 \(T = 3, ℓ = 2, q = 5\)/);
    const no = await seth(['solve', '-', ...route, '--form', 'direct', '--json'], { input: unsatisfiable });
    assert.is(no.code, 20);
    assert.is(no.stderr, '');
    const [said] = jsonLines(no.stdout);
    assert.is(said!['answer'], 'UNSATISFIABLE');
    assert.ok(
      (said!['ledger'] as { parameter: string }[]).some(({ parameter }) => parameter === 'B/√(ln n)'),
    );
  });

  test('verify runs the route with every check, and over sparse leaves by either route', async () => {
    const { code, stdout } = await seth(['verify', '-', ...route, '--json'], { input: satisfiable });
    assert.is(code, 0);
    const [said] = jsonLines(stdout);
    assert.equal(
      (said!['checks'] as { name: string; agrees: boolean }[]).map(({ name, agrees }) => `${name} ${agrees}`),
      ['model true', 'sat-solver true', 'orthogonal-vectors true', 'gap-max-ip true'],
    );
    for (const way of [[], [...route, '--form', 'direct']]) {
      const sparse = await seth(['verify', '-', ...way, '--sparsify', '--thresholds', '2', '--json'], {
        input: unsatisfiable,
      });
      assert.is(sparse.code, 0, sparse.stderr);
      assert.ok((jsonLines(sparse.stdout)[0]!['leaves'] as number) >= 2);
      assert.is(jsonLines(sparse.stdout)[0]!['answer'], 'UNSATISFIABLE');
    }
  });

  test('an instance goes through files, and its output may be wrong by the error it was made for', async () => {
    await inFolder(async (folder) => {
      const run = (args: string[], input?: string) =>
        seth(args, { cwd: folder, ...(input === undefined ? {} : { input }) });
      const made = await run(
        ['generate', '-', ...route, '--error', '0.45', '-o', 'i.safetensors'],
        satisfiable,
      );
      assert.is(made.code, 0, made.stderr);
      assert.match(made.stderr, /additive error up to 0\.45/);
      assert.is((await run(['attend', 'i.safetensors', '-o', 'o.npy'])).code, 0);
      const exact = await run(['decode', 'i.safetensors', 'o.npy']);
      assert.is(exact.code, 10, exact.stderr);
      const { dtype, shape, bytes } = readNpy(readFileSync(join(folder, 'o.npy')));
      const noisy = decodeElements(dtype, bytes).map((y, e) => y + (e % 2 === 0 ? 0.45 : -0.45));
      writeFileSync(join(folder, 'n.npy'), writeNpy({ dtype, shape, bytes: encodeElements(dtype, noisy) }));
      const same = await run(['decode', 'i.safetensors', 'n.npy']);
      assert.is(same.code, 10, same.stderr);
      assert.is(linesOf(same.stdout)[1], linesOf(exact.stdout)[1]);
      const tooGood = await run(['decode', 'i.safetensors', 'n.npy', '--error', '0.01']);
      assert.is(tooGood.code, 1, 'an output that is worse than it claims is refuted');
    });
  });

  test('an instance whose document was changed is refused', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'i.safetensors');
      await seth(['generate', '-', ...route, '--form', 'direct', '-o', path], { input: satisfiable });
      await seth(['attend', path, '-o', join(folder, 'o.npy')]);
      const bytes = readFileSync(path);
      const { document } = readInstance(bytes);
      assert.is(document?.route, 'closest-pair');
      const text = bytes.toString('latin1');
      for (const [from, to] of [
        ['\\"plannedError\\":0.25', '\\"plannedError\\":0.45'],
        ['\\"blocks\\":3', '\\"blocks\\":2'],
        ['\\"field\\":5', '\\"field\\":4'],
        ['\\"form\\":\\"direct\\"', '\\"form\\":\\"direcu\\"'],
      ] as const) {
        assert.ok(text.includes(from), from);
        writeFileSync(join(folder, 'c.safetensors'), Buffer.from(text.replace(from, to), 'latin1'));
        const { code, stdout } = await seth(['decode', join(folder, 'c.safetensors'), join(folder, 'o.npy')]);
        assert.is(code, 2, to);
        assert.is(stdout, '');
      }
    });
  });

  test('what the route cannot do or has no use for is refused with what it would need', async () => {
    const large = (await seth(['random', 'uniform', '--variables', '12', '--seed', '1'])).stdout;
    const cases: readonly (readonly [string[], string, RegExp])[] = [
      [[], large, /clauses after preprocessing.*instances of gap Max-IP of dimension/],
      [['--bound', '3'], satisfiable, /--bound: expected no --bound/],
      [['--witness', 'columns'], satisfiable, /--witness: expected scan/],
      [['--pcp', '2'], satisfiable, /--pcp: expected two or three whole numbers/],
      [['--pcp', '2,3,4'], satisfiable, /--pcp: expected a prime q ≥ 5/],
      [['--pcp', '2,2'], satisfiable, /--pcp: expected T and ℓ with at least 6 places/],
      [['--dtype', 'bf16'], satisfiable, /bf16/],
      [['--dtype', 'f32', '--form', 'published'], satisfiable, /outputs that f32 can hold/],
    ];
    for (const [more, input, message] of cases) {
      const { code, stdout, stderr } = await seth(['solve', '-', ...route, ...more], { input });
      assert.is(code, 2, `${more.join(' ')}: ${stderr}`);
      assert.is(stdout, '');
      assert.match(stderr, message);
    }
  });

  test('reduce --to sparse writes each leaf as DIMACS, whose models unite to the formula’s', async () => {
    await inFolder(async (folder) => {
      const { code, stdout } = await seth(
        ['reduce', '-', '--to', 'sparse', '--thresholds', '2', '-o', 'leaves'],
        { input: satisfiable, cwd: folder },
      );
      assert.is(code, 0);
      const files = listing(join(folder, 'leaves'));
      assert.match(stdout, new RegExp(`^${files.length} leaves in leaves\nc leaves: `));
      const key = (text: string) => allModels(parseDimacs(text, { strict: true }).cnf).map((m) => m.join());
      const union = new Set(files.flatMap((file) => key(readFileSync(join(folder, 'leaves', file), 'utf8'))));
      assert.equal([...union].toSorted(), key(satisfiable).toSorted());
      const json = await seth(['reduce', '-', '--to', 'sparse', '--thresholds', '2', '--json'], {
        input: satisfiable,
      });
      assert.is(jsonLines(json.stdout).length, files.length + 1);
      const nowhere = await seth(['reduce', '-', '--to', 'sparse'], { input: satisfiable });
      assert.is(nowhere.code, 2);
      assert.match(nowhere.stderr, /name a directory/);
    });
  });

  test('reduce --to max-ip and closest-pair write vectors that have the gap', async () => {
    const read = async (to: string) => {
      const { code, stdout } = await seth(['reduce', '-', '--to', to, '--json'], { input: satisfiable });
      assert.is(code, 0);
      return JSON.parse(stdout) as Record<'high' | 'low' | 'near' | 'far' | 'dimension', number> & {
        left: string[];
        right: string[];
      };
    };
    const values = (
      { left, right }: { left: string[]; right: string[] },
      count: (a: string, b: string) => boolean,
    ) => left.flatMap((a) => right.map((b) => Array.from(a).filter((bit, c) => count(bit, b[c]!)).length));
    const maxIp = await read('max-ip');
    const products = values(maxIp, (a, b) => a === '1' && b === '1');
    assert.equal([maxIp.dimension, maxIp.high, maxIp.low], [625, 5, 2]);
    assert.ok(products.every((x) => x >= 5 || x <= 2));
    const models = allModels(parseDimacs(satisfiable).cnf).length;
    assert.is(products.filter((x) => x === 5).length, models);
    const pair = await read('closest-pair');
    const distances = values(pair, (a, b) => a !== b);
    assert.ok(distances.every((x) => x <= pair.near || x >= pair.far));
    assert.is(distances.filter((x) => x === pair.near).length, models);
  });
});
