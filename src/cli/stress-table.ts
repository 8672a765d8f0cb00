/** The table that `seth stress` prints: a row a rung as soon as it is judged, and the scores under it. */
import { isExercised, type RungResult } from '../experiments/stress/run.ts';
import type { RungSpec } from '../experiments/stress/suite.ts';
import { paint } from './paint.ts';
import {
  figuresOf,
  hintOf,
  howRun,
  rate,
  shapeOf,
  skippedOf,
  small,
  whysOf,
  wrongOf,
  type StressOutcome,
} from './stress-outcome.ts';

export interface StressTable {
  /** One row, and under it why the rung failed. */
  row(result: RungResult): string;
  scores(outcome: StressOutcome): string;
}

const shapeWidth = 24;

/** A table for these rungs on a terminal or elsewhere. */
export function stressTable(
  specs: readonly RungSpec[],
  screen: { readonly isTTY?: boolean } = process.stdout,
): StressTable {
  const { bold, dim, green, red } = paint(screen);
  const width = Math.max(4, ...specs.map(({ id }) => id.length));
  const whyNow = whysOf();
  let headed = false;

  const line = (rung: string, shape: string, ...cells: readonly string[]): string =>
    [rung.padEnd(width), shape.padEnd(shapeWidth), ...cells.map((cell) => cell.padStart(8))].join('  ');
  const heading = (): string => {
    if (headed) return '';
    headed = true;
    const titles = line(
      'rung',
      'queries × keys × d',
      'amplif.',
      'demand',
      'error',
      'bits',
      'wrong',
      'pairs/s',
    );
    return `${bold(titles)}\n${dim('─'.repeat(titles.length + 3))}\n`;
  };

  return {
    row(result) {
      const { rung, passed, amplification, demand, error, bits } = result;
      const text = line(
        rung,
        shapeOf(result),
        rate(amplification),
        small(demand),
        small(error),
        bits.toFixed(1),
        // A character wider than its column, which the next one has to spare.
        ...(result.seconds === null
          ? [`${wrongOf(result, '/')}${'-'.padStart(9)}`]
          : [wrongOf(result, '/'), rate(result.pairsPerSecond)]),
      );
      const why = whyNow(result);
      const below = why === undefined ? '' : `${dim(`  ${why}`)}\n`;
      const mark = isExercised(result) ? (passed ? green('✓') : red('✗')) : dim('not exercised');
      return `${heading()}${text}  ${mark}\n${below}`;
    },
    scores(outcome) {
      const { suite, version, oracle, scores, passed, only } = outcome;
      const lines = scores.map((score) => {
        const mark = score.passed
          ? green('✓')
          : red(only === undefined ? `✗ below level ${score.required}` : '✗');
        const fall = score.firstFailed === null ? '' : `, fell at ${score.firstFailed}`;
        // A few rungs are no ladder.
        const level =
          only === undefined ? `level ${score.reached} of ${score.top}${fall}${skippedOf(score)} · ` : '';
        return `${bold(score.dtype)}: ${level}${figuresOf(outcome, score)}  ${mark}\n`;
      });
      const verdict = passed ? green('passed') : red('not passed');
      const hint = hintOf(outcome);
      const below = hint === undefined ? '' : `${dim(hint)}\n`;
      return `\n${lines.join('')}${oracle} on the ${suite} suite, version ${version}${howRun(outcome)}: ${verdict}\n${below}`;
    },
  };
}
