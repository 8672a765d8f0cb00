/** `--spot-check K`: which rows are computed anew, and what that says of those that were not. */
import type { Attention, AttentionOutput } from '../problems/attention.ts';
import { random } from '../problems/families/random.ts';
import type { Oracle } from '../oracles/oracle.ts';
import { escapeProbability, leastAltered, spotCheck } from '../verify/spot-check.ts';
import { figure } from './answers.ts';
import { UsageError } from './faults.ts';
import { numberOf, type SpotCheckArguments } from './options.ts';

export interface Sample {
  readonly rows: number;
  readonly seed: number;
}

export interface CheckedSample extends Sample {
  /** Rows of the output. */
  readonly of: number;
  /** The largest deviation seen, as a share of what the claim allows. */
  readonly worst: number;
}

/** What was asked for; undefined without `--spot-check`. The seed is random unless it was given. */
export function sampleOf(args: SpotCheckArguments): Sample | undefined {
  const rows = numberOf('spot-check', args.spotCheck, { min: 1, max: 2 ** 31, whole: true });
  const seed = numberOf('seed', args.seed, { min: 0, max: Number.MAX_SAFE_INTEGER, whole: true });
  if (rows !== undefined) return { rows, seed: seed ?? randomSeed() };
  if (seed !== undefined) throw new UsageError('--seed says which rows --spot-check takes: give both');
  return undefined;
}

/** 53 bits that nobody can guess. */
function randomSeed(): number {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2)) as unknown as [number, number];
  return (high % 2 ** 21) * 2 ** 32 + low;
}

/** Computes the rows of the sample anew. Throws an `InputError` that names the first row that is off. */
export async function checkSample(
  attention: Attention,
  output: AttentionOutput,
  sample: Sample,
): Promise<CheckedSample> {
  const rows = Math.min(sample.rows, output.rows);
  const chosen = random(sample.seed).subset(rows, output.rows);
  return { rows, seed: sample.seed, of: output.rows, worst: await spotCheck(attention, output, chosen) };
}

/**
 * The oracle, with rows of each output computed anew before anybody sees it; `draw` says which, `onChecked` is told. Its
 * seconds are the oracle's own.
 */
export function spotChecking(
  oracle: Oracle,
  draw: () => Sample,
  onChecked: (checked: CheckedSample) => void,
): Oracle {
  return {
    ...oracle,
    async attend(attention, options) {
      const attended = await oracle.attend(attention, options);
      onChecked(await checkSample(attention, attended.output, draw()));
      return attended;
    },
  };
}

/** With what probability altered rows escape such a sample: one of them, and the least number that 1% is enough for. */
export function spotCheckFigures({ rows, of, seed, worst }: CheckedSample): SpotCheckFigures {
  const many = leastAltered(of, rows, 0.01);
  const escapes = [...new Set([1, many])].map((altered) => ({
    altered,
    probability: escapeProbability(of, altered, rows),
  }));
  return { rows, of, seed, worst, escapes };
}

export interface SpotCheckFigures extends CheckedSample {
  readonly escapes: readonly { readonly altered: number; readonly probability: number }[];
}

/** The figures of the largest of several outputs, which the leaves of one formula have; undefined for none. */
export function largestFigures(checked: readonly CheckedSample[]): SpotCheckFigures | undefined {
  const [largest] = checked.toSorted((a, b) => b.of - a.of);
  return largest && spotCheckFigures(largest);
}

/** The same as comments of the competitions' formats. */
export function spotCheckLines({ rows, of, seed, escapes }: SpotCheckFigures): string {
  const lines = escapes.map(
    ({ altered, probability }) =>
      `c spot check: ${altered} altered ${altered === 1 ? 'row escapes' : 'rows escape'} with probability ${figure(probability)}\n`,
  );
  return `c spot check: ${rows} of ${of} rows computed anew are as claimed, seed ${seed}\n${lines.join('')}`;
}
