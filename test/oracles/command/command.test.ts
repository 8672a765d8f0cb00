/** The protocol with programs that do everything wrong: one clear line for each, and the next instance is answered. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { openOracle } from '../../../src/oracles/oracles.ts';
import { carefulError } from '../../../src/oracles/careful-kernel.ts';
import { noTemporaryFiles, type Attended, type Oracle } from '../../../src/oracles/oracle.ts';
import { referenceOracle } from '../../../src/oracles/reference.ts';
import { denseMatrix, type Attention } from '../../../src/problems/attention.ts';
import { dtypes } from '../../../src/problems/dtype.ts';
import { suite } from '../../support/harness.ts';
import { faultOf, faultyProgram, inPlace, isGone, matrices, until, type Place } from './support.ts';

/** Is it what the reference oracle gives? The faulty program, where it is right, is that oracle. */
async function assertRight({ output }: Attended, attention: Attention): Promise<void> {
  const expected = await referenceOracle().attend(attention);
  assert.equal(output.values, expected.output.values);
  assert.equal([output.rows, output.columns], [attention.q.rows, attention.v.columns]);
}

const open = (place: Place, fault: string, call: number, warm: boolean, timeout = 120): Promise<Oracle> =>
  place.open(`command${warm ? '-warm' : ''}:${place.line(fault, call, warm)}`, { timeout });

/** A fault that both modes know, the code of the line that it gets, and the line. */
const faults: readonly (readonly [fault: string, code: string, message: RegExp])[] = [
  [
    'nothing',
    'command-output',
    /expected an output in the file that the program was given for it, found nothing there, though the program says that it is done; write it to exactly the path/,
  ],
  ['another place', 'command-output', /found "output\.npy\.npy" beside its place; /],
  ['a folder', 'command-output', /found something that is not a file; /],
  ['much too much', 'command-output', /found 4194304 bytes, where at most 1048672 were expected; /],
  [
    'nonsense',
    'output-safetensors-header-length',
    /^the output's header length: expected a header of at most 11 bytes, found .*cut off/,
  ],
  ['empty', 'output-not-safetensors', /found a file of 0 bytes; is this the right file\?/],
  ['half', 'output-npy-header-length', /^the output's header length: .*the file is cut off or damaged/],
  ['NaN', 'output-not-finite', /^out\[\d, \d\]: expected a finite number, found NaN; /],
  ['infinity', 'output-not-finite', /^out\[\d, \d\]: expected a finite number, found Infinity; /],
  [
    'not normalised',
    'output-out-of-range',
    /^out\[\d, \d\]: expected an average of column \d of v, from [\d.]+ to [\d.]+, found [\d.]+; the weights of a row must add up to 1/,
  ],
  [
    'negative',
    'output-out-of-range',
    /^out\[\d, \d\]: .* found -[\d.]+; the weights of a row must add up to 1/,
  ],
  ['another shape', 'output-shape', /^out: expected 6 × 2, found 5 × 2; one row for each query/],
  [
    'transposed',
    'output-shape',
    /^out: expected 6 × 2, found 2 × 6, the transposed shape; write the transposed matrix$/,
  ],
  [
    'float32',
    'output-dtype',
    /^out: expected f64, as q, k and v have, found f32; write it in f64, make the instance with --dtype f32, or claim --error 5\.96\d*e-8 or more$/,
  ],
  [
    'exit 3',
    'command-exit',
    /found exit code 3, after it said "first \| Traceback \| ValueError: bad \\"shape\\""; run it by itself/,
  ],
  [
    'crash',
    'command-signal',
    /found its end by SIGSEGV; it crashed in native code, or the machine ran out of memory/,
  ],
];

/** What only a program that stays can do wrong, and at which of three calls it is seen. */
const warmFaults: readonly (readonly [fault: string, seen: number, code: string, message: RegExp])[] = [
  [
    'exit 0',
    2,
    'command-exit',
    /expected a program that answers each line and ends with its standard input, found exit code 0; /,
  ],
  ['dies between', 3, 'command-exit', /expected a program that answers each line .*, found exit code 4; /],
  ['one only', 3, 'command-exit', /found exit code 0; /],
  [
    'error',
    2,
    'command-error',
    /expected "ok .*\/output\.npy" from the program, found "error CUDA out of memory"; the program itself says/,
  ],
  [
    'chatter',
    2,
    'command-reply',
    /expected "ok .*" or "error TEXT", found "compiling the kernel"; standard output is for answers only/,
  ],
  [
    'twice',
    3,
    'command-reply',
    /expected one line for each instance, found "ok .*\/output\.npy"; standard output is for answers only/,
  ],
  [
    'earlier',
    2,
    'command-reply',
    /expected "ok .*\/output\.npy" or "error TEXT", found "ok .*\/output\.npy"; /,
  ],
  ['endless', 2, 'command-reply', /found "x{200}…"; /],
];

suite('oracles/command/command', (test) => {
  for (const warm of [false, true]) {
    const mode = warm ? 'a program that stays' : 'a program for each instance';

    test(`${mode} answers in every format, as it was asked, and the claim is a careful kernel's`, () =>
      inPlace(async (place) => {
        const oracle = await open(place, 'none', 0, warm);
        assert.is(oracle.name, `command${warm ? '-warm' : ''}:${place.line('none', 0, warm)}`);
        for (const dtype of ['f64', 'f32', 'f16'] as const) {
          const attention = matrices(1, dtype);
          const shape = { dtype, keys: 5, headDim: 3, maxLogit: 9, exactProducts: true };
          assert.equal(oracle.claim(shape), carefulError(dtype));
          const shares: number[] = [];
          const attended = await oracle.attend(attention, { onProgress: (share) => shares.push(share) });
          await assertRight(attended, attention);
          assert.equal(attended.output.error, carefulError(dtype));
          assert.equal(shares, [1]);
          assert.ok(attended.seconds > 0);
          assert.is(attended.startsProcess, !warm);
        }
        assert.is(new Set(place.noted()).size, warm ? 1 : 3); // processes
        await oracle.close();
        assert.ok(place.noted().every(isGone));
        await oracle.attend(matrices(1)).then(
          () => assert.unreachable(),
          (error: Error) => assert.match(error.message, /was closed/),
        );
      }));

    test(`${mode}: whatever it does wrong is one clear line, and the next instance is answered`, () =>
      inPlace(async (place) => {
        for (const [at, [fault, code, message]] of faults.entries()) {
          const oracle = await open({ ...place, ...elsewhere(place, at) }, fault, 1, warm);
          const found = await faultOf(oracle.attend(matrices(at)));
          assert.is(found.code, code, fault);
          assert.match(found.message, message, fault);
          await assertRight(await oracle.attend(matrices(at + 1)), matrices(at + 1));
          await oracle.close();
          assert.equal(readdirSync(place.temporary), [], fault);
        }
      }));

    test(`${mode}: one that hangs is killed`, () =>
      inPlace(async (place) => {
        const oracle = await open(place, 'hang', 1, warm, 0.5);
        const { code, message } = await faultOf(oracle.attend(matrices(1)));
        assert.is(code, 'command-timeout');
        assert.match(
          message,
          /expected an output within 0\.5 s, found none, and the program was killed; allow more with --timeout SECONDS/,
        );
        await oracle.close();
        assert.ok(place.noted().every(isGone));
      }));

    test(`${mode}: a signal ends it and all that it started, and the next instance is answered`, () =>
      inPlace(async (place) => {
        const oracle = await open(place, 'hang with a child', 1, warm);
        const stop = new AbortController();
        const attended = oracle.attend(matrices(1), { signal: stop.signal });
        void until(() => place.noted().length === 2).then(() => stop.abort(new Error('not any more')));
        await attended.then(
          () => assert.unreachable(),
          (error: Error) => assert.is(error.message, 'not any more'),
        );
        await until(() => place.noted().every(isGone));
        await assertRight(await oracle.attend(matrices(2)), matrices(2));
        await oracle.attend(matrices(1), { signal: stop.signal }).then(
          () => assert.unreachable(),
          (error: Error) => assert.is(error.message, 'not any more'),
        );
        await oracle.close();
      }));
  }

  test('a program that stays and answers wrongly, too much, or no more is one clear line, and the next goes on', () =>
    inPlace(async (place) => {
      for (const [at, [fault, seen, code, message]] of warmFaults.entries()) {
        const here = { ...place, ...elsewhere(place, at) };
        const oracle = await open(here, fault, 2, true);
        for (let call = 1; call <= 4; call++) {
          const attended = oracle.attend(matrices(call));
          if (call !== seen) await assertRight(await attended, matrices(call));
          else {
            const found = await faultOf(attended);
            assert.is(found.code, code, fault);
            assert.match(found.message, message, fault);
          }
        }
        await oracle.close();
        assert.ok(here.noted().every(isGone));
        // After an honest "error" the same process goes on; after anything else another does.
        assert.is(new Set(here.noted()).size, fault === 'error' ? 1 : 2, fault);
      }
    }));

  test('one that never reads its standard input is given up', () =>
    inPlace(async (place) => {
      const oracle = await open(place, 'deaf', 1, true, 0.2);
      for (let call = 0; call < 2; call++)
        assert.is((await faultOf(oracle.attend(matrices(1)))).code, 'command-timeout');
      await oracle.close();
    }));

  test('the output is where {output} says, in the format of its name or of its contents', () =>
    inPlace(async (place) => {
      const seth = `'${process.execPath}' dist/src/cli/main.js attend {instance} --oracle reference -o`;
      for (const output of ['{output}', '{output.npy}', '{output.safetensors}']) {
        const oracle = await place.open(`command:${seth} ${output}`);
        await assertRight(await oracle.attend(matrices(3)), matrices(3));
        await oracle.close();
      }
      const bf16 = matrices(3, 'bf16');
      const oracle = await place.open(`command:${seth} {output.safetensors}`);
      await assertRight(await oracle.attend(bf16), bf16);
      await oracle.close();
      assert.ok(!existsSync(place.state));
    }));

  test('the claimed error is what --error says, and a narrower format is accepted where the claim allows it', () =>
    inPlace(async (place) => {
      const line = `command:${place.line('float32', 1)}`;
      const oracle = await place.open(line, { error: 1e-6 });
      const { output } = await oracle.attend(matrices(1));
      assert.equal(output.error, { relative: 1e-6, absolute: 2 ** -126 });
      for (const dtype of dtypes) {
        const shape = { dtype, keys: 5, headDim: 3, maxLogit: 9, exactProducts: true };
        assert.equal(oracle.claim(shape), { ...carefulError(dtype), relative: 1e-6 });
      }
      await oracle.close();
    }));

  test('an average may be beyond what it is of by the claim, and the format that was asked for is always taken', () =>
    inPlace(async (place) => {
      const attention = { ...matrices(1), v: denseMatrix(5, 2, new Float64Array(10).fill(1 / 3)) };
      const rounded = await place.open(`command:${place.line('float32', 0)}`, { error: 1e-6 });
      const { values } = (await rounded.attend(attention)).output;
      assert.ok(values.every((y) => y === Math.fround(1 / 3) && y > 1 / 3));
      const strict = await place.open(`command:${place.line('none', 0)}`, { error: 1e-20 });
      await assertRight(await strict.attend(matrices(1)), matrices(1));
    }));

  test('matrices that are not finite or do not fit are refused before anything starts', () =>
    inPlace(async (place) => {
      const oracle = await open(place, 'none', 0, false);
      const attention = matrices(1);
      const nan = denseMatrix(5, 2, new Float64Array(10).fill(NaN));
      assert.match(
        (await faultOf(oracle.attend({ ...attention, v: nan }))).message,
        /^v: expected finite entries, found NaN in row 0/,
      );
      assert.is((await faultOf(oracle.attend({ ...attention, k: attention.v }))).code, 'shape-mismatch');
      assert.equal(place.noted(), []);
    }));

  test('a command line that cannot be run is refused when the oracle is opened', async () => {
    const lines: readonly (readonly [spec: string, message: RegExp])[] = [
      [
        'command:',
        /^--oracle: expected a program, found nothing; as in --oracle 'command:python3 my_attention\.py {instance} {output}'$/,
      ],
      ['command:node x.js', /expected {instance} among the program's arguments, found "node x\.js"; as in/],
      ['command:node x.js {instance} out.npy', /expected {output} among the program's arguments, found/],
      [
        'command:node {instance} {output} {output.safetensors}',
        /expected one output, found two of different formats; /,
      ],
      [
        'command-warm:node x.js {instance} {output}',
        /expected a program and its arguments only, found {instance}; command-warm gives the names on standard input/,
      ],
      [
        'command:no-such-program {instance} {output}',
        /expected a program that can be run, found "no-such-program"; check the name/,
      ],
      [
        'command:./package.json {instance} {output}',
        /expected a program that can be run, found "\.\/package\.json"; /,
      ],
      ['command:src {instance} {output}', /found "src"; /],
      ["command:node 'x {instance} {output}", /expected a closing ', found the end of the command; /],
    ];
    for (const [spec, message] of lines) {
      const { code, message: found } = await faultOf(openOracle(spec));
      assert.match(found, message, spec);
      assert.match(code, /^command-(line|not-found)$/);
    }
  });

  test('a script whose interpreter is missing is told to look at its #! line', () =>
    inPlace(async (place) => {
      const script = `${place.state}.sh`;
      writeFileSync(script, '#!/no/such/interpreter\n', { mode: 0o755 });
      for (const spec of [`command:${script} {instance} {output}`, `command-warm:${script}`]) {
        const oracle = await place.open(spec);
        const { code, message } = await faultOf(oracle.attend(matrices(1)));
        assert.is(code, 'command-start');
        assert.match(message, /found spawn .* ENOENT; .* the interpreter on its #! line is not: /);
      }
    }));

  for (const warm of [false, true]) {
    test(`nothing that was started is left when the oracle is closed, ${warm ? 'warm' : 'cold'}`, () =>
      inPlace(async (place) => {
        const oracle = await open(place, 'none', 0, warm);
        await oracle.attend(matrices(1));
        if (warm) assert.is(children().length, 2, 'the program and what watches it');
        await oracle.close();
        await until(() => children().length === 0);
      }));
  }

  test('without a folder for temporary files no program is started, and none is blamed', () =>
    inPlace(async (place) => {
      const oracle = await open(place, 'exit 3', 0, false);
      const { temporary } = place;
      for (const folder of [`${temporary}/missing`, faultyProgram]) {
        process.env['TMPDIR'] = folder;
        for (const asked of [openOracle(`command:${place.line('exit 3', 0)}`), oracle.attend(matrices(1))]) {
          const { code, field, message } = await faultOf(asked);
          assert.equal([code, field], [noTemporaryFiles, folder]);
          assert.match(
            message,
            /: expected a folder with room for temporary files, found (no such file or|not a) directory; .*TMPDIR$/,
          );
        }
      }
      process.env['TMPDIR'] = temporary;
      assert.equal(place.noted(), []);
      assert.is((await faultOf(oracle.attend(matrices(1)))).code, 'command-exit');
    }));
});

/** The processes that this one started and that have not ended. */
const children = (): readonly string[] =>
  readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name) || isGone(Number(name))) return false;
    return readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]!.split(' ')[1] === String(process.pid);
  });

/** A state of its own for each of several programs in one place. */
function elsewhere(place: Place, at: number): Pick<Place, 'line' | 'noted'> {
  const state = `${place.state}${at}`;
  return {
    line: (fault, call, warm) => place.line(fault, call, warm).replace(`'${place.state}'`, `'${state}'`),
    noted: () => place.notedIn(state),
  };
}
