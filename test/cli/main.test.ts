import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import * as assert from 'uvu/assert';
import { describeError, exitCodeOf } from '../../src/cli/faults.ts';
import { oracleNames } from '../../src/oracles/oracles.ts';
import { program } from '../../src/cli/program.ts';
import { suite } from '../support/harness.ts';
import { inFolder, linesOf, listing, mainFile, seth, sethProcess, shell, shippedInstances } from './seth.ts';

const commands = [
  'verify',
  'solve',
  'generate',
  'attend',
  'decode',
  'check',
  'merge',
  'reduce',
  'random',
  'explain',
  'stress',
  'transition',
  'lab',
  'doctor',
];
const families = 'uniform planted pigeonhole parity colouring ladder sequential teaching'.split(' ');

/** Every help there is: of the program, of its commands, of the families of `random`. */
const helps: readonly (readonly string[])[] = [
  [],
  ...commands.map((command) => [command]),
  ...families.map((family) => ['random', family]),
];

/** The help that `seth WORDS --help` prints. */
function helpOf(words: readonly string[]): Promise<string> {
  const args = [...words, '--help'];
  return new Promise((resolve, reject) => {
    void program(args).parse(args, {}, (error, _, output) => {
      if (error === undefined || error === null) resolve(`${output}\n`);
      else reject(error);
    });
  });
}

async function thrownBy(run: () => Promise<unknown>): Promise<unknown> {
  try {
    await run();
  } catch (thrown) {
    return thrown;
  }
  return new Error('nothing was thrown');
}

/** The files that `file` imports when it is loaded, with all that they import. */
function loadedBy(file: string, seen: Set<string> = new Set()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const code = readFileSync(file, 'utf8');
  for (const [, path] of code.matchAll(/^(?:import|export)\s(?!type\b)[^;]*?from '(\.[^']*)'/gm)) {
    loadedBy(normalize(join(dirname(file), path!)), seen);
  }
  return seen;
}

suite('src/cli/main', (test) => {
  test('every help lists its options and has an example', async () => {
    for (const words of helps) {
      const help = await helpOf(words);
      assert.match(help, /^ +-h, --help /m);
      assert.match(help, /^Examples:\n {2}seth /m);
    }
    const { code, stdout, stderr } = await sethProcess(['--help']);
    for (const command of commands) assert.match(stdout, new RegExp(`^  seth ${command} `, 'm'));
    assert.is(code, 0);
    assert.is(stderr, '');
  });

  test('every example in a help works as it is printed', async () => {
    await inFolder(async (folder) => {
      cpSync(shippedInstances, join(folder, 'instances'), { recursive: true });
      const examples = new Set<string>();
      for (const words of helps) {
        const [, lines] = /^Examples:\n((?: {2}seth .*\n)+)/m.exec(await helpOf(words))!;
        for (const line of linesOf(lines!)) {
          assert.ok(line.trim().length <= 76, `${line} would wrap on a terminal of 80 columns`);
          examples.add(line);
        }
      }
      for (const example of examples) {
        const { code, stderr } = await runOf(example, folder);
        const expected = / (solve|decode) [^|]*$/.test(example) ? [10, 20] : [0];
        assert.ok(expected.includes(code!), `${example}: exit ${code}\n${stderr}`);
      }
    });
  });

  test('what follows -- is a file, whatever it begins with', async () => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, '-x.cnf'), 'p cnf 1 1\n1 0\n');
      const { code, stdout, stderr } = await seth(['solve', '--', '-x.cnf'], { cwd: folder });
      assert.is(code, 10, stderr);
      assert.match(stdout, 's SATISFIABLE\n');
      const several = await seth(['verify', '--json', '--', '-x.cnf', '-x.cnf'], { cwd: folder });
      assert.is(linesOf(several.stdout).length, 2, several.stderr);
      const missing = await seth(['solve', '--', '--json'], { cwd: folder });
      assert.match(missing.stderr, /^seth: \.\/--json: expected .*, found no such file or directory/);
    });
  });

  test('starting it loads no reduction, oracle, solver or format', () => {
    const loaded = [...loadedBy('src/cli/main.ts')];
    assert.ok(loaded.includes('src/cli/commands/verify.ts'));
    assert.equal(
      loaded.filter((file) =>
        /^(reductions|src\/(verify|readout|oracles|solvers|formats|cli\/actions))\b/.test(file),
      ),
      [],
    );
  });

  test('the oracles that most runs do not want are loaded when they are asked for', () => {
    const loaded = [...loadedBy('src/oracles/oracles.ts')];
    assert.ok(loaded.includes('src/oracles/cpu/cpu.ts'));
    assert.equal(
      loaded.filter((file) => /^src\/oracles\/(gpu|polynomial|command)\/(?!words)/.test(file)),
      [],
    );
  });

  test('--version is that of the package', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    assert.is((await sethProcess(['--version'])).stdout, `${version}\n`);
  });

  test('a usage error is one line that says what is wrong and what to do, and exit 2', async () => {
    const cases: readonly (readonly [args: string, line: string])[] = [
      ['', 'name a command; see "seth --help"'],
      ['verfy x', 'unknown command verfy, did you mean verify?; see "seth --help"'],
      ['frobnicate', 'unknown command frobnicate; see "seth --help"'],
      ['verify', 'too few arguments: found 0, expected 1; see "seth verify --help"'],
      ['decode x', 'too few arguments: found 1, expected 2; see "seth decode --help"'],
      ['solve a b', 'unknown argument b; see "seth solve --help"'],
      ['solve a --bond 3', 'unknown option --bond, did you mean --bound?; see "seth solve --help"'],
      ['verify --nope x', 'unknown option --nope; see "seth verify --help"'],
      ['verify x -z', 'unknown option -z; see "seth verify --help"'],
      ['generate x', 'the option --output is missing; see "seth generate --help"'],
      ['generate x -o', 'the option -o needs a value; see "seth generate --help"'],
      ['verify x --bound', 'the option --bound needs a value; see "seth verify --help"'],
      [
        'verify x --route foo',
        '--route cannot be "foo", choose among "minimax", "interpolation", "threshold", "closest-pair"; see "seth verify --help"',
      ],
      [
        'reduce x --to sat',
        '--to cannot be "sat", choose among "sparse", "ov", "max-ip", "closest-pair"; see "seth reduce --help"',
      ],
      ['random', 'too few arguments: found 0, expected 1; see "seth random --help"'],
      ['random unifrom', 'no such family, did you mean uniform?; see "seth random --help"'],
      ['random pigeonhole --seed 1', 'unknown option --seed; see "seth random pigeonhole --help"'],
      ['random --k 3 uniform', 'unknown option --k; see "seth random uniform --help"'],
      ['verify x --orcale cpu', 'unknown option --orcale, did you mean --oracle?; see "seth verify --help"'],
      ['verify x --sale rsqrt', 'unknown option --sale, did you mean --scale?; see "seth verify --help"'],
      ['decdoe a b', 'unknown command decdoe, did you mean decode?; see "seth --help"'],
      ['verify x --json=1', '--json takes no value, found "1"; write --json, or leave it out'],
      ['verify x --prune=maybe', '--prune takes no value, found "maybe"; write --prune, or leave it out'],
      ['lab --no-open=', '--no-open takes no value, found ""; write --no-open, or leave it out'],
      ['lab --noOpen=1', '--noOpen takes no value, found "1"; write --noOpen, or leave it out'],
      ['random ladder --debug=1', '--debug takes no value, found "1"; write --debug, or leave it out'],
      [
        'verify x --bound abc',
        '--bound: expected a number above 0, found abc; see --help for what --bound means',
      ],
      [
        'verify x --bound -1',
        '--bound: expected a number above 0, found -1; see --help for what --bound means',
      ],
      [
        'solve x --memory 0',
        '--memory: expected a number above 0, found 0; see --help for what --memory means',
      ],
      [
        'solve x --oracle tpu',
        `--oracle: expected one of ${oracleNames.join(', ')}, found "tpu"; try --oracle cpu, or 'command:PROGRAM {instance} {output}' for a program of yours`,
      ],
      ['verify x --thresholds 2', '--thresholds is for --sparsify, and there is none: leave it out'],
      ['solve x --alpha 2', '--alpha is for --sparsify, and there is none: leave it out'],
      ['explain x --alpha 2', '--alpha is for --sparsify, and there is none: leave it out'],
      ['verify x --pcp 1,1', '--pcp is for --route closest-pair, and the route is minimax: leave it out'],
      [
        'solve x --route threshold --form direct',
        '--form is for --route closest-pair, and the route is threshold: leave it out',
      ],
      ['explain x --pure', '--pure is for --route closest-pair, and the route is minimax: leave it out'],
      [
        'generate x -o y --pure',
        '--pure is for --route closest-pair, and the route is minimax: leave it out',
      ],
      ['reduce x --to ov --thresholds 2', '--thresholds is for --to sparse, and --to is ov: leave it out'],
      ['reduce x --to max-ip --alpha 1', '--alpha is for --to sparse, and --to is max-ip: leave it out'],
      ['reduce x --to ov --pure', '--pure is for --to max-ip and closest-pair, and --to is ov: leave it out'],
      [
        'reduce x --to sparse -o y --pcp 1,1',
        '--pcp is for --to max-ip and closest-pair, and --to is sparse: leave it out',
      ],
      [
        'reduce x --to sparse -o y --split weight',
        '--split is for --to ov, max-ip and closest-pair, and --to is sparse: leave it out',
      ],
      ['generate - -o - --json', '--json and -o - both want standard output: write the instance to a file'],
      ['attend - -o - --json', '--json and -o - both want standard output: write the output to a file'],
      ['verify - x -', '- is given twice, and standard input can be read once: give it once'],
      ['merge x - -', '- is given twice, and standard input can be read once: give it once'],
      ['decode - -', 'the instance and the output cannot both come from standard input'],
    ];
    for (const [args, line] of cases) {
      const error = await thrownBy(async () => program(args === '' ? [] : args.split(' ')).parseAsync());
      assert.is(describeError(error), line);
      assert.is(exitCodeOf(error), 2, args);
    }
    const { code, stdout, stderr } = await sethProcess(['verfy', 'x']);
    assert.equal({ code, stdout, stderr }, { code: 2, stdout: '', stderr: `seth: ${cases[1]![1]}\n` });
  });

  test('--debug adds the stack, and only it does', async () => {
    const plain = await seth(['solve', 'missing.cnf']);
    const debug = await seth(['solve', 'missing.cnf', '--debug']);
    const line =
      'seth: missing.cnf: expected a file that can be read, found no such file or directory; check the path\n';
    assert.is(plain.stderr, line);
    assert.ok(debug.stderr.startsWith(line));
    assert.match(debug.stderr, /\n {4}at .*read/);
    assert.is(debug.code, 2);
  });

  test('a message stays on one line, whatever a file is called', async () => {
    const { stderr } = await seth(['solve', 'a\nb\u001b[31m.cnf']);
    assert.is(linesOf(stderr).length, 1);
    assert.ok(stderr.startsWith('seth: a\\u000ab\\u001b[31m.cnf: '));
  });

  test('colour is for terminals, unless FORCE_COLOR asks for it and NO_COLOR does not forbid it', async () => {
    const colours = async (env: Record<string, string>): Promise<boolean> => {
      const { stdout, stderr } = await seth(['verify', 'instances/teaching-2.cnf', 'missing.cnf'], { env });
      assert.is(stdout.includes('\u001b['), stderr.includes('\u001b['));
      return stdout.includes('\u001b[');
    };
    const environments = [{}, { FORCE_COLOR: '1' }, { FORCE_COLOR: '1', NO_COLOR: '1' }, { CI: 'true' }];
    assert.equal(await Promise.all(environments.map(colours)), [false, true, false, false]);
  });

  test('progress goes to standard error, and only when it is asked for or a terminal', async () => {
    const file = 'instances/teaching-2.cnf';
    const auto = await seth(['verify', file]);
    const always = await seth(['verify', file, '--progress', 'always', '--json']);
    assert.is(auto.stderr, '');
    assert.match(always.stderr, /% instances\/teaching-2\.cnf/);
    assert.is(linesOf(always.stdout).length, 1);
  });

  test('completion prints a script for the shell and completes commands, families, options and choices', async () => {
    const complete = async (...words: string[]): Promise<string[]> => {
      const env = { SHELL: '/bin/bash' };
      return linesOf((await seth(['--get-yargs-completions', 'seth', ...words], { env })).stdout);
    };
    assert.match((await seth(['completion'], { env: { SHELL: '/bin/bash' } })).stdout, /^complete .* seth$/m);
    assert.match((await seth(['completion'], { env: { SHELL: '/bin/zsh' } })).stdout, /^#compdef seth$/m);
    assert.equal((await complete('')).slice(0, commands.length), commands);
    assert.equal(await complete('random', ''), families);
    assert.ok((await complete('generate', '--')).includes('--dtype'));
    assert.equal(await complete('solve', '--dtype', ''), ['f64', 'f32', 'f16', 'bf16']);
  });

  test('a flag that is given true or false is on or off', async () => {
    const lines = async (flag: string): Promise<number> =>
      linesOf((await seth(['random', 'teaching', flag])).stdout).length;
    assert.is(await lines('--json=true'), 1);
    assert.ok((await lines('--json=false')) > 1);
  });

  test('an option that is given twice is given one value', async () => {
    const cases: readonly (readonly [options: string, found: string])[] = [
      ['--formula 1 --formula 2', '--formula was given twice, as 1 and as 2'],
      ['-o a --output b', '-o was given twice, as a and as b'],
    ];
    for (const [options, found] of cases) {
      const { code, stderr } = await seth(['random', 'teaching', ...options.split(' ')]);
      assert.equal([code, stderr], [2, `seth: ${found}: give it once\n`]);
    }
    const below = await seth('stress --exact-below 5 --exact-below 6'.split(' '));
    assert.is(below.stderr, 'seth: --exact-below was given twice, as 5 and as 6: give it once\n');
    const { stdout } = await seth('random teaching --formula 2 --formula 2 --debug --debug'.split(' '));
    assert.match(stdout, /^c seth random teaching --formula 2$/m);
  });

  test('a reader that goes away ends it quietly', async () => {
    const line = 'seth random uniform --variables 5000 --clauses 200000; echo $? >&2';
    const { stdout, stderr } = await shell(`{ ${line}; } | head -n 1`);
    assert.is(stdout, 'c uniform random 3-SAT\n');
    assert.is(stderr, '141\n');
  });

  test('an interrupted run ends by the signal and leaves no file', async () => {
    await inFolder(async (folder) => {
      const instance = join(folder, 'i.safetensors');
      await seth(['generate', 'instances/random-3sat-20-s4.cnf', '-o', instance]);
      // The reference oracle would take a quarter of a minute for its 30 million pairs.
      const args = [mainFile, 'attend', instance, '-o', 'o.npy', '--oracle', 'reference'];
      const child = spawn(process.execPath, args, { cwd: folder, stdio: 'ignore' });
      const ended = new Promise((resolve) => child.on('close', (_, by) => resolve(by)));
      // The signal comes as soon as there is something to leave behind.
      const begun = (): boolean => listing(folder).some((name) => name.endsWith('.partial'));
      while (child.exitCode === null && !begun()) await new Promise((resolve) => setImmediate(resolve));
      child.kill('SIGINT');
      assert.is(await ended, 'SIGINT');
      assert.equal(listing(folder), ['i.safetensors']);
    });
  });

  test('a run that waits for the other end of a pipe can be ended, and a shell says 130, 143 and 129', async () => {
    const lines = ['INT', 'TERM', 'HUP'].flatMap((signal) => [
      `timeout -k 20 -s ${signal} 1 "${process.execPath}" "${mainFile}" solve pipe`,
      'echo timeout $?',
      `"${process.execPath}" "${mainFile}" solve pipe & sleep 1; kill -${signal} $!; wait $!`,
      'echo shell $?',
    ]);
    await inFolder(async (folder) => {
      const { stdout } = await shell(['mkfifo pipe', ...lines].join('\n'), { cwd: folder });
      const ended = [130, 143, 129].map((code) => `timeout 124\nshell ${code}\n`);
      assert.is(stdout, ended.join(''));
    });
  });

  test('a full disk is said in one line', async () => {
    if (!existsSync('/dev/full')) return;
    const { code, stderr } = await shell('seth random teaching > /dev/full');
    assert.is(
      stderr,
      'seth: standard output: expected a place that can be written, found no space left on the device; free some space or write somewhere else\n',
    );
    assert.is(code, 2);
  });
});

/** What becomes of an example. A shell makes of one of `seth random` alone what splitting at blanks does. */
function runOf(
  example: string,
  cwd: string,
): Promise<{ readonly code: number | null; readonly stderr: string }> {
  if (example.startsWith('  seth lab ')) return interrupted(example);
  if (/^ {2}seth random [\w.\- ]*$/.test(example)) return seth(example.trim().split(/ +/).slice(1), { cwd });
  return shell(example, { cwd });
}

/** An example that runs until it is interrupted, which happens once it has said something. */
async function interrupted(example: string): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, [mainFile, ...example.trim().split(/ +/).slice(1)]);
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdout.once('data', () => child.kill('SIGINT'));
  const [code] = (await once(child, 'exit')) as [number | null];
  return { code, stderr };
}
