/** The table of bad input, row by row, through the command line. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { suite } from '../support/harness.ts';
import { inFolder, jsonLines, linesOf, listing, seth, shell } from './seth.ts';

/** A formula, and the number of its models. */
const accepted: readonly (readonly [name: string, bytes: string | Uint8Array, models: string])[] = [
  ['comments in the body', 'p cnf 2 2\n1 2 0\nc between\n-1 0\nc after\n', '1'],
  ["SATLIB's percent sign", 'c x\np cnf  2  1\n 1 2 0\n%\n0\n\n', '3'],
  ['CRLF', 'c x\r\np cnf 2 1\r\n1 2 0\r\n', '3'],
  ['no newline at the end', 'p cnf 2 1\n1 2 0', '3'],
  ['tabs', 'p\tcnf\t2\t1\n1\t2\t0\n', '3'],
  ['a byte order mark', '\uFEFFp cnf 2 1\n1 2 0\n', '3'],
  ['gzip', gzipSync('p cnf 2 1\n1 2 0\n'), '3'],
  ['clauses over lines and on one line', 'p cnf 2 2\n1\n2 0 -1\n0\n', '1'],
  ['no variables and no clauses', 'p cnf 0 0\n', '1'],
  ['no clauses', 'p cnf 3 0\n', '8'],
  ['an empty clause', 'p cnf 2 2\n1 2 0\n0\n', '0'],
  ['an empty clause and no variables', 'p cnf 0 1\n0\n', '0'],
  ['a tautology', 'p cnf 2 1\n1 -1 0\n', '4'],
  ['a repeated literal', 'p cnf 2 1\n2 2 0\n', '2'],
  ['a clause given twice', 'p cnf 2 2\n1 2 0\n1 2 0\n', '3'],
  ['variables that occur nowhere', 'p cnf 5 1\n2 0\n', '16'],
  ['one variable', 'p cnf 1 1\n-1 0\n', '1'],
];

/** A formula, and its fault: code, line, the rest of the message. */
const refused: readonly (readonly [
  name: string,
  bytes: string | Uint8Array,
  code: string,
  line: number | undefined,
  message: string,
])[] = [
  [
    'no header',
    'c x\n1 2 0\n',
    'header-missing',
    2,
    'expected the header "p cnf VARIABLES CLAUSES" before anything but comments, found "1"; is this a DIMACS CNF file?',
  ],
  [
    'two headers',
    'p cnf 1 1\n1 0\np cnf 2 1\n',
    'header-twice',
    3,
    'expected one header, the one on line 1, found "p cnf 2 1"; keep one header; two formulas need two files',
  ],
  [
    'a token',
    'p cnf 2 1\n\n1 two 0\n',
    'not-a-literal',
    3,
    'expected a literal, a 0 that ends a clause, or a comment, found "two"; write literals as whole numbers such as 3 or -3, separated by blanks',
  ],
  [
    'a variable beyond the header',
    'p cnf 2 1\n1 -3 0\n',
    'literal-out-of-range',
    2,
    'expected a variable from 1 to 2, found -3; correct the literal or the number of variables in the header on line 1',
  ],
  [
    'no 0 at the end',
    'p cnf 2 2\n1 0\n1 2\n',
    'clause-unfinished',
    3,
    'expected a 0 at the end of the last clause, found the end of the formula; add the 0, or check that the file is whole',
  ],
  [
    'a damaged gzip',
    gzipSync('p cnf 2 1\n1 2 0\n').subarray(0, 20),
    'compressed-stream-broken',
    undefined,
    'expected a whole gzip stream, found unexpected end of file; the file is cut off or damaged; see what "gzip -t" says of it, or unpack it with "gzip -d"',
  ],
  [
    'bzip2',
    'BZh91AY&SY',
    'compression-unknown',
    undefined,
    'expected plain text, gzip or xz, found bzip2; unpack it first with "bzip2 -d"',
  ],
];

const different = 'p cnf 2 3\n1 2 0\n-1 0\n';

suite('src/cli, bad input', (test) => {
  test('what SAT solvers accept is accepted, with the right counts', async () => {
    await inFolder(async (folder) => {
      accepted.forEach(([name, bytes]) => writeFileSync(join(folder, name), bytes));
      const args = ['verify', ...accepted.map(([name]) => name), '--json'];
      const { code, stdout, stderr } = await seth(args, { cwd: folder });
      assert.is(stderr, '');
      assert.is(code, 0);
      assert.equal(
        jsonLines(stdout).map(({ file, count }) => [file, count]),
        accepted.map(([name, , models]) => [name, models]),
      );
    });
  });

  test('what they refuse is refused with its line, on one line, without an answer', async () => {
    await inFolder(async (folder) => {
      refused.forEach(([name, bytes]) => writeFileSync(join(folder, name), bytes));
      const args = ['verify', ...refused.map(([name]) => name), '--json'];
      const { code, stdout, stderr } = await seth(args, { cwd: folder });
      assert.is(code, 2);
      const messages = refused.map(([name, , , line, message]) =>
        line === undefined ? `${name}: ${message}` : `${name}, line ${line}: ${message}`,
      );
      assert.equal(
        linesOf(stderr),
        messages.map((message) => `seth: ${message}`),
      );
      assert.equal(
        jsonLines(stdout),
        refused.map(([name, , code, line], k) => ({
          file: name,
          error: { code, message: messages[k], ...(line === undefined ? {} : { line }) },
        })),
      );
      const solved = await seth(['solve', 'no 0 at the end'], { cwd: folder });
      assert.equal([solved.code, solved.stdout, solved.stderr], [2, '', `seth: ${messages[4]}\n`]);
    });
  });

  test('a count of clauses that differs from the header is a warning, and with --strict an error', async () => {
    const lenient = await seth(['solve', '-'], { input: different });
    assert.is(
      lenient.stderr,
      'seth: warning: standard input, line 1: the header says 3 clauses, the file has 2\n',
    );
    assert.is(lenient.code, 10);
    assert.match(lenient.stdout, /^c s exact arb int 1$/m);
    const strict = await seth(['solve', '-', '--strict'], { input: different });
    assert.is(
      strict.stderr,
      'seth: standard input, line 1: expected 3 clauses, found 2 clauses; write 2 in the header or check that the file is whole\n',
    );
    assert.equal([strict.code, strict.stdout], [2, '']);
  });

  test('more than the method can do is said with its size and the largest, before anything is allocated', async () => {
    const input = `p cnf 50 2\n1 -50 0\n2 3 0\n`;
    for (const command of [
      ['solve', '-'],
      ['generate', '-', '-o', 'never.safetensors'],
      ['reduce', '-', '--to', 'ov'],
    ]) {
      const { code, stdout, stderr } = await seth([...command, '--memory', '8'], { input });
      assert.match(
        stderr,
        /^seth: standard input: expected at most \d\d variables with 2 clauses \(8\.00 GiB of memory\), found 50 variables: 2\^25 vectors on a side, [\d.e+]+ GiB; the method is quadratic in 2\^\(v\/2\): simplify the formula first, or use a SAT solver\n$/,
      );
      assert.equal([code, stdout], [2, '']);
    }
    const huge = await seth(['verify', '-', '--json'], { input: 'p cnf 200000000 1\n1 0\n' });
    assert.is((jsonLines(huge.stdout)[0]!['error'] as { code: string }).code, 'too-large');
    assert.is(huge.code, 2);
  });

  test('an instance that is not one is refused with the field, by attend and by decode', async () => {
    await inFolder(async (folder) => {
      const file = join(folder, 'i.safetensors');
      const input = 'p cnf 3 2\n1 2 0\n-1 3 0\n';
      assert.is((await seth(['generate', '-', '-o', file], { input })).code, 0);
      const { header, data } = parts(file);
      const altered = (change: (header: Header) => void): Buffer => {
        const copy = JSON.parse(JSON.stringify(header)) as Header;
        change(copy);
        return whole(copy, data);
      };
      const document = (change: (document: Record<string, unknown>) => void): Buffer =>
        altered(({ __metadata__ }) => {
          const copy = JSON.parse(__metadata__.seth) as Record<string, unknown>;
          change(copy);
          __metadata__.seth = JSON.stringify(copy);
        });
      const good = whole(header, data);
      const end = data.length;
      const qEnd = header.q.data_offsets[1];

      const damaged = 'the file is damaged, or was written by another program for another purpose';
      const again = 'make the instance again with "seth generate"';
      const cases: readonly (readonly [name: string, bytes: Uint8Array, message: string])[] = [
        [
          'empty',
          Buffer.alloc(0),
          'header: expected a safetensors file: the length of a JSON header in eight bytes, then the header, found a file of 0 bytes; is this the right file?',
        ],
        [
          'another format',
          Buffer.from('\x04\0\0\0\0\0\0\0PNG!'),
          'header: expected a safetensors file: the length of a JSON header in eight bytes, then the header, found other bytes; is this the right file?',
        ],
        [
          'a truncated header',
          good.subarray(0, 100),
          `header length: expected a header of at most 92 bytes, found a length of ${good.readBigUInt64LE()}; the file is cut off, or is not a .safetensors file`,
        ],
        [
          'a length beyond the file',
          Buffer.concat([Buffer.alloc(8, 0xff), good.subarray(8)]),
          `header length: expected a header of at most ${good.length - 8} bytes, found a length of 18446744073709551615; the file is cut off, or is not a .safetensors file`,
        ],
        [
          'an offset beyond the file',
          altered(({ v }) => (v.data_offsets[1] = end + 8)),
          `v.data_offsets: expected begin ≤ end ≤ ${end}, the length of the data, found ${header.v.data_offsets[0]}, ${end + 8}; the file is cut off or damaged: write or download it again`,
        ],
        [
          'overlapping tensors',
          altered(({ k }) => k.data_offsets.splice(0, 2, k.data_offsets[0] - 8, k.data_offsets[1] - 8)),
          `k.data_offsets: expected the data at ${qEnd}, where tensor q ends, found ${qEnd - 8}; the file is damaged, or something was added to it`,
        ],
        [
          'a shape that overflows',
          altered(({ q }) => (q.shape = [2 ** 40, 2 ** 40])),
          `q.shape: expected a shape that takes the ${qEnd} bytes of data_offsets, found one that takes ${2 ** 83}; the file is damaged, or was written by a faulty program`,
        ],
        [
          'an unknown dtype',
          altered(({ k }) => (k.dtype = 'I64')),
          `k.dtype: expected one of F64, F32, F16, BF16, found "I64"; ${damaged}`,
        ],
        [
          'no v',
          altered((header) => {
            const { v, ...rest } = header;
            for (const name of Object.keys(header)) delete (header as Partial<Header>)[name as keyof Header];
            Object.assign(header, rest, { w: v });
          }),
          'v: expected a tensor named v, found only q, k, w; an instance has q (queries × d), k (keys × d) and v (keys × values) in one format',
        ],
        [
          'a missing field',
          document((document) => delete document['bound']),
          `seth.bound: expected this field, found nothing; ${again}`,
        ],
        [
          'a wrong field',
          document((document) => (document['route'] = 'scenic')),
          `seth.route: expected one of minimax, interpolation, threshold, closest-pair, found "scenic"; ${again}`,
        ],
        [
          'the future',
          document((document) => (document['format'] = 2)),
          'seth.format: expected format 1, found format 2, written by a newer version; update seth-attention',
        ],
      ];
      await Promise.all(
        cases.map(async ([name, bytes, message], at) => {
          const bad = `${at}.bad`;
          writeFileSync(join(folder, bad), bytes);
          const args = at % 2 === 0 ? ['attend', bad, '-o', 'out.npy'] : ['decode', bad, 'missing.npy'];
          const { code, stdout, stderr } = await seth(args, { cwd: folder });
          assert.is(stderr, `seth: ${bad}, ${message}\n`, name);
          assert.equal([code, stdout], [2, ''], name);
        }),
      );
      assert.equal(
        listing(folder).filter((name) => !name.endsWith('.bad')),
        ['i.safetensors'],
      );
    });
  });

  test('what never ends and does not begin as it should is refused at its beginning', async () => {
    await inFolder(async (cwd) => {
      const file = join(cwd, 'i.safetensors');
      const input = 'p cnf 3 2\n1 2 0\n-1 3 0\n';
      await seth(['generate', '-', '-o', file], { input });
      const { bytes: output } = await seth(['attend', file, '-o', '-']);
      const zeros =
        'seth: /dev/zero, header: expected a safetensors file: the length of a JSON header in eight bytes, then the header, found other bytes; is this the right file?\n';
      // Read on, it would be too large.
      for (const [args, exit] of [
        [['decode', file, '/dev/zero'], 1],
        [['decode', '/dev/zero', file], 2],
      ] as const) {
        const { code, stdout, stderr } = await seth([...args, '--memory', '0.1'], { cwd });
        assert.equal([code, stdout, stderr], [exit, '', zeros]);
      }
      const text = await seth(['attend', '-', '-o', 'o.npy'], { input: 'p cnf 3 2\n', cwd });
      assert.match(
        text.stderr,
        /^seth: standard input, header length: expected a header of at most 100000000 /,
      );
      // A pipe may give a byte at a time.
      writeFileSync(join(cwd, 'o'), output);
      const slowly = '{ head -c 3 o; sleep 0.2; tail -c +4 o; } | seth decode i.safetensors -';
      assert.is((await shell(slowly, { cwd })).code, 10);
    });
  });

  test('an output that is not one is refused with its first position, and exit 1', async () => {
    await inFolder(async (folder) => {
      const file = join(folder, 'i.safetensors');
      const input = 'p cnf 3 2\n1 2 0\n-1 3 0\n';
      assert.is((await seth(['generate', '-', '-o', file], { input })).code, 0);
      const { bytes: good } = await seth(['attend', file, '-o', '-']);
      const { header, data } = parts(good);
      const rows = header.out.shape[0]!;
      const values = (row: number, value: number): Buffer => {
        const copy = Buffer.from(data);
        copy.writeDoubleLE(value, 8 * row);
        return whole(header, copy);
      };
      const shaped = (shape: number[]): Buffer => whole({ ...header, out: { ...header.out, shape } }, data);
      const y = data.readDoubleLE(0);

      const overflow =
        'the implementation overflowed or divided by zero: subtract the row’s largest logit before exp';
      const outside =
        'an average of zeros and ones cannot lie outside: check the implementation’s normalisation';
      const cases: readonly (readonly [name: string, bytes: Uint8Array, message: RegExp | string])[] = [
        ['NaN', values(2, NaN), `out[2, 0]: expected a finite number, found NaN; ${overflow}`],
        [
          'infinity',
          values(1, -Infinity),
          `out[1, 0]: expected a finite number, found -Infinity; ${overflow}`,
        ],
        ['above 1', values(3, 1.5), `out[3, 0]: expected a number from 0 to 1, found 1.5; ${outside}`],
        ['below 0', values(0, -1e-9), `out[0, 0]: expected a number from 0 to 1, found -1e-9; ${outside}`],
        [
          'transposed',
          shaped([1, rows]),
          `out: expected ${rows} × 1, found 1 × ${rows}, the transposed shape; write the transposed matrix`,
        ],
        [
          'another shape',
          shaped([rows / 2, 2]),
          `out: expected ${rows} × 1, found ${rows / 2} × 2; one row for each query, one column for each column of v`,
        ],
        ['cut off', good.subarray(0, good.length - 1), /^out\.data_offsets: expected begin ≤ end ≤ \d+/],
        ['a numpy file without its data', Buffer.from('\x93NUMPY\x01\x00', 'latin1'), /^.*: expected /],
        [
          'an impossible value',
          values(0, 0),
          /^row 0: expected an output between .*, found 0; the output does not have the error it claims, or belongs to another instance: claim a larger --error or look at that row$/,
        ],
        [
          'a value that makes no whole number of partners',
          values(0, y * 0.99),
          /^row 0: expected .*; the output does not have the error it claims/,
        ],
      ];
      await Promise.all(
        cases.map(async ([name, bytes, message], at) => {
          writeFileSync(join(folder, `o${at}`), bytes);
          const { code, stdout, stderr } = await seth(['decode', 'i.safetensors', `o${at}`], { cwd: folder });
          const place = `seth: o${at}, `;
          assert.ok(stderr.startsWith(place) && linesOf(stderr).length === 1, `${name}: ${stderr}`);
          const rest = stderr.slice(place.length, -1);
          if (typeof message === 'string') assert.is(rest, message, name);
          else assert.match(rest, message, name);
          assert.equal([code, stdout], [1, ''], name);
        }),
      );
    });
  });
});

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

interface Header {
  __metadata__: { seth: string };
  q: Entry;
  k: Entry;
  v: Entry;
  out: Entry;
}

/** A safetensors file, or the one at a path, taken apart by hand. */
function parts(file: string | Uint8Array): { header: Header; data: Buffer } {
  const bytes = typeof file === 'string' ? readFileSync(file) : Buffer.from(file);
  const length = Number(bytes.readBigUInt64LE());
  return {
    header: JSON.parse(bytes.subarray(8, 8 + length).toString()) as Header,
    data: bytes.subarray(8 + length),
  };
}

/** A safetensors file put together by hand. */
function whole(header: object, data: Uint8Array): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, data]);
}
