/** A tensor as a file holds it: a format, a shape, and the bytes. */
import type { Matrix } from '../problems/attention.ts';
import { bytesOf } from '../problems/dtype.ts';
import type { Dtype } from '../problems/dtype.ts';
import { InputError } from '../problems/input-error.ts';
import { decodeElements } from './elements.ts';

export interface Tensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** The elements, little-endian, row after row; a view of the file, not a copy, so not always aligned. */
  readonly bytes: Uint8Array;
}

/** A shape as text: `3 × 4`; `scalar` without dimensions. */
export const shapeText = (shape: readonly number[]): string =>
  shape.length === 0 ? 'scalar' : shape.join(' × ');

/**
 * The shape as a matrix's [rows, columns]: leading ones are dropped, as kernels that work on (batch, heads, rows,
 * columns) leave them, and a list of n numbers is n × 1. Undefined for any other number of dimensions.
 */
export function matrixShape(shape: readonly number[]): readonly [number, number] | undefined {
  if (shape.length === 1) return [shape[0]!, 1];
  const leading = shape.slice(0, -2);
  if (shape.length < 2 || leading.some((size) => size !== 1)) return undefined;
  return [shape.at(-2)!, shape.at(-1)!];
}

/** A rank-2 tensor as a matrix that decodes the rows it is asked for from the tensor's bytes, each time anew. */
export function tensorMatrix({ dtype, shape, bytes }: Tensor): Matrix {
  if (shape.length !== 2) {
    throw new InputError({
      code: 'tensor-rank',
      expected: 'a tensor of two dimensions',
      found: shapeText(shape),
      hint: 'reshape it to rows × columns',
    });
  }
  const [rows, columns] = shape as [number, number];
  const rowBytes = columns * bytesOf(dtype);
  return {
    rows,
    columns,
    read(from, to, into) {
      decodeElements(dtype, bytes.subarray(from * rowBytes, to * rowBytes), into);
    },
  };
}
