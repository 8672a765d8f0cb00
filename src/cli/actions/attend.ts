/** `seth attend`: matrices from a file through an oracle. */
import type { Attention, Matrix } from '../../problems/attention.ts';
import { InputError } from '../../problems/input-error.ts';
import { readInstance, type Instance } from '../../formats/instance.ts';
import { writeOutput } from '../../formats/output.ts';
import { partKey, rowsOfShard, type RowsPart, type Shard } from '../../formats/part.ts';
import { tensorMatrix } from '../../formats/tensor.ts';
import type { Attended } from '../../oracles/oracle.ts';
import { openOracle } from '../../oracles/oracles.ts';
import { figure } from '../answers.ts';
import { chainFault } from '../chain-fault.ts';
import type { AttendArguments } from '../commands/attend.ts';
import { openOptions } from '../command-options.ts';
import { exits, UsageError } from '../faults.ts';
import { hashOfBytes } from '../file-hash.ts';
import { inFile, readInstanceBytes } from '../instance-input.ts';
import { inBytes, memoryLimit } from '../memory.ts';
import { numberOf, type Typed } from '../options.ts';
import { formatOf, outputFormat } from '../output-format.ts';
import { openProgress } from '../progress.ts';
import { nameOf } from '../read.ts';
import { runIdentity } from '../run-identity.ts';
import { requireUnits, shardOf } from '../shard.ts';
import { print, refuseTerminal, writeWhole } from '../write.ts';

export async function attend(args: AttendArguments): Promise<number> {
  if (args.json && args.output === '-') {
    throw new UsageError('--json and -o - both want standard output: write the output to a file');
  }
  refuseTerminal(args.output);
  const oracle = await openOracle(args.oracle, { force: args.force, ...openOptions(args) }); // it starts nothing before it attends
  const memory = memoryLimit(undefined);
  formatOf(args.output);
  const shard = shardOf(args.shard);
  const { bytes, attention } = await readAttention(args, memory);
  const { k, v, dtype } = attention;
  const format = outputFormat(args.output, dtype);
  if (shard !== undefined) requirePart(shard, attention.q.rows, format, args.output);
  const rows = rowsOfShard(attention.q.rows, shard ?? { index: 0, of: 1 });
  const q = rowsOf(attention.q, rows);
  const progress = await openProgress(args.progress);
  let attended: Attended | undefined;
  try {
    await writeWhole(args.output, async (write) => {
      const onProgress = (done: number): void => progress.update(done, nameOf(args.instance));
      attended = await oracle.attend({ ...attention, q }, { onProgress }).catch((error: unknown) => {
        throw chainFault(error, args.instance, oracle.name);
      });
      const claimedError = attended.output.error.relative;
      const part: RowsPart | undefined = shard && {
        ...shard,
        ...rows,
        rows: attention.q.rows,
        instance: hashOfBytes(bytes),
        claimedError,
        run: runIdentity('attend', args),
      };
      const metadata = part === undefined ? undefined : new Map([[partKey, JSON.stringify(part)]]);
      await write(writeOutput(attended.output.values, q.rows, v.columns, dtype, format, metadata));
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

/** The bytes and the attention of the instance that the arguments name. */
async function readAttention(
  { instance, scale }: AttendArguments,
  memory: number,
): Promise<{ readonly bytes: Uint8Array; readonly attention: Attention }> {
  const bytes = await readInstanceBytes(instance, memory);
  return inFile(instance, () => ({ bytes, attention: attentionOf(readInstance(bytes), scale, memory) }));
}

/** Rows `from` … `to - 1` of a matrix, as a view. */
const rowsOf = (matrix: Matrix, { from, to }: { readonly from: number; readonly to: number }): Matrix => ({
  rows: to - from,
  columns: matrix.columns,
  read: (first, end, into) => matrix.read(from + first, from + end, into),
});

/** A part says which rows it has, and has some. */
function requirePart(shard: Shard, rows: number, format: 'safetensors' | 'npy', output: string): void {
  if (format === 'npy') {
    throw new InputError({
      code: 'output-format',
      file: output,
      expected: 'a name that ends in .safetensors for a part',
      found: '.npy, which cannot say which rows it holds',
      hint: 'write .safetensors files: "seth merge" makes the whole a .npy',
    });
  }
  requireUnits(shard, rows, 'query');
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
