/** From the results of rungs to a score for each dtype. */
import { dtypes, type Dtype } from '../../problems/dtype.ts';
import { bitsOf, type RungResult } from './run.ts';

export interface DtypeScore {
  readonly dtype: Dtype;
  /** The highest level of which, and of all levels below it, every rung passed; 0 for none. */
  readonly reached: number;
  /** The highest level that was run. */
  readonly top: number;
  /** The level that `--require` asks for, and whether it was reached. */
  readonly required: number;
  readonly passed: boolean;
  readonly rungsPassed: number;
  readonly rungs: number;
  /** The first rung that failed; null for none. */
  readonly firstFailed: string | null;
  /**
   * Effective bits of precision: -log2 of the largest relative error on the rungs of the top level, whose logits are the
   * smallest; 0 where one of them has no answer or no finite error.
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
    const ladder = results.filter((result) => result.dtype === dtype);
    if (ladder.length === 0) return [];
    const top = Math.max(...ladder.map(({ level }) => level));
    const failed = ladder.filter(({ passed }) => !passed).toSorted((a, b) => a.level - b.level);
    const reached = failed.length === 0 ? top : failed[0]!.level - 1;
    const level = Math.min(required, top);
    const highest = ladder.filter((result) => result.level === top);
    const answered = ladder.filter((result) => result.pairsPerSecond !== null);
    const seconds = answered.reduce((sum, result) => sum + result.seconds!, 0);
    const pairs = answered.reduce((sum, { heads, queries, keys }) => sum + heads * queries * keys, 0);
    const score: DtypeScore = {
      dtype,
      reached,
      top,
      required: level,
      passed: reached >= level,
      rungsPassed: ladder.length - failed.length,
      rungs: ladder.length,
      firstFailed: failed[0]?.rung ?? null,
      bits: bitsOf(Math.max(...highest.map(({ error }) => error ?? Infinity))),
      wrong: ladder.reduce((sum, result) => sum + result.wrong, 0),
      rows: ladder.reduce((sum, result) => sum + result.rows, 0),
      pairsPerSecond: seconds > 0 ? pairs / seconds : null,
    };
    return [score];
  });
}
