/** Instances of the direct routes for a test: a choice of options, planned for the vectors at hand. */
import fc from 'fast-check';
import type { OutputError } from '../../src/problems/attention.ts';
import { dtypes, type Dtype } from '../../src/problems/dtype.ts';
import { degree, type OrthogonalVectors } from '../../src/problems/orthogonal-vectors.ts';
import { recallPlan } from '../../src/readout/cache.ts';
import type { ReadoutKind } from '../../src/readout/readout.ts';
import { carefulError } from '../../src/oracles/careful-kernel.ts';
import type { AttentionOptions } from '../../reductions/ov-to-attention.ts';

export interface Choice {
  readonly kind: ReadoutKind;
  readonly dtype: Dtype;
  readonly witness: 'scan' | 'columns';
  readonly scaleName: 'linear' | 'rsqrt';
}

/** Every combination that plans for any small formula. Half precision has too few bits for a guarantee. */
export const choiceArb: fc.Arbitrary<Choice> = fc.record({
  kind: fc.constantFrom<ReadoutKind>('threshold', 'interpolation', 'minimax'),
  dtype: fc.constantFrom<Dtype>(...dtypes.filter((dtype) => dtype === 'f64' || dtype === 'f32')),
  witness: fc.constantFrom<'scan' | 'columns'>('scan', 'columns'),
  scaleName: fc.constantFrom<'linear' | 'rsqrt'>('linear', 'rsqrt'),
});

/** The options that a planner gives `vectors` for outputs with `error` (by default a careful kernel's). */
export function optionsFor(
  vectors: OrthogonalVectors,
  { kind, dtype, witness, scaleName }: Choice,
  error: OutputError = carefulError(dtype),
): AttentionOptions {
  const headDim = vectors.left.columns + 1;
  const { readout, pads } = recallPlan({
    kind,
    dtype,
    keys: vectors.right.rows,
    degree: degree(vectors),
    headDim,
    scale: scaleName === 'linear' ? 1 / headDim : 1 / Math.sqrt(headDim),
    error: () => error,
  });
  return { readout, pads, dtype, witness };
}
