/**
 * What does a program compute that is not the attention of its file? It is asked one tiny instance, and what it writes
 * is compared with the right output and with what known mistakes make of the same matrices: another scale, a mask, a
 * matrix read or written in the other order, a softmax over the wrong axis or of a part, keys too many or too few; where
 * it takes several heads in one call, another head's matrices. A mistake is named when it alone explains the output.
 * Nothing is judged here: that is for the rungs.
 */
import { denseMatrix, type Attention } from '../../problems/attention.ts';
import type { Dtype } from '../../problems/dtype.ts';
import { InputError } from '../../problems/input-error.ts';
import { noTemporaryFiles, type Layout, type Oracle } from '../oracle.ts';
import { headName, mixedHeads, viewMistakes, type HeadsMistake } from './head-mistakes.ts';
import { attend, farthest, mistakes, zeroKeys, zeroKeysIn, type Matrices, type Rows } from './mistakes.ts';
import { queryOrder, reordered } from './order.ts';

export interface SelfTest {
  /** `attention`, `coarse` for attention with a larger error than is usual for the dtype, or the name of the mistake; null for what is none of these, or no answer. */
  readonly found: string | null;
  /** What that is and what to do, in one line; not for attention. */
  readonly line?: string;
}

export interface SelfTestOptions {
  readonly dtype: Dtype;
  /** What the file says that multiplies QKᵀ; d is 4 here, so that 1/√d is ½. */
  readonly scale?: number;
  /** Asks in tensors of four dimensions, of two batches and three heads, for a program that takes those. */
  readonly layout?: Layout | undefined;
  readonly signal?: AbortSignal;
}

/** Of the largest value: what is nearer than this to a mistake is that mistake. */
const near = 0.02;

/**
 * Of the largest value: what is nearer than this to attention is attention. Each is at least twice what kernels lose here
 * that compute in the dtype throughout, up to 0.0043 in bf16 and 0.00025 in f16, or in TF32 for f32 and f64. A kernel for
 * another dtype that computes in bf16 loses more, and is told so.
 */
const usual: Readonly<Record<Dtype, number>> = { f64: 5e-4, f32: 5e-4, f16: 5e-4, bf16: 0.02 };

/** What is nearer than this to attention, and is no mistake, is attention of little precision. */
const imprecise = 0.1;

/** Another number than 1, 1/√d, 1/d and what these make of it. */
const usualScale = 0.3;

/** Of the one call with a layout. They differ, so that batch and head can't be taken for each other unseen. */
const tinyBatches = 2;
const tinyHeads = 3;

/**
 * Asks the program behind a command oracle. Rejects for want of temporary files and with the signal's reason only.
 */
export async function selfTest(
  oracle: Oracle,
  { dtype, scale = usualScale, layout, signal }: SelfTestOptions,
): Promise<SelfTest> {
  const count = layout === undefined ? 1 : tinyBatches * tinyHeads;
  const heads = Array.from({ length: count }, (_, h) => tinyInstance(dtype, scale, h));
  let outputs: readonly Float64Array[];
  try {
    const options = signal && { signal };
    const answer =
      layout === undefined
        ? [(await oracle.attend(heads[0]!, options)).output]
        : (await oracle.attendHeads!({ heads, batches: tinyBatches, layout }, options)).outputs;
    outputs = answer.map(({ values }) => values);
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof InputError) || error.fault.code === noTemporaryFiles) throw error;
    const asked = `5 queries, 7 keys, d = 4${layout === undefined ? '' : `, ${tinyBatches} × ${tinyHeads} heads in ${layout}`}`;
    return { found: null, line: `no answer to a tiny instance (${asked}): ${error.message}` };
  }
  const found = heads.map((head, h) =>
    Array.from(queryOrder(head), (row) => [
      ...outputs[h]!.subarray(row * head.v.columns, (row + 1) * head.v.columns),
    ]),
  );
  return recognise(found, heads.map(asAsked), { dtype, scale, layout });
}

/**
 * 5 queries, 7 keys, d = 4 and 3 columns of values, others for each head. The entries are generic, of both signs and exact
 * in every dtype, and such that the outputs of all mistakes are far apart and none is so large that the oracle refuses it
 * unseen.
 */
export function tinyInstance(dtype: Dtype, scale: number, head = 0): Attention {
  let state = seeds[head]!;
  const entry = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // the generator of Knuth and Lewis
    return ((state >>> 16) % 61) / 16 - 1.875;
  };
  const matrix = (rows: number, columns: number, first = 0): Attention['q'] => {
    const data = Float64Array.from(
      { length: rows * columns },
      (_, e) => entry() + (e % columns === 0 ? first : 0),
    );
    return denseMatrix(rows, columns, data);
  };
  return { q: matrix(5, 4, 1), k: matrix(7, 4, -1), v: matrix(7, 3), scale, dtype };
}

/** For the entries of each head. */
const seeds: readonly number[] = [55333, 5046, 9578, 5244, 5696, 159];

/** The matrices in the order in which the program has the queries: masks go by that. */
export function asAsked(attention: Attention): Matrices {
  return rowsOf({ ...attention, q: reordered(attention.q, queryOrder(attention)) });
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

/** Which of the known outputs is `found`? One a head. */
function recognise(
  found: readonly Rows[],
  heads: readonly Matrices[],
  { dtype, scale, layout }: Pick<SelfTestOptions, 'dtype' | 'layout'> & { readonly scale: number },
): SelfTest {
  const unit = Math.max(...heads.flatMap(({ v }) => v.flat()).map(Math.abs));
  const offs = (outputs: readonly Rows[]): readonly number[] =>
    outputs.map((output, h) => farthest(found[h]!, output) / unit);
  const right = heads.map((head) => attend(head, scale));
  const offsRight = offs(right);
  const off = Math.max(...offsRight);
  const isWritten = found.flat(2).some((y) => y !== 0); // what is merely small is not zeros
  const all = knownMistakes(found, heads, scale, layout)
    .filter(({ name }) => name !== 'zeros' || !isWritten)
    .map((mistake) => ({
      mistake,
      // All small outputs are near each other: one that a mistake makes small is measured by its own size.
      off: Math.max(...offs(mistake.outputs)) * Math.max(1, largest(right) / (largest(mistake.outputs) || 1)),
    }));
  const nearest = all.reduce((a, b) => (b.off < a.off ? b : a));
  if (off <= nearest.off && off < usual[dtype]) return { found: 'attention' };
  if (nearest.off < Math.min(off, near)) {
    const { name, is, hint } = nearest.mistake;
    return { found: name, line: `this is ${is}; ${hint}` };
  }
  const share = percent(off);
  if (off < imprecise) {
    return {
      found: 'coarse',
      line: `this is attention to within ${share} of the largest value, where ${dtype} keeps it within ${percent(usual[dtype])}: arithmetic of few bits, or a fault that is small here; the rungs show which`,
    };
  }
  if (found.every((rows, h) => arePermuted(rows, right[h]!, near * unit))) {
    return {
      found: 'rows',
      line: 'this is attention with its rows in another order; row i of the output is for query i of the file',
    };
  }
  const good = heads.flatMap((_, h) =>
    offsRight[h]! < usual[dtype] ? [headName(h, heads.length, tinyBatches)] : [],
  );
  const where = good.length === 0 ? '' : `; right are ${good.join(', ')}`;
  return {
    found: null,
    line: `this is no attention, and no mistake that is known here: it is off by up to ${share} of the largest value${where}`,
  };
}

/** All mistakes, with what each makes of every head; those with something unknown in them as `found` suggests it. */
export function knownMistakes(
  found: readonly Rows[],
  heads: readonly Matrices[],
  scale: number,
  layout?: Layout,
): readonly HeadsMistake[] {
  const ofEach = heads.map((head) => mistakes(head, scale));
  const known = ofEach[0]!.map((mistake, m) => ({ ...mistake, outputs: ofEach.map((of) => of[m]!.output) }));
  const count = zeroKeysIn(found[0]!, heads[0]!, scale);
  const padded = heads.map((head) => zeroKeys(head, scale, count));
  return [
    ...known,
    ...(count > 0 && count < Infinity
      ? [{ ...padded[0]!, outputs: padded.map(({ output }) => output) }]
      : []),
    ...(layout === undefined
      ? []
      : [
          ...viewMistakes(heads, tinyBatches, layout, scale),
          ...[mixedHeads(found, heads, tinyBatches, scale)].filter((mistake) => mistake !== undefined),
        ]),
  ];
}

const largest = (outputs: readonly Rows[]): number => Math.max(...outputs.flat(2).map(Math.abs));

/** `3.7%` */
const percent = (share: number): string => `${Number((100 * share).toPrecision(2))}%`;

/** Is each row one of `b`, another one each time? */
function arePermuted(a: Rows, b: Rows, tolerance: number): boolean {
  const left = [...b];
  return a.every((row) => {
    const at = left.findIndex((other) => farthest([row], [other]) < tolerance);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}
