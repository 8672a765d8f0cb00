/**
 * A program for the command oracle that computes attention, and at its `CALL`-th instance, or for 0 at each, does
 * something wrong instead:
 *
 *     faulty.js FAULT CALL STATE INSTANCE OUTPUT      for command:
 *     faulty.js FAULT CALL STATE                      for command-warm:
 *
 * It adds a line with its process id to the file STATE for each instance that it gets.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { readInstance } from '../../../src/formats/instance.ts';
import { writeOutput } from '../../../src/formats/output.ts';
import { tensorMatrix } from '../../../src/formats/tensor.ts';
import { referenceOracle } from '../../../src/oracles/reference.ts';
import type { Dtype } from '../../../src/problems/dtype.ts';

const [fault = '', call = '1', state = '', instance, output] = process.argv.slice(2);

/** Never returns. */
const hang = (): Promise<never> => new Promise(() => setInterval(() => {}, 1000));

/** Counts an instance; is it the one to be wrong on? */
function isTurn(): boolean {
  appendFileSync(state, `${process.pid}\n`);
  return call === '0' || readFileSync(state, 'utf8').trimEnd().split('\n').length === Number(call);
}

async function compute(
  instance: string,
  output: string,
  change: (values: Float64Array) => Float64Array = (values) => values,
  shape: (rows: number, columns: number) => [number, number] = (rows, columns) => [rows, columns],
  wanted?: Dtype,
  rescale: (scale: number, headDim: number) => number = (scale) => scale,
): Promise<void> {
  const { q, k, v, scale } = readInstance(readFileSync(instance));
  const [rows, columns] = shape(q.shape[0]!, v.shape[1]!);
  const attention = {
    q: tensorMatrix(q),
    k: tensorMatrix(k),
    v: tensorMatrix(v),
    scale: rescale(scale!, q.shape[1]!),
    dtype: q.dtype,
  };
  const { values } = (await referenceOracle().attend(attention)).output;
  const bytes = writeOutput(change(values), rows, columns, wanted ?? q.dtype, 'npy');
  writeFileSync(output, bytes);
}

const set =
  (e: number, y: number) =>
  (values: Float64Array): Float64Array =>
    values.with(e, y);

/** What can be wrong whichever way it is run. Resolves if something was made that passes for an output. */
const faults: Readonly<Record<string, (instance: string, output: string) => Promise<unknown>>> = {
  hang,
  'hang with a child': async () => {
    const child = spawn('sleep', ['1000'], { stdio: 'inherit' });
    appendFileSync(state, `${child.pid}\n`);
    return hang();
  },
  'exit 3': async () => {
    process.stderr.write(
      'first\n\u001B[31mTraceback\u001B[0m\n    ^^^\n\nValueError: bad "shape"\n    at run (x.js:1)\nNode.js v20.20.2\n',
    );
    process.exit(3);
  },
  'exit 0': async () => process.exit(0),
  crash: async () => {
    process.kill(process.pid, 'SIGSEGV');
    return hang();
  },
  nothing: async () => {},
  nonsense: async (_, output) => writeFileSync(output, 'What is attention?\n'),
  empty: async (_, output) => writeFileSync(output, ''),
  half: async (instance, output) => {
    await compute(instance, output);
    const whole = readFileSync(output);
    writeFileSync(output, whole.subarray(0, whole.length / 2));
  },
  'much too much': async (_, output) => writeFileSync(output, new Uint8Array(2 ** 22)),
  'a folder': async (_, output) => mkdirSync(output),
  NaN: (instance, output) => compute(instance, output, set(3, NaN)),
  infinity: (instance, output) => compute(instance, output, set(0, Infinity)),
  'not normalised': (instance, output) => compute(instance, output, (values) => values.map((y) => 100 * y)),
  negative: (instance, output) => compute(instance, output, (values) => values.map((y) => -y)),
  'another place': (instance, output) => compute(instance, `${output}.npy`),
  'another shape': (instance, output) =>
    compute(
      instance,
      output,
      (values) => values.slice(2),
      (rows, columns) => [rows - 1, columns],
    ),
  transposed: (instance, output) => compute(instance, output, undefined, (rows, columns) => [columns, rows]),
  float32: (instance, output) => compute(instance, output, undefined, undefined, 'f32'),
  rsqrt: (instance, output) =>
    compute(instance, output, undefined, undefined, undefined, (_, headDim) => 1 / Math.sqrt(headDim)),
};

let first: string | undefined;
const kept = `${state}.kept`;

/** Computes, or does what the fault is, and gives the answer's lines. */
async function answer(instance: string, output: string): Promise<string> {
  const turn = isTurn();
  const earlier = first;
  if (fault === 'stale' ? !turn : fault === 'repeated' && turn) {
    copyFileSync(kept, output); // what the call before left behind
    return `ok ${output}\n`;
  }
  const make = turn ? faults[fault] : undefined;
  await (make ?? compute)(instance, output);
  if (fault === 'stale' || fault === 'repeated') copyFileSync(output, kept);
  first ??= output;
  if (turn && fault === 'error') return 'error CUDA out of memory\n';
  if (turn && fault === 'chatter') return `compiling the kernel\nok ${output}\n`;
  if (turn && fault === 'twice') return `ok ${output}\nok ${output}\n`;
  if (turn && fault === 'earlier') return `ok ${earlier}\n`;
  if (turn && fault === 'endless') return 'x'.repeat(2 ** 20);
  return `ok ${output}\n`;
}

if (instance !== undefined && output !== undefined) {
  await answer(instance, output);
} else if (fault === 'deaf') {
  await hang();
} else {
  for await (const line of createInterface({ input: process.stdin })) {
    const [instance = '', output = ''] = line.split('\t');
    const text = await answer(instance, output);
    const calls = readFileSync(state, 'utf8').trimEnd().split('\n').length; // once it has its answer the test may remove it
    await new Promise((resolve) => process.stdout.write(text, resolve));
    if (fault === 'dies between' && calls === Number(call)) process.exit(4);
    if (fault === 'one only' && calls === Number(call)) process.exit(0);
  }
}
