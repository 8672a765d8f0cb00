/** The attention instance of the paper's route as three pictures' worth of numbers: Q, K and the softmax weights. */
import type { Attention, Matrix } from 'seth-attention';

/** A matrix at the size of a picture: each entry stands for a block, by the block's entry of largest magnitude. */
export interface Shrunk {
  /** Of the matrix itself. */
  readonly of: { readonly rows: number; readonly columns: number };
  /** Rows and columns of a block; 1 and 1 where the matrix fits. */
  readonly block: { readonly rows: number; readonly columns: number };
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

export interface PaperMatrices {
  readonly q: Shrunk;
  readonly k: Shrunk;
  readonly weights: Shrunk;
  /** The attention output, a number a query. */
  readonly output: Float64Array;
  /** Left vectors: query μ·n + i is vector i under Merlin's message μ; those from `queries` on are pads. */
  readonly left: number;
  readonly queries: number;
  /** Real keys, a right vector each; the rest are pads. */
  readonly keys: number;
}

/** What a picture has room for. */
export const most: Readonly<Record<'rows' | 'columns', number>> = { rows: 330, columns: 600 };

/** `readRow(r)` gives row r; the array may be the same one each time. */
export function shrink(
  rows: number,
  columns: number,
  readRow: (row: number) => ArrayLike<number>,
  { rows: mostRows, columns: mostColumns }: typeof most = most,
): Shrunk {
  const block = {
    rows: Math.max(1, Math.ceil(rows / mostRows)),
    columns: Math.max(1, Math.ceil(columns / mostColumns)),
  };
  const shown = { rows: Math.ceil(rows / block.rows), columns: Math.ceil(columns / block.columns) };
  const values = new Float32Array(shown.rows * shown.columns);
  for (let row = 0; row < rows; row++) {
    const entries = readRow(row);
    const start = Math.floor(row / block.rows) * shown.columns;
    for (let c = 0; c < columns; c++) {
      const at = start + Math.floor(c / block.columns);
      if (Math.abs(entries[c]!) > Math.abs(values[at]!)) values[at] = entries[c]!;
    }
  }
  return { of: { rows, columns }, block, ...shown, values };
}

export function shrinkMatrix(matrix: Matrix): Shrunk {
  const row = new Float64Array(matrix.columns);
  return shrink(matrix.rows, matrix.columns, (at) => {
    matrix.read(at, at + 1, row);
    return row;
  });
}

/** The softmax of each query's logits, a row a query. */
export function shrinkWeights({ q, k, scale }: Attention): Shrunk {
  const d = q.columns;
  const keys = new Float64Array(k.rows * d);
  k.read(0, k.rows, keys);
  const query = new Float64Array(d);
  return shrink(q.rows, k.rows, (at) => {
    q.read(at, at + 1, query);
    const logits = Float64Array.from({ length: k.rows }, (_, j) => {
      let dot = 0;
      for (let c = 0; c < d; c++) dot += query[c]! * keys[j * d + c]!;
      return scale * dot;
    });
    const top = logits.reduce((a, b) => Math.max(a, b));
    const masses = logits.map((logit) => Math.exp(logit - top));
    const total = masses.reduce((a, b) => a + b);
    return masses.map((mass) => mass / total);
  });
}
