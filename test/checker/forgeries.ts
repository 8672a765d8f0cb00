/**
 * Files that two programs read differently: NumPy, the library of safetensors, a JSON parser that takes the first of two
 * equal keys, a C++ program that looks for a word. One of the readings is the true one, which fits the certificate.
 */
import { rehashed, type Made } from './made.ts';

type Files = Omit<Made, 'answer'>;
type Forgery = (made: Made) => Promise<Files | undefined>;

/** A safetensors file in its two parts. */
interface Parts {
  readonly header: string;
  readonly data: Buffer;
}

const encoded = (text: string): Buffer => Buffer.from(text, 'latin1');

function partsOf(file: Uint8Array): Parts {
  const bytes = Buffer.from(file);
  const end = 8 + Number(bytes.readBigUInt64LE());
  return { header: bytes.toString('latin1', 8, end).trimEnd(), data: bytes.subarray(end) };
}

function safetensors(header: string, data: Buffer): Uint8Array {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return new Uint8Array(Buffer.concat([length, encoded(header), data]));
}

/** The forged file in its place, the certificate with fitting hashes. */
async function put(made: Made, which: 'instance' | 'output', file: Uint8Array): Promise<Files> {
  const files = { ...made, [which]: file };
  return { ...files, certificate: await rehashed(files) };
}

const inOutput =
  (forge: (parts: Parts) => Parts): Forgery =>
  async (made) => {
    const { header, data } = forge(partsOf(made.output));
    return put(made, 'output', safetensors(header, data));
  };

const inInstance =
  (forge: (header: string, made: Made) => string): Forgery =>
  async (made) => {
    const { header, data } = partsOf(made.instance);
    const forged = forge(header, made);
    if (forged === header) throw new Error('nothing was forged');
    return put(made, 'instance', safetensors(forged, data));
  };

/** The document of an instance as the header has it, a JSON text within a JSON text. */
const inDocument = (forge: (document: string) => string): Forgery =>
  inInstance((header) =>
    header.replace(/"seth":("(?:[^"\\]|\\.)*")/, (_, text: string) => {
      return `"seth":${JSON.stringify(forge(JSON.parse(text) as string))}`;
    }),
  );

/** An .npy file with this dict, the header said to be `more` bytes longer than it is. */
const inNpy =
  (dict: (rows: number) => string, more = 0, data = (values: Buffer): Buffer => values): Forgery =>
  async (made) => {
    const values = partsOf(made.output).data;
    const text = encoded(dict(values.length / 8));
    const start = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 0, 0]);
    start.writeUInt16LE(text.length + more, 8);
    return put(made, 'output', new Uint8Array(Buffer.concat([start, text, data(values)])));
  };

const dictOf = (rows: number, columns = 1): string =>
  `{'descr': '<f8', 'fortran_order': False, 'shape': (${rows}, ${columns}), } \n`;

const entry = (begin: number, end: number, dtype = 'F64'): string =>
  `{"dtype":"${dtype}","shape":[${(end - begin) / 8},1],"data_offsets":[${begin},${end}]}`;

/** What is not the output, of the same size. */
const other = (data: Buffer): Buffer => Buffer.from(data.map((byte) => byte ^ 1));

/** The output with its first value as two bytes of another format. */
const withHalf = (dtype: 'F16' | 'BF16', word: number): Forgery =>
  inOutput(({ data }) => {
    const halves = Buffer.alloc(data.length / 4);
    halves.writeUInt16LE(word);
    const header = `{"out":{"dtype":"${dtype}","shape":[${data.length / 8},1],"data_offsets":[0,${halves.length}]}}`;
    return { header, data: halves };
  });

const inCertificate =
  (path: string, forge: (value: unknown) => unknown): Forgery =>
  async (made) => {
    const json = JSON.parse(made.certificate) as Record<string, unknown>;
    const names = path.split('.');
    const last = names.pop()!;
    const at = names.reduce((object, name) => object[name] as Record<string, unknown>, json);
    at[last] = forge(at[last]);
    return { ...made, certificate: JSON.stringify(json) };
  };

export const forgeries: readonly (readonly [name: string, forge: Forgery])[] = [
  [
    'a .npy file with a second header in a comment of the first',
    inNpy((rows) => {
      const first = `{"descr": "<f8", "fortran_order": False, "shape": (${rows - 2}, 1), }`;
      return `${first} # ${dictOf(rows)}`;
    }, 16),
  ],
  ['a .npy header that goes on into the data', inNpy(dictOf, 16)],
  ['a .npy header that ends before its dict does', inNpy(dictOf, -8)],
  [
    'a .npy file with a key before the others',
    inNpy((rows) => dictOf(rows).replace('{', "{'fortran_order': True, ")),
  ],
  ['a .npy file with blanks before its dict', inNpy((rows) => ` ${dictOf(rows)}`)],
  [
    'a .npy file with a column more than v',
    inNpy(
      (rows) => dictOf(rows, 2),
      0,
      (values) => {
        const pairs = Array.from({ length: values.length / 8 }, (_, row) =>
          values.subarray(row * 8, row * 8 + 8),
        );
        return Buffer.concat(pairs.flatMap((value) => [value, other(value)]));
      },
    ),
  ],
  [
    'an output that stands twice in its header',
    inOutput(({ data }) => {
      const [half, end] = [data.length, data.length * 2];
      return {
        header: `{"out":${entry(0, half)},"out":${entry(half, end)}}`,
        data: Buffer.concat([other(data), data]),
      };
    }),
  ],
  [
    'a dtype that stands twice',
    inOutput(({ header, data }) => ({ header: header.replace('{"dtype"', '{"dtype":"BF16","dtype"'), data })),
  ],
  [
    'an output after something that no name has',
    inOutput(({ data }) => ({
      header: `{"out":${entry(data.length, data.length * 2)}}`,
      data: Buffer.concat([other(data), data]),
    })),
  ],
  [
    'an output before something that no name has',
    inOutput(({ header, data }) => ({ header, data: Buffer.concat([data, other(data)]) })),
  ],
  [
    'an output that is said to begin within itself',
    inOutput(({ header, data }) => ({
      header: header.replace('"data_offsets":[0,', '"data_offsets":[8,'),
      data,
    })),
  ],
  [
    'an output that lies over another tensor',
    inOutput(({ data }) => ({
      header: `{"out":${entry(0, data.length)},"raw":${entry(0, data.length)}}`,
      data,
    })),
  ],
  [
    'an output that lies over another tensor, and one that takes the end back',
    inOutput(({ data }) => ({
      header: `{"raw":${entry(0, data.length)},"none":{"dtype":"F64","shape":[0,1],"data_offsets":[${data.length},0]},"out":${entry(0, data.length)}}`,
      data,
    })),
  ],
  [
    'an output with a column more than v',
    inOutput(({ data }) => {
      const pairs = Array.from({ length: data.length / 8 }, (_, row) => data.subarray(row * 8, row * 8 + 8));
      return {
        header: `{"out":{"dtype":"F64","shape":[${data.length / 8},2],"data_offsets":[0,${data.length * 2}]}}`,
        data: Buffer.concat(pairs.flatMap((value) => [value, other(value)])),
      };
    }),
  ],
  [
    'a name in escapes, which who looks for a word does not see',
    inOutput(({ header, data }) => ({
      header: header
        .replace('"out"', `"raw":${entry(0, data.length)},"\\u006fut"`)
        .replace(
          /"data_offsets":\[0,(\d+)\]\}\}$/,
          (_, end) => `"data_offsets":[${end},${Number(end) * 2}]}}`,
        ),
      data: Buffer.concat([other(data), data]),
    })),
  ],
  [
    'an offset in digits that some programs cut off',
    inOutput(({ header, data }) => ({ header: header.replace(/,(\d+)\]\}\}$/, ',$1.0]}}'), data })),
  ],
  [
    'blanks within a header',
    inOutput(({ header, data }) => ({ header: header.replace('"out":', '"out": '), data })),
  ],
  [
    'a byte order mark before a header',
    inOutput(({ header, data }) => ({ header: `\xef\xbb\xbf${header}`, data })),
  ],
  [
    'a header that is no UTF-8',
    inOutput(({ header, data }) => ({ header: header.replace('{', '{"__metadata__":{"by":"\xff"},'), data })),
  ],
  ['an output of infinity in f16', withHalf('F16', 0x7c00)],
  ['an output that is no number in f16', withHalf('F16', 0x7e01)],
  ['an output below 0 that is subnormal in f16', withHalf('F16', 0x8001)],
  ['an output of infinity in bf16', withHalf('BF16', 0x7f80)],
  ['an output that is no number in bf16', withHalf('BF16', 0xffc1)],
  ['an output below 0 that is subnormal in bf16', withHalf('BF16', 0x8001)],
  [
    'queries that stand twice in the header',
    inInstance((header) =>
      header.replace(/"q":(\{[^}]*\})/, (all, found: string) => `"q":${found.replace('F64', 'F32')},${all}`),
    ),
  ],
  [
    'metadata that stand twice in the header',
    inInstance((header) =>
      header.replace('{"__metadata__"', '{"__metadata__":{"scale":"0.5"},"__metadata__"'),
    ),
  ],
  [
    'a scale beside the document that is another',
    inInstance((header) => header.replace(/"scale":"[^"]*"/, '"scale":"0.5"')),
  ],
  [
    'a scale beside the document that stands twice',
    inInstance((header) => header.replace('"scale":', '"scale":"0.5","scale":')),
  ],
  [
    'a scale beside the document in other digits',
    inInstance((header) => header.replace(/"scale":"/, '"scale":"+')),
  ],
  ['no scale beside the document', inInstance((header) => header.replace(/"scale":"[^"]*",/, ''))],
  [
    'a scale in the document that stands twice',
    inDocument((text) => text.replace('"scale":', '"scale":0.5,"scale":')),
  ],
  [
    'a scale in the document that is a list',
    inDocument((text) => text.replace(/"scale":([^,]*),/, '"scale":[$1,7],')),
  ],
  [
    'a formula in the document that stands twice',
    inDocument((text) => text.replace('"cnf":{"text":', '"cnf":{"text":"p cnf 1 0\\n","text":')),
  ],
  ['a document after another', inDocument((text) => `{} ${text}`)],
  ['a number of models in other digits', inCertificate('count', (count) => `0${String(count)}`)],
  ['a number of models below 0', inCertificate('count', (count) => `-${String(count)}`)],
  ['an error in a text', inCertificate('error.relative', String)],
  ['an error in a list', inCertificate('error.relative', (error) => [error, 0.5])],
  ['an absolute error below 0', inCertificate('error.absolute', () => -1e-320)],
  ['no absolute error', inCertificate('error.absolute', () => null)],
  ['weights that are no list', inCertificate('readout.weights', (weights) => (weights as number[])[0])],
  ['pads in a text', inCertificate('pads', String)],
  [
    'weights by number',
    inCertificate('readout.weights', (weights) => Object.fromEntries((weights as number[]).entries())),
  ],
  ['weights in a list of lists', inCertificate('readout.weights', (weights) => [weights])],
  [
    'a weight beyond all others',
    inCertificate('readout.weights', (weights) => (weights as number[]).with(0, 1e308)),
  ],
  ['a half variable', inCertificate('halves.left', (half) => (half as number[]).with(0, 1.5))],
  ['a negative variable', inCertificate('halves.left', (half) => (half as number[]).with(0, -1))],
];
