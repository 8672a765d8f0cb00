/** Square linear systems over fixed-point numbers: one factorisation, then as many right-hand sides as needed. */
import { abs, divide, multiply, one, type Fixed } from './fixed-point.ts';

/** PM = LU, with L below and U on and above the diagonal of `rows`; `order[r]` is the row of M that stands at r. */
export interface Factored {
  readonly rows: readonly (readonly Fixed[])[];
  readonly order: readonly number[];
}

/** Factors a copy of M (rows of equal length). Throws a RangeError when M is singular. Partial pivoting. */
export function factor(matrix: readonly (readonly Fixed[])[]): Factored {
  const rows = matrix.map((row) => [...row]);
  const order = rows.map((_, r) => r);
  for (let c = 0; c < rows.length; c++) {
    let pivot = c;
    for (let r = c + 1; r < rows.length; r++) if (abs(rows[r]![c]!) > abs(rows[pivot]![c]!)) pivot = r;
    [rows[c], rows[pivot]] = [rows[pivot]!, rows[c]!];
    [order[c], order[pivot]] = [order[pivot]!, order[c]!];
    const top = rows[c]!;
    if (top[c] === 0n) throw new RangeError('the matrix is singular');
    const inverse = divide(one, top[c]!);
    for (let r = c + 1; r < rows.length; r++) {
      const row = rows[r]!;
      const multiple = multiply(row[c]!, inverse);
      row[c] = multiple;
      if (multiple !== 0n) for (let j = c + 1; j < rows.length; j++) row[j]! -= multiply(multiple, top[j]!);
    }
  }
  return { rows, order };
}

/** y with M y = b. */
export function solve({ rows, order }: Factored, b: readonly Fixed[]): Fixed[] {
  const y = order.map((r) => b[r]!);
  for (let r = 0; r < y.length; r++) for (let c = 0; c < r; c++) y[r]! -= multiply(rows[r]![c]!, y[c]!);
  for (let r = y.length - 1; r >= 0; r--) {
    for (let c = r + 1; c < y.length; c++) y[r]! -= multiply(rows[r]![c]!, y[c]!);
    y[r] = divide(y[r]!, rows[r]![r]!);
  }
  return y;
}

/** w with Mᵀ w = g. */
export function solveTransposed({ rows, order }: Factored, g: readonly Fixed[]): Fixed[] {
  const y = [...g];
  for (let c = 0; c < y.length; c++) {
    for (let r = 0; r < c; r++) y[c]! -= multiply(rows[r]![c]!, y[r]!);
    y[c] = divide(y[c]!, rows[c]![c]!);
  }
  for (let c = y.length - 1; c >= 0; c--) {
    for (let r = c + 1; r < y.length; r++) y[c]! -= multiply(rows[r]![c]!, y[r]!);
  }
  const w: Fixed[] = Array.from({ length: y.length }, () => 0n);
  order.forEach((row, r) => (w[row] = y[r]!));
  return w;
}
