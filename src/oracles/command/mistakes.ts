/**
 * What known mistakes make of matrices: another scale, a mask, a matrix read or written in the other order, a softmax over
 * the wrong axis or of a part.
 */

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
  ['scale 1/d', `1/d = ${1 / d}`, 1 / d],
  ['scale twice', 'the square', scale * scale],
  ['scale/√d', '1/√d times it', scale / Math.sqrt(d)],
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
  const columnMajor = 'matrices are stored row after row; check strides, .T and reshape';
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
      hint: 'look at the bound of the loop and at a number of keys that is no multiple of the tile',
      output: attend({ q, k: k.slice(0, -1), v: v.slice(0, -1) }, scale),
    },
    {
      name: 'zeros',
      is: 'zeros only',
      hint: 'the output was never written',
      output: right.map((row) => row.map(() => 0)),
    },
  ];
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
