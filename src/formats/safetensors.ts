/**
 * safetensors: eight bytes with the header's length (unsigned, little-endian), the header in JSON, then the
 * tensors' bytes. The header maps each name to `dtype`, `shape` and `data_offsets` [begin, end), counted from the
 * end of the header; `__metadata__` maps strings to strings.
 *
 * A file is believed only after it has been checked: every length and offset lies inside the file, the tensors
 * cover the data without a hole or an overlap, and each is exactly as long as its shape says. Tensors are views of
 * the file's bytes; nothing is allocated from a number in the header. Only the four formats of this project are read.
 */
import { bytesOf } from '../problems/dtype.ts';
import type { Dtype } from '../problems/dtype.ts';
import { InputError } from '../problems/input-error.ts';
import { parseJson } from './json.ts';
import type { Json, JsonObject } from './json.ts';
import { fieldName, quote, quoteJson } from './quote.ts';
import type { Tensor } from './tensor.ts';

export interface Safetensors {
  readonly tensors: Map<string, Tensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** A tensor to be written: what the header says of it. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** The same limit as the format's own library. */
const longestHeader = 100_000_000;

const names: Readonly<Record<Dtype, string>> = { f64: 'F64', f32: 'F32', f16: 'F16', bf16: 'BF16' };

/**
 * The header of a file whose data is the bytes of `entries`, one after another in this order, each
 * `product of its shape * bytesOf(dtype)` long (`encodeElements` makes them, in blocks if one likes). Padded with
 * blanks so that the data begins at a multiple of 8. Throws an `InputError` for a name that can't be written.
 */
export function safetensorsHeader(
  entries: readonly TensorEntry[],
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array {
  const fields: string[] = [];
  if (metadata.size > 0) {
    for (const key of metadata.keys()) requireWritable(key);
    const strings = [...metadata].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
    fields.push(`"__metadata__":{${strings.join(',')}}`);
  }
  let at = 0;
  for (const { name, dtype, shape } of entries) {
    requireWritable(name);
    const end = at + shape.reduce((product, size) => product * size, bytesOf(dtype));
    const info = { dtype: names[dtype], shape, data_offsets: [at, end] };
    fields.push(`${JSON.stringify(name)}:${JSON.stringify(info)}`);
    at = end;
  }
  const json = new TextEncoder().encode(`{${fields.join(',')}}`);
  const length = Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(8 + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, 8);
  return header;
}

/** A whole file in memory. A tensor's bytes must be as long as its shape says. */
export function writeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array {
  const header = safetensorsHeader(
    [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
    metadata,
  );
  const parts = [header, ...[...tensors.values()].map(({ bytes }) => bytes)];
  const file = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

/** Could these be the bytes of a safetensors file? No text can: its first eight characters would be a length far beyond it. */
export function isSafetensors(bytes: Uint8Array): boolean {
  if (bytes.length < 9 || bytes[8] !== 0x7b) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getBigUint64(0, true) <= BigInt(bytes.length - 8);
}

/** Throws an `InputError` where no file that begins with these bytes, nine or more, can be read. */
export function requireSafetensorsStart(bytes: Uint8Array): void {
  const isHeader = readHeaderLength(bytes, Infinity) > 0 && bytes[8] === 0x7b;
  if (!isHeader) throw notSafetensors('other bytes');
}

/** Reads a file. Throws an `InputError` that names the field for whatever is wrong with it. */
export function readSafetensors(bytes: Uint8Array): Safetensors {
  const headerLength = readHeaderLength(bytes);
  const header = readHeader(bytes.subarray(8, 8 + headerLength));
  const data = bytes.subarray(8 + headerLength);

  const metadata = new Map<string, string>();
  const tensors = new Map<string, Tensor>();
  const spans: Span[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') {
      readMetadata(value, metadata);
    } else {
      const { dtype, shape, begin, end } = readEntry(fieldName(name), value, data.length);
      tensors.set(name, { dtype, shape, bytes: data.subarray(begin, end) });
      spans.push({ name, begin, end });
    }
  }
  requireCovered(spans, data.length);
  return { tensors, metadata };
}

interface Span {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

function readHeaderLength(bytes: Uint8Array, fileLength: number = bytes.length): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8) throw notSafetensors(`a file of ${bytes.length} bytes`);
  const length = view.getBigUint64(0, true);
  const most = Math.min(longestHeader, fileLength - 8);
  if (length > BigInt(most)) {
    throw new InputError({
      code: 'safetensors-header-length',
      expected: `a header of at most ${most} bytes`,
      found: `a length of ${length}`,
      hint: 'the file is cut off, or is not a .safetensors file',
      field: 'header length',
    });
  }
  return Number(length);
}

function readHeader(bytes: Uint8Array): JsonObject {
  if (bytes[0] !== 0x7b) throw notSafetensors('other bytes');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw notSafetensors('bytes that are not UTF-8');
  }
  return parseJson(text, 'header') as JsonObject; // it begins with "{"
}

function readMetadata(value: Json, metadata: Map<string, string>): void {
  if (!isObject(value)) throw wrong('__metadata__', 'an object of strings', value);
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw wrong(`__metadata__.${fieldName(key)}`, 'a string', text);
    metadata.set(key, text);
  }
}

/** One tensor of the header, checked against its own shape and against the length of the data. */
function readEntry(
  field: string,
  value: Json,
  dataLength: number,
): { dtype: Dtype; shape: readonly number[]; begin: number; end: number } {
  if (!isObject(value)) throw wrong(field, 'an object with dtype, shape and data_offsets', value);
  const dtype = (Object.keys(names) as Dtype[]).find((dtype) => names[dtype] === value['dtype']);
  if (dtype === undefined) {
    throw wrong(
      `${field}.dtype`,
      `one of ${Object.values(names).join(', ')}`,
      value['dtype'],
      'tensor-dtype',
    );
  }
  const shape = value['shape'];
  if (!isSizes(shape)) throw wrong(`${field}.shape`, 'a list of whole numbers from 0', shape);
  const offsets = value['data_offsets'];
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw wrong(`${field}.data_offsets`, 'two whole numbers from 0', offsets);
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > dataLength) {
    throw new InputError({
      code: 'tensor-beyond-file',
      expected: `begin ≤ end ≤ ${dataLength}, the length of the data`,
      found: `${begin}, ${end}`,
      hint: 'the file is cut off or damaged: write or download it again',
      field: `${field}.data_offsets`,
    });
  }
  // A product beyond 2^53 is rounded but still far beyond any file, so it cannot equal a length by accident.
  const length = shape.reduce((product, size) => product * size, bytesOf(dtype));
  if (length !== end - begin) {
    throw new InputError({
      code: 'tensor-shape',
      expected: `a shape that takes the ${end - begin} bytes of data_offsets`,
      found: `one that takes ${length}`,
      hint: 'the file is damaged, or was written by a faulty program',
      field: `${field}.shape`,
    });
  }
  return { dtype, shape, begin, end };
}

/** Do the tensors, put in order, cover the data exactly? */
function requireCovered(spans: Span[], dataLength: number): void {
  spans.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  let before = 'the header';
  for (const { name, begin, end } of [...spans, { name: undefined, begin: dataLength, end: dataLength }]) {
    if (begin !== at) {
      throw new InputError({
        code: begin < at ? 'tensors-overlap' : 'tensors-leave-a-hole',
        expected: `${name === undefined ? 'the end of the file' : 'the data'} at ${at}, where ${before} ends`,
        found: String(begin),
        hint: 'the file is damaged, or something was added to it',
        field: name === undefined ? 'data' : `${fieldName(name)}.data_offsets`,
      });
    }
    at = end;
    before = `tensor ${fieldName(name ?? '')}`;
  }
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSizes = (value: Json | undefined): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);

function requireWritable(name: string): void {
  if (name !== '__metadata__' && name !== '__proto__') return;
  throw new InputError({
    code: 'tensor-name',
    expected: 'another name',
    found: quote(name),
    hint: 'rename the tensor or the entry',
    field: name,
  });
}

function wrong(
  field: string,
  expected: string,
  found: Json | undefined,
  code = 'safetensors-field',
): InputError {
  return new InputError({
    code,
    expected,
    found: quoteJson(found),
    hint: 'the file is damaged, or was written by another program for another purpose',
    field,
  });
}

function notSafetensors(found: string): InputError {
  return new InputError({
    code: 'not-safetensors',
    expected: 'a safetensors file: the length of a JSON header in eight bytes, then the header',
    found,
    hint: 'is this the right file?',
    field: 'header',
  });
}
