/** Lies about a formula that is certified: in the certificate, in the instance, in the output. */
import { readInstance } from '../../src/formats/instance.ts';
import { writeOutput } from '../../src/formats/output.ts';
import { readSafetensors, writeSafetensors } from '../../src/formats/safetensors.ts';
import { decodeElements, encodeElements } from '../../src/formats/elements.ts';
import { sha256Hex } from '../../src/formats/sha256.ts';
import type { Tensor } from '../../src/formats/tensor.ts';
import { forgeries } from './forgeries.ts';
import { rehashed, type Made } from './made.ts';

type Json = Record<string, unknown>;

export function changed(certificate: string, change: (json: Json) => void): string {
  const json = JSON.parse(certificate) as Json;
  change(json);
  return JSON.stringify(json);
}

/** The instance with one tensor's values or shape changed, the certificate with fitting hashes. */
export async function withTensor(
  made: Made,
  name: string,
  change: (values: Float64Array, columns: number) => Float64Array | void,
): Promise<Omit<Made, 'answer'>> {
  const { tensors, metadata } = readSafetensors(made.instance);
  const { dtype, shape, bytes } = tensors.get(name)!;
  const columns = shape[1]!;
  const values = decodeElements(dtype, bytes);
  const result = change(values, columns) ?? values;
  const tensor: Tensor = {
    dtype,
    shape: [result.length / columns, columns],
    bytes: encodeElements(dtype, result),
  };
  const instance = writeSafetensors(new Map([...tensors, [name, tensor]]), metadata);
  return { ...made, instance, certificate: await rehashed({ ...made, instance }) };
}

/** The instance with its document changed, the certificate with fitting hashes. */
async function withDocument(made: Made, change: (json: Json) => void): Promise<Omit<Made, 'answer'>> {
  const { tensors, metadata } = readSafetensors(made.instance);
  const document = changed(metadata.get('seth')!, change);
  const { cnf, scale } = JSON.parse(document) as { cnf: { text: string }; scale: unknown };
  const strings = new Map([
    ['scale', String(scale)],
    ['seth', document],
  ]);
  const instance = writeSafetensors(tensors, strings);
  const sha256 = await sha256Hex(cnf.text);
  const certificate = changed(
    await rehashed({ ...made, instance }),
    (json) => (json['formula'] = { sha256 }),
  );
  return { ...made, instance, certificate };
}

/** The output with its values changed, the certificate with fitting hashes. */
export async function withOutput(
  made: Made,
  change: (values: Float64Array) => Float64Array | void,
): Promise<Omit<Made, 'answer'>> {
  const [tensor] = readSafetensors(made.output).tensors.values();
  const values = decodeElements(tensor!.dtype, tensor!.bytes);
  const result = change(values) ?? values;
  const output = writeOutput(result, result.length, 1, 'f64', 'safetensors');
  return { ...made, output, certificate: await rehashed({ ...made, output }) };
}

const withField =
  (change: (json: Json) => void) =>
  async (made: Made): Promise<Omit<Made, 'answer'>> => ({
    ...made,
    certificate: changed(made.certificate, change),
  });

const isSat = (made: Made): boolean => made.answer.outcome === 'yes';
const readout = (json: Json): { scales: number[]; weights: number[]; weightAtOne: number } =>
  json['readout'] as ReturnType<typeof readout>;
const halves = (json: Json): { left: number[]; right: number[] } =>
  json['halves'] as ReturnType<typeof halves>;
const error = (json: Json): { relative: number; absolute: number } =>
  json['error'] as ReturnType<typeof error>;

type Corruption = (made: Made) => Promise<Omit<Made, 'answer'> | undefined>;

/** Each is a lie that fits as well as it can. */
export const corruptions: readonly (readonly [name: string, corrupt: Corruption])[] = [
  ['a count of one more', withField((json) => (json['count'] = String(Number(json['count']) + 1)))],
  ['a count that is no text', withField((json) => (json['count'] = Number(json['count'])))],
  [
    'unsatisfiable, said of a satisfiable formula',
    async (made) =>
      isSat(made)
        ? await withField((json) =>
            Object.assign(json, { answer: 'UNSATISFIABLE', count: '0', model: undefined }),
          )(made)
        : undefined,
  ],
  [
    'satisfiable without a model, said of an unsatisfiable formula',
    withField((json) => {
      json['answer'] = 'SATISFIABLE';
      delete json['model'];
    }),
  ],
  [
    'a model that satisfies nothing',
    withField((json) =>
      Object.assign(json, {
        answer: 'SATISFIABLE',
        model: [1, 2, 3, 4, -5].slice(0, halves(json).left.length + halves(json).right.length),
      }),
    ),
  ],
  [
    'a model that lacks a variable',
    withField((json) => (json['model'] as number[] | undefined)?.pop() ?? (json['answer'] = 'SATISFIABLE')),
  ],
  ['an answer of another name', withField((json) => (json['answer'] = 'UNKNOWN'))],
  ['a weight changed', withField((json) => (readout(json).weights[0]! *= 1.5))],
  ['a weight that is missing', withField((json) => readout(json).weights.pop())],
  ['another weight at one', withField((json) => (readout(json).weightAtOne += 1))],
  [
    'weights that are all zero',
    withField((json) => (readout(json).weights = readout(json).weights.map(() => 0))),
  ],
  ['a scale changed in its last bit', withField((json) => (readout(json).scales[0]! *= 1 - 2 ** -52))],
  ['scales above B', withField((json) => (readout(json).scales[0] = 1e6))],
  ['a bound changed', withField((json) => ((json['bound'] as number) *= 1 + 2 ** -52))],
  ['a bound that makes exponentials endless', withField((json) => (json['bound'] = 1e150))],
  ['one pad more', withField((json) => ((json['pads'] as number) += 1))],
  ['no pads', withField((json) => (json['pads'] = 0))],
  ['half a pad less', withField((json) => ((json['pads'] as number) -= 0.5))],
  [
    'the halves exchanged',
    withField((json) => (json['halves'] = { left: halves(json).right, right: halves(json).left })),
  ],
  ['a variable in both halves', withField((json) => (halves(json).right[0] = 1))],
  ['a variable in neither half', withField((json) => halves(json).right.pop())],
  [
    'two variables of a half exchanged',
    withField((json) => (halves(json).left = halves(json).left.toReversed())),
  ],
  ['a bias that is a millionth too small', withField((json) => ((json['bias'] as number) *= 1 - 1e-6))],
  ['half of the noise', withField((json) => ((json['noise'] as number) *= 0.5))],
  ['no noise', withField((json) => (json['noise'] = 0))],
  ['bias and noise of 1/2', withField((json) => (json['bias'] = 0.5))],
  ['a claimed error ten times as large', withField((json) => (error(json).relative *= 10))],
  ['a claimed error of 1', withField((json) => (error(json).relative = 1))],
  ['a negative claimed error', withField((json) => (error(json).relative = -1e-15))],
  ['a claimed absolute error that is large', withField((json) => (error(json).absolute = 1e-3))],
  ['a format of the future', withField((json) => (json['format'] = 2))],
  ["another formula's hash", withField((json) => (json['formula'] = { sha256: '0'.repeat(64) }))],
  ["another instance's hash", withField((json) => (json['instance'] = { sha256: '0'.repeat(64) }))],
  ["another output's hash", withField((json) => (json['output'] = { sha256: '0'.repeat(64) }))],
  [
    'a formula with a literal negated',
    (made) =>
      withDocument(
        made,
        ({ cnf }) =>
          ((cnf as { text: string }).text = (cnf as { text: string }).text.replace('\n1 ', '\n-1 ')),
      ),
  ],
  [
    'a formula with a clause less',
    (made) =>
      withDocument(
        made,
        ({ cnf }) =>
          ((cnf as { text: string }).text = (cnf as { text: string }).text.replace(/\n[^\n]*\n$/, '\n')),
      ),
  ],
  [
    'a formula with a variable more',
    (made) =>
      withDocument(
        made,
        ({ cnf }) =>
          ((cnf as { text: string }).text = (cnf as { text: string }).text.replace(
            /cnf (\d)/,
            (_, v) => `cnf ${Number(v) + 1}`,
          )),
      ),
  ],
  ['a negative scale', (made) => withDocument(made, (json) => ((json['scale'] as number) *= -1))],
  [
    'an entry of q changed in its last bit',
    (made) => withTensor(made, 'q', (values, columns) => void (values[columns - 1]! *= 1 + 2 ** -52)),
  ],
  [
    'a 1 of a query removed',
    (made) => withTensor(made, 'q', (values) => void (values[values.findIndex((x) => x !== 0)] = 0)),
  ],
  [
    'a 0 of a query filled',
    (made) =>
      withTensor(made, 'q', (values, columns) => void (values[values.indexOf(0)] = values[columns - 1]!)),
  ],
  [
    'an entry of k changed',
    (made) => withTensor(made, 'k', (values) => void (values[values.findIndex((x) => x !== 0)]! *= 2)),
  ],
  [
    'a key removed, as the last pad',
    (made) => withTensor(made, 'k', (values, columns) => void values.copyWithin(0, columns)),
  ],
  ['two keys exchanged', (made) => withTensor(made, 'k', (values, columns) => exchanged(values, columns))],
  [
    'two queries exchanged',
    (made) =>
      withTensor(made, 'q', (values, columns) => exchanged(values, (columns * values.length) / columns / 4)),
  ],
  [
    'a pad that is a zero key',
    (made) => withTensor(made, 'k', (values, columns) => void values.fill(0, values.length - columns)),
  ],
  [
    'a value of a pad that is 1',
    (made) => withTensor(made, 'v', (values) => void (values[values.length - 1] = 1)),
  ],
  ['a value of a key that is 0', (made) => withTensor(made, 'v', (values) => void (values[0] = 0))],
  [
    'a value of a key that is 1 + ε',
    (made) => withTensor(made, 'v', (values) => void (values[0] = 1 + 2 ** -52)),
  ],
  [
    'the last left vector removed',
    (made) => withTensor(made, 'q', (values) => values.subarray(0, values.length / 2)),
  ],
  [
    'an instance cut off',
    async (made) => {
      const instance = made.instance.slice(0, -8);
      return { ...made, instance, certificate: await rehashed({ ...made, instance }) };
    },
  ],
  [
    'an instance that is something else',
    async (made) => {
      const instance = made.output;
      return { ...made, instance, certificate: await rehashed({ ...made, instance }) };
    },
  ],
  [
    'an output that is something else',
    async (made) => {
      const output = made.instance;
      return { ...made, output, certificate: await rehashed({ ...made, output }) };
    },
  ],
  ['an output with a row less', (made) => withOutput(made, (values) => values.subarray(1))],
  ['an output with a NaN', (made) => withOutput(made, (values) => void (values[0] = NaN))],
  ['an output above 1', (made) => withOutput(made, (values) => void (values[0] = 1 + 2 ** -52))],
  ['an output of 1', (made) => withOutput(made, (values) => void (values[0] = 1))],
  ['an output below 0', (made) => withOutput(made, (values) => void (values[0] = -values[0]!))],
  ...forgeries,
];

/** The first two blocks of `size` numbers exchanged; they differ in the formulas above. */
function exchanged(values: Float64Array, size: number): void {
  const first = values.slice(0, size);
  values.copyWithin(0, size, 2 * size);
  values.set(first, size);
}

/**
 * The output of a single node with weight 1, changed so that it says that the first left vector has `partners` of
 * them; undefined for other readouts.
 */
export async function withCount(made: Made, partners: number): Promise<Omit<Made, 'answer'> | undefined> {
  const { document } = readInstance(made.instance);
  if (document === undefined || document.route !== 'threshold') return undefined;
  const { pads, readout, vectors } = document;
  const mass = partners - readout.weightAtOne * vectors.right;
  const y = mass < 0 ? Number.MIN_VALUE - 1e-3 : mass / (mass + pads.mass);
  return withOutput(made, (values) => void (values[0] = y));
}
