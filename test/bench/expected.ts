/** What the outputs of a shape are, on some rows: by the reference oracle, which shares no arithmetic with others. */
import { denseMatrix, entries, type Attention } from '../../src/problems/attention.ts';
import { referenceOracle } from '../../src/oracles/reference.ts';

/** An error up to this, in units of A|V|/A1, is that of an honest kernel of the format; jax-js' f64 is near it. */
export const tolerated: Readonly<Record<'f64' | 'f32', number>> = { f64: 2e-8, f32: 1e-4 };

export interface Expected {
  /** The largest error of an output's rows, in units of A|V|/A1. NaN counts as infinite. */
  errorOf(rows: readonly number[], values: readonly (readonly number[])[]): Promise<number>;
}

/** Rows are computed when they are first asked for. */
export function expected(attention: Attention): Expected {
  const { q, k, v } = attention;
  const dv = v.columns;
  const known = new Map<number, Float64Array>();
  const values = entries(v);
  const both = new Float64Array(v.rows * 2 * dv); // V beside |V|, whose average is the unit of the error
  for (let j = 0; j < v.rows; j++) {
    for (let c = 0; c < dv; c++) {
      both[j * 2 * dv + c] = values[j * dv + c]!;
      both[j * 2 * dv + dv + c] = Math.abs(values[j * dv + c]!);
    }
  }

  const compute = async (rows: readonly number[]): Promise<void> => {
    const queries = new Float64Array(rows.length * q.columns);
    rows.forEach((row, i) => q.read(row, row + 1, queries.subarray(i * q.columns)));
    const { output } = await referenceOracle().attend({
      q: denseMatrix(rows.length, q.columns, queries),
      k,
      v: denseMatrix(v.rows, 2 * dv, both),
      scale: attention.scale,
      dtype: 'f64',
    });
    rows.forEach((row, i) => known.set(row, output.values.subarray(i * 2 * dv, (i + 1) * 2 * dv)));
  };

  return {
    async errorOf(rows, outputs) {
      const unknown = rows.filter((row) => !known.has(row));
      if (unknown.length > 0) await compute(unknown);
      let worst = 0;
      rows.forEach((row, i) => {
        const right = known.get(row)!;
        for (let c = 0; c < dv; c++) {
          const off = Math.abs((outputs[i]?.[c] ?? NaN) - right[c]!);
          const error = off === 0 ? 0 : off / right[dv + c]!;
          worst = Math.max(worst, Number.isNaN(error) ? Infinity : error);
        }
      });
      return worst;
    },
  };
}
