/** What `seth stress` found, as its JSON has it. */
import type { UnitPart } from '../formats/part.ts';
import type { Layout } from '../oracles/oracle.ts';
import type { RungResult } from '../experiments/stress/run.ts';
import type { DtypeScore } from '../experiments/stress/score.ts';
import type { SuiteName } from '../experiments/stress/suite.ts';

export interface StressOutcome {
  readonly tool: string;
  readonly suite: SuiteName;
  /** Of the suites. */
  readonly version: number;
  readonly oracle: string;
  /** Of the tensors, where all heads of a rung were one call. */
  readonly layout?: Layout;
  /** Did every dtype's ladder survive the level that is required? */
  readonly passed: boolean;
  readonly scores: readonly DtypeScore[];
  readonly rungs: readonly RungResult[];
  /** Which of the suite's rungs these are, where they are not all; `at` is the first. */
  readonly shard?: UnitPart;
}

/** `1.2e-6`; `none` where there is no finite number. */
export const small = (x: number | null): string => (x === null ? 'none' : x.toExponential(1));

/** `1.2e9`, or `-`. */
export const rate = (x: number | null): string => (x === null ? '-' : x.toExponential(1).replace('e+', 'e'));

/** `192 × 128 × 64`, and how many of them. */
export const shapeOf = ({ queries, keys, headDim, valueDim, heads }: RungResult): string =>
  `${heads > 1 ? `${heads} of ` : ''}${queries} × ${keys} × ${headDim}${valueDim > 1 ? ` + ${valueDim}` : ''}`;

/** `, shard 0/4 of its rungs only`, or nothing where these are all of the suite's. */
export const onlyPart = ({ shard }: StressOutcome): string =>
  shard === undefined ? '' : `, shard ${shard.index}/${shard.of} of its rungs only`;

/** Why a rung failed, with the rows decided wrongly that are named; undefined for one that passed. */
export function whyOf({ reason, heads, wrong, wrongRows }: RungResult): string | undefined {
  if (reason === undefined || wrongRows.length === 0) return reason;
  const named = [...new Set(wrongRows.map(({ head }) => head))].map((head) => {
    const rows = wrongRows.filter((wrongRow) => wrongRow.head === head).map(({ row }) => row);
    return `${heads > 1 ? `head ${head}: ` : ''}${rows.join(', ')}`;
  });
  const others = wrong - wrongRows.length;
  return `${reason}: ${named.join('; ')}${others === 0 ? '' : ` and ${others} more`}`;
}
