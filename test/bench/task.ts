/**
 * What the bench and its peers say to each other. A peer is a process that reads one JSON object a line from
 * standard input and answers each with one line; the first line, unasked, says that it is ready or why it cannot be.
 */

export type Numbers = Float64Array | Float32Array;

/** One attention, its matrices in the files q, k and v of `folder`, row after row, little-endian. */
export interface Task {
  readonly folder: string;
  readonly dtype: 'f64' | 'f32';
  readonly scale: number;
  readonly queries: number;
  readonly keys: number;
  readonly headDim: number;
  readonly valueDim: number;
}

/** `load`, then `use` every stride-th query, `run` as often as wanted, and ask for `rows` of the last output. */
export type Order =
  | { readonly do: 'load'; readonly task: Task }
  | { readonly do: 'use'; readonly stride: number }
  | { readonly do: 'run' }
  | { readonly do: 'rows'; readonly rows: readonly number[] };

export interface Ready {
  readonly version: string;
  readonly threads: string;
}

export interface Loaded {
  /** Block size or operator, chosen by trying. */
  readonly how: string;
  /** Seconds a query as far as known; 0 for who always computes all. */
  readonly secondsPerRow: number;
}

export interface Ran {
  readonly seconds: number;
  /** The path that ran, where the peer chooses among several. */
  readonly path?: string;
}
