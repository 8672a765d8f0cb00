/** An instance's file, streamed block by block. */
import type { Attention, Matrix } from '../problems/attention.ts';
import { bytesOf } from '../problems/dtype.ts';
import { encodeElements } from '../formats/elements.ts';
import { documentKey } from '../formats/instance.ts';
import { writeInstanceDocument, type AnyDocument } from '../formats/instance-document.ts';
import { safetensorsHeader } from '../formats/safetensors.ts';
import type { Write } from './write.ts';

/** Entries that are encoded at a time. */
const blockEntries = 2 ** 18;

/** Writes the header and then q, k and v; returns the number of bytes. */
export async function writeInstance(
  { q, k, v, dtype }: Attention,
  document: AnyDocument,
  write: Write,
  onProgress: (share: number) => void,
): Promise<number> {
  const matrices: readonly (readonly [string, Matrix])[] = [
    ['q', q],
    ['k', k],
    ['v', v],
  ];
  const header = safetensorsHeader(
    matrices.map(([name, { rows, columns }]) => ({ name, dtype, shape: [rows, columns] })),
    new Map([[documentKey, writeInstanceDocument(document)]]),
  );
  const size = (matrix: Matrix): number => matrix.rows * matrix.columns * bytesOf(dtype);
  const total = header.length + size(q) + size(k) + size(v);
  await write(header);
  let written = header.length;
  for (const [, matrix] of matrices) {
    const step = Math.max(1, Math.floor(blockEntries / matrix.columns));
    const block = new Float64Array(Math.min(step, matrix.rows) * matrix.columns);
    for (let from = 0; from < matrix.rows; from += step) {
      const to = Math.min(matrix.rows, from + step);
      matrix.read(from, to, block);
      const bytes = encodeElements(dtype, block.subarray(0, (to - from) * matrix.columns));
      await write(bytes);
      written += bytes.length;
      onProgress(written / total);
    }
  }
  return written;
}
