/**
 * Compressed input, recognised by its first bytes: gzip through the web-standard `DecompressionStream`, xz through
 * xz-decompress (xz-embedded in WebAssembly, loaded when first used). Both check the stream's own checksums, read
 * concatenated streams, and refuse truncated ones. Anything else passes through unchanged.
 */
import { InputError } from '../problems/input-error.ts';

/** 1 GiB: more than any text that JavaScript can hold as one string. */
export const defaultLimit: number = 2 ** 30;

/** The longest string of V8, in characters. */
const longestText = 2 ** 29 - 24;

/**
 * How much a packed file may unpack to, unless the caller says otherwise: 64 MiB and a hundred times what it takes,
 * 256 MiB at most.
 * Formulas shrink to a tenth or a thirtieth; what shrinks to a thousandth is made to fill the reader's memory.
 */
export const unpackLimit = (packed: number): number => Math.min(2 ** 28, 2 ** 26 + 100 * packed);

const gzipMagic = [0x1f, 0x8b];
const xzMagic = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];

/** What people have on disk but we don't read, and the command that unpacks it. */
const unsupported: readonly {
  readonly name: string;
  readonly magic: readonly number[];
  readonly command: string;
}[] = [
  { name: 'bzip2', magic: [0x42, 0x5a, 0x68], command: 'bzip2 -d' },
  { name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd], command: 'zstd -d' },
  { name: 'zip', magic: [0x50, 0x4b, 0x03, 0x04], command: 'unzip' },
  { name: '7z', magic: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], command: '7z x' },
];

/**
 * The bytes that `bytes` stands for: unpacked if they are gzip or xz, else themselves.
 * Throws an `InputError` when a stream is truncated or corrupt, or unpacks to more than `limit` bytes (by default
 * `unpackLimit`); it stops unpacking at the limit.
 */
export async function decompress(bytes: Uint8Array, limit?: number): Promise<Uint8Array> {
  const most = limit ?? unpackLimit(bytes.length);
  if (startsWith(bytes, gzipMagic)) {
    const packed = streamOf(bytes) as ReadableStream<BufferSource>;
    return collect(packed.pipeThrough(new DecompressionStream('gzip')), 'gzip', most);
  }
  if (startsWith(bytes, xzMagic)) {
    // A CommonJS package whose names Node cannot see: they are on its default export.
    const { default: xz } = await import('xz-decompress');
    return collect(new xz.XzReadableStream(streamOf(bytes)), 'xz', most);
  }
  const known = unsupported.find(({ magic }) => startsWith(bytes, magic));
  if (known !== undefined) {
    throw new InputError({
      code: 'compression-unknown',
      expected: 'plain text, gzip or xz',
      found: known.name,
      hint: `unpack it first with "${known.command}"`,
    });
  }
  const plain = limit ?? defaultLimit;
  if (bytes.length > plain) throw tooLarge(plain);
  return bytes;
}

/**
 * The text of a DIMACS file. A byte order mark goes. Bytes that aren't UTF-8 are not refused: only comments hold
 * anything but ASCII, old ones are in Latin-1, and a stray byte outside a comment is refused by the parser with
 * its line. Such a file is read as Windows-1252, which gives every byte a character.
 * Throws an `InputError` when there is more than one string can hold.
 */
export function decodeText(bytes: Uint8Array): string {
  if (bytes.length > longestText) {
    throw new InputError({
      code: 'text-too-long',
      expected: `at most ${longestText} bytes of text`,
      found: `${bytes.length} bytes`,
      hint: 'a formula of this size is far beyond the method',
    });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, k) => bytes[k] === byte);
}

/** One chunk, then the end. */
function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}

/** All that `stream` gives, as one array, held twice for a moment; stops at the first chunk beyond `limit`. */
async function collect(
  stream: ReadableStream<Uint8Array>,
  name: 'gzip' | 'xz',
  limit: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > limit) break;
      chunks.push(value);
    }
  } catch (thrown) {
    throw new InputError({
      code: 'compressed-stream-broken',
      expected: `a whole ${name} stream`,
      found: thrown instanceof Error ? thrown.message : String(thrown),
      hint: `the file is cut off or damaged; see what "${name} -t" says of it, or unpack it with "${name} -d"`,
    });
  }
  if (length > limit) {
    await reader.cancel().catch(() => undefined); // what the stream says about being stopped is of no interest
    throw tooLarge(limit, `unpack it first with "${name} -d"`);
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

function tooLarge(limit: number, remedy?: string): InputError {
  return new InputError({
    code: 'input-too-large',
    expected: `at most ${limit} bytes after unpacking`,
    found: 'more',
    hint: remedy === undefined ? 'is this the right file?' : `if this is the right file, ${remedy}`,
  });
}
