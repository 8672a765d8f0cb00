/**
 * Orthogonal Vectors: two lists of vectors in {0,1}^d; is there a left and a right one with inner product 0?
 * Vectors are packed 32 coordinates a word, row after row, in one flat array.
 */

/** A 0/1 matrix, bit-packed: bit `c` of row `r` is bit `c mod 32` of `words[r * stride + floor(c / 32)]`. */
export interface BitMatrix {
  readonly rows: number;
  /** Columns, that is the dimension of each row vector. Bits beyond it are 0. */
  readonly columns: number;
  /** Words a row, ⌈columns / 32⌉. */
  readonly stride: number;
  readonly words: Uint32Array;
}

export interface OrthogonalVectors {
  /** Vectors a_0, a_1, …, one a row. */
  readonly left: BitMatrix;
  /** Vectors b_0, b_1, …, one a row, of the same dimension. */
  readonly right: BitMatrix;
}

/** Left vector `i` and right vector `j`. */
export interface Pair {
  readonly i: number;
  readonly j: number;
}

/** A matrix of zeros. */
export function bitMatrix(rows: number, columns: number): BitMatrix {
  const stride = Math.ceil(columns / 32);
  return { rows, columns, stride, words: new Uint32Array(rows * stride) };
}

export function setBit(matrix: BitMatrix, row: number, column: number): void {
  matrix.words[row * matrix.stride + (column >>> 5)]! |= 1 << (column & 31);
}

export function getBit(matrix: BitMatrix, row: number, column: number): 0 | 1 {
  return ((matrix.words[row * matrix.stride + (column >>> 5)]! >>> (column & 31)) & 1) as 0 | 1;
}

/** The matrix whose row `r` has a 1 exactly at the columns of `ones[r]`. */
export function fromOnes(columns: number, ones: readonly (readonly number[])[]): BitMatrix {
  const matrix = bitMatrix(ones.length, columns);
  ones.forEach((row, r) => row.forEach((c) => setBit(matrix, r, c)));
  return matrix;
}

/** The number of ones in a 32-bit word. */
export function popcount(word: number): number {
  word -= (word >>> 1) & 0x55555555;
  word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
  return Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** |a_row|, the number of ones of one row. */
export function weight(matrix: BitMatrix, row: number): number {
  let ones = 0;
  for (let w = row * matrix.stride; w < (row + 1) * matrix.stride; w++) ones += popcount(matrix.words[w]!);
  return ones;
}

/** The largest number of ones in a row; 0 for a matrix without rows. */
export function maxWeight(matrix: BitMatrix): number {
  let most = 0;
  for (let row = 0; row < matrix.rows; row++) most = Math.max(most, weight(matrix, row));
  return most;
}

/** ⟨a_i, b_j⟩. */
export function innerProduct({ left, right }: OrthogonalVectors, { i, j }: Pair): number {
  let sum = 0;
  for (let w = 0; w < left.stride; w++) {
    sum += popcount(left.words[i * left.stride + w]! & right.words[j * right.stride + w]!);
  }
  return sum;
}

/** Is ⟨a_i, b_j⟩ = 0? Stops at the first word that says no. */
export function isOrthogonal({ left, right }: OrthogonalVectors, { i, j }: Pair): boolean {
  for (let w = 0; w < left.stride; w++) {
    if ((left.words[i * left.stride + w]! & right.words[j * right.stride + w]!) !== 0) return false;
  }
  return true;
}

/** D = min(max|a_i|, max|b_j|): no inner product exceeds it. */
export function degree({ left, right }: OrthogonalVectors): number {
  return Math.min(maxWeight(left), maxWeight(right));
}
