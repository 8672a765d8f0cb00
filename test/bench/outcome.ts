/** What the measurements of one shape come to, and the table that shows it. */
import type { Roofline } from './roofline.ts';
import { median, pairedRatio } from './statistics.ts';
import type { Task } from './task.ts';

/** One contender on one shape. */
export interface Measured {
  readonly name: string;
  readonly ours: boolean;
  /** The path that ran, or the operator and block that were chosen. */
  readonly how: string;
  /** Queries that were computed, of `task.queries`. */
  readonly rows: number;
  /** Seconds of each round, scaled up by pairs to all queries. */
  readonly seconds: readonly number[];
  /** The largest error on the rows that were compared with the reference, in units of A|V|/A1. */
  readonly error: number;
  /** Is that error small enough for the time to count? */
  readonly right: boolean;
}

/** A contender that has no time here, and why. */
export interface Missing {
  readonly name: string;
  readonly why: string;
}

export interface ShapeOutcome {
  readonly shape: string;
  readonly task: Omit<Task, 'folder'>;
  readonly nodes: number;
  readonly rooflines: readonly Roofline[];
  readonly measured: readonly Measured[];
  readonly missing: readonly Missing[];
}

export interface Row {
  readonly shape: string;
  readonly dtype: string;
  readonly name: string;
  readonly how: string;
  readonly milliseconds: number;
  /** Not every query was computed: the time is scaled up by pairs. */
  readonly scaled: boolean;
  readonly gigaPairsPerSecond: number;
  /** How many times as fast as the fastest peer; 1 for that peer itself. */
  readonly timesBestPeer: number | undefined;
  /** Share of what the 128-bit lanes could do if every pair were multiplied out. */
  readonly shareOfLanes: number;
  /** Instances: share of what population counts could do if every pair of vectors were counted once. */
  readonly shareOfCounts: number | undefined;
  readonly error: number;
  readonly right: boolean;
}

/** Bytes that any implementation moves: each matrix once. */
const bytes = ({ queries, keys, headDim, valueDim, dtype }: Omit<Task, 'folder'>): number =>
  (dtype === 'f64' ? 8 : 4) * (queries + keys) * (headDim + valueDim);

/**
 * The least seconds by the roofline: d + d_v multiply-adds a pair, or the matrices' way from memory where that is
 * longer. The exponential is left out, so that nobody can reach it.
 */
export function laneSeconds(task: Omit<Task, 'folder'>, roofline: Roofline): number {
  const { queries, keys, headDim, valueDim, dtype } = task;
  const rate = dtype === 'f64' ? roofline.f64MultiplyAdds : roofline.f32MultiplyAdds;
  return Math.max((queries * keys * (headDim + valueDim)) / rate, bytes(task) / roofline.bytes);
}

/** The same where ⌈d/64⌉ words are counted for each pair of a vector and a key, once for all nodes. */
export function countSeconds(task: Omit<Task, 'folder'>, nodes: number, roofline: Roofline): number {
  const { queries, keys, headDim } = task;
  const words = (queries / nodes) * keys * Math.ceil(headDim / 64);
  return Math.max(words / roofline.popcounts, bytes(task) / roofline.bytes);
}

/** The rows of one shape. A peer whose output is wrong is never the best one. */
export function rowsOf(outcome: ShapeOutcome): readonly Row[] {
  const { shape, task, nodes, rooflines, measured } = outcome;
  const peers = measured.filter(({ ours, right }) => !ours && right);
  const best = peers.toSorted((a, b) => median(a.seconds) - median(b.seconds))[0];
  return measured.map(({ name, how, rows, seconds, error, right }) => ({
    shape,
    dtype: task.dtype,
    name,
    how,
    milliseconds: 1000 * median(seconds),
    scaled: rows < task.queries,
    gigaPairsPerSecond: (task.queries * task.keys) / median(seconds) / 1e9,
    timesBestPeer: best === undefined ? undefined : pairedRatio(best.seconds, seconds),
    shareOfLanes: pairedRatio(
      rooflines.map((roofline) => laneSeconds(task, roofline)),
      seconds,
    ),
    shareOfCounts:
      nodes === 1
        ? undefined
        : pairedRatio(
            rooflines.map((roofline) => countSeconds(task, nodes, roofline)),
            seconds,
          ),
    error,
    right,
  }));
}

/** The table as text, one row a contender, and under it who has no row and why. */
export function table(outcomes: readonly ShapeOutcome[]): string {
  const header = [
    'shape',
    '',
    'path or peer',
    'ms',
    'Gpairs/s',
    '× best peer',
    'of lanes',
    'of counts',
    'error',
    'how',
  ];
  const lines = outcomes.flatMap((outcome) =>
    rowsOf(outcome).map((row, index) => [
      index === 0 ? row.shape : '',
      row.dtype,
      row.name,
      `${row.scaled ? '~' : ''}${digits(row.milliseconds)}`,
      digits(row.gigaPairsPerSecond),
      row.right ? (row.timesBestPeer === undefined ? '' : digits(row.timesBestPeer)) : 'wrong',
      digits(row.shareOfLanes),
      row.shareOfCounts === undefined ? '' : digits(row.shareOfCounts),
      row.error.toExponential(0),
      row.how,
    ]),
  );
  const left = new Set([0, 1, 2, 9]);
  const widths = header.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => line[column]!.length)),
  );
  const print = (line: readonly string[]): string =>
    line
      .map((cell, c) => (left.has(c) ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!)))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [print(header), rule, ...lines.map(print), ...absentees(outcomes)].join('\n');
}

/** A line a contender and reason. */
function absentees(outcomes: readonly ShapeOutcome[]): string[] {
  const shapes = new Map<string, string[]>();
  for (const { shape, task, missing } of outcomes) {
    for (const { name, why } of missing) {
      const line = `${name}: ${why}`;
      shapes.set(line, [...(shapes.get(line) ?? []), `${shape} ${task.dtype}`]);
    }
  }
  return [...shapes].map(([line, where]) =>
    where.length === outcomes.length ? `absent  ${line}` : `absent  ${line} (${where.join('; ')})`,
  );
}

/** Three significant digits, without an exponent. */
function digits(x: number): string {
  if (!Number.isFinite(x)) return String(x);
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(x), 1e-9))));
  return x.toFixed(Math.min(decimals, 6));
}
