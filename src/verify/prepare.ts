/** From a formula to an instance: split and list, plan, encode. What generate, solve and verify have in common. */
import type { Attention, OutputError } from '../problems/attention.ts';
import type { Cnf } from '../problems/cnf.ts';
import type { Dtype } from '../problems/dtype.ts';
import { InputError } from '../problems/input-error.ts';
import { degree, type OrthogonalVectors } from '../problems/orthogonal-vectors.ts';
import { recallPlan } from '../readout/cache.ts';
import { estimatedMass } from '../readout/mass.ts';
import type { Demand, Plan } from '../readout/planner.ts';
import type { ReadoutKind } from '../readout/readout.ts';
import { ovToAttention, type AttentionOptions } from '../../reductions/ov-to-attention.ts';
import { splitAndList, type SplitOptions } from '../../reductions/split-and-list.ts';

export type ScaleName = 'linear' | 'rsqrt';

export interface EncodeOptions extends SplitOptions {
  readonly route: ReadoutKind;
  readonly dtype: Dtype;
  /** `linear`: QKᵀ/d as in the paper. `rsqrt`: QKᵀ/√d as in most kernels. */
  readonly scaleName: ScaleName;
  readonly witness: 'scan' | 'columns';
  /** B; without it the smallest that the error certifies. */
  readonly bound?: number;
}

export interface Prepared {
  readonly vectors: OrthogonalVectors;
  readonly plan: Plan;
  /** True where the plan rests on a sample of the rows instead of a bound for all. */
  readonly sampled: boolean;
  readonly attention: Attention;
  readonly options: AttentionOptions;
}

/** The error of an output with `keys` keys and logits up to `maxLogit`, for head dimension d. */
export type Claim = (keys: number, maxLogit: number, headDim: number) => OutputError;

/**
 * The instance of a formula for whoever makes `claim`. Throws an `InputError` when no B certifies it. Where no bound
 * that holds for all formulas is small enough, as in half precision, the plan is made from a sample of the rows.
 */
export function prepare(cnf: Cnf, options: EncodeOptions, claim: Claim): Prepared {
  const { route, dtype, scaleName, bound, witness } = options;
  const vectors = splitAndList.encode(cnf, options);
  const headDim = vectors.left.columns + 1;
  const demand: Demand = {
    kind: route,
    keys: vectors.right.rows,
    degree: degree(vectors),
    scale: scaleName === 'linear' ? 1 / headDim : 1 / Math.sqrt(headDim),
    headDim,
    dtype,
    error: (keys, maxLogit) => claim(keys, maxLogit, headDim),
    ...(bound === undefined ? {} : { bound }),
  };
  const { plan, sampled } = planWithFallback(demand, vectors);
  const given: AttentionOptions = { readout: plan.readout, pads: plan.pads, dtype, witness };
  return { vectors, plan, sampled, attention: ovToAttention.encode(vectors, given), options: given };
}

function planWithFallback(demand: Demand, vectors: OrthogonalVectors): { plan: Plan; sampled: boolean } {
  try {
    return { plan: recallPlan(demand), sampled: false };
  } catch (error) {
    if (!(error instanceof InputError) || error.fault.code !== 'error-too-large') throw error;
    return { plan: recallPlan({ ...demand, mass: estimatedMass(vectors) }), sampled: true };
  }
}
