/**
 * What every oracle refuses before it computes: shapes that do not fit together, entries that are not finite,
 * and numbers so large that float64 could not carry the weights. The limits are far beyond any instance; within
 * them no intermediate result of an oracle overflows.
 */
import type { Attention, Matrix } from '../problems/attention.ts';
import { InputError } from '../problems/input-error.ts';

/** No entry of Q, K or V may be larger in absolute value. */
export const largestEntry: number = 2 ** 450;

/** No scale · Σ_c |q_c · k_c| may be larger. */
export const largestLogit: number = 2 ** 30;

const largestScale = 2 ** 500;

/**
 * Refuses matrices whose shapes do not fit, an attention without keys, and a scale that is no positive number
 * between 2^-500 and 2^500. Reads no entries.
 */
export function requireFitting({ q, k, v, scale }: Attention): void {
  for (const [tensor, matrix] of Object.entries({ q, k, v })) {
    if (isCount(matrix.rows) && isCount(matrix.columns)) continue;
    throw fault('shape-invalid', tensor, {
      expected: 'whole numbers of rows and columns',
      found: shapeOf(matrix),
      hint: 'give the matrix its shape',
    });
  }
  if (k.columns !== q.columns) {
    throw fault('shape-mismatch', 'k', {
      expected: `${q.columns} columns, as q has`,
      found: shapeOf(k),
      hint: 'queries and keys need the same head dimension',
    });
  }
  if (v.rows !== k.rows) {
    throw fault('shape-mismatch', 'v', {
      expected: `${k.rows} rows, as k has`,
      found: shapeOf(v),
      hint: 'every key needs its row of values',
    });
  }
  if (k.rows === 0) {
    throw fault('no-keys', 'k', {
      expected: 'at least one key',
      found: shapeOf(k),
      hint: 'attention over no keys is 0/0; add a key',
    });
  }
  if (!(scale >= 1 / largestScale && scale <= largestScale)) {
    throw fault('scale-invalid', 'scale', {
      expected: 'a positive number between 2^-500 and 2^500',
      found: String(scale),
      hint: "use 1/d, 1/sqrt(d) or the instance's own scale",
    });
  }
}

/** Refuses NaN, infinities and entries beyond `largestEntry` among `count` entries; `firstRow` is their row. */
export function requireFinite(
  tensor: 'q' | 'k' | 'v',
  block: Float64Array,
  count: number,
  columns: number,
  firstRow: number,
): void {
  for (let e = 0; e < count; e++) {
    const x = block[e]!;
    if (x <= largestEntry && x >= -largestEntry) continue;
    throw entryFault(tensor, firstRow + Math.floor(e / columns), e % columns, x);
  }
}

/** The logits of query `row` can be as large as `bound`. */
export function logitFault(row: number, bound: number): InputError {
  return fault('logits-too-large', 'q', {
    expected: 'scale · Σ|q·k| of at most 2^30 for every pair',
    found: `up to ${bound} in row ${row}`,
    hint: 'rescale the matrices; float64 keeps no digits of such a softmax',
  });
}

function entryFault(tensor: string, row: number, column: number, x: number): InputError {
  return fault(Number.isFinite(x) ? 'entry-too-large' : 'entry-not-finite', tensor, {
    expected: Number.isFinite(x) ? 'entries of at most 2^450 in absolute value' : 'finite entries',
    found: `${x} in row ${row}, column ${column}`,
    hint: 'rows and columns count from 0; check what wrote this tensor',
  });
}

function fault(
  code: string,
  field: string,
  rest: { readonly expected: string; readonly found: string; readonly hint: string },
): InputError {
  return new InputError({ code, field, ...rest });
}

const isCount = (x: number): boolean => Number.isSafeInteger(x) && x >= 0;

const shapeOf = ({ rows, columns }: Matrix): string => `${rows} × ${columns}`;
