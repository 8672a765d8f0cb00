/**
 * NumPy's .npy, versions 1.0 to 3.0: the magic, two bytes of version, the header's length (two bytes, four from
 * 2.0 on; little-endian), a Python dict with `descr`, `fortran_order` and `shape`, then the elements.
 *
 * Read are matrices of f8, f4 and f2 in either byte order, in C or Fortran order. The dict is read by a parser for
 * exactly this dict; nothing is evaluated. Pickled objects and structured types are refused.
 */
import { bytesOf } from '../problems/dtype.ts';
import type { Dtype } from '../problems/dtype.ts';
import { InputError } from '../problems/input-error.ts';
import { copied, swapBytes } from './elements.ts';
import { quote } from './quote.ts';
import { matrixShape, shapeText } from './tensor.ts';
import type { Tensor } from './tensor.ts';

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY

/** What two bytes can say. Later versions can say more, for structured types with thousands of fields. */
const longestHeader = 65535;

const types: Readonly<Record<string, Dtype>> = { f8: 'f64', f4: 'f32', f2: 'f16' };

export function isNpy(bytes: Uint8Array): boolean {
  return magic.every((byte, k) => bytes[k] === byte);
}

/**
 * Reads one array as a matrix: rank 2, leading ones dropped, a list of n numbers as n × 1. The tensor's bytes are
 * little-endian and row after row: a view of `bytes` where the file has them so, a rearranged copy elsewhere.
 * With `rank` 4 an array of four dimensions, in C order, keeps them.
 * Throws an `InputError` that names the field for anything else.
 */
export function readNpy(bytes: Uint8Array, rank: 2 | 4 = 2): Tensor {
  const { text, dataStart } = readHeader(bytes);
  const { descr, fortranOrder, shape } = parseHeader(text);
  const data = bytes.subarray(dataStart);

  const dtype = types[descr.slice(1)];
  const order = descr[0];
  if (dtype === undefined || (order !== '<' && order !== '>')) {
    const expected = 'one of "<f8", "<f4", "<f2"';
    throw fault(
      'npy-descr',
      'descr',
      expected,
      quote(descr),
      'save it with .astype(numpy.float32), for instance',
    );
  }
  const isWhole = rank === 4 && shape.length === 4;
  if (isWhole && fortranOrder) {
    throw fault('npy-order', 'fortran_order', 'False', 'True', 'save it with numpy.ascontiguousarray');
  }
  const matrix = isWhole ? ([shape[0]! * shape[1]! * shape[2]!, shape[3]!] as const) : matrixShape(shape);
  if (matrix === undefined) {
    throw fault(
      'npy-shape',
      'shape',
      'rows × columns',
      shapeText(shape),
      'save it with .reshape(rows, columns)',
    );
  }
  const [rows, columns] = matrix;
  const size = bytesOf(dtype);
  const length = rows * columns * size;
  if (length !== data.length) {
    const expected = `${length} bytes of data for ${shapeText(shape)} of ${descr}`;
    throw fault(
      'npy-length',
      'data',
      expected,
      String(data.length),
      'the file is cut off, or holds more than one array',
    );
  }

  let elements = fortranOrder ? transposed(data, rows, columns, size) : data;
  if (order === '>') elements = swapBytes(copied(elements), size);
  return { dtype, shape: isWhole ? shape : matrix, bytes: elements };
}

/**
 * The header of a version 1.0 file; the elements (`encodeElements`) follow it, at a multiple of 64.
 * Throws an `InputError` for bf16, which NumPy does not have.
 */
export function npyHeader(dtype: Dtype, shape: readonly number[]): Uint8Array {
  const type = Object.keys(types).find((type) => types[type] === dtype);
  if (type === undefined) {
    throw fault(
      'npy-dtype',
      'dtype',
      'f64, f32 or f16',
      dtype,
      'NumPy has no bf16: write a .safetensors file',
    );
  }
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dict = `{'descr': '<${type}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const length = Math.ceil((10 + dict.length + 1) / 64) * 64;
  const header = new Uint8Array(length).fill(0x20);
  header.set([...magic, 1, 0]);
  new DataView(header.buffer).setUint16(8, length - 10, true);
  header.set(new TextEncoder().encode(dict), 10);
  header[length - 1] = 0x0a;
  return header;
}

export function writeNpy({ dtype, shape, bytes }: Tensor): Uint8Array {
  const header = npyHeader(dtype, shape);
  const file = new Uint8Array(header.length + bytes.length);
  file.set(header);
  file.set(bytes, header.length);
  return file;
}

function readHeader(bytes: Uint8Array): { text: string; dataStart: number } {
  if (!isNpy(bytes)) throw fault('not-npy', 'magic', 'a .npy file', 'other bytes', 'is this the right file?');
  const version = bytes[6];
  if (version !== 1 && version !== 2 && version !== 3) {
    throw fault(
      'npy-version',
      'version',
      'version 1, 2 or 3',
      String(version ?? 'nothing'),
      'save it with numpy.save',
    );
  }
  const start = version === 1 ? 10 : 12;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const room = Math.min(bytes.length - start, longestHeader);
  const length = room < 0 ? Infinity : version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > room) {
    const expected = `a header of at most ${Math.max(room, 0)} bytes`;
    const found = room < 0 ? 'the end of the file' : `a length of ${length}`;
    throw fault('npy-header-length', 'header length', expected, found, 'the file is cut off or damaged');
  }
  const header = bytes.subarray(start, start + length);
  return {
    text: new TextDecoder(version === 3 ? 'utf-8' : 'windows-1252').decode(header),
    dataStart: start + length,
  };
}

interface Described {
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

/** The dict, each of its three keys once, in any order, with or without a comma at the end. */
function parseHeader(text: string): Described {
  const tokens = text.match(/'[^'\\]*'|"[^"\\]*"|\d+|True\b|False\b|[{}():,]|[^ \t\r\n]/g) ?? [];
  let at = 0;
  const found = new Map<string, string | boolean | number[]>();
  take('{');
  while (tokens[at] !== '}') {
    const key = unquoted();
    if (found.has(key)) throw malformed(`"${key}" once`, key);
    take(':');
    if (key === 'descr') found.set(key, unquoted());
    else if (key === 'fortran_order') found.set(key, truth());
    else if (key === 'shape') found.set(key, sizes());
    else throw malformed('descr, fortran_order or shape', key);
    if (tokens[at] !== '}') take(',');
  }
  at++;
  if (at < tokens.length) throw malformed('the end of the header', tokens[at]);
  for (const key of ['descr', 'fortran_order', 'shape']) {
    if (!found.has(key))
      throw fault('npy-header', key, 'a value', 'nothing', 'save the array with numpy.save');
  }
  return {
    descr: found.get('descr') as string,
    fortranOrder: found.get('fortran_order') as boolean,
    shape: found.get('shape') as number[],
  };

  function take(token: string): void {
    if (tokens[at] !== token) throw malformed(`"${token}"`, tokens[at]);
    at++;
  }

  function unquoted(): string {
    const token = tokens[at] ?? '';
    if (token.length < 2 || !/^['"]/.test(token)) throw malformed('a string', tokens[at]);
    at++;
    return token.slice(1, -1);
  }

  function truth(): boolean {
    const token = tokens[at];
    if (token !== 'True' && token !== 'False') throw malformed('True or False', token);
    at++;
    return token === 'True';
  }

  /** A Python tuple: `()`, `(3,)`, `(3, 4)`. */
  function sizes(): number[] {
    const result: number[] = [];
    take('(');
    while (tokens[at] !== ')') {
      const size = /^\d+$/.test(tokens[at] ?? '') ? Number(tokens[at]) : NaN;
      if (!Number.isSafeInteger(size)) throw malformed('a whole number below 2^53', tokens[at]);
      result.push(size);
      at++;
      if (tokens[at] !== ')') take(',');
    }
    at++;
    return result;
  }
}

/** Columns after columns to rows after rows. */
function transposed(bytes: Uint8Array, rows: number, columns: number, size: number): Uint8Array {
  if (bytes.length === 0) return bytes; // a header may claim 2^53 rows of no columns
  const result = new Uint8Array(bytes.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const from = (column * rows + row) * size;
      result.set(bytes.subarray(from, from + size), (row * columns + column) * size);
    }
  }
  return result;
}

function malformed(expected: string, found: string | undefined): InputError {
  const shown = found === undefined ? 'its end' : quote(found);
  return fault('npy-header', 'header', expected, shown, 'save the array with numpy.save');
}

function fault(code: string, field: string, expected: string, found: string, hint: string): InputError {
  return new InputError({ code, expected, found, hint, field });
}
