/**
 * Twenty-six faults, each planted in the plain kernel. The first six are in the maximum: one that is not subtracted, and
 * near misses of a running maximum, which pass where no logit is far from 0. The next twelve, of which a stale buffer is two,
 * are those that attention kernels have had: each passes a test with random matrices and a tolerance, or has done so
 * somewhere. The others are what a suite does not see whose instances are as a reduction makes them: no sign in Q, one
 * number in K, V of zeros and ones, few columns.
 */
import { roundTo, roundToBits } from '../../../src/problems/dtype.ts';
import type { Kernel, Matrices } from './kernel.ts';
import { arithmeticOf, plainKernel, tile, type Round } from './plain.ts';

export interface Fault {
  readonly name: string;
  /** Made anew for each suite: a fault may remember its last call. */
  readonly make: () => Kernel;
}

export const faults: readonly Fault[] = [
  { name: 'maximum not subtracted', make: () => plainKernel({ shift: () => 0 }) },
  {
    name: 'maximum that begins at 0',
    make: () => plainKernel({ shift: (largest) => Math.max(0, largest) }),
  },
  {
    name: 'maximum that begins at −50, not −∞',
    make: () => plainKernel({ shift: (largest) => Math.max(-50, largest) }),
  },
  { name: 'absolute value of the maximum', make: () => plainKernel({ shift: Math.abs }) },
  {
    name: 'maximum of the first tile for all',
    make: () => plainKernel({ shift: (_, logits) => Math.max(...logits.subarray(0, tile)) }),
  },
  { name: 'one maximum for 64 queries', make: () => commonMaximum },
  {
    name: 'wrong scale (1/√d, always)',
    make: () => plainKernel({ scale: ({ headDim }) => 1 / Math.sqrt(headDim) }),
  },
  { name: 'exp by a short table', make: () => plainKernel({ exp: tableExp }) },
  { name: 'f16 accumulation', make: () => plainKernel({ sum: sumInHalf }) },
  { name: 'last tile dropped', make: () => plainKernel({ count: (n) => Math.max(1, n - (n % tile)) }) },
  { name: 'transposed K', make: () => plainKernel({ keys: transposedKeys }) },
  { name: 'off by one on the last key', make: () => plainKernel({ count: (n) => n - 1 }) },
  { name: 'softmax over the wrong axis', make: () => overQueries },
  { name: 'V rounded to bf16', make: () => plainKernel({ value: (v) => roundTo('bf16', v) }) },
  { name: 'sum in naive order', make: () => plainKernel({ sum: sumInOrder }) },
  { name: 'a stale buffer of K between calls', make: () => plainKernel({ keys: stale(({ k }) => k) }) },
  { name: 'a stale buffer of V between calls', make: () => plainKernel({ values: stale(({ v }) => v) }) },
  {
    name: 'a denominator with a 1e-6 epsilon',
    make: () => plainKernel({ denominator: (sum) => sum + 1e-6 }),
  },
  { name: 'signs of Q lost', make: () => plainKernel({ queries: ({ q }) => q.map(Math.abs) }) },
  { name: 'V clamped at 0', make: () => plainKernel({ value: (v) => Math.max(0, v) }) },
  {
    name: 'Q and K rounded to 11 bits, as TF32',
    make: () => plainKernel({ queries: elevenQ, keys: elevenK }),
  },
  { name: 'K in 8 bits, one step for all', make: () => plainKernel({ keys: ({ k }) => inSteps(k, 127) }) },
  { name: 'K as signs, 0 or ± its maximum', make: () => plainKernel({ keys: ({ k }) => inSteps(k, 1) }) },
  { name: 'V in 8 bits, one step for all', make: () => plainKernel({ values: ({ v }) => inSteps(v, 127) }) },
  {
    name: 'columns of V beyond 16 are 0',
    make: () => plainKernel({ values: ({ v, valueDim }) => v.map((x, e) => (e % valueDim < 16 ? x : 0)) }),
  },
  {
    name: 'columns of Q and K beyond 128 left out',
    make: () => plainKernel({ queries: ({ q, headDim }) => q.map((x, e) => (e % headDim < 128 ? x : 0)) }),
  },
];

const elevenQ = ({ q }: Matrices): Float64Array => q.map((x) => roundToBits(11, x));
const elevenK = ({ k }: Matrices): Float64Array => k.map((x) => roundToBits(11, x));

/** Rounded to `steps` steps from 0 to the largest absolute value, with a sign. */
function inSteps(matrix: Float64Array, steps: number): Float64Array {
  const step = matrix.reduce((most, x) => Math.max(most, Math.abs(x)), 0) / steps;
  return matrix.map((x) => step * Math.round(x / step));
}

const entriesAnOctave = 64;
const table = Float64Array.from({ length: entriesAnOctave + 1 }, (_, e) => 2 ** (e / entriesAnOctave));

/** exp by 64 entries an octave and a straight line between them: off by up to 1.5e-5 of itself. */
function tableExp(x: number): number {
  const power = x * Math.LOG2E;
  const octave = Math.floor(power);
  const place = (power - octave) * entriesAnOctave;
  const entry = Math.floor(place);
  const [low, high] = [table[entry]!, table[entry + 1]!];
  return 2 ** octave * (low + (high - low) * (place - entry));
}

/** The largest logit of 64 queries is subtracted from the logits of all of them. */
const commonMaximum: Kernel = (matrices) => {
  const own: number[] = [];
  plainKernel({
    shift(largest) {
      own.push(largest);
      return largest;
    },
  })(matrices);
  let row = 0;
  const shift = (): number => {
    const first = row - (row++ % tile);
    return Math.max(...own.slice(first, first + tile));
  };
  return plainKernel({ shift })(matrices);
};

function sumInHalf(n: number, term: (j: number) => number): number {
  let sum = 0;
  for (let j = 0; j < n; j++) sum = roundTo('f16', sum + term(j));
  return sum;
}

function sumInOrder(n: number, term: (j: number) => number, round: Round): number {
  let sum = 0;
  for (let j = 0; j < n; j++) sum = round(sum + term(j));
  return sum;
}

/** The memory of K read as if it were d × n_k. */
function transposedKeys({ k, keys, headDim }: Matrices): Float64Array {
  return k.map((_, at) => k[(at % headDim) * keys + Math.floor(at / headDim)]!);
}

/** Each column of the weights adds up to 1, not each row. */
const overQueries: Kernel = ({ q, k, v, queries, keys, headDim: d, valueDim, scale, dtype }) => {
  const round = arithmeticOf(dtype);
  const output = new Float64Array(queries * valueDim);
  const weights = new Float64Array(queries);
  for (let j = 0; j < keys; j++) {
    for (let i = 0; i < queries; i++) {
      let dot = 0;
      for (let c = 0; c < d; c++) dot = round(dot + round(q[i * d + c]! * k[j * d + c]!));
      weights[i] = round(scale * dot);
    }
    const largest = weights.reduce((most, x) => Math.max(most, x));
    const total = weights.reduce((sum, x) => sum + Math.exp(x - largest), 0);
    for (let i = 0; i < queries; i++) {
      const weight = round(Math.exp(weights[i]! - largest) / total);
      for (let c = 0; c < valueDim; c++) output[i * valueDim + c]! += weight * v[j * valueDim + c]!;
    }
  }
  return output;
};

/** A matrix is copied into a buffer the first time that a shape is seen, and the buffer is used ever after. */
function stale(of: (matrices: Matrices) => Float64Array): (matrices: Matrices) => Float64Array {
  const buffers = new Map<string, Float64Array>();
  return (matrices) => {
    const { keys, headDim, valueDim } = matrices;
    const shape = `${keys} × ${headDim} × ${valueDim}`;
    const buffer = buffers.get(shape) ?? of(matrices).slice();
    buffers.set(shape, buffer);
    return buffer;
  };
}
