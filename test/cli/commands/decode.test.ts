import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readInstance } from '../../../src/formats/instance.ts';
import { readOutput, writeOutput } from '../../../src/formats/output.ts';
import { suite } from '../../support/harness.ts';
import { inFolder, linesOf, seth, shell } from '../seth.ts';

const file = 'instances/random-3sat-12-s1.cnf';

/** An instance of `file`, and its output, in files. */
async function attended(instance: string, output: string, options: readonly string[] = []): Promise<void> {
  assert.is((await seth(['generate', file, '-o', instance, ...options])).code, 0);
  assert.is((await seth(['attend', instance, '-o', output])).code, 0);
}

suite('src/cli/commands/decode', (test) => {
  test('generate, attend and decode pipe into each other, in every route and format', async () => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'f.cnf'), readFileSync(file));
      const twelve = /^s SATISFIABLE\nv [-\d ]+ 0\nc s type mc\nc s exact arb int 12\nc certificate: /;
      const piped = await shell(
        'seth generate f.cnf -o p.safetensors && seth attend p.safetensors -o - | seth decode p.safetensors -',
        { cwd: folder },
      );
      assert.is(piped.code, 10, piped.stderr);
      assert.match(piped.stdout, twelve);
      const settings = [
        '--dtype f32 --scale rsqrt --witness columns',
        '--route threshold --dtype f32 --prune',
        '--route interpolation --split weight',
        '--dtype bf16 --error 0.004',
      ];
      for (const setting of settings) {
        const made = await seth(['generate', 'f.cnf', '-o', '-', ...setting.split(' ')], { cwd: folder });
        writeFileSync(join(folder, 'i.safetensors'), made.bytes);
        const { bytes } = await seth(['attend', '-', '-o', '-'], { input: made.bytes });
        const args = ['decode', 'i.safetensors', '-'];
        const { code, stdout, stderr } = await seth(args, { cwd: folder, input: bytes });
        assert.is(code, 10, `${setting}\n${stderr}`);
        assert.match(stdout, twelve, setting);
      }
      const unsatisfiable = await shell(
        'seth random pigeonhole --holes 3 | seth generate - -o u.safetensors; seth attend u.safetensors -o u.npy; seth decode u.safetensors u.npy --json',
        { cwd: folder },
      );
      assert.is(unsatisfiable.code, 20);
      const { answer, count, certificate } = JSON.parse(unsatisfiable.stdout) as Record<string, unknown>;
      assert.equal([answer, count], ['UNSATISFIABLE', '0']);
      assert.equal(Object.keys(certificate as object), ['bias', 'noise', 'worst']);
    });
  });

  test('the instance can come from standard input as well', async () => {
    await inFolder(async (folder) => {
      const [instance, output] = [join(folder, 'i.safetensors'), join(folder, 'o.npy')];
      await attended(instance, output);
      const { code, stdout } = await seth(['decode', '-', output], { input: readFileSync(instance) });
      assert.is(code, 10);
      assert.match(stdout, /^c s exact arb int 12$/m);
    });
  });

  test('a larger claimed error makes it inconclusive, a smaller one than true refutes the output', async () => {
    await inFolder(async (folder) => {
      const [instance, output] = [join(folder, 'i.safetensors'), join(folder, 'o.safetensors')];
      await attended(instance, output);
      const large = await seth(['decode', instance, output, '--error', '1e-9', '--json']);
      assert.is(large.code, 0);
      const { answer, reason, remedy } = JSON.parse(large.stdout) as Record<string, unknown>;
      assert.is(answer, 'UNKNOWN');
      assert.match(String(reason), /cannot be certified/);
      assert.match(String(remedy), /an output with a relative error of at most .* \(now 1\.0e-9\)/);

      // Noise in the sixth digit under a claim of 7e-15: what comes out is no integer.
      const { q } = readInstance(readFileSync(instance));
      const { values } = readOutput(readFileSync(output), { rows: q.shape[0]!, columns: 1 });
      writeFileSync(
        output,
        writeOutput(
          values.map((y, row) => y * (1 + (row % 7) * 1e-7)),
          values.length,
          1,
          'f64',
          'safetensors',
        ),
      );
      const refuted = await seth(['decode', instance, output]);
      assert.is(refuted.code, 1);
      assert.is(refuted.stdout, '');
      assert.ok(refuted.stderr.startsWith(`seth: ${output}, row `) && linesOf(refuted.stderr).length === 1);
    });
  });

  test('of an output in a narrower format the rounding counts as its error', async () => {
    await inFolder(async (folder) => {
      const [instance, output] = [join(folder, 'i.safetensors'), join(folder, 'o.safetensors')];
      await attended(instance, output);
      const { q } = readInstance(readFileSync(instance));
      const { values } = readOutput(readFileSync(output), { rows: q.shape[0]!, columns: 1 });
      writeFileSync(output, writeOutput(values, values.length, 1, 'f32', 'safetensors'));
      const { code, stdout } = await seth(['decode', instance, output]);
      assert.is(code, 0);
      assert.match(stdout, /^c .*relative error of at most .* \(now 6\.0e-8\)/m);
      assert.match(stdout, /^s UNKNOWN$/m);
    });
  });

  test('bf16 is narrower than f16, though as many bytes', async () => {
    await inFolder(async (folder) => {
      const [instance, output] = [join(folder, 'i.safetensors'), join(folder, 'o.safetensors')];
      await attended(instance, output, ['--dtype', 'f16']);
      const { q } = readInstance(readFileSync(instance));
      const { values } = readOutput(readFileSync(output), { rows: q.shape[0]!, columns: 1 });
      const noise = async (): Promise<number> => {
        const { stdout } = await seth(['decode', instance, output, '--json']);
        return (JSON.parse(stdout) as { certificate: { noise: number } }).certificate.noise;
      };
      const asWritten = await noise();
      writeFileSync(output, writeOutput(values, values.length, 1, 'bf16', 'safetensors'));
      assert.ok((await noise()) > 3 * asWritten);
    });
  });

  test('an instance without our metadata, or of another output, cannot be decoded', async () => {
    await inFolder(async (folder) => {
      for (const [name, formula] of [
        ['a', '2'],
        ['b', '5'],
      ] as const) {
        const { bytes } = await seth(['random', 'teaching', '--formula', formula]);
        await seth(['generate', '-', '-o', `${name}.safetensors`], { cwd: folder, input: bytes });
      }
      await seth(['attend', 'b.safetensors', '-o', 'b.npy'], { cwd: folder });
      const foreign = await seth(['decode', 'a.safetensors', 'b.npy'], { cwd: folder });
      assert.match(foreign.stderr, /^seth: b\.npy, out: expected 12 × 1, found 48 × 1; /);
      assert.is(foreign.code, 1);
      const bare = readFileSync(join(folder, 'a.safetensors'));
      bare.write('meth', bare.indexOf('"seth"') + 1);
      writeFileSync(join(folder, 'bare.safetensors'), bare);
      const { code, stderr } = await seth(['decode', 'bare.safetensors', 'b.npy'], { cwd: folder });
      assert.is(
        stderr,
        'seth: bare.safetensors, __metadata__.seth: expected the document that says how to decode, found none; give an instance that "seth generate" made\n',
      );
      assert.is(code, 2);
      const missing = await seth(['decode', 'a.safetensors', 'none.npy'], { cwd: folder });
      assert.is(missing.code, 2);
      assert.match(missing.stderr, /^seth: none\.npy: expected a file that can be read/);
    });
  });
});
