/**
 * What does a program compute that is not the attention of its file? It is asked one tiny instance, and what it writes
 * is compared with the right output and with what known mistakes make of the same matrices: another scale, a mask, a
 * matrix read or written in the other order, a softmax over the wrong axis or of a part. A mistake is named when it
 * alone explains the output. Nothing is judged here: that is for the rungs.
 */
import { denseMatrix, type Attention } from '../../problems/attention.ts';
import type { Dtype } from '../../problems/dtype.ts';
import { InputError } from '../../problems/input-error.ts';
import { noTemporaryFiles, type Layout, type Oracle } from '../oracle.ts';
import { attend, mistakes, type Matrices, type Rows } from './mistakes.ts';
import { queryOrder, reordered } from './order.ts';

export interface SelfTest {
  /** `attention`, or the name of the mistake; null for what is neither, or no answer. */
  readonly found: string | null;
  /** What that is and what to do, in one line; not for attention. */
  readonly line?: string;
}

export interface SelfTestOptions {
  readonly dtype: Dtype;
  /** What the file says that multiplies QKᵀ; d is 4 here, so that 1/√d is ½. */
  readonly scale?: number;
  /** Asks in tensors of four dimensions, of one batch and one head, for a program that takes those. */
  readonly layout?: Layout | undefined;
  readonly signal?: AbortSignal;
}

/** Of the largest value: what is nearer than this to a mistake is that mistake. */
const near = 0.02;

/** What is nearest to attention, and nearer than this, is attention of little precision. */
const imprecise = 0.1;

/** Another number than 1, 1/√d, 1/d and what these make of it. */
const usualScale = 0.3;

/**
 * Asks the program behind a command oracle. Rejects for want of temporary files and with the signal's reason only.
 */
export async function selfTest(
  oracle: Oracle,
  { dtype, scale = usualScale, layout, signal }: SelfTestOptions,
): Promise<SelfTest> {
  const attention = tinyInstance(dtype, scale);
  let values: Float64Array;
  try {
    const options = signal && { signal };
    const answer =
      layout === undefined
        ? (await oracle.attend(attention, options)).output
        : (await oracle.attendHeads!({ heads: [attention], batches: 1, layout }, options)).outputs[0]!;
    ({ values } = answer);
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof InputError) || error.fault.code === noTemporaryFiles) throw error;
    const asked = `5 queries, 7 keys, d = 4${layout === undefined ? '' : `, one head in ${layout}`}`;
    return { found: null, line: `no answer to a tiny instance (${asked}): ${error.message}` };
  }
  // Masks go by the order in which the program had the queries.
  const order = queryOrder(attention);
  const inOrder = rowsOf({ ...attention, q: reordered(attention.q, order) });
  const { columns } = attention.v;
  const found = Array.from(order, (row) => [...values.subarray(row * columns, (row + 1) * columns)]);
  return recognise(found, inOrder, scale);
}

/**
 * 5 queries, 7 keys, d = 4 and 3 columns of values. The entries are generic, of both signs and exact in every dtype, and
 * such that the outputs of all mistakes are far apart and none is so large that the oracle refuses it unseen.
 */
export function tinyInstance(dtype: Dtype, scale: number): Attention {
  const entry = (e: number): number => (((e + 28) * 23) % 61) / 16 - 1.875;
  const matrix = (rows: number, columns: number, from: number, first = 0): Attention['q'] => {
    const lift = (e: number): number => (e % columns === 0 ? first : 0);
    const data = Float64Array.from({ length: rows * columns }, (_, e) => entry(from + e) + lift(e));
    return denseMatrix(rows, columns, data);
  };
  return { q: matrix(5, 4, 0, 1.5), k: matrix(7, 4, 20, -1.5), v: matrix(7, 3, 48), scale, dtype };
}

function rowsOf({ q, k, v }: Attention): Matrices {
  const rows = (matrix: Attention['q']): Rows =>
    Array.from({ length: matrix.rows }, (_, row) => {
      const into = new Float64Array(matrix.columns);
      matrix.read(row, row + 1, into);
      return [...into];
    });
  return { q: rows(q), k: rows(k), v: rows(v) };
}

/** Which of the known outputs is `found`? */
function recognise(found: Rows, tiny: Matrices, scale: number): SelfTest {
  const unit = Math.max(...tiny.v.flat().map(Math.abs));
  const distance = (output: Rows): number => farthest(found, output) / unit;
  const right = attend(tiny, scale);
  const off = distance(right);
  const all = mistakes(tiny, scale).map((mistake) => ({ mistake, off: distance(mistake.output) }));
  const nearest = all.reduce((a, b) => (b.off < a.off ? b : a));
  if (off <= nearest.off && off < imprecise) return { found: 'attention' };
  if (nearest.off < near) {
    const { name, is, hint } = nearest.mistake;
    return { found: name, line: `this is ${is}; ${hint}` };
  }
  if (arePermuted(found, right, near * unit)) {
    return {
      found: 'rows',
      line: 'this is attention with its rows in another order; row i of the output is for query i of the file',
    };
  }
  const share = Number((100 * off).toPrecision(2));
  return {
    found: null,
    line: `this is no attention, and no mistake that is known here: it is off by up to ${share}% of the largest value`,
  };
}

const farthest = (a: Rows, b: Rows): number =>
  Math.max(...a.flatMap((row, i) => row.map((x, c) => Math.abs(x - b[i]![c]!))));

/** Is each row one of `b`, another one each time? */
function arePermuted(a: Rows, b: Rows, tolerance: number): boolean {
  const left = [...b];
  return a.every((row) => {
    const at = left.findIndex((other) => farthest([row], [other]) < tolerance);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}
