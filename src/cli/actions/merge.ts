/** `seth merge`: the parts of one run as if it had been one. */
import { InputError } from '../../problems/input-error.ts';
import { isSafetensors } from '../../formats/safetensors.ts';
import type { MergeArguments } from '../commands/merge.ts';
import { exits, UsageError } from '../faults.ts';
import { memoryLimit } from '../memory.ts';
import { nameOf, readBytes, requireOneInput } from '../read.ts';
import { mergeLines } from '../shard-lines.ts';
import { mergeRows, type PartFile } from '../shard-rows.ts';
import { print, refuseTerminal, writeWhole } from '../write.ts';

export async function merge({ output, file, json }: MergeArguments): Promise<number> {
  if (json && output === '-') {
    throw new UsageError('with --json standard output says what was written: name a file for the output');
  }
  requireOneInput(file);
  const exit = await mergeInto(output, file);
  if (json) await print(`${JSON.stringify({ output, exit })}\n`);
  return exit;
}

async function mergeInto(output: string, file: readonly string[]): Promise<number> {
  let memory = memoryLimit(undefined);
  const parts: PartFile[] = [];
  for (const path of file) {
    const bytes = await readBytes(path, memory);
    memory -= bytes.length;
    parts.push({ name: nameOf(path), bytes });
  }
  const outputs = parts.filter(({ bytes }) => isSafetensors(bytes));
  if (outputs.length === 0) {
    if (/\.(npy|safetensors)$/i.test(output)) {
      throw new InputError({
        code: 'part-kind',
        file: parts[0]!.name,
        expected: `an output of "seth attend --shard", since ${nameOf(output)} is to be one`,
        found: 'another file',
        hint: 'name an output that ends in .jsonl for the parts of verify, .json for those of stress',
      });
    }
    const { text, exit } = mergeLines(parts);
    await writeWhole(output, (write) => write(text));
    return exit;
  }
  const other = parts.find((part) => !outputs.includes(part));
  if (other !== undefined) {
    throw new InputError({
      code: 'part-kind',
      file: other.name,
      expected: `a .safetensors file, as ${outputs[0]!.name} is`,
      found: 'another one',
      hint: 'give the parts of one run only',
    });
  }
  refuseTerminal(output);
  const bytes = mergeRows(parts, output);
  await writeWhole(output, (write) => write(bytes));
  return exits.ok;
}
