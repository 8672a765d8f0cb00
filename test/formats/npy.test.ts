import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { decodeElements, encodeElements, swapBytes } from '../../src/formats/elements.ts';
import { isNpy, npyHeader, readNpy, writeNpy } from '../../src/formats/npy.ts';
import { bytesOf, roundTo } from '../../src/problems/dtype.ts';
import { suite } from '../support/harness.ts';
import { damageArb, faultOf, readsOrRefuses } from './damage.ts';

const matrixArb = fc
  .record({
    rows: fc.nat({ max: 5 }),
    columns: fc.nat({ max: 5 }),
    dtype: fc.constantFrom('f64', 'f32', 'f16'),
  })
  .chain(({ rows, columns, dtype }) =>
    fc.record({
      rows: fc.constant(rows),
      columns: fc.constant(columns),
      dtype: fc.constant(dtype),
      values: fc.float64Array({ minLength: rows * columns, maxLength: rows * columns }),
    }),
  );

const types = { f64: 'f8', f32: 'f4', f16: 'f2' } as const;

/** `numpy.save` of NumPy 2.4 with numpy.asfortranarray([[1, 2, 3], [4, 5, 6]], dtype='>f4'). */
const fromNumpy = Buffer.from(
  'k05VTVBZAQB2AHsnZGVzY3InOiAnPmY0JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAo/gAAAQIAAAEAAAABAoAAAQEAAAEDAAAA=',
  'base64',
);

suite('src/formats/npy', (test) => {
  test('matrices come back, in both byte orders, in C and Fortran order, in versions 1 to 3', () => {
    fc.assert(
      fc.property(
        matrixArb,
        fc.constantFrom<'<' | '>'>('<', '>'),
        fc.boolean(),
        fc.constantFrom(1, 2, 3),
        ({ rows, columns, dtype, values }, order, fortran, version) => {
          const stored = fortran
            ? values.map((_, e) => values[(e % rows) * columns + Math.floor(e / rows)]!)
            : values;
          let data = encodeElements(dtype, stored);
          if (order === '>') data = swapBytes(data, bytesOf(dtype));
          const header = `{'descr': '${order}${types[dtype]}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${rows}, ${columns}), }`;
          const file = npy(header, data, version);
          const before = file.slice();
          const read = readNpy(file);
          assert.equal(file, before, 'the file stays as it is');
          assert.equal([read.dtype, ...read.shape], [dtype, rows, columns]);
          assert.equal(
            [...decodeElements(read.dtype, read.bytes)],
            [...values].map((value) => roundTo(dtype, value)),
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  test('what is written is read back', () => {
    fc.assert(
      fc.property(matrixArb, ({ rows, columns, dtype, values }) => {
        const tensor = { dtype, shape: [rows, columns], bytes: encodeElements(dtype, values) };
        const file = writeNpy(tensor);
        const read = readNpy(file);
        assert.equal(
          [read.dtype, [...read.shape], [...read.bytes]],
          [dtype, tensor.shape, [...tensor.bytes]],
        );
        assert.is(read.bytes.buffer, file.buffer, 'a view');
      }),
    );
  });

  test('the header is NumPy’s own', () => {
    const header = Buffer.from(npyHeader('f32', [3, 1]));
    const dict = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 1), }";
    assert.is(header.length, 128);
    assert.is(header.toString('latin1'), `\x93NUMPY\x01\x00\x76\x00${dict.padEnd(117)}\n`);
    assert.ok(Buffer.from(npyHeader('f16', [7])).includes("'shape': (7,), }"));
  });

  test('however long the dict is, blanks up to a multiple of 64 and a newline follow it', () => {
    for (let rank = 1; rank <= 64; rank++) {
      const shape = Array<number>(rank).fill(1);
      const header = Buffer.from(npyHeader('f64', shape)).toString('latin1');
      const dict = `{'descr': '<f8', 'fortran_order': False, 'shape': (${rank === 1 ? '1,' : shape.join(', ')}), }`;
      assert.is(header.length % 64, 0);
      assert.ok(header.length - 10 - dict.length <= 64);
      assert.is(header.slice(10), `${dict.padEnd(header.length - 11)}\n`);
    }
  });

  test('the header of version 1 is Latin-1, that of version 3 UTF-8, where what it says is shown', () => {
    const dict = "{'descr': 'é', 'fortran_order': False, 'shape': (2, 1), }";
    const latin = Buffer.from(dict, 'latin1');
    const file = Uint8Array.from([0x93, ...Buffer.from('NUMPY'), 1, 0, latin.length, 0, ...latin]);
    assert.is(faultOf(() => readNpy(file)).found, '"é"');
    assert.is(faultOf(() => readNpy(npy(dict, new Uint8Array(), 3))).found, '"é"');
  });

  test('a big-endian matrix in Fortran order, saved by NumPy, is read', () => {
    assert.ok(isNpy(fromNumpy));
    const { dtype, shape, bytes } = readNpy(fromNumpy);
    assert.equal([dtype, [...shape], [...decodeElements(dtype, bytes)]], ['f32', [2, 3], [1, 2, 3, 4, 5, 6]]);
  });

  test('a list is a column, and leading dimensions of one are dropped', () => {
    const shapes = {
      '(6,)': [6, 1],
      '(6, 1)': [6, 1],
      '(1, 6)': [1, 6],
      '(1,1,3,2)': [3, 2],
      '(1, 2, 3)': [2, 3],
    };
    for (const [shape, expected] of Object.entries(shapes)) {
      const header = `{"shape": ${shape}, 'fortran_order': False, 'descr': '<f2'}`;
      assert.equal([...readNpy(npy(header, new Uint8Array(12))).shape], expected, shape);
    }
  });

  test('rows without columns take no time, however many a header claims', () => {
    const header = `{'descr': '<f2', 'fortran_order': True, 'shape': (9007199254740991, 0), }`;
    assert.equal(readNpy(npy(header, new Uint8Array())).shape, [9007199254740991, 0]);
  });

  test('bf16 is not written', () => {
    assert.is(
      faultOf(() => npyHeader('bf16', [1, 1])).message,
      'dtype: expected f64, f32 or f16, found bf16; NumPy has no bf16: write a .safetensors file',
    );
  });

  test('every fault in a file is refused with its field', () => {
    const good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }";
    const save = 'save the array with numpy.save';
    const astype = 'save it with .astype(numpy.float32), for instance';
    const cases: readonly (readonly [header: string, message: string])[] = [
      [good.replace('<f4', '<i4'), `descr: expected one of "<f8", "<f4", "<f2", found "<i4"; ${astype}`],
      [good.replace('<f4', '|O'), `descr: expected one of "<f8", "<f4", "<f2", found "|O"; ${astype}`],
      [
        good.replace('<f4', '__proto__'),
        `descr: expected one of "<f8", "<f4", "<f2", found "__proto__"; ${astype}`,
      ],
      [good.replace('<f4', '=f4'), `descr: expected one of "<f8", "<f4", "<f2", found "=f4"; ${astype}`],
      [good.replace('<f4', '|f4'), `descr: expected one of "<f8", "<f4", "<f2", found "|f4"; ${astype}`],
      [good.replace('<f4', '<\\x664'), `header: expected a string, found "'"; ${save}`],
      [good.replace("'<f4',", "'<f4'"), `header: expected ",", found "'fortran_order'"; ${save}`],
      [good.replace('(2, 1)', '(2 1)'), `header: expected ",", found "1"; ${save}`],
      [good.replace("'<f4'", "[('a', '<f4')]"), `header: expected a string, found "["; ${save}`],
      [
        good.replace('(2, 1)', '(1, 2, 1, 1)'),
        'shape: expected rows × columns, found 1 × 2 × 1 × 1; save it with .reshape(rows, columns)',
      ],
      [
        good.replace('(2, 1)', '()'),
        'shape: expected rows × columns, found scalar; save it with .reshape(rows, columns)',
      ],
      [good.replace('(2, 1)', '(-2, 1)'), `header: expected a whole number below 2^53, found "-"; ${save}`],
      [
        good.replace('(2, 1)', '(2, 99999999999999999999)'),
        `header: expected a whole number below 2^53, found "99999999999999999999"; ${save}`,
      ],
      [
        good.replace('(2, 1)', '(3, 1)'),
        'data: expected 12 bytes of data for 3 × 1 of <f4, found 8; the file is cut off, or holds more than one array',
      ],
      [
        good.replace('(2, 1)', '(1, 1)'),
        'data: expected 4 bytes of data for 1 × 1 of <f4, found 8; the file is cut off, or holds more than one array',
      ],
      [good.replace('False', 'os.system("x")'), `header: expected True or False, found "o"; ${save}`],
      [good.replace("'shape'", "'descr'"), `header: expected "descr" once, found "descr"; ${save}`],
      [
        good.replace("'shape'", "'__proto__'"),
        `header: expected descr, fortran_order or shape, found "__proto__"; ${save}`,
      ],
      [good.replace(", 'shape': (2, 1)", ''), `shape: expected a value, found nothing; ${save}`],
      [`${good} x`, `header: expected the end of the header, found "x"; ${save}`],
      [good.slice(0, -1), `header: expected a string, found its end; ${save}`],
    ];
    for (const [header, message] of cases) {
      assert.is(faultOf(() => readNpy(npy(header, new Uint8Array(8)))).message, message);
    }
    assert.equal(
      [...readNpy(npy(good, new Uint8Array(8))).shape],
      [2, 1],
      'the header that the cases change is itself right',
    );
  });

  test('a wrong magic, version or length is refused', () => {
    const whole = writeNpy({ dtype: 'f32', shape: [2, 1], bytes: new Uint8Array(8) });
    for (let length = 0; length < whole.length; length++) faultOf(() => readNpy(whole.subarray(0, length)));
    assert.is(faultOf(() => readNpy(Uint8Array.of(1, 2, 3))).code, 'not-npy');
    assert.is(faultOf(() => readNpy(whole.with(6, 4))).code, 'npy-version');
    assert.is(
      faultOf(() => readNpy(whole.with(9, 255))).message,
      'header length: expected a header of at most 126 bytes, found a length of 65398; the file is cut off or damaged',
    );
    assert.is(
      faultOf(() => readNpy(Uint8Array.from([...whole.subarray(0, 6), 2, 0, 0, 0, 0, 255]))).code,
      'npy-header-length',
    );
  });

  test('a header longer than any that describes a matrix is refused before it is looked at', () => {
    const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }`;
    assert.equal([...readNpy(npy(dict.padEnd(65534), new Uint8Array(8), 2)).shape], [2, 1]);
    assert.is(
      faultOf(() => readNpy(npy(dict.padEnd(65535), new Uint8Array(8), 2))).code,
      'npy-header-length',
    );
  });

  test('a damaged file is read or refused', () => {
    const outcomes = { read: 0, refused: 0 };
    fc.assert(
      fc.property(matrixArb, damageArb, ({ rows, columns, dtype, values }, damage) => {
        const file = writeNpy({ dtype, shape: [rows, columns], bytes: encodeElements(dtype, values) });
        outcomes[readsOrRefuses(() => readNpy(damage(file)))]++;
      }),
      { numRuns: 2000 },
    );
    assert.ok(outcomes.read > 5 && outcomes.refused > 500, JSON.stringify(outcomes));
  });

  test('four dimensions are kept where they are asked for, in C order', () => {
    const header = (order: string): string =>
      `{'descr': '<f4', 'fortran_order': ${order}, 'shape': (2, 1, 3, 1), }`;
    assert.equal([...readNpy(npy(header('False'), new Uint8Array(24)), 4).shape], [2, 1, 3, 1]);
    assert.is(faultOf(() => readNpy(npy(header('True'), new Uint8Array(24)), 4)).code, 'npy-order');
    assert.is(faultOf(() => readNpy(npy(header('False'), new Uint8Array(20)), 4)).code, 'npy-length');
    assert.is(faultOf(() => readNpy(npy(header('False'), new Uint8Array(24)))).code, 'npy-shape');
  });
});

function npy(dict: string, data: Uint8Array, version = 1): Uint8Array {
  const header = new TextEncoder().encode(`${dict}\n`);
  const length = new Uint8Array(version === 1 ? 2 : 4);
  length.set([header.length & 255, (header.length >> 8) & 255]);
  if (version !== 1) length[2] = header.length >> 16;
  return Uint8Array.from([0x93, ...Buffer.from('NUMPY'), version, 0, ...length, ...header, ...data]);
}
