/** What `seth stress` found, as its JSON has it. */
import { counted } from '../problems/counted.ts';
import type { UnitPart } from '../formats/part.ts';
import type { Layout } from '../oracles/oracle.ts';
import type { SelfTest } from '../oracles/oracles.ts';
import { isExercised, type RungResult } from '../experiments/stress/run.ts';
import type { DtypeScore } from '../experiments/stress/score.ts';
import type { SuiteName } from '../experiments/stress/suite.ts';
import { quoted } from './quoted.ts';

export interface StressOutcome {
  readonly tool: string;
  readonly suite: SuiteName;
  /** Of the suites. */
  readonly version: number;
  /** The scale of all rungs, where it is not each one's own. */
  readonly scale?: 'rsqrt';
  readonly oracle: string;
  /** Of the tensors, where all heads of a rung were one call. */
  readonly layout?: Layout;
  /** Seconds that the oracle's program could take for an instance, where that was said. */
  readonly timeout?: number;
  /** Rungs with fewer keys were not exercised. */
  readonly exactBelow?: number;
  /** What the oracle's program made of a tiny instance, where it was asked. */
  readonly selfTest?: SelfTest;
  /** Did every dtype's ladder survive the level that is required? */
  readonly passed: boolean;
  readonly scores: readonly DtypeScore[];
  readonly rungs: readonly RungResult[];
  /** The rungs that were named, where they were. */
  readonly only?: readonly string[];
  /** Which of the suite's rungs these are, where they are not all; `at` is the first. */
  readonly shard?: UnitPart;
}

/** `1.2e-6`; `none` where there is no finite number. */
export const small = (x: number | null): string => (x === null ? 'none' : exponential(x));

/** `1.2e9`, or `-`. */
export const rate = (x: number | null): string => (x === null ? '-' : exponential(x));

const exponential = (x: number): string => x.toExponential(1).replace('e+', 'e');

/** `192 × 128 × 64`, and how many of them. */
export const shapeOf = ({ queries, keys, headDim, valueDim, heads }: RungResult): string =>
  `${heads > 1 ? `${heads} of ` : ''}${queries} × ${keys} × ${headDim}${valueDim > 1 ? ` + ${valueDim}` : ''}`;

/** `, all logits by 1/√d` and `, shard 0/4 of its rungs only`; nothing where it is the suite as it is, whole. */
export function howRun({ scale, layout, exactBelow, shard, only }: StressOutcome): string {
  const how = [
    scale === undefined ? '' : ', all logits by 1/√d',
    layout === undefined ? '' : `, all heads in one call (${layout})`,
    exactBelow === undefined ? '' : `, exact below ${exactBelow} keys`,
  ].join('');
  if (only !== undefined) return `${how}, ${only.length} of its rungs only`;
  return shard === undefined ? how : `${how}, shard ${shard.index}/${shard.of} of its rungs only`;
}

/** The command that runs a rung by itself, asked in the same way. */
export function again({ suite, layout, timeout, oracle }: StressOutcome, { rung }: RungResult): string {
  const options = [
    suite === 'quick' ? '' : ` --suite ${suite}`,
    ` --rung ${rung}`,
    layout === undefined ? '' : ` --layout ${layout}`,
    timeout === undefined ? '' : ` --timeout ${timeout}`,
    ` --oracle ${quoted(oracle)}`,
  ];
  return `seth stress${options.join('')}`;
}

/** How to look at a rung that failed by itself, in one line; undefined where none did, or where that is being done. */
export function hintOf(outcome: StressOutcome): string | undefined {
  const failed = outcome.rungs.find((result) => !result.passed && isExercised(result));
  if (failed === undefined || outcome.only !== undefined) return undefined;
  return `One rung by itself: ${again(outcome, failed)}; with --export DIR, its matrices and the right output as files.`;
}

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

/** Did the oracle give no output? Such a rung counts all its rows as wrong, but none was decided. */
const isUnanswered = ({ seconds }: RungResult): boolean => seconds === null;

/** `3/64` of the rows, `0`, or that there was no answer. */
export const wrongOf = (result: RungResult, of: string): string =>
  isUnanswered(result) ? 'no answer' : result.wrong === 0 ? '0' : `${result.wrong}${of}${result.rows}`;

/** `, 13 levels not exercised`, of those that the ladder skips; nothing where there are none. */
export function skippedOf({ notExercised }: DtypeScore): string {
  const count = notExercised?.levels.length ?? 0;
  return count === 0 ? '' : `, ${counted(count, 'level')} not exercised`;
}

/** `7 of 9 rungs, 4 not exercised`. */
const rungsOf = ({ rungsPassed, rungs, notExercised }: DtypeScore): string =>
  `${rungsPassed} of ${rungs} rungs${notExercised === undefined ? '' : `, ${notExercised.rungs} not exercised`}`;

/** `3 of 426 rows decided wrongly, 64 without an answer`. */
function rowsOf({ rungs }: StressOutcome, { dtype, wrong, rows }: DtypeScore): string {
  const lost = rungs
    .filter((result) => result.dtype === dtype && isUnanswered(result) && isExercised(result))
    .reduce((sum, result) => sum + result.rows, 0);
  const without = lost === 0 ? '' : `, ${lost} without an answer`;
  return `${wrong - lost} of ${rows} rows decided wrongly${without}`;
}

/** `24.0`, or `-` where there was no rung to tell from. */
const shownBits = ({ rungs, bits }: DtypeScore): string => (rungs === 0 ? '-' : bits.toFixed(1));

/** `24.0 effective bits · 10 of 10 rungs · 0 of 751 rows decided wrongly · 1.2e7 pairs/s`. */
export const figuresOf = (outcome: StressOutcome, score: DtypeScore): string =>
  `${shownBits(score)} effective bits · ${rungsOf(score)} · ${rowsOf(outcome, score)} · ${rate(score.pairsPerSecond)} pairs/s`;

/**
 * `whyOf` for one rung after the other. What keeps an oracle from answering is said in full once, whichever temporary
 * folder and head it names.
 */
export function whysOf(): (result: RungResult) => string | undefined {
  const first = new Map<string, string>();
  return (result) => {
    const why = whyOf(result);
    if (why === undefined || !isUnanswered(result)) return why;
    const [, head, fault] = /^(head \d+: )?(.*)$/s.exec(why)!;
    const key = fault!.replaceAll(/\bseth-command-\w+/g, '');
    const earlier = first.get(key);
    if (earlier !== undefined) return `${head ?? ''}the same as at ${earlier}`;
    first.set(key, result.rung);
    return why;
  };
}
