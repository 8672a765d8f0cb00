/** An instance, an output of it and a certificate, as generate, attend and decode make them, without the files. */
import type { Answer } from '../../src/problems/answer.ts';
import type { OutputError } from '../../src/problems/attention.ts';
import type { Assignment, Cnf } from '../../src/problems/cnf.ts';
import { certificateOf } from '../../src/cli/certificate.ts';
import { writeInstance } from '../../src/cli/write-instance.ts';
import { writeDimacs } from '../../src/formats/dimacs.ts';
import type { InstanceDocument } from '../../src/formats/instance-document.ts';
import { writeOutput } from '../../src/formats/output.ts';
import { sha256Hex } from '../../src/formats/sha256.ts';
import { referenceOracle } from '../../src/oracles/reference.ts';
import { carryBack } from '../../src/verify/carry-back.ts';
import { carefulError } from '../../src/oracles/careful-kernel.ts';
import { prepare, type EncodeOptions } from '../../src/verify/prepare.ts';

export interface Made {
  readonly instance: Uint8Array;
  readonly output: Uint8Array;
  readonly certificate: string;
  readonly answer: Answer<Assignment>;
}

/** The plainest way to an instance. */
export const plain: EncodeOptions = {
  route: 'threshold',
  dtype: 'f64',
  scaleName: 'linear',
  witness: 'scan',
  prune: false,
  split: 'order',
};

/** Made from the text of a formula, by default its canonical one. Fails where the answer certifies nothing. */
export async function certified(
  cnf: Cnf,
  options: EncodeOptions,
  format: 'safetensors' | 'npy' = 'safetensors',
  text: string = writeDimacs(cnf),
): Promise<Made> {
  const error: OutputError = carefulError(options.dtype);
  const prepared = prepare(cnf, options, () => error);
  const { attention, vectors, plan } = prepared;
  const { scales, weights, weightAtOne, degree, bound } = plan.readout;
  const document: InstanceDocument = {
    format: 1,
    tool: 'seth-attention test',
    route: options.route,
    cnf: { text, sha256: await sha256Hex(text) },
    encoding: { prune: options.prune, split: options.split, witness: options.witness },
    scale: attention.scale,
    scaleName: options.scaleName,
    dtype: options.dtype,
    vectors: { left: vectors.left.rows, right: vectors.right.rows },
    headDim: attention.q.columns,
    degree,
    bound,
    pads: { count: plan.pads.count, mass: plan.pads.mass },
    readout: { scales, weights, weightAtOne },
    plannedError: error.relative,
    seed: null,
  };
  const chunks: Uint8Array[] = [];
  await writeInstance(
    attention,
    document,
    async (chunk) => void chunks.push(chunk as Uint8Array),
    () => {},
  );
  const instance = new Uint8Array(Buffer.concat(chunks));
  const attended = await referenceOracle().attend(attention);
  const { rows, columns, values } = attended.output;
  const output = writeOutput(values, rows, columns, options.dtype, format);
  const answer = carryBack(cnf, { rows, columns, values, error }, options, prepared.options);
  const certificate = await certificateOf(answer, { instance, output, document, cnf, error });
  if (certificate === undefined) throw new Error('the answer certifies nothing');
  return { instance, output, certificate, answer };
}

/** The certificate with the hashes that the files have, so that a change in them is not found by a hash. */
export async function rehashed({ instance, output, certificate }: Omit<Made, 'answer'>): Promise<string> {
  const json = JSON.parse(certificate) as Record<string, unknown>;
  json['instance'] = { sha256: await sha256Hex(instance) };
  json['output'] = { sha256: await sha256Hex(output) };
  return JSON.stringify(json);
}
