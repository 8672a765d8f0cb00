/**
 * The suites of `seth stress`: ladders of attention instances, one ladder for each dtype. Level L of a ladder demands an
 * error of about 10^-L per output, so that each level amplifies errors about ten times as much as the one below. The top
 * level demands what a careful kernel of the dtype reaches (careful-kernel.ts): 64 units of roundoff in f64 and f32, 2 in
 * f16 and bf16, whose arithmetic is in f32.
 *
 * A suite is a list of specifications, and an instance follows from its specification, its seed and a frozen readout
 * (readouts.ts). Whoever changes one of them changes `suiteVersion`.
 */
import { dtypes, type Dtype } from '../../problems/dtype.ts';
import { carefulError } from '../../oracles/careful-kernel.ts';
import type { ScaleName } from '../../verify/prepare.ts';

export type SuiteName = 'quick' | 'full';

export const suiteNames: readonly SuiteName[] = ['quick', 'full'];

/** Of both suites: scores of different versions are not comparable. */
export const suiteVersion = 4;

/** The highest level of each ladder. */
export const topLevel: Readonly<Record<Dtype, number>> = { f64: 14, f32: 6, f16: 3, bf16: 2 };

/** What an instance is made from. */
export interface RungSpec {
  /** `f32/4/plain`: dtype, level, and what is special about it. */
  readonly id: string;
  readonly dtype: Dtype;
  readonly level: number;
  /** The relative error per output that the readout is planned for. */
  readonly error: number;
  /** Of the random 3-SAT formulas behind the vectors; head h has the formula of seed + h. */
  readonly seed: number;
  readonly variables: number;
  readonly clauses: number;
  /** Left vectors that are asked about; without it all. Several make several queries each. */
  readonly left?: number;
  readonly prune: boolean;
  readonly scaleName: ScaleName;
  readonly witness: 'scan' | 'columns';
  /** The first column of V has 0 and this number instead of 0 and 1: one with as many significant bits as the dtype has. */
  readonly value: number;
  /** d, where it is more than the vectors and the shift need: their columns stand anywhere among so many, the others are 0. */
  readonly headDim?: number;
  /** Columns of V, where they are more than one and the bits of a partner. */
  readonly valueDim?: number;
  /**
   * Added to all logits of some queries and taken from all those of the others, by one more column of Q and K: softmax is
   * the same, exp of what is not shifted back overflows or is 0.
   */
  readonly shift: number;
  /** Further keys before all others, whose logits are lower by `drop`: they count for nothing, and the maximum comes late. */
  readonly early: number;
  /** By how much; one more column of Q and K. */
  readonly drop: number;
  /** Each column of Q is multiplied by ±½, ±1 or ±2, and that of K by the inverse. */
  readonly scaled: boolean;
  /** The same row of many bits is added to every key, so that products round: on scaled rungs below the top. */
  readonly moved: boolean;
  /** As many further pad keys as make the number of keys a power of two, those that count for nothing apart. */
  readonly fillKeys: boolean;
  /** Attention problems of one shape: batches times heads. */
  readonly heads: number;
  /** Of how many batches they are, which divides `heads`. */
  readonly batches: number;
}

type Variant = Omit<RungSpec, 'id' | 'dtype' | 'level' | 'error' | 'seed' | 'moved'>;

const plain: Variant = {
  variables: 12,
  clauses: 63,
  prune: false,
  scaleName: 'linear',
  witness: 'scan',
  value: 1,
  shift: 0,
  early: 0,
  drop: 0,
  scaled: true,
  fillKeys: true,
  heads: 1,
  batches: 1,
};

/** d = 64 and a power of two of keys; nothing special. */
const variants = (dtype: Dtype): Readonly<Record<string, Variant>> => ({
  plain,
  /** The scale of most kernels, odd shapes, the bits of the partner in further columns of V. */
  rsqrt: { ...plain, variables: 13, clauses: 58, scaleName: 'rsqrt', witness: 'columns', fillKeys: false },
  /** Numbers of vectors that are no power of two, values that are negative and have all of the dtype's bits. */
  values: { ...plain, variables: 14, clauses: 66, prune: true, value: -thirds[dtype], fillKeys: false },
  /** Two of one shape. */
  heads: { ...plain, clauses: 47, scaleName: 'rsqrt', heads: 2 },
  /** Six of one shape: two batches of three heads, so that one is not taken for the other. */
  batch: {
    ...plain,
    variables: 14,
    clauses: 79,
    witness: 'columns',
    value: thirds[dtype],
    heads: 6,
    batches: 2,
  },
  /** Logits beyond what exp takes in the dtype that kernels compute in, on either side. */
  shift: { ...plain, clauses: 62, shift: beyondExp(dtype) },
  /** The first tiles of keys are as far below the rest. */
  late: { ...plain, clauses: 62, early: 256, drop: beyondExp(dtype) },
  /** V is as wide as Q and K. */
  square: { ...plain, witness: 'columns', valueDim: 64 },
  /** More columns than two tiles of 64 or one of 128 hold, with logits no larger than elsewhere. */
  deep: { ...plain, scaleName: 'rsqrt', headDim: 192 },
  /** Thousands of keys: sums are long. Q and K are as the reduction makes them, patterns. */
  long: { ...plain, scaled: false, variables: 26, clauses: 95, left: 8, fillKeys: dtype !== 'f16' },
  /** More, and a number of them that is no multiple of any tile. */
  longer: {
    ...plain,
    scaled: false,
    variables: 28,
    clauses: 106,
    left: 8,
    scaleName: 'rsqrt',
    fillKeys: false,
  },
  /** Thousands of queries. */
  wide: { ...plain, scaled: false, variables: 18, clauses: 82, scaleName: 'rsqrt', fillKeys: false },
});

/** exp of it overflows and exp of its negative is 0, by far, in float64 for f64 and in float32 for the others. */
const beyondExp = (dtype: Dtype): number => (dtype === 'f64' ? 900 : 200);

/** ⅔, rounded to the dtype. */
const thirds: Readonly<Record<Dtype, number>> = {
  f64: 2 / 3,
  f32: Math.fround(2 / 3),
  f16: 1365 / 2048,
  bf16: 171 / 256,
};

const rotation = ['plain', 'rsqrt', 'values', 'heads'];

/**
 * The names of the variants at a level, the ladder's own first. Thousands of keys leave level 1 no readout in f16; d = 192 is
 * for the top alone, so that a kernel which stops at 128 is one level short.
 */
function namesAt(suite: SuiteName, level: number, top: number): readonly string[] {
  const atLowLevel = level === (top > 2 ? 2 : 1) ? ['shift', 'late', 'square', 'batch'] : [];
  const turn = rotation[(level - 1) % rotation.length]!;
  if (suite === 'quick') {
    return level === top ? ['plain', 'values', 'heads', 'square', 'deep', 'long'] : [turn, ...atLowLevel];
  }
  const all = [...new Set([...rotation, 'batch', ...atLowLevel])];
  if (level > 1) all.push('long');
  return level === top ? [...all, 'square', 'deep', 'longer', 'wide'] : all;
}

/** The same rung with logits scaled by 1/√d, which is what most kernels do whatever a file says. */
const withRootScale = (spec: RungSpec): RungSpec =>
  spec.scaleName === 'rsqrt' ? spec : { ...spec, id: `${spec.id}+rsqrt`, scaleName: 'rsqrt' };

/** The rungs of a suite as `suiteRungs` has them, all with the scale of most kernels. */
export const rootScaledRungs = (suite: SuiteName, only: readonly Dtype[] = dtypes): readonly RungSpec[] =>
  suiteRungs(suite, only).map(withRootScale);

/** The rungs of a suite for the dtypes that are asked for, each ladder from the bottom up. */
export function suiteRungs(suite: SuiteName, only: readonly Dtype[] = dtypes): readonly RungSpec[] {
  return only.flatMap((dtype) => {
    const top = topLevel[dtype];
    return Array.from({ length: top }, (_, l) => l + 1).flatMap((level) =>
      namesAt(suite, level, top).map((name) => {
        const variant = variants(dtype)[name]!;
        return {
          id: `${dtype}/${level}/${name}`,
          dtype,
          level,
          error: level === top ? carefulError(dtype).relative : level === 1 ? 0.05 : 10 ** -level,
          seed: 100 * level,
          ...variant,
          moved: variant.scaled && level < top,
        };
      }),
    );
  });
}
