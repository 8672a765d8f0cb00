/**
 * Rungs as files, for whoever wants to run one by hand: each head's matrices, the right output, and a JSON document with
 * what is demanded of an output.
 */
import { join } from 'node:path';
import type { Rung } from '../experiments/stress/rung.ts';
import { suiteVersion } from '../experiments/stress/suite.ts';
import { encodeElements } from '../formats/elements.ts';
import { instanceBytes } from '../formats/instance-bytes.ts';
import { writeOutput } from '../formats/output.ts';
import { writeSafetensors } from '../formats/safetensors.ts';
import type { Layout } from '../oracles/oracle.ts';
import { headsFormat, inFile } from '../oracles/command/heads.ts';
import { denseMatrix, entries } from '../problems/attention.ts';
import { version } from './version.ts';
import { writeWhole } from './write.ts';

/**
 * Writes `f32-4-plain.safetensors`, `f32-4-plain.expected.safetensors` and `f32-4-plain.json`; of several heads each, or
 * with a layout all of them in one.
 */
export async function exportRung(rung: Rung, folder: string, layout?: Layout): Promise<void> {
  const { spec, heads, demand, shape, options } = rung;
  const name = spec.id.replaceAll('/', '-');
  const problems = layout === undefined ? heads.map(matricesOf) : [tensorsOf(rung, layout)];
  const files = problems.map((_, at) => {
    const one = problems.length > 1 ? `${name}-head-${at}` : name;
    return { instance: `${one}.safetensors`, expected: `${one}.expected.safetensors` };
  });
  for (const [at, { blocks, right }] of problems.entries()) {
    const { instance, expected } = files[at]!;
    await writeWhole(join(folder, instance), async (write) => {
      for (const bytes of blocks) await write(bytes);
    });
    await writeWhole(join(folder, expected), (write) => write(right));
  }
  const { attention } = heads[0]!;
  const document = {
    tool: `seth-attention ${version()}`,
    rung: spec.id,
    suiteVersion,
    dtype: spec.dtype,
    ...(layout !== undefined && { layout, batches: spec.batches }),
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

/** The bytes of an instance, block by block, and those of its right output. */
interface Problem {
  readonly blocks: Iterable<Uint8Array>;
  readonly right: Uint8Array;
}

const matricesOf = ({ attention, truth }: Rung['heads'][number]): Problem => ({
  blocks: instanceBytes(attention),
  right: writeOutput(truth.high, truth.rows, truth.columns, 'f64', 'safetensors'),
});

/** All heads in tensors of four dimensions. */
function tensorsOf({ spec, heads }: Rung, layout: Layout): Problem {
  const call = { heads: heads.map(({ attention }) => attention), batches: spec.batches, layout };
  const [q, k, v] = (['q', 'k', 'v'] as const).map((name) =>
    inFile(
      call,
      call.heads.map((head) => head[name]),
    ),
  );
  const format = headsFormat(call);
  const truths = heads.map(({ truth }) => denseMatrix(truth.rows, truth.columns, truth.high));
  const right = inFile(call, truths);
  const bytes = encodeElements('f64', entries(right));
  const out = { dtype: 'f64' as const, shape: format.shape(right.rows, right.columns), bytes };
  return {
    blocks: instanceBytes({ ...call.heads[0]!, q: q!, k: k!, v: v! }, undefined, format),
    right: writeSafetensors(new Map([['out', out]])),
  };
}
