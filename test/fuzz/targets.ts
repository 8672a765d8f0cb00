/**
 * What is fuzzed. Each target reads bytes as one of our readers does and checks what it made of them. A reader may
 * give a value or throw an `InputError`; anything else that is thrown is a fault.
 */
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { InputError } from '../../src/problems/input-error.ts';
import { decodeText, decompress } from '../../src/formats/decompress.ts';
import { parseDimacs, writeDimacs } from '../../src/formats/dimacs.ts';
import { parseInstanceDocument, writeInstanceDocument } from '../../src/formats/instance-document.ts';
import { documentKey, readInstance } from '../../src/formats/instance.ts';
import { parseJson, type Json } from '../../src/formats/json.ts';
import { readNpy, writeNpy } from '../../src/formats/npy.ts';
import { readOutput, writeOutput } from '../../src/formats/output.ts';
import { readRowsPart, readUnitPart } from '../../src/formats/part.ts';
import { isSafetensors, readSafetensors, writeSafetensors } from '../../src/formats/safetensors.ts';
import type { Tensor } from '../../src/formats/tensor.ts';
import { exampleDocument } from '../formats/example-document.ts';
import { cnfArb } from '../support/arbitraries.ts';
import { readArguments } from './arguments.ts';
import { certificate } from './certificate-target.ts';
import { files } from './files-target.ts';
import { journal, lines } from './run-targets.ts';
import { simpleDimacs } from './simple-dimacs.ts';
import { bounded, damageArb, damaged, readOr, utf8, type Target } from './target.ts';

const dimacsWords = ['p cnf 3 2\n', 'p', 'cnf', 'c ', 'c\n', '%', '%\n0\n', '0', ' 0\n', '\n', '\r\n', '\r', '\t', ' ', '-', '+', '1', '-3', '\uFEFF', 'p wcnf', 'x1 2 0', 'a', '\u00e9', '\0', '\v', '\u00a0']; // prettier-ignore

const dimacs: Target = {
  name: 'dimacs',
  check: (bytes) =>
    readOr(() => {
      const text = decodeText(bytes);
      const { cnf, warnings } = parseDimacs(text);
      const simple = simpleDimacs(text);
      assert.equal({ ...cnf, clauses: cnf.clauses.map((clause) => [...clause]) }, simple);
      assert.equal(parseDimacs(writeDimacs(cnf, ['a\r\nb'])), { cnf, warnings: [] });
      if (warnings.length > 0) assert.throws(() => parseDimacs(text, { strict: true }), /header|clauses/);
      else assert.equal(parseDimacs(text, { strict: true }).cnf, cnf);
    }),
  seeds: ['c x\np cnf 3 2\n1 -2 0\n3 0\n', 'p cnf 2 2\r\n1\r\n2 0 -1 0\r\n%\r\n0\r\n', '\uFEFFp cnf 0 0'].map(
    utf8,
  ),
  words: dimacsWords,
  structured: fc.oneof(
    fc.array(fc.constantFrom(...dimacsWords), { maxLength: 24 }).map((words) => utf8(words.join(''))),
    fc
      .tuple(
        cnfArb({ maxVariables: 6, maxClauses: 8 }),
        fc.array(fc.tuple(fc.nat(), fc.constantFrom(...dimacsWords)), { maxLength: 3 }),
      )
      .map(([cnf, noise]) => {
        let text = writeDimacs(cnf);
        for (const [at, word] of noise) {
          const k = at % (text.length + 1);
          text = text.slice(0, k) + word + text.slice(k);
        }
        return utf8(text);
      }),
  ),
  mostBytes: bounded,
};

/** Packed bytes may unpack to no more than this here; the command's limit is 1 GiB. */
const unpackLimit = 2 ** 20;

const packedByXz = Buffer.from(
  '/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAPcCBjbmYgMiAxCjEgMiAwCgC1/JxVSUoYcQABKBDlC2xgH7bzfQEAAAAABFla',
  'base64',
);

const packed: Target = {
  name: 'packed',
  check: (bytes) =>
    readOr(async () => {
      const unpacked = await decompress(bytes, unpackLimit);
      assert.ok(unpacked.length <= unpackLimit);
      decodeText(unpacked);
    }),
  seeds: [
    gzipSync('p cnf 2 1\n1 2 0\n'),
    gzipSync(Buffer.alloc(4 * unpackLimit)),
    Buffer.concat([gzipSync('p cnf 2 1\n'), gzipSync('1 2 0\n')]),
    packedByXz,
    Buffer.concat([packedByXz, packedByXz]),
  ],
  words: ['\x1f\x8b', '\xfd7zXZ\0', 'YZ', 'BZh9', 'PK\x03\x04', '\0\0\0\0'],
  structured: fc.uint8Array({ maxLength: 200 }).map((bytes) => gzipSync(bytes)),
  mostBytes: (length) => bounded(length) + 2 * unpackLimit,
};

/** A file of the format: the length, the header, the data; the length is right or not. */
function safetensorsBytes(header: string, data: Uint8Array, off = 0): Uint8Array {
  const json = utf8(header);
  const file = new Uint8Array(8 + json.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(Math.max(0, json.length + off)), true);
  file.set(json, 8);
  file.set(data, 8 + json.length);
  return file;
}

const hostileNames = ['q', 'k', 'v', 'out', '', '__proto__', 'constructor', 'prototype', 'toString', '../../etc/passwd', '\u0000', 'a b']; // prettier-ignore
const sizes = fc.oneof(
  fc.nat({ max: 4 }),
  fc.constantFrom(2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 1e308, -1, 0.5),
);

const safetensorsArb = fc
  .record({
    entries: fc.array(
      fc.tuple(
        fc.constantFrom(...hostileNames),
        fc.record({
          dtype: fc.constantFrom('F64', 'F32', 'F16', 'BF16', 'I8', '', '__proto__'),
          shape: fc.array(sizes, { maxLength: 3 }),
          offsets: fc.option(fc.tuple(sizes, sizes)),
        }),
      ),
      { maxLength: 4 },
    ),
    metadata: fc.option(
      fc.dictionary(fc.constantFrom(...hostileNames, 'seth'), fc.oneof(fc.string(), fc.json())),
    ),
    data: fc.uint8Array({ maxLength: 64 }),
    off: fc.constantFrom(0, 0, 0, 1, -1, 2 ** 31),
  })
  .map(({ entries, metadata, data, off }) => {
    const fields: string[] = metadata === null ? [] : [`"__metadata__":${JSON.stringify(metadata)}`];
    let at = 0;
    for (const [name, { dtype, shape, offsets }] of entries) {
      const size = dtype === 'F64' ? 8 : dtype === 'F32' ? 4 : 2;
      const end = at + shape.reduce((product, n) => product * n, size);
      fields.push(
        `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: offsets ?? [at, end] })}`,
      );
      at = end;
    }
    // Half of the files hold just as much data as their header says.
    const fitting = off === 0 && at >= 0 && at <= 4096 && Number.isInteger(at) ? new Uint8Array(at) : data;
    return safetensorsBytes(`{${fields.join(',')}}`, fitting, off);
  });

const matrix = (rows: number, columns: number): Tensor => ({
  dtype: 'f32',
  shape: [rows, columns],
  bytes: new Uint8Array(4 * rows * columns),
});

const instanceBytes = writeSafetensors(
  new Map([
    ['q', matrix(8, 3)],
    ['k', matrix(7, 3)],
    ['v', matrix(7, 1)],
  ]),
  new Map([[documentKey, writeInstanceDocument(exampleDocument)]]),
);

const safetensors: Target = {
  name: 'safetensors',
  check: async (bytes) => {
    const outcome = await readOr(() => {
      const { tensors, metadata } = readSafetensors(bytes);
      assert.ok(isSafetensors(bytes));
      let total = 0;
      for (const tensor of tensors.values()) {
        assert.is(tensor.bytes.buffer, bytes.buffer);
        total += tensor.bytes.length;
      }
      assert.ok(total < bytes.length);
      const again = readSafetensors(writeSafetensors(tensors, metadata));
      assert.equal(again.metadata, metadata);
      assert.equal(plain(again.tensors), plain(tensors));
    });
    const instance = await readOr(() => readInstance(bytes));
    if (instance === 'accepted') assert.is(outcome, 'accepted');
    const output = await readOr(() => {
      const { values } = readOutput(bytes, { rows: 2, columns: 1 }, { unitInterval: true });
      assert.ok([...values].every((y) => y >= 0 && y <= 1));
    });
    if (output === 'accepted') assert.is(outcome, 'accepted');
    return outcome;
  },
  seeds: [
    instanceBytes,
    writeOutput(Float64Array.of(0.25, 1), 2, 1, 'f64', 'safetensors'),
    writeSafetensors(new Map([['x', matrix(0, 3)]])),
  ],
  words: ['"q"', '"__metadata__":{', '"__proto__"', '"dtype":"F32"', '"shape":[', '"data_offsets":[0,8]', '{', '}', '[', ']', ',', ':', '"', '\\u0000', 'F16', 'BF16', ' ', '"seth"'], // prettier-ignore
  structured: safetensorsArb,
  mostBytes: bounded,
};

const plain = (tensors: ReadonlyMap<string, Tensor>): unknown =>
  [...tensors].map(([name, { dtype, shape, bytes }]) => [name, dtype, shape, [...bytes]]);

const npyWords = ["'descr'", "'fortran_order'", "'shape'", ': ', ', ', "'<f8'", "'>f4'", "'|O'", 'True', 'False', '(', ')', '(2,)', '(2, 1)', '{', '}', '"', '\n', '\x93NUMPY', '__proto__']; // prettier-ignore

const npy: Target = {
  name: 'npy',
  check: async (bytes) => {
    const outcome = await readOr(() => {
      const tensor = readNpy(bytes);
      assert.ok(tensor.bytes.length < bytes.length);
      const again = readNpy(writeNpy(tensor));
      assert.equal(
        [again.dtype, again.shape, [...again.bytes]],
        [tensor.dtype, tensor.shape, [...tensor.bytes]],
      );
    });
    await readOr(() => readOutput(bytes, { rows: 2, columns: 1 }));
    return outcome;
  },
  seeds: [
    writeOutput(Float64Array.of(0.25, 1), 2, 1, 'f64', 'npy'),
    writeOutput(Float64Array.of(1, 2, 3, 4), 2, 2, 'f16', 'npy'),
    npyBytes("{'descr': '>f4', 'fortran_order': True, 'shape': (1, 2, 2), }", new Uint8Array(16), 2),
  ],
  words: npyWords,
  structured: fc
    .record({
      descr: fc.constantFrom('<f8', '>f4', '<f2', '|O', '<i4'),
      order: fc.boolean(),
      shape: fc.oneof(fc.tuple(fc.nat({ max: 4 }), fc.nat({ max: 4 })), fc.array(sizes, { maxLength: 4 })),
      noise: fc.option(fc.tuple(fc.nat({ max: 60 }), fc.constantFrom(...npyWords)), { freq: 1 }),
      data: fc.uint8Array({ maxLength: 40 }),
      version: fc.constantFrom(1, 1, 2, 3, 4),
    })
    .map(({ descr, order, shape, noise, data, version }) => {
      let dict = `{'descr': '${descr}', 'fortran_order': ${order ? 'True' : 'False'}, 'shape': (${shape.join(', ')}), }`;
      if (noise !== null) dict = dict.slice(0, noise[0]) + noise[1] + dict.slice(noise[0]);
      const length = shape.reduce((product, size) => product * size, Number(descr[2]));
      return npyBytes(dict, length >= 0 && length < 4096 ? new Uint8Array(length) : data, version);
    }),
  mostBytes: bounded,
};

function npyBytes(dict: string, data: Uint8Array, version: number): Uint8Array {
  const text = utf8(dict);
  const start = version === 1 ? 10 : 12;
  const file = new Uint8Array(start + text.length + data.length);
  file.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  const view = new DataView(file.buffer);
  if (version === 1) view.setUint16(8, text.length, true);
  else view.setUint32(8, text.length, true);
  file.set(text, start);
  file.set(data, start + text.length);
  return file;
}

/** JSON's own meaning of the value, whose objects have no prototype here. */
const asJson = (value: Json): unknown => JSON.parse(JSON.stringify(value)) as unknown;

const json: Target = {
  name: 'json',
  check: (bytes) =>
    readOr(() => {
      const text = new TextDecoder().decode(bytes);
      let theirs: unknown;
      let isJson = true;
      try {
        theirs = JSON.parse(text);
      } catch {
        isJson = false;
      }
      let ours: Json;
      try {
        ours = parseJson(text, 'header');
      } catch (thrown) {
        // What JSON.parse takes is refused for three reasons only.
        if (isJson && thrown instanceof InputError) {
          assert.ok(
            ['json-key-refused', 'json-key-twice', 'json-too-deep'].includes(thrown.fault.code),
            thrown.message,
          );
        }
        throw thrown;
      }
      assert.ok(isJson, 'JSON.parse refuses it');
      assert.equal(asJson(ours), asJson(theirs as Json));
    }),
  seeds: [
    '{"a":[1,-2.5e3,null,true,"\\u00e9\\n"],"b":{}}',
    '[[[[]]]]',
    '"x"',
    JSON.stringify(exampleDocument),
  ].map(utf8),
  words: [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '"a"',
    '"__proto__"',
    '"constructor"',
    'null',
    'true',
    'false',
    '-',
    '1e999',
    '\\u0000',
    '\\',
    '[[[[[[[[',
    '\ud800',
    ' ',
  ],
  structured: fc
    .oneof(
      fc.json(),
      fc.json({ maxDepth: 4 }).map((text) => text.replace(/"/, '"__proto__":"')),
    )
    .map(utf8),
  mostBytes: bounded,
};

/** The example with some fields replaced, at any depth. */
const documentArb = fc
  .array(damageArb, { maxLength: 3 })
  .map((changes) =>
    utf8(
      JSON.stringify(
        changes.reduce<unknown>((value, [path, by]) => damaged(value, path, by), exampleDocument),
      ),
    ),
  );

const run = { tool: 'seth-attention 0.1.0', command: 'attend', options: { oracle: 'cpu' } };
const rowsPart = {
  index: 1,
  of: 3,
  instance: 'a'.repeat(64),
  from: 2,
  to: 5,
  rows: 8,
  claimedError: 1e-15,
  run,
};

const metadata: Target = {
  name: 'metadata',
  check: async (bytes) => {
    const text = new TextDecoder().decode(bytes);
    const outcomes = [
      await readOr(() => {
        const document = parseInstanceDocument(text);
        assert.equal(parseInstanceDocument(writeInstanceDocument(document)), document);
      }),
      await readOr(() => {
        const part = readRowsPart(text);
        assert.ok(part.from <= part.to && part.to <= part.rows);
        assert.equal(readRowsPart(JSON.stringify(part)), part);
      }),
      await readOr(() => {
        const part = readUnitPart(parseJson(text, 'shard'));
        assert.ok(part.index < part.of && part.at < part.units);
      }),
    ];
    return outcomes.includes('accepted') ? 'accepted' : 'refused';
  },
  seeds: [exampleDocument, rowsPart, { index: 1, of: 3, at: 4, units: 8, run }].map((value) =>
    utf8(JSON.stringify(value)),
  ),
  words: [
    '"route":"closest-pair"',
    '"format":2',
    '"__proto__":{"x":1},',
    '"constructor":',
    '1e308',
    '-1',
    'null',
    '[]',
    '{}',
    ',',
    '"seed":null',
    '"options":{"__proto__":1}',
  ],
  structured: documentArb,
  mostBytes: bounded,
};

const argumentWords = [
  'verify',
  'solve',
  'generate',
  'attend',
  'decode',
  'merge',
  'check',
  'stress',
  'lab',
  '--suite',
  'full',
  '--certificate',
  '--spot-check',
  'reduce',
  'random',
  'explain',
  'transition',
  'doctor',
  'completion',
  'teaching',
  'uniform',
  'planted',
  'ladder',
  '-',
  '--',
  '-o',
  '--output',
  '--json',
  '--json=false',
  '--dtype',
  'f32',
  '--bound',
  '8',
  '--bound=NaN',
  '--memory',
  '1e999',
  '--shard',
  '0/2',
  '2/1',
  '--journal',
  '--scale',
  'rsqrt',
  '--oracle',
  'cpu',
  '--error',
  '1e-3',
  '--seed',
  '-1',
  '--variables',
  '--route',
  'closest-pair',
  '--pcp',
  '2,2',
  '2,,5',
  '--sparsify',
  '--thresholds',
  '1,0',
  '--alpha',
  '--split',
  'weight',
  '--progress',
  'never',
  '--help',
  '--version',
  '--debug',
  '--__proto__',
  '--__proto__.x=1',
  '--constructor.prototype.x=1',
  '--no-json',
  '--toString',
  '__proto__',
  'constructor',
  'a.cnf',
  '--file',
  '',
  ' ',
  '\u0000',
  '-vvv',
  '--=',
  '-0',
  '--prune',
  '--get-yargs-completions',
];

const args: Target = {
  name: 'arguments',
  check: async (bytes) => readArguments(new TextDecoder().decode(bytes).split('\n')),
  seeds: [
    'verify\na.cnf\n--json',
    'attend\ni.safetensors\n-o\nout.npy',
    'merge\nout\na\nb',
    'random\nuniform\n--variables\n8',
  ].map(utf8),
  words: argumentWords.flatMap((word) => [`${word}\n`, `\n${word}`]),
  structured: fc
    .array(fc.constantFrom(...argumentWords), { maxLength: 8 })
    .map((words) => utf8(words.join('\n'))),
  mostBytes: () => 2 ** 20,
};

export const targets: readonly Target[] = [
  dimacs,
  packed,
  safetensors,
  npy,
  json,
  metadata,
  certificate,
  files,
  lines,
  journal,
  args,
];
