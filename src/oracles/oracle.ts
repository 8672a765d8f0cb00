/**
 * An oracle answers attention. It sees matrices only; what it returns comes with the error that it claims, and
 * everything downstream (planner, certificate) takes that claim at its word and says so.
 */
import type { Attention, AttentionOutput, OutputError } from '../problems/attention.ts';
import type { Dtype } from '../problems/dtype.ts';

/** What an error claim can depend on before the matrices exist. */
export interface Shape {
  readonly dtype: Dtype;
  readonly keys: number;
  readonly headDim: number;
  /** A bound on |scale · ⟨q, k⟩| over all pairs; where products are not exact, on scale · Σ_c |q_c · k_c|. */
  readonly maxLogit: number;
  /** True where every product q·k and every partial sum of ⟨q, k⟩ is exact in float64 (and in float32 for f32). */
  readonly exactProducts: boolean;
  /** True where rows of Q and K are 0/1 patterns times a number, but for a pad coordinate, as reductions make them. */
  readonly patterns?: boolean;
}

export interface AttendOptions {
  /** Called now and then with the share of the rows done, 0 … 1. */
  readonly onProgress?: (done: number) => void;
  readonly signal?: AbortSignal;
}

export interface Attended {
  readonly output: AttentionOutput;
  /** Which of the oracle's ways ran, and why. */
  readonly path: string;
  readonly reason: string;
  /** Wall time, seconds. */
  readonly seconds: number;
  /** They are mostly a process's start, which says nothing of speed. */
  readonly startsProcess?: boolean;
}

/**
 * The code of the `InputError` with which an oracle rejects where this machine has no place for its temporary files. It
 * says nothing about the instance, nor about who answers it.
 */
export const noTemporaryFiles = 'temporary-files';

/** The order of a tensor's dimensions. `bhnd`: batch, head, row, column; `bnhd`: batch, row, head, column. */
export type Layout = 'bhnd' | 'bnhd';

export const layouts: readonly Layout[] = ['bhnd', 'bnhd'];

/** Attention problems of one shape, scale and dtype for one call, batch after batch, each with `heads.length / batches` of them. */
export interface HeadsCall {
  readonly heads: readonly Attention[];
  readonly batches: number;
  readonly layout: Layout;
}

/** As `Attended`, with an output for each head, n_q × d_v, in the order of the call; seconds are for all. */
export interface HeadsAttended extends Omit<Attended, 'output'> {
  readonly outputs: readonly AttentionOutput[];
}

export interface Oracle {
  readonly name: string;
  /** The claim that `attend` will make for an instance of this shape, or a smaller error. */
  claim(shape: Shape): OutputError;
  /** Att(Q,K,V). Throws an `InputError` for matrices that do not fit together or have NaN or infinite entries. */
  attend(attention: Attention, options?: AttendOptions): Promise<Attended>;
  /**
   * All heads at once, in tensors of four dimensions. Only the command oracle has it: ours take one head at a time. Throws
   * what `attend` does, and an `InputError` for heads that are not alike or do not make whole batches.
   */
  attendHeads?(call: HeadsCall, options?: AttendOptions): Promise<HeadsAttended>;
  /** Ends workers and frees memory; the oracle can't be used after it. */
  close(): Promise<void>;
}
