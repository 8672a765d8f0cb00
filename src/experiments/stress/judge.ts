/** One output against what is right: how far off it is, which left vectors it decides wrongly, and whether it passes. */
import type { AttentionOutput } from '../../problems/attention.ts';
import { InputError } from '../../problems/input-error.ts';
import { countPartners } from '../../../reductions/ov-to-attention.ts';
import { readMass, readShare } from '../../readout/noise.ts';
import { decodedError } from './demand.ts';
import type { Head, Rung } from './rung.ts';

export interface HeadVerdict {
  /**
   * The largest |out − true| beyond the absolute part of the demand, relative to |true|; ∞ where an entry is not finite,
   * or not 0 where the true one is.
   */
  readonly error: number;
  /** The entry that is farthest off. */
  readonly at: {
    readonly row: number;
    readonly column: number;
    readonly found: number;
    readonly expected: number;
  };
  /** Left vectors whose number of partners, or whose partner, comes out wrong when the output is decoded as it is. */
  readonly wrong: readonly number[];
  /** Within the demand, and the decode with its certificate, claiming the demand as the output's error, is right. */
  readonly passed: boolean;
}

/**
 * Judges the output of one head. An error of at most the demand implies that no row is wrong and that the certificate
 * holds; both are checked all the same, and an Error is thrown, a fault of this program, where they do not follow.
 */
export function judge(head: Head, rung: Rung, values: Float64Array): HeadVerdict {
  const { truth } = head;
  if (values.length !== truth.high.length) {
    throw new InputError({
      code: 'output-shape',
      expected: `${truth.rows} × ${truth.columns} numbers`,
      found: `${values.length} of them`,
      hint: 'one row for each query, one column for each column of v',
    });
  }
  const { relative, absolute } = rung.demand;
  let error = 0;
  let at = 0;
  values.forEach((y, e) => {
    const off = relativeError(y, truth.high[e]!, truth.low[e]!, absolute);
    if (off <= error) return;
    error = off;
    at = e;
  });
  const wrong = wrongRows(head, rung, values);
  const passed = error <= relative;
  if (passed && (wrong.length > 0 || !certifies(head, rung, values))) {
    throw new Error(`${rung.spec.id}: an output within the demand does not decode; please report it`);
  }
  const { columns, high } = truth;
  const place = {
    row: Math.floor(at / columns),
    column: at % columns,
    found: values[at]!,
    expected: high[at]!,
  };
  return { error, at: place, wrong, passed };
}

function relativeError(y: number, high: number, low: number, absolute: number): number {
  const excess = Math.abs(y - high - low) - absolute;
  if (excess <= 0) return 0;
  const relative = excess / Math.abs(high);
  return Number.isNaN(relative) ? Infinity : relative;
}

/** Decodes to the nearest whole numbers, without asking how sure they are. */
function wrongRows(
  { truth, histograms, vectors }: Head,
  { options, columns: valued }: Rung,
  values: Float64Array,
): number[] {
  const { readout, pads } = options;
  const nodes = readout.weights.length;
  const { columns } = truth;
  const exact = { relative: 0, absolute: 0 };
  const wrong: number[] = [];
  const totals = histograms[0]!.map((column) => column.reduce((a, b) => a + b));
  for (let i = 0; i < vectors.left.rows; i++) {
    const partners = histograms[i]!.map((column) => column[0]!);
    const decided = partners[0] === 1 ? partners.length : 1;
    const right = totals.slice(0, decided).every((total, c) => {
      let sum = readout.weightAtOne * total;
      for (let k = 0; k < nodes; k++) {
        const row = (i * nodes + k) * columns;
        const y = values[row]! / valued[0]!.factor;
        const { mass } =
          c === 0
            ? readMass(y, pads.mass, exact)
            : readShare(values[row + c]! / valued[c]!.factor, y, pads.mass, exact);
        sum += readout.weights[k]! * mass;
      }
      return Math.round(sum) === partners[c];
    });
    if (!right) wrong.push(i);
  }
  return wrong;
}

/** Does the decode, told that the output has the demanded error, find the right counts? The first column has them. */
function certifies(
  { vectors, histograms, truth }: Head,
  { columns, options, demand }: Rung,
  values: Float64Array,
): boolean {
  const { factor } = columns[0]!;
  const output: AttentionOutput = {
    rows: truth.rows,
    columns: 1,
    values: Float64Array.from({ length: truth.rows }, (_, row) => values[row * truth.columns]! / factor),
    error: decodedError(demand, factor),
  };
  const { counts } = countPartners(vectors, output, { ...options, witness: 'scan' });
  return counts.every((count, i) => count === histograms[i]![0]![0]);
}
