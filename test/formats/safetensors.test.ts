import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { encodeElements } from '../../src/formats/elements.ts';
import {
  isSafetensors,
  readSafetensors,
  safetensorsHeader,
  writeSafetensors,
} from '../../src/formats/safetensors.ts';
import type { Tensor } from '../../src/formats/tensor.ts';
import { dtypes } from '../../src/problems/dtype.ts';
import { suite } from '../support/harness.ts';
import { damageArb, faultOf, readsOrRefuses } from './damage.ts';

const nameArb = fc
  .string({ unit: 'binary' })
  .filter((name) => name !== '__metadata__' && name !== '__proto__');

const tensorArb: fc.Arbitrary<Tensor> = fc
  .record({
    dtype: fc.constantFrom(...dtypes),
    shape: fc.array(fc.nat({ max: 4 }), { maxLength: 4 }),
    fill: fc.double({ noNaN: true }),
  })
  .map(({ dtype, shape, fill }) => {
    const values = new Float64Array(shape.reduce((product, size) => product * size, 1)).fill(fill);
    return { dtype, shape, bytes: encodeElements(dtype, values) };
  });

const tensorsArb = fc.array(fc.tuple(nameArb, tensorArb), { maxLength: 4 }).map((all) => new Map(all));
const metadataArb = fc
  .array(fc.tuple(nameArb, fc.string({ unit: 'binary' })), { maxLength: 3 })
  .map((all) => new Map(all));

suite('src/formats/safetensors', (test) => {
  test('tensors of every format and metadata come back', () => {
    fc.assert(
      fc.property(tensorsArb, metadataArb, (tensors, metadata) => {
        const read = readSafetensors(writeSafetensors(tensors, metadata));
        assert.equal(sorted(read.metadata), sorted(metadata));
        assert.equal(sorted(read.tensors), sorted(tensors));
      }),
      { numRuns: 300 },
    );
  });

  test('a header followed by blocks is the same file as one written at once', () => {
    const values = Float64Array.from({ length: 12 }, (_, k) => k / 8);
    const bytes = encodeElements('bf16', values);
    const whole = writeSafetensors(
      new Map([
        ['q', { dtype: 'bf16', shape: [3, 4], bytes }],
        ['v', { dtype: 'bf16', shape: [1], bytes: bytes.subarray(0, 2) }],
      ]),
      new Map([['seth', '{}']]),
    );
    const header = safetensorsHeader(
      [
        { name: 'q', dtype: 'bf16', shape: [3, 4] },
        { name: 'v', dtype: 'bf16', shape: [1] },
      ],
      new Map([['seth', '{}']]),
    );
    const blocks = [values.subarray(0, 8), values.subarray(8), values.subarray(0, 1)];
    assert.equal(
      Buffer.concat([header, ...blocks.map((block) => encodeElements('bf16', block))]),
      Buffer.from(whole),
    );
  });

  test('the header is the format’s: length, JSON, blanks up to a multiple of 8', () => {
    const header = safetensorsHeader([{ name: 'out', dtype: 'f32', shape: [2, 3] }]);
    const json = '{"out":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}';
    assert.is(header.length % 8, 0);
    assert.equal([...header.subarray(0, 8)], [header.length - 8, 0, 0, 0, 0, 0, 0, 0]);
    assert.is(Buffer.from(header.subarray(8)).toString(), json.padEnd(header.length - 8));
  });

  test('tensors are views of the file', () => {
    const file = writeSafetensors(new Map([['out', { dtype: 'f32', shape: [1], bytes: new Uint8Array(4) }]]));
    assert.is(readSafetensors(file).tensors.get('out')?.bytes.buffer, file.buffer);
  });

  test('the header may list tensors in any order, empty ones too', () => {
    const header =
      '{"b":{"dtype":"F16","shape":[1],"data_offsets":[4,6]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},' +
      '"none":{"dtype":"F64","shape":[0,9],"data_offsets":[4,4]}}';
    const { tensors } = readSafetensors(file(header, 6));
    assert.equal(
      [...tensors].map(([name, { bytes }]) => [name, bytes.length]),
      [['b', 2], ['a', 4], ['none', 0]], // prettier-ignore
    );
  });

  test('every fault in a file is refused with its field', () => {
    const damaged = 'the file is damaged, or was written by a faulty program';
    const foreign = 'the file is damaged, or was written by another program for another purpose';
    const again = 'the file is cut off or damaged: write or download it again';
    const cases: readonly (readonly [header: string, dataLength: number, message: string])[] = [
      [
        t('').replace('F32', 'I64'),
        8,
        `t.dtype: expected one of F64, F32, F16, BF16, found "I64"; ${foreign}`,
      ],
      [
        t('').replace('"F32"', 'null'),
        8,
        `t.dtype: expected one of F64, F32, F16, BF16, found null; ${foreign}`,
      ],
      [
        t('').replace('[2]', '[-2]'),
        8,
        `t.shape: expected a list of whole numbers from 0, found [-2]; ${foreign}`,
      ],
      [
        t('').replace('[2]', '[2.5]'),
        8,
        `t.shape: expected a list of whole numbers from 0, found [2.5]; ${foreign}`,
      ],
      [
        t('').replace('[2]', '"2"'),
        8,
        `t.shape: expected a list of whole numbers from 0, found "2"; ${foreign}`,
      ],
      [
        t('').replace('[2]', '[4294967296,4294967296,4294967296]'),
        8,
        `t.shape: expected a shape that takes the 8 bytes of data_offsets, found one that takes 3.1691265005705735e+29; ${damaged}`,
      ],
      [
        t('').replace('[2]', '[9007199254740993]'),
        8,
        `t.shape: expected a list of whole numbers from 0, found [9007199254740992]; ${foreign}`,
      ],
      [
        t('').replace('[2]', '[3]'),
        8,
        `t.shape: expected a shape that takes the 8 bytes of data_offsets, found one that takes 12; ${damaged}`,
      ],
      [
        t('').replace('[2]', '[1]'),
        8,
        `t.shape: expected a shape that takes the 8 bytes of data_offsets, found one that takes 4; ${damaged}`,
      ],
      [t(''), 7, `t.data_offsets: expected begin ≤ end ≤ 7, the length of the data, found 0, 8; ${again}`],
      [
        t('').replace('[0,8]', '[8,0]'),
        8,
        `t.data_offsets: expected begin ≤ end ≤ 8, the length of the data, found 8, 0; ${again}`,
      ],
      [
        t('').replace('[0,8]', '[0,8,9]'),
        8,
        `t.data_offsets: expected two whole numbers from 0, found [0,8,9]; ${foreign}`,
      ],
      [
        t('').replace(',"data_offsets":[0,8]', ''),
        8,
        `t.data_offsets: expected two whole numbers from 0, found nothing; ${foreign}`,
      ],
      ['{"t":[]}', 0, `t: expected an object with dtype, shape and data_offsets, found []; ${foreign}`],
      ['{"__metadata__":[]}', 0, `__metadata__: expected an object of strings, found []; ${foreign}`],
      [
        '{"__metadata__":{"seth":{"a":1}}}',
        0,
        `__metadata__.seth: expected a string, found {"a":1}; ${foreign}`,
      ],
      [t(',"dtype":"F64"'), 8, `header.t.dtype: expected the key once, found it twice; ${damaged}`],
      [
        '{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"t":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}',
        8,
        `header.t: expected the key once, found it twice; ${damaged}`,
      ],
      [
        t('').replace('"t"', '"__proto__"'),
        8,
        `header.__proto__: expected a key other than "__proto__", found that key; ${damaged}`,
      ],
      [
        '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}',
        12,
        `b.data_offsets: expected the data at 8, where tensor a ends, found 4; the file is damaged, or something was added to it`,
      ],
      [
        '{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}',
        12,
        `a.data_offsets: expected the data at 0, where the header ends, found 4; the file is damaged, or something was added to it`,
      ],
      [
        t(''),
        9,
        `data: expected the end of the file at 8, where tensor t ends, found 9; the file is damaged, or something was added to it`,
      ],
      [
        '{}',
        3,
        `data: expected the end of the file at 0, where the header ends, found 3; the file is damaged, or something was added to it`,
      ],
    ];
    for (const [header, dataLength, message] of cases) {
      assert.is(faultOf(() => readSafetensors(file(header, dataLength))).message, message);
    }
    assert.is(
      readSafetensors(file(t(''), 8)).tensors.size,
      1,
      'the file that the cases change is itself right',
    );
  });

  test('a wrong magic, a cut header and a length beyond the file are refused', () => {
    const whole = writeSafetensors(
      new Map([['out', { dtype: 'f32', shape: [1], bytes: new Uint8Array(4) }]]),
    );
    for (let length = 0; length < whole.length; length++) {
      faultOf(() => readSafetensors(whole.subarray(0, length)));
    }
    const huge = Uint8Array.from(whole);
    huge[7] = 0x7f;
    assert.is(
      faultOf(() => readSafetensors(huge)).message,
      `header length: expected a header of at most ${whole.length - 8} bytes, found a length of 9151314442816847928; the file is cut off, or is not a .safetensors file`,
    );
    assert.is(faultOf(() => readSafetensors(file('[]', 0))).code, 'not-safetensors');
    assert.is(faultOf(() => readSafetensors(file('', 0))).code, 'not-safetensors');
    assert.is(
      faultOf(() => readSafetensors(Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff))).code,
      'not-safetensors',
    );
  });

  test('a header longer than the format allows is refused, however long the file is', () => {
    const long = new Uint8Array(100_000_009);
    new DataView(long.buffer).setBigUint64(0, 100_000_001n, true);
    assert.match(
      faultOf(() => readSafetensors(long)).message,
      /^header length: expected a header of at most 100000000 bytes, found a length of 100000001; /,
    );
  });

  test('a file is read where it stands in a larger buffer, and known by its length and its brace', () => {
    const whole = file(t(''), 8);
    const within = Uint8Array.from([255, 255, 255, ...whole, 255]).subarray(3, 3 + whole.length);
    assert.equal(sorted(readSafetensors(within).tensors), sorted(readSafetensors(whole).tensors));
    assert.ok(isSafetensors(whole) && isSafetensors(within));
    assert.not(isSafetensors(file('[]', 8)));
    assert.not(isSafetensors(whole.with(7, 1)));
    assert.not(isSafetensors(Buffer.from('{"answer":{}}')));
    for (let length = 0; length < 9; length++) assert.not(isSafetensors(whole.subarray(0, length)));
    assert.not(isSafetensors(whole.subarray(0, whole.length - 9)), 'cut off in its header');
    assert.ok(isSafetensors(whole.subarray(0, whole.length - 8)), 'without its data');
  });

  test('names that could not be read back are not written', () => {
    for (const name of ['__metadata__', '__proto__']) {
      assert.is(faultOf(() => safetensorsHeader([{ name, dtype: 'f32', shape: [] }])).code, 'tensor-name');
      assert.is(faultOf(() => safetensorsHeader([], new Map([[name, '']]))).code, 'tensor-name');
    }
  });

  test('a damaged file is read or refused, and what is read lies in the file', () => {
    const outcomes = { read: 0, refused: 0 };
    fc.assert(
      fc.property(tensorsArb, metadataArb, damageArb, (tensors, metadata, damage) => {
        const bytes = damage(writeSafetensors(tensors, metadata));
        outcomes[
          readsOrRefuses(() => {
            for (const tensor of readSafetensors(bytes).tensors.values())
              assert.is(tensor.bytes.buffer, bytes.buffer);
          })
        ]++;
      }),
      { numRuns: 2000 },
    );
    assert.ok(outcomes.read > 5 && outcomes.refused > 500, JSON.stringify(outcomes));
  });

  test('random bytes are refused', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 64 }),
        (bytes) => void readsOrRefuses(() => readSafetensors(bytes)),
      ),
    );
  });
});

/** A header with one tensor of two float32s, and `fields` at its end. */
function t(fields: string): string {
  return `{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]${fields}}}`;
}

function file(json: string, dataLength: number): Uint8Array {
  const header = new TextEncoder().encode(json);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true);
  return Uint8Array.from([...length, ...header, ...new Uint8Array(dataLength)]);
}

/** Comparable: shapes and bytes as plain arrays, in the order of the names. */
function sorted(map: ReadonlyMap<string, Tensor | string>): unknown[] {
  return [...map]
    .map(([key, value]) =>
      typeof value === 'string' ? [key, value] : [key, value.dtype, value.shape, [...value.bytes]],
    )
    .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1));
}
