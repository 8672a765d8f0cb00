/**
 * The command oracle: any program that reads matrices from a file and writes their attention to another
 * (docs/adapters/protocol.md). A program is started for each instance, or once for all of them (warm.ts). It claims what
 * a careful kernel of the format reaches, or what it is told to claim, and what comes back is checked as far as the
 * matrices allow: whether it is right is for a decoder to say.
 *
 * This is the one oracle that needs processes and files, so it is loaded when it is first used.
 */
import type { Attention, AttentionOutput, OutputError } from '../../problems/attention.ts';
import { unitRoundoff, type Dtype } from '../../problems/dtype.ts';
import { InputError } from '../../problems/input-error.ts';
import type { HeadsFormat } from '../../formats/instance-bytes.ts';
import { entryName, readOutput, type ExpectedOutput } from '../../formats/output.ts';
import { carefulError, underflow } from '../careful-kernel.ts';
import type { AttendOptions, HeadsAttended, HeadsCall, Oracle } from '../oracle.ts';
import { requireFinite, requireFitting } from '../validate.ts';
import { makeFolder, readResult, requireFolder, writeInstanceFile, type Folder } from './folder.ts';
import { fileOrder, headsFormat, inFile, requireAlike, tall } from './heads.ts';
import { hashOf, reordered, shuffled } from './order.ts';
import { limited, requireProgram, requireSuccess, start, type Limits } from './program.ts';
import { warmProgram } from './warm.ts';
import { misunderstood, splitWords } from './words.ts';

export interface CommandOptions {
  /** Start the program once and give it the names on its standard input, not as arguments. */
  readonly warm?: boolean;
  /** Seconds that one instance may take: by default ten minutes. */
  readonly timeout?: number;
  /** The relative error to claim for each entry, above 0 and at most 1. */
  readonly error?: number;
}

/** Seconds. Long for a kernel, short for a person who waits for one that hangs. */
export const usualTimeout = 600;

/** Has one instance computed. */
interface Computing {
  readonly compute: (folder: Folder, limits: Limits) => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * Opens the oracle that runs `line`, words as a shell would split them. Nothing is started before it attends. Throws an
 * `InputError` for a line that is none, for a program that is not there and, as `attend` does, with the code
 * `noTemporaryFiles`; `attend` throws one with a code that begins with `command-` or `output-` for whatever the program
 * does wrong.
 *
 * @example
 * const oracle = await commandOracle('python3 my_attention.py {instance} {output}', { timeout: 60 });
 * const { output } = await oracle.attend(attention);
 * await oracle.close();
 */
export async function commandOracle(line: string, options: CommandOptions = {}): Promise<Oracle> {
  const { warm = false, timeout = usualTimeout, error } = options;
  const words = splitWords(line);
  if (words.length === 0) throw misunderstood('a program', 'nothing', usage);
  const { compute, close } = warm ? staying(words) : oneShot(words);
  await requireProgram(words[0]!);
  await requireFolder();
  const claim = (dtype: Dtype): OutputError =>
    error === undefined ? carefulError(dtype) : { relative: error, absolute: underflow(dtype) };
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;

  /** `format` is left out where there is one head, whose file has matrices. */
  const computed = async (
    call: HeadsCall,
    { signal, onProgress }: AttendOptions,
    format?: HeadsFormat,
  ): Promise<HeadsAttended> => {
    const { heads } = call;
    if (closed) throw new Error('the command oracle was closed');
    const started = performance.now();
    signal?.throwIfAborted();
    heads.forEach(requireFitting);
    requireAlike(call);
    const facts = heads.map(examine);
    const orders = heads.map(({ q }, h) => shuffled(q.rows, facts[h]!.hash));
    const [first] = heads as readonly [Attention];
    const [q, k, v] = [heads.map((head) => head.q), heads.map((head) => head.k), heads.map((head) => head.v)];
    const order = fileOrder(call, orders);
    const folder = await makeFolder(outputName(words));
    let outputs: AttentionOutput[];
    try {
      const written = { ...first, q: reordered(tall(q), order), k: inFile(call, k), v: inFile(call, v) };
      await writeInstanceFile(folder, written, signal, format);
      await compute(folder, { timeout, signal });
      const [rows, columns] = [order.length, first.v.columns];
      const ofHeads = format && { heads: { shape: format.shape(rows, columns), rows: first.q.rows } };
      const expected = { rows, columns, ...ofHeads };
      const read = await readAnswer(folder, expected, order, first.dtype, claim(first.dtype));
      outputs = facts.map((fact, h) => outputOfHead(read, h, first, fact, format !== undefined));
    } finally {
      await folder.remove();
    }
    onProgress?.(1);
    return {
      outputs,
      path: warm ? 'one process for all' : 'a process of its own',
      reason: words.join(' '),
      seconds: (performance.now() - started) / 1000,
      startsProcess: !warm,
    };
  };

  const inTurn = <T>(job: () => Promise<T>): Promise<T> => {
    const result = last.then(job); // one at a time: a kernel wants the machine
    last = result.catch(() => {});
    return result;
  };

  return {
    name: `command${warm ? '-warm' : ''}:${line}`,
    claim: ({ dtype }) => claim(dtype),
    attend: (attention, attendOptions = {}) =>
      inTurn(async () => {
        const { outputs, ...attended } = await computed(
          { heads: [attention], batches: 1, layout: 'bhnd' },
          attendOptions,
        );
        return { output: outputs[0]!, ...attended };
      }),
    attendHeads: (call, attendOptions = {}) => inTurn(() => computed(call, attendOptions, headsFormat(call))),
    async close() {
      closed = true;
      await last;
      await close();
    },
  };
}

const usage = "as in --oracle 'command:python3 my_attention.py {instance} {output}'";

const outputs = /\{output(\.npy|\.safetensors)?\}/g;

/** What the output's file is called: numpy.save wants a name in .npy, and either may hold either. */
function outputName(words: readonly string[]): string {
  const endings = words.flatMap((word) => [...word.matchAll(outputs)].map((match) => match[1] ?? '.npy'));
  return `output${endings[0] ?? '.npy'}`;
}

function oneShot(words: readonly string[]): Computing {
  const line = words.join(' ');
  const missing = ['{instance}', '{output}'].find(
    (name) => !line.replace(outputs, '{output}').includes(name),
  );
  if (missing !== undefined) {
    throw misunderstood(`${missing} among the program's arguments`, JSON.stringify(line), usage);
  }
  if (new Set(Array.from(line.matchAll(outputs), (match) => match[1] ?? '.npy')).size > 1) {
    throw misunderstood('one output', 'two of different formats', 'keep {output} or {output.safetensors}');
  }
  return {
    async compute({ instance, output }, limits) {
      const filled = words.map((word) => word.replaceAll('{instance}', instance).replace(outputs, output));
      const program = start(filled, 'silent');
      requireSuccess(program, await limited(program, program.ended, limits));
    },
    close: async () => {},
  };
}

function staying(words: readonly string[]): Computing {
  const found = /\{(instance|output(\.npy|\.safetensors)?)\}/.exec(words.join(' '))?.[0];
  if (found !== undefined) {
    throw misunderstood(
      'a program and its arguments only',
      found,
      'command-warm gives the names on standard input, a line for each instance; command: gives them as arguments',
    );
  }
  const program = warmProgram(words);
  return {
    compute: ({ instance, output }, limits) => program.compute(instance, output, limits),
    close: () => program.close(),
  };
}

interface Facts {
  /** Of all entries. */
  readonly hash: number;
  /** The least and the largest entry of each column of V. */
  readonly least: Float64Array;
  readonly most: Float64Array;
}

/** Reads the matrices once. Throws an `InputError` for entries that are not finite. */
function examine(attention: Attention): Facts {
  const { columns } = attention.v;
  const least = new Float64Array(columns).fill(Infinity);
  const most = new Float64Array(columns).fill(-Infinity);
  const hash = hashOf(attention, (name, block, from) => {
    requireFinite(name, block, block.length, attention[name].columns, from);
    if (name !== 'v') return;
    block.forEach((x, e) => {
      least[e % columns] = Math.min(least[e % columns]!, x);
      most[e % columns] = Math.max(most[e % columns]!, x);
    });
  });
  return { hash, least, most };
}

/** Numbers that a program wrote, in the queries' own order and head after head, and what they are worth. */
type Answer = Pick<AttentionOutput, 'values' | 'error'>;

/** Throws an `InputError` for an output that is malformed. */
async function readAnswer(
  folder: Folder,
  expected: ExpectedOutput,
  order: Uint32Array,
  dtype: Dtype,
  claimed: OutputError,
): Promise<Answer> {
  const bytes = await readResult(folder, expected.rows * expected.columns);
  const read = inOutput(() => readOutput(bytes, expected, { order }));
  if (unitRoundoff(read.dtype) > Math.max(claimed.relative, unitRoundoff(dtype))) {
    throw new InputError({
      code: 'output-dtype',
      field: 'out',
      expected: `${dtype}, as q, k and v have`,
      found: read.dtype,
      hint: `write it in ${dtype}, make the instance with --dtype ${read.dtype}, or claim --error ${unitRoundoff(read.dtype)} or more`,
    });
  }
  const absolute = Math.max(claimed.absolute, underflow(read.dtype));
  return { values: read.values, error: { relative: claimed.relative, absolute } };
}

/**
 * The part of head `head`. Throws an `InputError` for one that is impossible, which names the row as the instance has it:
 * the file of a call has its queries in another order.
 */
function outputOfHead(
  { values: all, error }: Answer,
  head: number,
  { q, v }: Attention,
  { least, most }: Facts,
  isOneOfSeveral: boolean,
): AttentionOutput {
  const [rows, columns] = [q.rows, v.columns];
  const values = all.slice(head * rows * columns, (head + 1) * rows * columns);
  const wrong = values.findIndex((y, e) => {
    const [low, high] = [least[e % columns]!, most[e % columns]!];
    const reach = error.relative * Math.max(Math.abs(low), Math.abs(high)) + error.absolute;
    return !(y >= low - reach && y <= high + reach);
  });
  if (wrong < 0) return { rows, columns, values, error };
  const column = wrong % columns;
  throw new InputError({
    code: 'output-out-of-range',
    field: entryName(Math.floor(wrong / columns), column, isOneOfSeveral ? head : undefined),
    expected: `an average of column ${column} of v, from ${least[column]} to ${most[column]}`,
    found: String(values[wrong]),
    hint: 'the weights of a row must add up to 1: check the normalisation',
  });
}

/** The result of `read`, whose faults become the output's. */
function inOutput<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const { code, field } = error.fault;
    if (code.startsWith('output-')) throw error;
    const place = field === undefined ? 'the output' : `the output's ${field}`;
    throw new InputError({ ...error.fault, code: `output-${code}`, field: place });
  }
}
