/** `seth attend`: matrices from a file through an oracle. */
import type { Attention } from '../../problems/attention.ts';
import { InputError } from '../../problems/input-error.ts';
import type { Instance } from '../../formats/instance.ts';
import { writeOutput } from '../../formats/output.ts';
import { tensorMatrix } from '../../formats/tensor.ts';
import type { Attended } from '../../oracles/oracle.ts';
import { openOracle } from '../../oracles/oracles.ts';
import { figure } from '../answers.ts';
import { chainFault } from '../chain-fault.ts';
import type { AttendArguments } from '../commands/attend.ts';
import { openOptions } from '../command-options.ts';
import { exits, UsageError } from '../faults.ts';
import { inFile, readInstanceAt } from '../instance-input.ts';
import { inBytes, memoryLimit } from '../memory.ts';
import { numberOf, type Typed } from '../options.ts';
import { openProgress } from '../progress.ts';
import { nameOf } from '../read.ts';
import { print, refuseTerminal, writeWhole } from '../write.ts';

export async function attend(args: AttendArguments): Promise<number> {
  if (args.json && args.output === '-') {
    throw new UsageError('--json and -o - both want standard output: write the output to a file');
  }
  refuseTerminal(args.output);
  const oracle = await openOracle(args.oracle, { force: args.force, ...openOptions(args) }); // it starts nothing before it attends
  const memory = memoryLimit(undefined);
  const format = formatOf(args.output);
  const instance = await readInstanceAt(args.instance, memory);
  const attention = inFile(args.instance, () => attentionOf(instance, args.scale, memory));
  const { q, k, v, dtype } = attention;
  if (format === 'npy' && dtype === 'bf16') {
    throw new InputError({
      code: 'output-format',
      file: args.output,
      expected: 'a name that ends in .safetensors',
      found: '.npy, which has no bf16',
      hint: 'write a .safetensors file',
    });
  }
  const progress = await openProgress(args.progress);
  let attended: Attended | undefined;
  try {
    await writeWhole(args.output, async (write) => {
      const onProgress = (done: number): void => progress.update(done, nameOf(args.instance));
      attended = await oracle.attend(attention, { onProgress }).catch((error: unknown) => {
        throw chainFault(error, args.instance, oracle.name);
      });
      await write(writeOutput(attended.output.values, q.rows, v.columns, dtype, format));
    });
  } finally {
    progress.stop();
    await oracle.close();
  }
  const { path, reason, seconds, output } = attended!;
  const claimedError = output.error.relative;
  const json = { oracle: oracle.name, path, reason, queries: q.rows, keys: k.rows, seconds, claimedError };
  if (args.json) await print(`${JSON.stringify(json)}\n`);
  else {
    process.stderr.write(
      `${nameOf(args.instance)}: ${q.rows} queries × ${k.rows} keys by ${oracle.name} (${path}: ${reason}) in ${figure(seconds)} s, relative error at most ${figure(claimedError)}\n`,
    );
  }
  return exits.ok;
}

function formatOf(path: string): 'safetensors' | 'npy' {
  if (path === '-' || path.endsWith('.safetensors')) return 'safetensors';
  if (path.endsWith('.npy')) return 'npy';
  throw new InputError({
    code: 'output-format',
    file: path,
    expected: 'a name that ends in .safetensors or .npy, or - for standard output',
    found: 'another one',
    hint: 'choose the format by the name',
  });
}

function attentionOf({ scale: said, q, k, v }: Instance, typed: Typed, memory: number): Attention {
  const [queries, headDim] = q.shape as [number, number];
  const bytes = queries * v.shape[1]! * 8;
  if (bytes > memory) {
    throw new InputError({
      code: 'too-large',
      expected: `an output of at most ${inBytes(memory)}`,
      found: `${queries} × ${v.shape[1]}, ${inBytes(bytes)}`,
      hint: 'split q into several files',
    });
  }
  const scale = scaleOf(typed, headDim);
  if (said !== undefined && scale !== undefined && scale !== said) {
    throw new InputError({
      code: 'scale-conflict',
      field: '--scale',
      expected: `${said}, as the instance says`,
      found: String(typed),
      hint: 'leave --scale out: it is for files without our metadata',
    });
  }
  return {
    q: tensorMatrix(q),
    k: tensorMatrix(k),
    v: tensorMatrix(v),
    scale: said ?? scale ?? 1 / headDim,
    dtype: q.dtype,
  };
}

function scaleOf(typed: Typed, headDim: number): number | undefined {
  if (typed === 'linear') return 1 / headDim;
  if (typed === 'rsqrt') return 1 / Math.sqrt(headDim);
  return numberOf('scale', typed, { above: 0 });
}
