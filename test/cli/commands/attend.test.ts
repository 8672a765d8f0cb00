import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { encodeElements } from '../../../src/formats/elements.ts';
import { readOutput, writeOutput } from '../../../src/formats/output.ts';
import { writeSafetensors } from '../../../src/formats/safetensors.ts';
import type { Tensor } from '../../../src/formats/tensor.ts';
import type { Dtype } from '../../../src/problems/dtype.ts';
import { suite } from '../../support/harness.ts';
import { inFolder, linesOf, listing, seth } from '../seth.ts';

const tensor = (shape: readonly number[], values: readonly number[], dtype: Dtype = 'f64'): Tensor => ({
  dtype,
  shape,
  bytes: encodeElements(dtype, Float64Array.from(values)),
});

/** One query q, keys 0 and 1, values 0 and 1: the output is 1/(1 + exp(−scale · q₁)). */
const file = (q: readonly number[], dtype: Dtype = 'f64'): Uint8Array =>
  writeSafetensors(
    new Map([
      ['q', tensor([1, 4], q, dtype)],
      ['k', tensor([2, 4], [0, 0, 0, 0, 1, 0, 0, 0], dtype)],
      ['v', tensor([2, 1], [0, 1], dtype)],
    ]),
  );

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

suite('src/cli/commands/attend', (test) => {
  test('without our metadata the scale is 1/d, or what --scale says', async () => {
    const input = file([2, 0, 0, 0]);
    const cases: readonly (readonly [options: readonly string[], scale: number])[] = [
      [[], 1 / 4],
      [['--scale', 'linear'], 1 / 4],
      [['--scale', 'rsqrt', '--oracle', 'reference'], 1 / 2],
      [['--scale', '3'], 3],
    ];
    for (const [options, scale] of cases) {
      const { code, bytes } = await seth(['attend', '-', '-o', '-', ...options], { input });
      assert.is(code, 0);
      const { dtype, values } = readOutput(bytes, { rows: 1, columns: 1 });
      assert.is(dtype, 'f64');
      assert.ok(Math.abs(values[0]! - logistic(2 * scale)) < 1e-15);
    }
  });

  test('--error says what the polynomial oracle is to keep to, and the degree follows', async () => {
    await inFolder(async (cwd) => {
      const run = (...options: string[]): ReturnType<typeof seth> =>
        seth(['attend', '-', '-o', 'o.npy', '--oracle', 'polynomial', '--force', '--json', ...options], {
          input: file([1, 0, 0, 0]),
          cwd,
        });
      const read = async (...options: string[]): Promise<{ degree: number; claimedError: number }> => {
        const { reason, claimedError } = JSON.parse((await run(...options)).stdout) as {
          reason: string;
          claimedError: number;
        };
        return { degree: Number(/^degree (\d+),/.exec(reason)![1]), claimedError };
      };
      const [free, wide, narrow] = [
        await read(),
        await read('--error', '1e-4'),
        await read('--error', '1e-9'),
      ];
      assert.ok(free.claimedError > 1e-4 && wide.claimedError <= 1e-4 && narrow.claimedError <= 1e-9);
      assert.ok(free.degree < wide.degree && wide.degree < narrow.degree);
      const { code, stderr } = await run('--error', '1');
      assert.is(code, 2);
      assert.match(stderr, /error: expected a number above 0 and below 1, found 1/);
    });
  });

  test('.npy and .safetensors hold the same numbers, and --json says how they came about', async () => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'i.safetensors'), file([2, 0, 0, 0], 'f32'));
      const run = (output: string, ...more: string[]): ReturnType<typeof seth> =>
        seth(['attend', 'i.safetensors', '-o', output, ...more], { cwd: folder });
      const npy = await run('o.npy', '--json');
      const tensors = await run('o.safetensors');
      const read = (name: string): unknown =>
        readOutput(readFileSync(join(folder, name)), { rows: 1, columns: 1 });
      assert.equal(read('o.npy'), read('o.safetensors'));
      assert.is((read('o.npy') as { dtype: Dtype }).dtype, 'f32');
      const { oracle, path, reason, queries, keys, seconds, claimedError } = JSON.parse(npy.stdout) as Record<
        string,
        unknown
      >;
      assert.equal({ oracle, queries, keys }, { oracle: 'cpu', queries: 1, keys: 2 });
      assert.equal(
        [path, reason, seconds, claimedError].map((x) => typeof x),
        ['string', 'string', 'number', 'number'],
      );
      assert.is(npy.stderr, '');
      assert.is(tensors.stdout, '');
      assert.match(
        tensors.stderr,
        /^i\.safetensors: 1 queries × 2 keys by cpu \(.*\) in .* s, relative error at most .*\n$/,
      );
      assert.equal(listing(folder), ['i.safetensors', 'o.npy', 'o.safetensors']);
    });
  });

  test('what it cannot write or compute is refused, and nothing is written', async () => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'bf16.safetensors'), file([2, 0, 0, 0], 'bf16'));
      writeFileSync(join(folder, 'nan.safetensors'), file([NaN, 0, 0, 0]));
      writeFileSync(
        join(folder, 'out.safetensors'),
        writeOutput(Float64Array.of(1), 1, 1, 'f64', 'safetensors'),
      );
      const seeded = await seth(['generate', '-', '-o', 'ours.safetensors'], {
        cwd: folder,
        input: 'p cnf 2 1\n1 2 0\n',
      });
      assert.is(seeded.code, 0);
      const before = listing(folder);
      const cases: readonly (readonly [args: string, line: RegExp])[] = [
        [
          'bf16.safetensors -o o.npy',
          /^o\.npy: expected a name that ends in \.safetensors, found \.npy, which has no bf16; write a \.safetensors file$/,
        ],
        [
          'bf16.safetensors -o o.txt',
          /^o\.txt: expected a name that ends in \.safetensors or \.npy, or - for standard output, found another one; choose the format by the name$/,
        ],
        [
          'nan.safetensors -o o.npy',
          /^nan\.safetensors, q: expected finite entries, found NaN in row 0, column 0; /,
        ],
        ['out.safetensors -o o.npy', /^out\.safetensors, q: expected a tensor named q, found only out; /],
        [
          'ours.safetensors -o o.npy --scale 2',
          /^ours\.safetensors, --scale: expected 0\.5, as the instance says, found 2; leave --scale out: it is for files without our metadata$/,
        ],
        [
          'bf16.safetensors -o o.safetensors --scale 0',
          /^bf16\.safetensors, --scale: expected a number above 0, found 0; /,
        ],
        [
          'none.safetensors -o o.npy',
          /^none\.safetensors: expected a file that can be read, found no such file or directory; check the path$/,
        ],
      ];
      for (const [args, line] of cases) {
        const { code, stdout, stderr } = await seth(['attend', ...args.split(' ')], { cwd: folder });
        assert.is(linesOf(stderr).length, 1);
        assert.match(stderr.slice('seth: '.length, -1), line);
        assert.equal([code, stdout], [2, '']);
      }
      assert.equal(listing(folder), before);
    });
  });

  test('the polynomial oracle says what it would take, and --force makes it do it', async () => {
    const input = file([2, 0, 0, 0]);
    const args = ['attend', '-', '-o', '-', '--oracle', 'polynomial'];
    const refused = await seth(args, { input });
    assert.is(refused.code, 2);
    assert.match(refused.stderr, /degree \d+, rank \d+, for logits up to 0\.5 .*--force\n$/);
    const { code, bytes } = await seth([...args, '--force'], { input });
    assert.is(code, 0);
    const { values } = readOutput(bytes, { rows: 1, columns: 1 });
    assert.ok(Math.abs(values[0]! - logistic(0.5)) <= 0.25);
  });
});
