/** A kernel in JavaScript as an oracle: it is given float64 arrays, whose entries are exact in the dtype. */
import { entries, type Attention } from '../../../src/problems/attention.ts';
import { roundTo, type Dtype } from '../../../src/problems/dtype.ts';
import { carefulError } from '../../../src/oracles/careful-kernel.ts';
import type { Oracle } from '../../../src/oracles/oracle.ts';

export interface Matrices {
  /** Row after row. */
  readonly q: Float64Array;
  readonly k: Float64Array;
  readonly v: Float64Array;
  readonly queries: number;
  readonly keys: number;
  readonly headDim: number;
  readonly valueDim: number;
  readonly scale: number;
  readonly dtype: Dtype;
}

/** The output, queries × valueDim, row after row, before it is rounded to the dtype. */
export type Kernel = (matrices: Matrices) => Float64Array;

/** An oracle that computes by `kernel` and rounds what it gives to the dtype. Its claim is a careful kernel's. */
export function kernelOracle(name: string, kernel: Kernel): Oracle {
  return {
    name,
    claim: ({ dtype }) => carefulError(dtype),
    async attend(attention) {
      const matrices = matricesOf(attention);
      const started = performance.now();
      const values = kernel(matrices).map((y) => roundTo(attention.dtype, y));
      const seconds = (performance.now() - started) / 1000;
      const { queries: rows, valueDim: columns } = matrices;
      const output = { rows, columns, values, error: carefulError(attention.dtype) };
      return { output, path: name, reason: 'a kernel of the tests', seconds };
    },
    close: async () => {},
  };
}

export function matricesOf({ q, k, v, scale, dtype }: Attention): Matrices {
  return {
    q: entries(q),
    k: entries(k),
    v: entries(v),
    queries: q.rows,
    keys: k.rows,
    headDim: q.columns,
    valueDim: v.columns,
    scale,
    dtype,
  };
}
