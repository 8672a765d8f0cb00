/**
 * Attention of several heads in one file. Their matrices, one below the other, head after head and batch after batch,
 * are one tall matrix; a file in either layout has its rows, in an order of its own.
 */
import type { Attention, Matrix } from '../../problems/attention.ts';
import { InputError } from '../../problems/input-error.ts';
import type { HeadsFormat } from '../../formats/instance-bytes.ts';
import type { HeadsCall } from '../oracle.ts';
import { inOrder, reordered } from './order.ts';

/** What a file of the call says of its tensors. */
export const headsFormat = (call: HeadsCall): HeadsFormat => ({
  layout: call.layout,
  shape: (rows, columns) => shapeOf(call, rows / call.heads.length, columns),
});

/** The four dimensions of a tensor with `rows` rows a head. */
function shapeOf({ layout, batches, heads }: HeadsCall, rows: number, columns: number): number[] {
  const count = heads.length / batches;
  return layout === 'bhnd' ? [batches, count, rows, columns] : [batches, rows, count, columns];
}

/**
 * For each row of a file of the call, the row of the tall matrix that stands there, (heads · rows) numbers. `orders[h][i]`
 * is the row of head h that the file has as the i-th of that head; the heads are alike.
 */
export function fileOrder(
  { layout, batches, heads }: Pick<HeadsCall, 'layout' | 'batches'> & { readonly heads: ArrayLike<unknown> },
  orders: readonly Uint32Array[],
): Uint32Array {
  const count = heads.length / batches;
  const rows = orders[0]!.length;
  return Uint32Array.from({ length: heads.length * rows }, (_, r) => {
    const inBatch = r % (count * rows);
    const [head, row] =
      layout === 'bhnd'
        ? [Math.floor(inBatch / rows), inBatch % rows]
        : [inBatch % count, Math.floor(inBatch / count)];
    const h = Math.floor(r / (count * rows)) * count + head;
    return h * rows + orders[h]![row]!;
  });
}

/** One matrix a head, each rows × columns, as a file of the call has them, their rows in their own order: (heads · rows) × columns. */
export function inFile(call: HeadsCall, matrices: readonly Matrix[]): Matrix {
  if (matrices.length === 1) return matrices[0]!;
  const own = inOrder(matrices[0]!.rows);
  return reordered(
    tall(matrices),
    fileOrder(
      call,
      matrices.map(() => own),
    ),
  );
}

/** The matrices of all heads, each rows × columns, one below the other: (heads · rows) × columns. */
export function tall(matrices: readonly Matrix[]): Matrix {
  const { rows, columns } = matrices[0]!;
  return {
    rows: rows * matrices.length,
    columns,
    read(from, to, into) {
      for (let at = from; at < to;) {
        const h = Math.floor(at / rows);
        const end = Math.min(to, (h + 1) * rows);
        matrices[h]!.read(at - h * rows, end - h * rows, into.subarray((at - from) * columns));
        at = end;
      }
    },
  };
}

/** Throws an `InputError` where the heads are not of one shape, scale and dtype. */
export function requireAlike({ heads, batches }: HeadsCall): void {
  const kind = ({ q, k, v, scale, dtype }: Attention): string =>
    `${q.rows} × ${k.rows} × ${q.columns} + ${v.columns}, ${scale}, ${dtype}`;
  const other = heads.find((head) => kind(head) !== kind(heads[0]!));
  if (other === undefined && heads.length > 0 && heads.length % batches === 0) return;
  throw new InputError({
    code: 'shape-mismatch',
    expected: `heads of one shape, as many in each of ${batches} batches`,
    found: other === undefined ? `${heads.length} heads` : kind(other),
    hint: 'ask for the others in another call',
  });
}
