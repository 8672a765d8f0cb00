/** From the results of rungs to a score for each dtype. */
import { dtypes, type Dtype } from '../../problems/dtype.ts';
import { bitsOf, isExercised, type RungResult } from './run.ts';

export interface DtypeScore {
  readonly dtype: Dtype;
  /** The highest level of which, and of all levels below it, every rung that was exercised passed; 0 for none. */
  readonly reached: number;
  /** The highest level that was run. */
  readonly top: number;
  /** The level that `--require` asks for, and whether it was reached. */
  readonly required: number;
  readonly passed: boolean;
  readonly rungsPassed: number;
  /** Those that count: which were not exercised is apart. */
  readonly rungs: number;
  /** Rungs that were not exercised, and the levels with no others, which the ladder skips; absent where there are none. */
  readonly notExercised?: { readonly rungs: number; readonly levels: readonly number[] };
  /** The first rung that failed; null for none. */
  readonly firstFailed: string | null;
  /**
   * Effective bits of precision: -log2 of the largest relative error on the rungs of the highest level that was exercised,
   * the top as a rule; 0 where one of them has no answer or no finite error, or there is none.
   */
  readonly bits: number;
  /** Rows decided wrongly, of those of all rungs. */
  readonly wrong: number;
  readonly rows: number;
  /** Query-key pairs a second over the rungs whose answers were timed; null for none. */
  readonly pairsPerSecond: number | null;
}

/** Did every ladder reach what it had to? */
export const hasPassed = (scores: readonly DtypeScore[]): boolean => scores.every(({ passed }) => passed);

/** A score for each dtype that has results. `required` levels beyond a ladder's top mean its top. */
export function scoreOf(results: readonly RungResult[], required: number = Infinity): readonly DtypeScore[] {
  return dtypes.flatMap((dtype) => {
    const all = results.filter((result) => result.dtype === dtype);
    if (all.length === 0) return [];
    const top = Math.max(...all.map(({ level }) => level));
    const ladder = all.filter(isExercised);
    const levels = [...new Set(ladder.map(({ level }) => level))];
    const skipped = [...new Set(all.map(({ level }) => level))].filter((level) => !levels.includes(level));
    const failed = ladder.filter(({ passed }) => !passed).toSorted((a, b) => a.level - b.level);
    const reached = Math.max(0, ...levels.filter((level) => level < (failed[0]?.level ?? Infinity)));
    const level = Math.min(required, top);
    const highest = ladder.filter((result) => result.level === Math.max(...levels));
    const errors = highest.map(({ error }) => error ?? Infinity);
    const answered = ladder.filter((result) => result.pairsPerSecond !== null);
    const seconds = answered.reduce((sum, result) => sum + result.seconds!, 0);
    const pairs = answered.reduce((sum, { heads, queries, keys }) => sum + heads * queries * keys, 0);
    const score: DtypeScore = {
      dtype,
      reached,
      top,
      required: level,
      passed: reached >= level && ladder.length > 0,
      rungsPassed: ladder.length - failed.length,
      rungs: ladder.length,
      ...(ladder.length < all.length && {
        notExercised: { rungs: all.length - ladder.length, levels: skipped },
      }),
      firstFailed: failed[0]?.rung ?? null,
      bits: bitsOf(errors.length === 0 ? Infinity : Math.max(...errors)),
      wrong: ladder.reduce((sum, result) => sum + result.wrong, 0),
      rows: ladder.reduce((sum, result) => sum + result.rows, 0),
      pairsPerSecond: seconds > 0 ? pairs / seconds : null,
    };
    return [score];
  });
}
