/** Sizes and parameters of an instance that was prepared. */
import { amplification } from '../readout/readout.ts';
import type { Prepared } from '../verify/prepare.ts';
import type { InstanceFigures } from '../verify/verify.ts';

export function figuresOf({ vectors, attention, options: { readout } }: Prepared): InstanceFigures {
  const { q, k, v, scale } = attention;
  const n = vectors.right.rows;
  return {
    vectors: vectors.left.rows,
    queries: q.rows,
    keys: k.rows,
    headDim: q.columns,
    valueDim: v.columns,
    degree: readout.degree,
    bound: readout.bound,
    boundOverSqrtLog: (readout.bound * Math.sqrt(scale * q.columns)) / Math.sqrt(Math.log(Math.max(2, n))),
    nodes: readout.scales.length,
    amplification: amplification(readout),
  };
}
