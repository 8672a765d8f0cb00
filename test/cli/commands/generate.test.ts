import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readInstance } from '../../../src/formats/instance.ts';
import { tensorMatrix } from '../../../src/formats/tensor.ts';
import { entries, maxAbs } from '../../../src/problems/attention.ts';
import { sha256Hex } from '../../../src/formats/sha256.ts';
import { carefulError } from '../../../src/oracles/careful-kernel.ts';
import { suite } from '../../support/harness.ts';
import { inFolder, linesOf, listing, seth } from '../seth.ts';

const file = 'instances/random-3sat-12-s1.cnf';

suite('src/cli/commands/generate', (test) => {
  test('the file has what --json says of it, and everything that a decoder needs', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'i.safetensors');
      const settings = '--dtype f32 --scale rsqrt --split weight --prune --witness columns --seed 7'.split(
        ' ',
      );
      const { code, stdout, stderr } = await seth(['generate', file, '-o', path, ...settings, '--json']);
      assert.equal([code, stderr, listing(folder)], [0, '', ['i.safetensors']]);
      const said = JSON.parse(stdout) as Record<string, unknown>;
      const instance = said['instance'] as Record<string, number>;
      const bytes = readFileSync(path);
      const { document, q, k, v } = readInstance(bytes);
      const text = readFileSync(file, 'utf8');
      if (document?.route === 'closest-pair') throw new Error('another route was asked for');
      const { readout, ...rest } = document!;
      assert.equal(rest, {
        format: 1,
        tool: `seth-attention ${(JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version}`,
        route: 'minimax',
        cnf: { text, sha256: await sha256Hex(text) },
        encoding: { prune: true, split: 'weight', witness: 'columns' },
        scale: 1 / Math.sqrt(instance['headDim']!),
        scaleName: 'rsqrt',
        dtype: 'f32',
        vectors: { left: instance['vectors'], right: rest.vectors.right },
        headDim: instance['headDim'],
        degree: instance['degree'],
        bound: instance['bound'],
        pads: { count: k.shape[0]! - rest.vectors.right, mass: rest.pads.mass },
        plannedError: carefulError('f32').relative,
        seed: 7,
      });
      assert.is(readout.scales.length, instance['nodes']);
      assert.equal(
        [q.shape, k.shape, v.shape],
        [
          [instance['queries'], instance['headDim']],
          [instance['keys'], instance['headDim']],
          [instance['keys'], instance['valueDim']],
        ],
      );
      assert.is(maxAbs(tensorMatrix(q)), instance['bound']);
      assert.is(maxAbs(tensorMatrix(k)), instance['bound']);
      assert.ok(entries(tensorMatrix(v)).every((x) => x === 0 || x === 1));
      const { bias, noise, ...others } = said;
      assert.equal(others, {
        file,
        sha256: await sha256Hex(text),
        variables: 12,
        clauses: 55,
        route: 'minimax',
        dtype: 'f32',
        scale: 'rsqrt',
        instance,
        certified: true,
        sampled: false,
        plannedError: carefulError('f32').relative,
        seed: 7,
        bytes: statSync(path).size,
      });
      assert.ok((bias as number) + (noise as number) < 0.5);
    });
  });

  test('a .npy file, which would hold something else, is refused by its name', async () => {
    await inFolder(async (cwd) => {
      for (const way of [[], ['--route', 'closest-pair']]) {
        const input = 'p cnf 1 1\n1 0\n';
        const { code, stderr } = await seth(['generate', '-', '-o', 'x.npy', ...way], { input, cwd });
        assert.equal(
          [code, stderr],
          [
            2,
            'seth: x.npy: expected a name that ends in .safetensors, or - for standard output, found .npy, which holds one matrix; write a .safetensors file\n',
          ],
        );
        assert.equal(listing(cwd), []);
      }
    });
  });

  test('the same input makes the same bytes, on standard output too', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'i.safetensors');
      const input = readFileSync(file);
      const [one, two] = await Promise.all([
        seth(['generate', '-', '-o', '-'], { input }),
        seth(['generate', file, '-o', path]),
      ]);
      assert.ok(one.bytes.equals(readFileSync(path)));
      assert.is(one.stderr.replace('standard input', file), two.stderr);
      assert.is(two.stdout, '');
    });
  });

  test('the summary says what was made, what it certifies and what was traded', async () => {
    await inFolder(async (folder) => {
      const args = ['generate', file, '-o', join(folder, 'i.safetensors')];
      const lines = linesOf((await seth(args)).stderr);
      assert.is(lines[0], `${file}: 12 variables, 55 clauses`);
      assert.match(
        lines[1]!,
        /^ {2}instance +\d+ queries, \d+ keys, head dimension d = 56, f64, scale 1\/d, \d+ KiB$/,
      );
      assert.match(lines[2]!, /^ {2}readout +minimax, \d+ nodes, amplification [\de+.]+, D = \d+$/);
      assert.match(
        lines[3]!,
        /^ {2}bound +B = [\d.]+, B\/√\(ln n\) = [\d.]+; the smallest that the error allows/,
      );
      assert.match(
        lines[4]!,
        /^ {2}certified +for outputs with a relative error up to 7\.11e-15: bias 0\.\d+ \+ noise [\de.-]+ < 1\/2$/,
      );
      assert.is(lines.length, 5);

      const small = linesOf((await seth([...args, '--bound', '2'])).stderr);
      assert.match(small[3]!, /B = 2,.*; as asked for/);
      assert.match(
        small[4]!,
        /^ {2}uncertain +outputs with a relative error of 7\.11e-15 may be inconclusive/,
      );
      const threshold = linesOf((await seth([...args, '--route', 'threshold'])).stderr);
      assert.match(threshold[2]!, /threshold, 1 node, amplification 1,/);
      assert.match(threshold[3]!, /as large as one node needs/);
      const sampled = linesOf((await seth([...args, '--dtype', 'bf16'])).stderr);
      assert.match(
        sampled.at(-1)!,
        /^ {2}sampled +the plan rests on a sample of the rows; the certificate of decode decides$/,
      );
    });
  });

  test('an error that no B certifies is refused with the one that would do, and nothing is written', async () => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'f.cnf'), readFileSync(file));
      const args = 'generate f.cnf -o i.safetensors --error 0.3'.split(' ');
      const { code, stderr } = await seth(args, { cwd: folder });
      assert.match(
        stderr,
        /^seth: f\.cnf, error: expected a relative error per output of at most \S+ for 64 keys, found 0\.30 .*\n$/,
      );
      assert.is(code, 2);
      assert.equal(listing(folder), ['f.cnf']);
    });
  });
});
