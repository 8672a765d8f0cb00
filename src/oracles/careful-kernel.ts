/** The error that an implementation which nobody knows is taken to have. */
import type { OutputError } from '../problems/attention.ts';
import { smallestNormal, smallestSubnormal, unitRoundoff, type Dtype } from '../problems/dtype.ts';

/**
 * What a careful kernel of the format reaches on these instances: 64 roundings in f64 and f32 (logits of 30 to 100
 * lose most of them), and in half precision, where arithmetic is in f32, the rounding of the output and as much
 * again.
 */
export function carefulError(dtype: Dtype): OutputError {
  const roundings = dtype === 'f64' || dtype === 'f32' ? 64 : 2;
  return { relative: roundings * unitRoundoff(dtype), absolute: underflow(dtype) };
}

/** What is lost when an output is too small for the format: f16 keeps its subnormals, others may flush them. */
export const underflow = (dtype: Dtype): number =>
  dtype === 'f16' ? smallestSubnormal(dtype) : smallestNormal(dtype);
