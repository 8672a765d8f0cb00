/**
 * What known mistakes make of matrices: another scale, a mask, a matrix read or written in the other order, a softmax over
 * the wrong axis or of a part, keys that are too many or too few.
 */
import { counted } from '../../problems/counted.ts';

export type Rows = readonly (readonly number[])[];

export interface Matrices {
  readonly q: Rows;
  readonly k: Rows;
  readonly v: Rows;
}

/** Something other than attention, and the output that it makes. */
export interface Mistake {
  readonly name: string;
  /** "this is …" */
  readonly is: string;
  /** What to do. */
  readonly hint: string;
  readonly output: Rows;
}

/** 1/√d and what else stands where the scale should: how it is said, and the number. */
const scales = (
  scale: number,
  d: number,
): readonly (readonly [name: string, is: string, factor: number])[] => [
  ['scale 1/√d', `1/√d = ${1 / Math.sqrt(d)}`, 1 / Math.sqrt(d)],
  ['scale 1', 'no scale', 1],
  // Before 1/d, which is the same where the scale is 1/√d.
  ['scale twice', 'the square', scale * scale],
  ['scale/√d', '1/√d times it', scale / Math.sqrt(d)],
  ['scale 1/d', `1/d = ${1 / d}`, 1 / d],
  ['scale·log2 e', 'log2 e times it', scale * Math.LOG2E],
  ['scale·ln 2', 'ln 2 times it', scale * Math.LN2],
  ['scale 0', 'nothing, as if every logit were 0,', 0],
];

const scaleHints: Readonly<Record<string, string>> = {
  'scale 1/√d':
    'take the scale of the file\'s metadata ("scale"), or give --scale rsqrt and leave the kernel as it is',
  'scale twice': 'scale queries or logits, not both',
  'scale/√d': 'the kernel divides by √d by itself: give it the scale and do not multiply the queries too',
  'scale·log2 e': 'exp2 is what wants log2 e, not exp',
  'scale·ln 2': 'exp2 wants logits times log2 e',
};

/**
 * Of q (n_q × d), k (n_k × d) and v (n_k × d_v), n_k ≥ n_q, whose right logits are scale · q kᵀ: the outputs, n_q × d_v,
 * that known mistakes give.
 */
export function mistakes(matrices: Matrices, scale: number): readonly Mistake[] {
  const { q, k, v } = matrices;
  const logits = scores(matrices, scale);
  const weights = logits.map((row) => row.map(Math.exp));
  const right = attend(matrices, scale);
  const causal = (shift: number): Rows =>
    times(
      logits.map((row, i) => softmax(row.map((x, j) => (j <= i + shift ? x : -Infinity)))),
      v,
    );
  /** The weights of the keys in `summed` add up to what divides those of the keys in `kept`. */
  const ofKeys = (kept: KeyRange, summed: KeyRange): Rows => {
    const total = (row: readonly number[]): number => row.slice(...summed).reduce((a, b) => a + b);
    return times(
      weights.map((row) => row.slice(...kept).map((w) => w / total(row))),
      v.slice(...kept),
    );
  };
  const [every, butFirst, butLast] = [[0], [1], [0, -1]] as const;
  const columnMajor = 'matrices are stored row after row; check strides, .T and reshape';
  const lastKey = 'look at the bound of the loop and at a number of keys that is no multiple of the tile';
  const firstKey = 'look at the start of the loop over the keys, and at what its first turn finds';
  const noMask = 'every query sees every key: switch the mask off';
  return [
    ...scales(scale, q[0]!.length).map(([name, is, factor]) => ({
      name,
      is: `attention with ${is} in place of the file's scale ${scale}`,
      hint: scaleHints[name] ?? 'take the scale of the file\'s metadata ("scale")',
      output: attend(matrices, factor),
    })),
    {
      name: 'causal',
      is: 'attention with a causal mask, query i seeing keys 0 to i',
      hint: noMask,
      output: causal(0),
    },
    {
      name: 'causal from the end',
      is: 'attention with a causal mask, the last query seeing all keys',
      hint: noMask,
      output: causal(k.length - q.length),
    },
    ...(['q', 'k', 'v'] as const).map((name) => ({
      name: `${name} by columns`,
      is: `attention to a ${name} that was read column after column`,
      hint: columnMajor,
      output: attend({ ...matrices, [name]: byColumns(matrices[name]) }, scale),
    })),
    {
      name: 'output by columns',
      is: 'attention, written column after column',
      hint: columnMajor,
      output: regrouped(transposed(right).flat(), v[0]!.length),
    },
    {
      name: 'softmax over queries',
      is: 'a softmax over the queries',
      hint: 'the weights of a query add up to 1 over the keys, the last axis of the logits',
      output: times(transposed(transposed(logits).map(softmax)), v),
    },
    { name: 'no softmax', is: 'scale · q kᵀ v', hint: 'a softmax is missing', output: times(logits, v) },
    {
      name: 'no division',
      is: 'exp of the logits times v',
      hint: 'divide by the sum of the weights',
      output: times(weights, v),
    },
    {
      name: 'no division, shifted',
      is: 'exp of the logits less the largest, times v',
      hint: 'divide by the sum of the weights',
      output: times(
        weights.map((row) => row.map((w) => w / Math.max(...row))),
        v,
      ),
    },
    {
      name: 'v reversed',
      is: 'attention with the rows of v, or those of k, from the last to the first',
      hint: 'row j of v belongs to row j of k',
      output: attend({ ...matrices, v: v.toReversed() }, scale),
    },
    {
      name: 'last key',
      is: 'attention without the last key',
      hint: lastKey,
      output: ofKeys(butLast, butLast),
    },
    {
      name: 'first key',
      is: 'attention without the first key',
      hint: firstKey,
      output: ofKeys(butFirst, butFirst),
    },
    {
      name: 'sum without the last key',
      is: 'attention whose denominator lacks the last key',
      hint: `the weights of all keys add up to the denominator: ${lastKey}`,
      output: ofKeys(every, butLast),
    },
    {
      name: 'sum without the first key',
      is: 'attention whose denominator lacks the first key',
      hint: `the weights of all keys add up to the denominator: ${firstKey}`,
      output: ofKeys(every, butFirst),
    },
    {
      name: 'zeros',
      is: 'zeros only',
      hint: 'the output was never written',
      output: right.map((row) => row.map(() => 0)),
    },
  ];
}

/** As `slice` takes it. */
type KeyRange = readonly [from: number, to?: number];

/**
 * Keys of zeros beside those of `k`, as a tile is filled up with, that no mask keeps out: their logits are 0, so each
 * adds 1 to the denominator, and their values, zeros too, nothing to the numerator.
 */
export function zeroKeys(matrices: Matrices, scale: number, count: number): Mistake {
  const { sums, right } = withSums(matrices, scale);
  return {
    name: 'zero keys',
    is: `attention to the keys and ${counted(count, 'key')} of zeros besides`,
    hint: 'mask the keys that fill up a tile: a logit of 0 is a weight of 1, one of -∞ is none',
    output: right.map((row, i) => row.map((y) => (y * sums[i]!) / (sums[i]! + count))),
  };
}

/** How many zero keys explain `found` best, by its entry that should be largest: 0 … ∞, or NaN. */
export function zeroKeysIn(found: Rows, matrices: Matrices, scale: number): number {
  const { sums, right } = withSums(matrices, scale);
  const entries = right.flatMap((row, i) => row.map((y, c) => ({ i, c, y })));
  const { i, c, y } = entries.reduce((a, b) => (Math.abs(b.y) > Math.abs(a.y) ? b : a));
  return Math.round(sums[i]! * (y / found[i]![c]! - 1));
}

/** Attention, and what the weights of a query add up to. */
function withSums(
  matrices: Matrices,
  scale: number,
): { readonly sums: readonly number[]; readonly right: Rows } {
  const sums = scores(matrices, scale).map((row) => row.reduce((sum, x) => sum + Math.exp(x), 0));
  return { sums, right: attend(matrices, scale) };
}

const scores = ({ q, k }: Matrices, scale: number): Rows =>
  q.map((query) => k.map((key) => scale * query.reduce((sum, x, c) => sum + x * key[c]!, 0)));

/** softmax(scale · q kᵀ) v. */
export const attend = (matrices: Matrices, scale: number): Rows =>
  times(scores(matrices, scale).map(softmax), matrices.v);

function softmax(row: readonly number[]): readonly number[] {
  const most = Math.max(...row);
  const weights = row.map((x) => Math.exp(x - most));
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((w) => w / sum);
}

const times = (weights: Rows, v: Rows): Rows =>
  weights.map((row) => v[0]!.map((_, c) => row.reduce((sum, w, j) => sum + w * v[j]![c]!, 0)));

const transposed = (rows: Rows): Rows => rows[0]!.map((_, c) => rows.map((row) => row[c]!));

const regrouped = (all: readonly number[], columns: number): Rows =>
  Array.from({ length: all.length / columns }, (_, row) => all.slice(row * columns, (row + 1) * columns));

/** The same memory, taken to be stored column after column. */
const byColumns = (rows: Rows): Rows => transposed(regrouped(rows.flat(), rows.length));

/** The largest difference of two entries. */
export const farthest = (a: Rows, b: Rows): number =>
  Math.max(...a.flatMap((row, i) => row.map((x, c) => Math.abs(x - b[i]![c]!))));
