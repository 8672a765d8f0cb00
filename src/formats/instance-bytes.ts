/** The file of an instance, made block by block. */
import type { Attention, Matrix } from '../problems/attention.ts';
import { bytesOf } from '../problems/dtype.ts';
import { encodeElements } from './elements.ts';
import { documentKey, scaleKey } from './instance.ts';
import { writeInstanceDocument, type AnyDocument } from './instance-document.ts';
import { safetensorsHeader } from './safetensors.ts';

/** Entries that are encoded at a time. */
const blockEntries = 2 ** 18;

/** Several heads in one file: the metadata's `layout`, and the shape of a tensor whose rows are those of all heads. */
export interface HeadsFormat {
  readonly layout: string;
  readonly shape: (rows: number, columns: number) => readonly number[];
}

/** The header and then q, k and v. The metadata has the scale by itself too, for programs that only compute. */
export function* instanceBytes(
  attention: Attention,
  document?: AnyDocument,
  heads?: HeadsFormat,
): Generator<Uint8Array, void> {
  const { dtype, scale } = attention;
  const tensors = tensorsOf(attention);
  yield safetensorsHeader(
    tensors.map(([name, { rows, columns }]) => ({
      name,
      dtype,
      shape: heads?.shape(rows, columns) ?? [rows, columns],
    })),
    new Map([
      [scaleKey, String(scale)],
      ...(heads === undefined ? [] : [['layout', heads.layout] as const]),
      ...(document === undefined ? [] : [[documentKey, writeInstanceDocument(document)] as const]),
    ]),
  );
  for (const [, matrix] of tensors) {
    const step = Math.max(1, Math.floor(blockEntries / matrix.columns));
    const block = new Float64Array(Math.min(step, matrix.rows) * matrix.columns);
    for (let from = 0; from < matrix.rows; from += step) {
      const to = Math.min(matrix.rows, from + step);
      matrix.read(from, to, block);
      yield encodeElements(dtype, block.subarray(0, (to - from) * matrix.columns));
    }
  }
}

/** Bytes of its three tensors. */
export const tensorBytes = (attention: Attention): number =>
  tensorsOf(attention).reduce((sum, [, { rows, columns }]) => sum + rows * columns, 0) *
  bytesOf(attention.dtype);

const tensorsOf = ({ q, k, v }: Attention): readonly (readonly [name: string, matrix: Matrix])[] => [
  ['q', q],
  ['k', k],
  ['v', v],
];
