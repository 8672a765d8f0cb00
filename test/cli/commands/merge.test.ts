import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { partKey, type RowsPart } from '../../../src/formats/part.ts';
import { readSafetensors, writeSafetensors } from '../../../src/formats/safetensors.ts';
import { mergeLines } from '../../../src/cli/shard-lines.ts';
import { mergeRows, type PartFile } from '../../../src/cli/shard-rows.ts';
import { shardOf } from '../../../src/cli/shard.ts';
import { faultOf } from '../../formats/damage.ts';
import { suite } from '../../support/harness.ts';
import { inFolder, jsonLines, linesOf, listing, seth } from '../seth.ts';

const formulas = ['teaching-1', 'teaching-2', 'teaching-3', 'pigeonhole-2', 'teaching-5'].map(
  (name) => `instances/${name}.cnf`,
);
const verifying = ['verify', ...formulas, '--json', '--route', 'threshold'];

/** The parts of a run of verify over `formulas`, in files. */
async function verifiedIn(folder: string, count: number): Promise<string[]> {
  const parts = Array.from({ length: count }, (_, i) => join(folder, `part-${i}.jsonl`));
  for (const [i, part] of parts.entries()) {
    const { code, stdout } = await seth([...verifying, '--shard', `${i}/${count}`]);
    assert.is(code, 0);
    writeFileSync(part, stdout);
  }
  return parts;
}

/** An instance and the parts of its output, in files. */
async function attendedIn(folder: string, count: number, oracle = 'cpu'): Promise<string[]> {
  const args = ['generate', 'instances/random-3sat-12-s1.cnf', '-o', 'i.safetensors', '--dtype', 'f32'];
  args[1] = join(process.cwd(), args[1]!);
  assert.is((await seth(args, { cwd: folder })).code, 0);
  const parts = Array.from({ length: count }, (_, i) => `part-${i}.safetensors`);
  for (const [i, part] of parts.entries()) {
    const shard = ['--shard', `${i}/${count}`, '--oracle', oracle];
    assert.is((await seth(['attend', 'i.safetensors', '-o', part, ...shard], { cwd: folder })).code, 0);
  }
  return parts;
}

const timeless = (text: string): unknown[] =>
  jsonLines(text).map((line) => ({ ...line, seconds: undefined }));

/** Files of parts, read. */
const read = (folder: string, names: readonly string[]): PartFile[] =>
  names.map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));

suite('src/cli/commands/merge', (test) => {
  test('the shards of verify, in any order, are the lines of the whole run, and end as it does', async () => {
    await inFolder(async (folder) => {
      const whole = await seth(verifying);
      const parts = await verifiedIn(folder, 3);
      assert.equal(
        parts.map((part) => linesOf(readFileSync(part, 'utf8')).length),
        [2, 2, 1],
      );
      const { code, stdout } = await seth(['merge', '-', parts[2]!, parts[0]!, parts[1]!]);
      assert.is(code, 0);
      assert.equal(timeless(stdout), timeless(whole.stdout));
      const output = join(folder, 'whole.jsonl');
      const told = await seth(['merge', '--json', output, ...parts]);
      assert.equal([told.code, jsonLines(told.stdout)], [0, [{ output, exit: 0 }]]);
      assert.equal(timeless(readFileSync(output, 'utf8')), timeless(whole.stdout));
      const both = await seth(['merge', '--json', '-', ...parts]);
      assert.equal([both.code, both.stdout], [2, '']);
      assert.match(both.stderr, /^seth: with --json standard output says what was written: name a file/);
    });
  });

  test('a shard that is not printed as JSON says that it is a part', async () => {
    const verified = await seth([
      'verify',
      ...formulas.slice(0, 2),
      '--route',
      'threshold',
      '--shard',
      '0/2',
    ]);
    assert.match(
      verified.stderr,
      /^seth: warning: this is shard 0\/2 only; "seth merge" takes what --json prints$/m,
    );
    const stressed = await seth(['stress', '--dtype', 'bf16', '--shard', '0/3']);
    assert.match(stressed.stdout, /, shard 0\/3 of its rungs only: passed$/m);
  });

  test('a merge ends with the exit code of the whole run', async () => {
    await inFolder(async (folder) => {
      const run = async (file: string, extra: readonly string[]): Promise<readonly (number | null)[]> => {
        const args = ['verify', formulas[0]!, file, '--json', '--route', 'threshold', ...extra];
        const parts = [];
        for (const i of [0, 1]) {
          parts.push(join(folder, `${i}.jsonl`));
          writeFileSync(parts[i]!, (await seth([...args, '--shard', `${i}/2`])).stdout);
        }
        const orders = [parts, parts.toReversed()];
        const merged = await Promise.all(orders.map((order) => seth(['merge', '-', ...order])));
        return [(await seth(args)).code, ...merged.map(({ code }) => code)];
      };
      assert.equal(await run('missing.cnf', []), [2, 2, 2]);
      assert.equal(await run(formulas[1]!, ['--bound', '0.1']), [1, 1, 1]);
    });
  });

  test('shards that were given other files, or the same in another order, are refused', async () => {
    await inFolder(async (folder) => {
      const part = async (i: number, files: readonly string[]): Promise<string> => {
        const { stdout } = await seth(['verify', ...files, '--json', '--shard', `${i}/2`]);
        writeFileSync(join(folder, `${i}.jsonl`), stdout);
        return join(folder, `${i}.jsonl`);
      };
      const [one, two, three] = formulas as [string, string, string];
      const first = await part(0, [one, two]);
      for (const files of [
        [two, one],
        [one, three],
      ]) {
        const { code, stdout, stderr } = await seth(['merge', '-', first, await part(1, files)]);
        assert.equal([code, stdout], [2, '']);
        assert.match(
          stderr,
          /1\.jsonl, files: expected [0-9a-f]{64}, found [0-9a-f]{64}; give the parts of /,
        );
      }
      assert.is((await seth(['merge', '-', first, await part(1, [one, two])])).code, 0);
    });
  });

  test('lines that are missing, there twice, cut off, or of another run are refused', async () => {
    await inFolder(async (folder) => {
      const [a, b, c] = (await verifiedIn(folder, 3)) as [string, string, string];
      const merge = (names: readonly string[]): string => faultOf(() => mergeLines(read('', names))).message;
      assert.is(
        merge([a, c]),
        'expected file 2 of 5, of shard 1/3, found no part that has it, nor 1 more; run that shard again',
      );
      assert.is(
        merge([a, b, c, b]),
        `${b}: expected file 2 of 5, of shard 1/3 once, found it twice; give each part once`,
      );
      const text = readFileSync(b, 'utf8');
      const changed = join(folder, 'changed.jsonl');
      const cases: readonly (readonly [string, RegExp])[] = [
        [
          text.slice(0, -20),
          /line 2: expected a whole line, found the end of the file; .*run this shard again/,
        ],
        [`${linesOf(text)[0]}\n`, /expected file 5 of 5, of shard 1\/3, found no part that has it; /],
        [
          text.replace('"seth-attention 0', '"seth-attention 9'),
          /tool: expected seth-attention 0.*found seth-attention 9/,
        ],
        [text.replace('"witness":"scan"', '"witness":"columns"'), /--witness: expected scan, found columns/],
        [text.replaceAll('"of":3', '"of":4'), /line \d, shard\.at: expected what shard 1\/4 has/],
        [text.replace('"of":3', '"of":4'), /expected a line of 3 shards of 5 units, .*, found one of 4 of 5/],
        [text.replaceAll('"units":5', '"units":6'), /expected a line of 3 shards of 5 units/],
        [text.replace(/,"shard":.*/, '}'), /shard: expected .*, found nothing/],
        [text.replace('"at":4', '"at":1'), /file 2 of 5, of shard 1\/3 once, found it twice/],
        ['', /expected file 2 of 5, of shard 1\/3, found no part that has it, nor 1 more/],
        [
          `${linesOf(text)[0]}\nnot JSON\n`,
          /jsonl, line 2, part: expected a JSON value, found "not JSON" at character 0; the file is damaged, or was written by a faulty program$/,
        ],
      ];
      for (const [damaged, message] of cases) {
        writeFileSync(changed, damaged);
        assert.match(merge([a, changed, c]), message);
      }
      const { shard } = jsonLines(text)[0]!;
      for (const rest of [{}, { checks: 1 }, { answer: 'UNKNOWN', checks: [null] }, { error: null }]) {
        writeFileSync(changed, `${JSON.stringify({ ...rest, shard })}\n`);
        assert.match(
          merge([a, changed, c]),
          /checks: expected the checks of a file, or its error, found neither/,
        );
      }
      for (const name of ['whole.npy', 'whole.SafeTensors']) {
        const { code, stderr } = await seth(['merge', name, a, b, c], { cwd: folder });
        assert.is(code, 2);
        assert.match(stderr, /expected an output of "seth attend --shard", since whole\.\w+ is to be one/);
        assert.not(listing(folder).includes(name));
      }
      writeFileSync(changed, '');
      assert.match(merge([changed]), /expected JSON lines, found none in any part/);
    });
  });

  test('the shards of attend, in any order, are the whole output bit for bit, in either format', async () => {
    await inFolder(async (folder) => {
      for (const [count, oracle] of [
        [3, 'cpu'],
        [4, 'cpu:dense'],
        [2, 'reference'],
      ] as const) {
        const parts = await attendedIn(folder, count, oracle);
        for (const name of ['whole.npy', 'whole.safetensors']) {
          const args = ['attend', 'i.safetensors', '-o', `un${name}`, '--oracle', oracle];
          assert.is((await seth(args, { cwd: folder })).code, 0);
          const merged = await seth(['merge', name, ...parts.toReversed()], { cwd: folder });
          assert.is(merged.code, 0, merged.stderr);
          assert.equal(readFileSync(join(folder, name)), readFileSync(join(folder, `un${name}`)), oracle);
        }
      }
      const decoded = await seth(['decode', 'i.safetensors', 'whole.npy'], { cwd: folder });
      assert.is(decoded.code, 10);
    });
  });

  test('a part says which rows it holds, is no whole output, and a shard run again is what it was', async () => {
    await inFolder(async (folder) => {
      const [, part] = await attendedIn(folder, 3);
      const bytes = readFileSync(join(folder, part!));
      const { metadata, tensors } = readSafetensors(bytes);
      const { from, to, rows, index, of } = JSON.parse(metadata.get(partKey)!) as RowsPart;
      assert.equal([index, of], [1, 3]);
      assert.equal([from, to], [Math.floor(rows / 3), Math.floor((2 * rows) / 3)]);
      assert.equal(tensors.get('out')!.shape, [to - from, 1]);
      const { code, stderr } = await seth(['decode', 'i.safetensors', part!], { cwd: folder });
      assert.is(code, 1);
      assert.match(stderr, new RegExp(`expected ${rows} × 1, found ${to - from} × 1`));
      rmSync(join(folder, part!));
      const again = ['attend', 'i.safetensors', '-o', part!, '--shard', '1/3'];
      assert.is((await seth(again, { cwd: folder })).code, 0);
      assert.equal(readFileSync(join(folder, part!)), bytes);
    });
  });

  test('rows that are missing, there twice, or of another instance, run or shape are refused', async () => {
    await inFolder(async (folder) => {
      const [a, b, c] = (await attendedIn(folder, 3)) as [string, string, string];
      const merge = (names: readonly string[]): string =>
        faultOf(() => mergeRows(read(folder, names), 'whole.npy')).message;
      assert.is(merge([a, c]), 'expected shard 1/3, found no part that has it; run that shard again');
      assert.is(merge([a, b, c, a]), `${a}: expected shard 0/3 once, found it twice; give each part once`);

      const { tensors, metadata } = readSafetensors(readFileSync(join(folder, b)));
      const part = JSON.parse(metadata.get(partKey)!) as RowsPart;
      const out = tensors.get('out')!;
      const write = (changes: Partial<RowsPart>, tensor = out): void => {
        const json = JSON.stringify({ ...part, ...changes });
        writeFileSync(
          join(folder, 'b'),
          writeSafetensors(new Map([['out', tensor]]), new Map([[partKey, json]])),
        );
      };
      const [rows] = out.shape as [number];
      const half = Math.floor(part.rows / 2);
      const cases: readonly (readonly [Partial<RowsPart>, typeof out, RegExp])[] = [
        [
          { instance: '0'.repeat(64) },
          out,
          /b, instance: expected [0-9a-f]{64}, as in the first part, found 0{64}/,
        ],
        [
          { run: { ...part.run, tool: 'seth-attention 9' } },
          out,
          /b, tool: expected seth-attention .* found seth-attention 9/,
        ],
        [
          { run: { ...part.run, options: { oracle: 'gpu' } } },
          out,
          /b, --force: expected false, found nothing/,
        ],
        [{ of: 4 }, out, /seth-part\.from: expected what shard 1\/4 has/],
        [{ from: part.from + 1 }, out, /seth-part\.from: expected what shard 1\/3 has/],
        [
          { rows: part.rows + 3, from: part.from + 1, to: part.to + 2 },
          out,
          /expected an output of "seth attend --shard"/,
        ],
        [{}, { ...out, shape: [1, rows] }, /found a tensor out of other than \d+ rows/],
        [
          {},
          { ...out, dtype: 'f16', shape: [rows, 2] },
          /b, out: expected f32, as in the first part, found f16/,
        ],
        [{ index: 5 }, out, /seth-part\.index: expected below 3, found 5/],
        [
          { rows: part.rows + 3, from: part.from + 1, to: part.to + 2 },
          { ...out, shape: [rows + 1, 1], bytes: new Uint8Array(4 * (rows + 1)) },
          /b, rows: expected \d+, as in the first part, found \d+/,
        ],
        [
          { of: 2, from: half, to: part.rows },
          { ...out, shape: [part.rows - half, 1], bytes: new Uint8Array(4 * (part.rows - half)) },
          /b, of: expected 3, as in the first part, found 2/,
        ],
        [
          {},
          { ...out, shape: [rows, 2], bytes: new Uint8Array(8 * rows) },
          /b, out: expected 1 columns, as in the first part, found 2 columns/,
        ],
        [{}, { ...out, shape: [rows], bytes: out.bytes }, /found a tensor out of other than \d+ rows/],
      ];
      for (const [changes, tensor, message] of cases) {
        write(changes, tensor);
        assert.match(merge([a, 'b', c]), message);
      }
      writeFileSync(join(folder, 'b'), writeSafetensors(new Map([['out', out]])));
      assert.match(merge([a, 'b', c]), /no such entry in its metadata/);
      writeFileSync(join(folder, 'b'), '{}\n');
      const { code, stdout, stderr } = await seth(['merge', 'whole.npy', a, 'b', c], { cwd: folder });
      assert.is(code, 2);
      assert.is(stdout, '');
      assert.is(
        stderr,
        `seth: b: expected a .safetensors file, as ${a} is, found another one; give the parts of one run only\n`,
      );
      assert.not(listing(folder).includes('whole.npy'));
    });
  });

  test('the shards of stress are the outcome of the whole suite, and a journal keeps its rungs', async () => {
    await inFolder(async (folder) => {
      const args = ['stress', '--dtype', 'bf16', '--json', '--journal', 'j'];
      const rungs = (text: string): unknown[] =>
        (jsonLines(text)[0]!['rungs'] as Record<string, unknown>[]).map((rung) => ({
          ...rung,
          seconds: 0,
          pairsPerSecond: 0,
        }));
      const whole = await seth(args, { cwd: folder });
      assert.is(whole.code, 0, whole.stderr);
      const again = await seth(args, { cwd: folder });
      assert.is(again.stdout, whole.stdout);
      for (const i of [0, 1]) {
        const part = await seth([...args, '--shard', `${i}/2`], { cwd: folder });
        assert.is(part.code, 0);
        writeFileSync(join(folder, `${i}.json`), part.stdout);
      }
      const merged = await seth(['merge', '-', '1.json', '0.json'], { cwd: folder });
      assert.is(merged.code, 0, merged.stderr);
      assert.equal(rungs(merged.stdout), rungs(whole.stdout));
      const withoutRates = (text: string): unknown =>
        (jsonLines(text)[0]!['scores'] as object[]).map((score) => ({ ...score, pairsPerSecond: 0 }));
      assert.equal(withoutRates(merged.stdout), withoutRates(whole.stdout));
      assert.equal(Object.keys(jsonLines(merged.stdout)[0]!), Object.keys(jsonLines(whole.stdout)[0]!));
      assert.match(
        faultOf(() => mergeLines(read(folder, ['1.json']))).message,
        /^expected rung 1 of \d+, of shard 0\/2, found no part that has it, /,
      );
      const [damaged] = jsonLines(readFileSync(join(folder, '1.json'), 'utf8'));
      const some = damaged!['rungs'] as object[];
      for (const rungs of [[null], [{}], [{ ...some[0], dtype: 'f8' }], [...some, some[0]]]) {
        const json = JSON.stringify({ ...damaged, rungs });
        writeFileSync(join(folder, 'damaged.json'), `${json}\n`);
        assert.match(
          faultOf(() => mergeLines(read(folder, ['0.json', 'damaged.json']))).message,
          /^damaged\.json, rungs: expected the JSON of "seth stress --json --shard", found something else/,
        );
      }
      // What the outcome says of the whole run has to stand in every part, and be the same.
      for (const [field, other] of [
        ['oracle', 'gpu'],
        ['oracle', ''],
        ['suite', 'full'],
        ['version', 99],
        ['version', undefined],
        ['tool', 'another'],
      ] as const) {
        writeFileSync(join(folder, 'other.json'), `${JSON.stringify({ ...damaged, [field]: other })}\n`);
        for (const names of [
          ['0.json', 'other.json'],
          ['other.json', '0.json'],
        ]) {
          const { message } = faultOf(() => mergeLines(read(folder, names)));
          assert.match(message, new RegExp(`^\\w+\\.json, ${field}: expected `));
        }
      }
      writeFileSync(join(folder, 'other.json'), `${JSON.stringify({ ...damaged, oracle: {} })}\n`);
      assert.match(
        faultOf(() => mergeLines(read(folder, ['other.json', '0.json']))).message,
        /^other\.json, oracle: /,
      );
      assert.equal(listing(join(folder, 'j')), [
        'stress-0-of-2.journal',
        'stress-1-of-2.journal',
        'stress.journal',
      ]);
      const { code, stderr } = await seth(['stress', '--dtype', 'bf16', '--shard', '0/500'], { cwd: folder });
      assert.is(code, 2);
      assert.match(stderr, /^seth: --shard: expected at most \d+ shards, one for each rung, found 500; /);
    });
  });

  test('what a run of stress requires is required of its shards together, and of all the same', async () => {
    await inFolder(async (folder) => {
      const args = ['stress', '--dtype', 'bf16', '--oracle', 'polynomial', '--json', '--journal', 'j'];
      const scored = ({ stdout }: { readonly stdout: string }): unknown[] => {
        const [{ passed, scores }] = jsonLines(stdout) as [Record<string, unknown>];
        return [passed, (scores as { required: number }[]).map(({ required }) => required)];
      };
      const merged = async (levels: readonly string[]): ReturnType<typeof seth> => {
        for (const [i, level] of levels.entries()) {
          const require = level === '' ? [] : ['--require', level];
          const { stdout } = await seth([...args, ...require, '--shard', `${i}/2`], { cwd: folder });
          writeFileSync(join(folder, `${i}.json`), stdout);
        }
        return seth(['merge', '-', '1.json', '0.json'], { cwd: folder });
      };
      const none = await merged(['0', '0']);
      assert.equal([none.code, ...scored(none)], [0, true, [0]]);
      const one = await merged(['1', '1']);
      assert.equal([one.code, ...scored(one)], [1, false, [1]]);
      const top = await merged(['', '']);
      assert.equal([top.code, ...scored(top)], [1, false, [2]]);
      const mixed = await merged(['0', '']);
      assert.is(mixed.code, 2);
      assert.match(mixed.stderr, /0\.json, --require: expected nothing, found 0; give the parts of one run/);
    });
  });

  test('a shard that is none is a fault of the command line', async () => {
    for (const typed of ['3/3', '0/0', '-1/2', '1', '1/2/3', '1.5/2', 'a/b', '0/99999999', '0/2 ', '']) {
      assert.throws(() => shardOf(typed), /^--shard cannot be /);
    }
    const { code, stderr } = await seth(['verify', formulas[0]!, '--shard', '3/3']);
    assert.is(code, 2);
    assert.is(
      stderr,
      'seth: --shard cannot be "3/3": write i/k with i from 0 to k − 1, such as 0/4 to 3/4\n',
    );
  });

  test('a part of an output needs a name and a row', async () => {
    await inFolder(async (folder) => {
      await attendedIn(folder, 1);
      const attend = async (output: string, shard: string): Promise<string> => {
        const args = ['attend', 'i.safetensors', '-o', output, '--shard', shard];
        const { code, stderr } = await seth(args, { cwd: folder });
        assert.is(code, 2);
        assert.not(listing(folder).includes(output));
        return stderr;
      };
      assert.match(await attend('o.npy', '0/2'), /found \.npy, which cannot say which rows it holds/);
      assert.match(
        await attend('o.safetensors', '0/999999'),
        /^seth: --shard: expected at most \d+ shards, one for each query, found 999999; take fewer shards\n$/,
      );
    });
  });
});
