/**
 * Rungs as files, for whoever wants to run one by hand: each head's matrices, the right output, and a JSON document with
 * what is demanded of an output.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Rung } from '../experiments/stress/rung.ts';
import { suiteVersion } from '../experiments/stress/suite.ts';
import { instanceBytes } from '../formats/instance-bytes.ts';
import { writeOutput } from '../formats/output.ts';
import { fileFault } from './file-fault.ts';
import { version } from './version.ts';
import { writeWhole } from './write.ts';

/** Makes the folder if there is none. Throws an `InputError` where it cannot be one. */
export async function exportFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw fileFault(error, folder, 'a folder that can be written');
  });
}

/** Writes `f32-4-plain.safetensors`, `f32-4-plain.expected.safetensors` and `f32-4-plain.json`; of several heads each. */
export async function exportRung(rung: Rung, folder: string): Promise<void> {
  const { spec, heads, demand, shape, options } = rung;
  const name = spec.id.replaceAll('/', '-');
  const files = heads.map((_, head) => {
    const one = heads.length > 1 ? `${name}-head-${head}` : name;
    return { instance: `${one}.safetensors`, expected: `${one}.expected.safetensors` };
  });
  for (const [at, { attention, truth }] of heads.entries()) {
    const { instance, expected } = files[at]!;
    await writeWhole(join(folder, instance), async (write) => {
      for (const bytes of instanceBytes(attention)) await write(bytes);
    });
    const right = writeOutput(truth.high, truth.rows, truth.columns, 'f64', 'safetensors');
    await writeWhole(join(folder, expected), (write) => write(right));
  }
  const { attention } = heads[0]!;
  const document = {
    tool: `seth-attention ${version()}`,
    rung: spec.id,
    suiteVersion,
    dtype: spec.dtype,
    ...shape,
    scale: attention.scale,
    scaleName: spec.scaleName,
    bound: options.readout.bound,
    /** |out − expected| ≤ relative · |expected| + absolute, for every entry of every head. */
    demand,
    heads: files,
  };
  await writeWhole(join(folder, `${name}.json`), (write) =>
    write(`${JSON.stringify(document, undefined, 2)}\n`),
  );
}
