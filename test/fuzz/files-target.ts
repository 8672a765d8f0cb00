/** The bytes of an instance and of an output, which the independent checker reads, and our readers too. */
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { check } from '../../src/checker/check.ts';
import { decodeElements } from '../../src/formats/elements.ts';
import { parseJson, type JsonObject } from '../../src/formats/json.ts';
import { readOutput } from '../../src/formats/output.ts';
import { readSafetensors } from '../../src/formats/safetensors.ts';
import { InputError } from '../../src/problems/input-error.ts';
import { carefulError } from '../../src/oracles/careful-kernel.ts';
import { carryBack } from '../../src/verify/carry-back.ts';
import { prepare } from '../../src/verify/prepare.ts';
import { certified, plain, rehashed } from '../checker/made.ts';
import { accident, bounded, type Target } from './target.ts';

/** Of a formula with three models. */
const cnf = { variables: 2, clauses: [[1, 2]] };
const error = carefulError('f64');
const { options } = prepare(cnf, plain, () => error);
const made = { safetensors: await certified(cnf, plain), npy: await certified(cnf, plain, 'npy') };

/** An input's first byte says which file the rest is. */
const [isInstance, isOutput] = ['i', 'o'].map((letter) => letter.charCodeAt(0)) as [number, number];
const put = (which: number, file: Uint8Array): Uint8Array => Uint8Array.from([which, ...file]);

const words = [
  '"out":', '"q":', ',', ':', '{', '}', '[', ']', ' ', '\n', '# ', '"F16"', '"BF16"', '"scale":"0.5",', '"__proto__":',
  '\\u006f', '.0', 'e0', '-0', '00', "'descr': '<f8', ", "'fortran_order': True, ", "(2, 1), }", '[0,16]', '[8,16]', '[1,2,1]', '[2]',
  '{"dtype":"F64","shape":[2,1],"data_offsets":[0,16]}', '"raw":{"dtype":"F64","shape":[0,1],"data_offsets":[0,0]},',
]; // prettier-ignore

/** A file with its header changed at some places, and the header's length made to fit. */
function reframed(
  file: Uint8Array,
  changes: readonly (readonly [at: number, word: string, out: number])[],
): Uint8Array {
  const bytes = Buffer.from(file);
  const isNpy = bytes[0] === 0x93;
  const start = isNpy ? 10 : 8;
  const end = start + (isNpy ? bytes.readUInt16LE(8) : Number(bytes.readBigUInt64LE()));
  let header = bytes.toString('latin1', start, end);
  for (const [at, word, out] of changes) {
    const k = at % header.length;
    header = header.slice(0, k) + word + header.slice(k + out);
  }
  const frame = Buffer.from(bytes.subarray(0, start));
  if (isNpy) frame.writeUInt16LE(header.length, 8);
  else frame.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([frame, Buffer.from(header, 'latin1'), bytes.subarray(end)]);
}

const examples = [
  put(isOutput, made.safetensors.output),
  put(isOutput, made.npy.output),
  put(isInstance, made.npy.instance),
];

/** All in an instance that the answer follows from, as our readers see it. */
function readingOf(instance: Uint8Array): unknown {
  const { tensors, metadata } = readSafetensors(instance);
  const matrices = ['q', 'k', 'v'].map((name) => {
    const { dtype, shape, bytes } = tensors.get(name)!;
    return { shape, values: decodeElements(dtype, bytes) };
  });
  const { cnf, scale } = parseJson(metadata.get('seth')!, 'seth') as { cnf: JsonObject; scale: number };
  return { matrices, formula: cnf['text'], scales: [scale, Number(metadata.get('scale'))] };
}

const expected = readingOf(made.npy.instance);

/** The number of models by our decoder, which refuses more than the checker: outputs that no keys could have. */
function countOf(values: Float64Array): bigint | string | null {
  try {
    const answer = carryBack(cnf, { rows: 2, columns: 1, values, error }, plain, options);
    return answer.outcome === 'yes' ? answer.count : answer.outcome;
  } catch (error) {
    if (error instanceof InputError && error.fault.code.startsWith('output-')) return 'refuted';
    throw error;
  }
}

export const files: Target = {
  name: 'files',
  /** What the checker accepts our readers read too, and decode to the same. */
  check: async (bytes) => {
    const file = bytes.subarray(1);
    const whole = { ...made.npy, [bytes[0] === isInstance ? 'instance' : 'output']: file };
    const { accepted, reason } = await check(whole.instance, whole.output, await rehashed(whole));
    if (!accepted) {
      assert.not.match(reason, accident);
      return 'refused';
    }
    assert.match(reason, /has exactly 3 models if/);
    const { values } = readOutput(whole.output, { rows: 2, columns: 1 });
    assert.equal(readingOf(whole.instance), expected);
    const count = countOf(values);
    assert.ok(count === 3n || count === 'refuted', String(count));
    return 'accepted';
  },
  seeds: examples,
  words,
  structured: fc
    .tuple(
      fc.constantFrom(...examples),
      fc.array(fc.tuple(fc.nat(2000), fc.constantFrom(...words), fc.nat(12)), { maxLength: 3 }),
    )
    .map(([[which, ...file], changes]) => put(which!, reframed(Uint8Array.from(file), changes))),
  mostBytes: bounded,
};
