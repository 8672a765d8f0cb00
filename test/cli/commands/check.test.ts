import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readInstance } from '../../../src/formats/instance.ts';
import { readOutput, writeOutput } from '../../../src/formats/output.ts';
import { inFolder, linesOf, listing, seth, type Run } from '../seth.ts';
import { suite } from '../../support/harness.ts';

/** Makes i.safetensors of a formula of `seth random`, o.npy and c.json in the folder, and gives what decode says. */
async function make(cwd: string, formula: string, generate = '', decode = ''): Promise<Run> {
  const { bytes } = await seth(['random', ...words(formula)]);
  await seth(['generate', '-', '-o', 'i.safetensors', ...words(generate)], { cwd, input: bytes });
  await seth(['attend', 'i.safetensors', '-o', 'o.npy'], { cwd });
  return seth(['decode', 'i.safetensors', 'o.npy', '--certificate', 'c.json', ...words(decode)], { cwd });
}

const words = (text: string): string[] => text.split(' ').filter((word) => word !== '');

suite('src/cli/commands/check', (test) => {
  test('what decode certifies is accepted in every direct route, satisfiable and unsatisfiable', async () => {
    const runs: readonly (readonly [formula: string, generate: string, code: number, says: RegExp])[] = [
      ['teaching --formula 2', '', 10, / has exactly \d+ models if each output is within 7\.1\d+e-15·Y/],
      ['pigeonhole --holes 3', '', 20, / is unsatisfiable if each output is within/],
      [
        'planted --variables 8 --seed 3',
        '--route threshold --dtype f32 --prune --split weight',
        10,
        /exactly/,
      ],
      [
        'parity --length 6',
        '--route interpolation --scale rsqrt --witness columns',
        10,
        /exactly \d+ models/,
      ],
    ];
    for (const [formula, generate, code, says] of runs) {
      await inFolder(async (cwd) => {
        const decoded = await make(cwd, formula, generate);
        assert.is(decoded.code, code, decoded.stderr);
        const accepted = await seth(['check', 'i.safetensors', 'o.npy', 'c.json'], { cwd });
        assert.is(accepted.code, 0, accepted.stdout);
        assert.ok(
          accepted.stdout.startsWith('accepted: the formula ') && linesOf(accepted.stdout).length === 1,
        );
        assert.match(accepted.stdout, says);
        const input = readFileSync(join(cwd, 'o.npy'));
        const json = await seth(['check', 'i.safetensors', '-', 'c.json', '--json'], { cwd, input });
        assert.equal(
          json.stdout,
          `${JSON.stringify({ accepted: true, reason: accepted.stdout.slice(10, -1) })}\n`,
        );
      });
    }
  });

  test('--error is what the reader grants an output: the answer follows for it, or the certificate is rejected', async () => {
    await inFolder(async (cwd) => {
      await make(cwd, 'teaching --formula 2');
      const files = ['check', 'i.safetensors', 'o.npy', 'c.json'];
      const plain = await seth(files, { cwd });
      const granted = async (error: string): Promise<readonly [number | null, string]> => {
        const { code, stdout, stderr } = await seth([...files, '--error', error], { cwd });
        return [code, stdout + stderr];
      };
      assert.equal(await granted('1e-15'), [0, plain.stdout], 'the certificate claims more');
      const [, reason] = await granted('7.2e-15');
      assert.match(reason, /^accepted: .* if each output is within 7\.2e-15·Y \+ /);
      const [code, rejected] = await granted('0.5');
      assert.is(code, 1);
      assert.match(
        rejected,
        /^rejected: expected (one count for vector \d+|outputs that stay .*); what it claims by itself is accepted; the answer does not follow where an output may be off by 0\.5 of itself: grant a smaller --error\n$/,
      );
      // What the certificate claims is too much, so that no other --error can help.
      const claimed = JSON.parse(readFileSync(join(cwd, 'c.json'), 'utf8')) as {
        error: { relative: number };
      };
      claimed.error.relative = 0.9;
      writeFileSync(join(cwd, 'd.json'), JSON.stringify(claimed));
      const own = await seth([...files.slice(0, 3), 'd.json', '--error', '1e-9'], { cwd });
      assert.match(own.stdout, /^rejected: expected (one count for vector \d+|outputs that stay [^;]*)\n$/);
      for (const typed of ['-1', 'x', '2']) {
        const [refused, message] = await granted(typed);
        assert.is(refused, 2);
        assert.match(message, /^seth: --error: expected a number from 0 to 1, found/);
      }
    });
  });

  test('another output, instance or certificate is rejected, and exits 1', async () => {
    await inFolder(async (cwd) => {
      await make(cwd, 'teaching --formula 2');
      mkdirSync(join(cwd, 'b'));
      await make(join(cwd, 'b'), 'teaching --formula 4');
      const output = await seth(['check', 'i.safetensors', 'b/o.npy', 'c.json'], { cwd });
      assert.is(output.code, 1);
      assert.match(
        output.stdout,
        /^rejected: expected output\.sha256 to be [0-9a-f]{64}, not "[0-9a-f]{64}"; give the files that the certificate was written for, in the order instance, output, certificate\n$/,
      );
      const swapped = await seth(['check', 'o.npy', 'i.safetensors', 'c.json'], { cwd });
      assert.is(swapped.code, 1);
      assert.match(swapped.stdout, /; give the files .* in the order instance, output, certificate\n$/);
      const instance = await seth(['check', 'b/i.safetensors', 'o.npy', 'c.json', '--json'], { cwd });
      assert.is(instance.code, 1);
      const { accepted, hint } = JSON.parse(instance.stdout) as { accepted: boolean; hint: string };
      assert.is(accepted, false);
      assert.match(hint, /^give the files /);
      assert.is((await seth(['check', 'i.safetensors', 'o.npy', 'b/c.json'], { cwd })).code, 1);
    });
  });

  test('what is no certificate, or not there, is bad input and exits 2', async () => {
    await inFolder(async (cwd) => {
      await make(cwd, 'teaching --formula 2');
      for (const [args, says] of [
        [['i.safetensors', 'o.npy', 'i.safetensors'], /^seth: i\.safetensors: expected a certificate/],
        [['i.safetensors', 'o.npy', 'o.npy'], /^seth: o\.npy: expected a certificate/],
        [['i.safetensors', 'o.npy', 'none'], /^seth: none: expected a file that can be read/],
        [['none', 'o.npy', 'c.json'], /^seth: none: expected a file that can be read/],
        [['-', '-', 'c.json'], /^seth: only one of the three files can come from standard input/],
        [['i.safetensors', 'o.npy'], /^seth: too few arguments/],
      ] as const) {
        const { code, stdout, stderr } = await seth(['check', ...args], { cwd });
        assert.is(code, 2, stderr);
        assert.is(stdout, '');
        assert.match(stderr, says);
        assert.is(linesOf(stderr).length, 1);
      }
    });
  });

  test('decode writes no certificate of an answer that certifies nothing, nor for the route of the paper', async () => {
    await inFolder(async (cwd) => {
      const open = await make(cwd, 'teaching --formula 2', '', '--error 1e-6');
      assert.is(open.code, 0);
      assert.match(open.stderr, /^seth: warning: no certificate was written, because nothing is certified$/m);
      assert.not(listing(cwd).includes('c.json'));
      const paper = await make(cwd, 'teaching --formula 1', '--route closest-pair');
      assert.is(paper.code, 2);
      assert.match(
        paper.stderr,
        /--certificate: expected an instance of the route minimax, interpolation or threshold/,
      );
      assert.not(listing(cwd).includes('c.json'));
      const printed = await seth(['decode', 'i.safetensors', 'o.npy', '--certificate', '-'], { cwd });
      assert.is(printed.code, 2);
    });
  });

  test('a forged "unsatisfiable" is certified and accepted under its claim, and a spot check of all rows refuses it', async () => {
    await inFolder(async (cwd) => {
      const decoded = await make(cwd, 'planted --variables 8 --clauses 30 --seed 2', '--route threshold');
      assert.is(decoded.code, 10);
      // With one node of weight 1, S = P·y/(1−y): take from each sum its integer part, which are the partners.
      const { document, q } = readInstance(readFileSync(join(cwd, 'i.safetensors')));
      const mass = document !== undefined && 'pads' in document ? document.pads.mass : NaN;
      const { values } = readOutput(readFileSync(join(cwd, 'o.npy')), { rows: q.shape[0]!, columns: 1 });
      const forged = values.map((y) => {
        const sum = (mass * y) / (1 - y);
        return sum < 1 ? y : (sum - Math.floor(sum)) / (sum - Math.floor(sum) + mass);
      });
      writeFileSync(join(cwd, 'o.npy'), writeOutput(forged, forged.length, 1, 'f64', 'npy'));
      const files = ['i.safetensors', 'o.npy'];
      assert.is((await seth(['decode', ...files, '--certificate', 'f.json'], { cwd })).code, 20);
      const checked = await seth(['check', ...files, 'f.json'], { cwd });
      assert.match(checked.stdout, /^accepted: .* is unsatisfiable if each output is within/);
      const spotted = await seth(['decode', ...files, '--certificate', 'g.json', '--spot-check', '16'], {
        cwd,
      });
      assert.is(spotted.code, 1);
      assert.is(spotted.stdout, '');
      assert.match(
        spotted.stderr,
        /^seth: o\.npy, row \d+: expected 0\.\d+, computed anew, up to .*, found 0\.\d+; /,
      );
      assert.not(listing(cwd).includes('g.json'));
    });
  });

  test('a spot check says what it took and what would escape it, and a seed repeats it', async () => {
    await inFolder(async (cwd) => {
      await make(cwd, 'teaching --formula 2');
      const args = ['decode', 'i.safetensors', 'o.npy', '--spot-check', '5'];
      const text = await seth([...args, '--seed', '7'], { cwd });
      assert.is(text.code, 10, text.stderr);
      assert.match(text.stdout, /^c spot check: 5 of \d+ rows computed anew are as claimed, seed 7$/m);
      assert.match(text.stdout, /^c spot check: 1 altered row escapes with probability 0\.\d+$/m);
      type Figures = {
        spotCheck: {
          rows: number;
          of: number;
          seed: number;
          worst: number;
          escapes: { altered: number; probability: number }[];
        };
      };
      const json = JSON.parse((await seth([...args, '--json', '--seed', '7'], { cwd })).stdout) as Figures;
      const { rows, of, seed, worst, escapes } = json.spotCheck;
      assert.equal([rows, seed], [5, 7]);
      assert.ok(worst >= 0 && worst < 1);
      assert.is(escapes[0]!.altered, 1);
      assert.ok(Math.abs(escapes[0]!.probability - (1 - 5 / of)) < 1e-12);
      assert.ok(escapes[1]!.probability <= 0.01);
      const seeds = await Promise.all(
        [1, 2].map(
          async () =>
            (JSON.parse((await seth([...args, '--json'], { cwd })).stdout) as Figures).spotCheck.seed,
        ),
      );
      assert.is.not(seeds[0], seeds[1]);
      for (const [more, says] of [
        [['--spot-check', '0'], /^seth: --spot-check: expected a whole number from 1/],
        [['--spot-check', 'x'], /^seth: --spot-check: expected/],
        [['--seed', '7'], /^seth: --seed says which rows --spot-check takes: give both/],
      ] as const) {
        const { code, stderr } = await seth([...args.slice(0, 3), ...more], { cwd });
        assert.is(code, 2);
        assert.match(stderr, says);
      }
    });
  });
});
