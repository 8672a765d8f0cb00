/**
 * What is done to the matrices of a reduction that leaves the answer alone and that kernels get wrong. A reduction makes
 * Q ≥ 0, K ≤ 0 and V of zeros and ones, so that a kernel which loses a sign, or rounds K to few bits, would not be noticed.
 *
 * - Value columns: column c of V is multiplied by a number of either sign, and so is column c of the output. Where V is
 *   to be wider, further columns repeat the ones that are there, each times another number.
 * - Shifted: one more column of Q and K adds the same number to all logits of a query, or takes it from them. Softmax is
 *   the same; exp of a logit that is not shifted back overflows, or is 0.
 * - Late: copies of keys stand before all others, and one more column of Q and K makes their logits so much lower that
 *   they count for nothing: what they change is less than e^-150 of an output.
 * - Spread: the columns of Q and K stand among others that are 0.
 * - Scaled: column c of Q is multiplied by ±2^e and column c of K by ±2^-e, e from -1 to 1. Logits are the same,
 *   bit for bit, but both matrices have both signs and K is no longer one number.
 * - Moved: the same row u is added to every key. A query's logits are all larger by scale·⟨q, u⟩, and softmax is the same.
 *   Then K has no zeros and as many bits as the dtype allows, and products round.
 * - Turned: keys and values begin with another row, so that no two heads have the same V.
 */
import { entries, type Attention, type Matrix } from '../../problems/attention.ts';
import { roundTo, roundToBits, significantBits, type Dtype } from '../../problems/dtype.ts';
import { random, type Random } from '../../problems/families/random.ts';
import type { RungSpec } from './suite.ts';

/** A column of V, and of the output: column `source` of the reduction's, times `factor`. */
export interface ValueColumn {
  readonly source: number;
  readonly factor: number;
}

/**
 * The first column is times `value`; the others, which hold `bits` bits, have signs in turn and magnitudes of their own,
 * so that no two columns are alike and no step of 8 bits fits all of them.
 */
export function valueColumns({ dtype, value, valueDim }: RungSpec, bits: number): readonly ValueColumn[] {
  return Array.from({ length: valueDim ?? 1 + bits }, (_, c) => ({
    source: c === 0 ? 0 : 1 + ((c - 1) % bits),
    factor: roundTo(dtype, value * (c % 2 === 0 ? 1 : -1) * 2 ** -(c % 5) * (1 - c / 128)),
  }));
}

/** The attention that a rung asks for, instead of the one that the reduction made for its head `head`. */
export function disguised(
  attention: Attention,
  columns: readonly ValueColumn[],
  spec: RungSpec,
  head: number,
): Attention {
  const { headDim, scaled, moved, seed } = spec;
  const made = withEarly(
    withShift({ ...attention, v: withColumns(attention.v, columns) }, spec.shift, random(seed)),
    spec,
  );
  const draw = random(seed + head);
  const { dtype } = made;
  const places = headDim === undefined ? undefined : draw.subset(made.q.columns, headDim);
  const [q, k] = [made.q, made.k].map((matrix) =>
    places === undefined ? matrix : spread(matrix, places, headDim!),
  ) as [Matrix, Matrix];
  const factors = Float64Array.from({ length: q.columns }, () =>
    scaled ? 2 ** (draw.below(3) - 1) * (draw.below(2) === 0 ? 1 : -1) : 1,
  );
  const most = largestOfColumns(k).map((x, c) => x / Math.abs(factors[c]!));
  // A further column would move logits by a quarter of the shift.
  for (let c = made.q.columns - furtherColumns(spec); c < made.q.columns; c++) most[places?.[c] ?? c] = 0;
  const moves = most.map((x) => (moved ? moveBeside(x, dtype, draw) : 0));
  return {
    ...made,
    q: mapped(q, (x, c) => x * factors[c]!),
    k: turned(
      mapped(k, (x, c) => x / factors[c]! + moves[c]!),
      head,
    ),
    v: turned(made.v, head),
  };
}

/** Bits that a bound B has, of which entries of K are made. */
const boundBits = 8;

/** At most so many bits has a moved entry. */
const mostBits = 32;

/**
 * A number below a quarter of `most`, of either sign, whose sum with ±`most` and with 0 is exact in the dtype, where `most`
 * has 8 significant bits; 0 where the dtype has no bits to spare.
 */
function moveBeside(most: number, dtype: Dtype, draw: Random): number {
  const bits = Math.min(significantBits(dtype), mostBits);
  if (most === 0 || bits <= boundBits) return 0;
  const unit = 2 ** (Math.floor(Math.log2(most)) + 2 - bits); // of the last place of numbers up to twice as large
  return unit * (1 + 2 * draw.below(2 ** (bits - 5))) * (draw.below(2) === 0 ? 1 : -1);
}

function largestOfColumns(matrix: Matrix): Float64Array {
  const most = new Float64Array(matrix.columns);
  entries(matrix).forEach((x, e) => {
    const column = e % matrix.columns;
    most[column] = Math.max(most[column]!, Math.abs(x));
  });
  return most;
}

/** Columns of Q and K that a rung adds to those of the reduction, as the last ones. */
export const furtherColumns = ({ shift, early }: RungSpec): number =>
  (shift > 0 ? 1 : 0) + (early > 0 ? 1 : 0);

/** The attention whose logits are all larger by `shift` or a little more, or smaller: each query has its sign. */
function withShift(attention: Attention, shift: number, draw: Random): Attention {
  if (shift === 0) return attention;
  const { q, k, scale } = attention;
  const entry = factorOf(shift, scale);
  const signs = Int8Array.from({ length: q.rows }, () => (draw.below(2) === 0 ? 1 : -1));
  return { ...attention, q: widened(q, (row) => signs[row]! * entry), k: widened(k, () => entry) };
}

/** The attention with `early` keys more, the first ones: copies whose logits are lower by `drop` or a little more. */
function withEarly(attention: Attention, { early, drop }: RungSpec): Attention {
  if (early === 0) return attention;
  const { q, k, v, scale } = attention;
  const entry = factorOf(drop, scale);
  return {
    ...attention,
    q: widened(q, () => entry),
    k: widened(repeated(k, early), (row) => (row < early ? -entry : 0)),
    v: repeated(v, early),
  };
}

/** x with scale·x² a little more than `logit`: rounded up, and exact in every dtype. */
const factorOf = (logit: number, scale: number): number =>
  roundToBits(6, Math.sqrt(logit / scale) * (1 + 2 ** -6));

/** The matrix with a last column of `entry`. */
const widened = (matrix: Matrix, entry: (row: number) => number): Matrix =>
  fromRows(matrix, matrix.columns + 1, (row, into, r) => {
    into.set(row);
    into[row.length] = entry(r);
  });

/** The matrix after `more` rows, which are its own, again and again. */
function repeated(matrix: Matrix, more: number): Matrix {
  const { rows, columns } = matrix;
  return {
    rows: more + rows,
    columns,
    read(from, to, into) {
      for (let r = from; r < to; r++) {
        const row = r < more ? r % rows : r - more;
        matrix.read(row, row + 1, into.subarray((r - from) * columns));
      }
    },
  };
}

/** The matrix of `count` columns whose columns `places` are this one's, and 0 elsewhere. */
const spread = (matrix: Matrix, places: readonly number[], count: number): Matrix =>
  fromRows(matrix, count, (row, into) => {
    into.fill(0);
    places.forEach((place, c) => (into[place] = row[c]!));
  });

const withColumns = (matrix: Matrix, columns: readonly ValueColumn[]): Matrix =>
  fromRows(matrix, columns.length, (row, into) => {
    columns.forEach(({ source, factor }, c) => (into[c] = row[source] === 0 ? 0 : factor)); // 0 or 1 before
  });

const mapped = (matrix: Matrix, entry: (x: number, column: number) => number): Matrix =>
  fromRows(matrix, matrix.columns, (row, into) => row.forEach((x, c) => (into[c] = entry(x, c) + 0)));

/** The matrix of `columns` columns that `write` makes of each row. */
function fromRows(
  matrix: Matrix,
  columns: number,
  write: (row: Float64Array, into: Float64Array, r: number) => void,
): Matrix {
  return {
    rows: matrix.rows,
    columns,
    read(from, to, into) {
      const before = new Float64Array((to - from) * matrix.columns);
      matrix.read(from, to, before);
      for (let row = 0; row < to - from; row++) {
        write(
          before.subarray(row * matrix.columns, (row + 1) * matrix.columns),
          into.subarray(row * columns, (row + 1) * columns),
          from + row,
        );
      }
    },
  };
}

/** The matrix whose row r is row r + `by`, counted around; `by` is at most the number of rows less 1. */
function turned(matrix: Matrix, by: number): Matrix {
  const { rows, columns } = matrix;
  if (by === 0) return matrix;
  return {
    rows,
    columns,
    read(from, to, into) {
      const split = Math.max(from, Math.min(to, rows - by)); // from here on they are the first ones
      if (split > from) matrix.read(from + by, split + by, into);
      if (to > split) matrix.read(split + by - rows, to + by - rows, into.subarray((split - from) * columns));
    },
  };
}
