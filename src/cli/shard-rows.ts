/** Parts of the output of one instance, put together to the whole output. */
import { InputError } from '../problems/input-error.ts';
import { writeNpy } from '../formats/npy.ts';
import { partKey, readRowsPart, type RowsPart } from '../formats/part.ts';
import { readSafetensors, writeSafetensors } from '../formats/safetensors.ts';
import type { Tensor } from '../formats/tensor.ts';
import { inFile } from './instance-input.ts';
import { outputFormat } from './output-format.ts';
import { requireSameRun } from './run-identity.ts';
import { requireEachOnce } from './shard.ts';

/** A part as it was given. */
export interface PartFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

interface Rows {
  readonly name: string;
  readonly part: RowsPart;
  readonly out: Tensor;
}

/**
 * The whole output, in the format that the name `output` asks for: byte for byte the parts' rows. Throws an
 * `InputError` when a part is missing, there twice, or of another instance or run.
 */
export function mergeRows(files: readonly PartFile[], output: string): Uint8Array {
  const parts = files.map(readRows);
  const [first] = parts as [Rows, ...Rows[]];
  const format = outputFormat(output, first.out.dtype);
  for (const { name, part, out } of parts) {
    requireSameRun(name, first.part.run, part.run, `give the parts of one run, such as ${first.name}`);
    requireSame(name, 'instance', first.part.instance, part.instance);
    requireSame(name, 'rows', first.part.rows, part.rows);
    requireSame(name, 'of', first.part.of, part.of);
    requireSame(name, 'out', first.out.dtype, out.dtype);
    requireSame(name, 'out', `${first.out.shape[1]} columns`, `${out.shape[1]} columns`);
  }
  requireEachOnce(
    parts.map(({ name, part }) => ({ name, at: part.index })),
    first.part.of,
    (at) => `shard ${at}/${first.part.of}`,
  );
  const ordered = parts.toSorted((a, b) => a.part.index - b.part.index);
  const bytes = new Uint8Array(ordered.reduce((sum, { out }) => sum + out.bytes.length, 0));
  let at = 0;
  for (const { out } of ordered) {
    bytes.set(out.bytes, at);
    at += out.bytes.length;
  }
  const { dtype, shape } = first.out;
  const whole: Tensor = { dtype, shape: [first.part.rows, shape[1]!], bytes };
  return format === 'npy' ? writeNpy(whole) : writeSafetensors(new Map([['out', whole]]));
}

function readRows({ name, bytes }: PartFile): Rows {
  return inFile(name, () => {
    const { tensors, metadata } = readSafetensors(bytes);
    const json = metadata.get(partKey);
    if (json === undefined) throw notPart('no such entry in its metadata');
    const part = readRowsPart(json);
    const out = tensors.get('out');
    if (out === undefined || out.shape.length !== 2 || out.shape[0] !== part.to - part.from) {
      throw notPart(`a tensor out of other than ${part.to - part.from} rows`);
    }
    return { name, part, out };
  });
}

function requireSame(file: string, field: string, expected: string | number, found: string | number): void {
  if (expected === found) return;
  throw new InputError({
    code: 'parts-differ',
    file,
    field,
    expected: `${expected}, as in the first part`,
    found: String(found),
    hint: 'give the parts of one instance and one run',
  });
}

const notPart = (found: string): InputError =>
  new InputError({
    code: 'not-a-part',
    field: partKey,
    expected: 'an output of "seth attend --shard"',
    found,
    hint: 'give what a run with --shard wrote, unchanged',
  });
