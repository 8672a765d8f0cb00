/**
 * Some rows of an output computed anew. A certificate rests on the error that an output claims, and nobody can tell a
 * forged output from a true one without computing rows of it. This computes a few, and says what slips through.
 */
import type { Attention, AttentionOutput, Matrix } from '../problems/attention.ts';
import { InputError } from '../problems/input-error.ts';
import { referenceOracle } from '../oracles/reference.ts';

/**
 * Computes `rows` of the attention with the reference oracle (float64, compensated) and compares. Returns the largest
 * deviation as a share of what the output's claim and the reference's own, about 1e-15, allow together; V must not be
 * negative. Throws an `InputError` that names the first row that is off by more.
 */
export async function spotCheck(
  attention: Attention,
  output: AttentionOutput,
  rows: readonly number[],
): Promise<number> {
  const { output: exact } = await referenceOracle().attend({
    ...attention,
    q: selected(attention.q, rows),
    dtype: 'f64',
  });
  let worst = 0;
  exact.values.forEach((y, e) => {
    const row = rows[Math.floor(e / output.columns)]!;
    const found = output.values[row * output.columns + (e % output.columns)]!;
    const relative = output.error.relative + exact.error.relative;
    const allowed = relative * y * (1 + 2 ** -20) + output.error.absolute + exact.error.absolute;
    const off = Math.abs(found - y);
    if (!(off <= allowed)) {
      throw new InputError({
        code: 'output-refuted',
        field: `row ${row}`,
        expected: `${y}, computed anew, up to ${allowed}`,
        found: `${found}`,
        hint: 'the output does not have the error it claims, or belongs to another instance',
      });
    }
    worst = Math.max(worst, off / allowed);
  });
  return worst;
}

/** The rows of `matrix` with these numbers, as a matrix. */
function selected(matrix: Matrix, rows: readonly number[]): Matrix {
  const { columns } = matrix;
  return {
    rows: rows.length,
    columns,
    read(from, to, into) {
      for (let at = from; at < to; at++) {
        matrix.read(
          rows[at]!,
          rows[at]! + 1,
          into.subarray((at - from) * columns, (at - from + 1) * columns),
        );
      }
    },
  };
}

/**
 * The probability that `checked` rows, drawn from `total` without replacement and unknown to whoever altered `altered`
 * of them, are all unaltered: ∏_{i < checked} (1 − altered/(total − i)).
 */
export function escapeProbability(total: number, altered: number, checked: number): number {
  if (checked > total - altered) return 0;
  let log = 0;
  for (let i = 0; i < checked; i++) log += Math.log1p(-altered / (total - i));
  return Math.exp(log);
}

/** The least number of altered rows that escapes with a probability of at most `probability`. */
export function leastAltered(total: number, checked: number, probability: number): number {
  let [escapes, caught] = [0, total];
  while (caught - escapes > 1) {
    const middle = Math.floor((escapes + caught) / 2);
    if (escapeProbability(total, middle, checked) <= probability) caught = middle;
    else escapes = middle;
  }
  return caught;
}
