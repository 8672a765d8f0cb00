/**
 * The certified demand of an instance: the largest relative error per output at which every output that has it decodes
 * to the right counts, with a certificate. It is the certificate's own bound, bias + noise < ½, solved for the error.
 */
import type { OutputError } from '../../problems/attention.ts';
import { readMass, readShare, roundingAtOne } from '../../readout/noise.ts';
import { padMass, residual } from '../../readout/readout.ts';
import type { AttentionOptions } from '../../../reductions/ov-to-attention.ts';
import type { ValueColumn } from './disguise.ts';
import type { Histogram, Truth } from './truth.ts';

/** A little below what the decode asks for, so that its own roundings find room. */
const certain = 0.5 - 2 ** -19;

/**
 * The error of the numbers that are decoded, for outputs with this error in columns whose factors are at least `factor` in
 * absolute value: dividing by the factor rounds once, and so does the conversion of the claim.
 */
export const decodedError = ({ relative, absolute }: OutputError, factor: number): OutputError => ({
  relative: relative + 2 ** -51,
  absolute: (absolute / Math.abs(factor)) * (1 + 2 ** -50),
});

/**
 * The largest error ε, up to a part in 2^40, such that every output within ε·|true| + `absolute` of the true one is
 * certified: bias + noise < ½ in every row, and for the bits of the partner, where columns of V hold them, in every row
 * with one partner. 0 where there is none.
 */
export function certifiedDemand(
  found: readonly Histogram[],
  { high, columns }: Truth,
  options: AttentionOptions,
  values: readonly ValueColumn[],
  absolute: number,
): number {
  const { readout, pads } = options;
  const nodes = readout.scales.length;
  const mass = padMass(pads.count, readout.bound, readout.scale);
  const counts = found.map((histogram) => histogram.map((column) => column.reduce((a, b) => a + b)));
  const n = counts[0]![0]!;
  const bias = n * residual(readout);

  const certifies = (relative: number): boolean => {
    const sizes = values.map(({ factor }) => Math.abs(factor));
    const errors = sizes.map((size) => decodedError({ relative, absolute }, Math.min(size, sizes[0]!)));
    const most = (y: number, c: number): number =>
      ((Math.abs(y) * (1 + relative) + absolute) / sizes[c]!) * (1 + 2 ** -50);
    return found.every((histogram, i) => {
      const bits = histogram[0]![0] === 1 ? histogram.length : 1; // further columns repeat these
      for (let c = 0; c < bits; c++) {
        let noise = roundingAtOne(readout, counts[i]![c]!);
        for (let k = 0; k < nodes; k++) {
          const at = (i * nodes + k) * columns;
          const y = most(high[at]!, 0);
          const read =
            c === 0 ? readMass(y, mass, errors[0]!) : readShare(most(high[at + c]!, c), y, mass, errors[c]!);
          noise += Math.abs(readout.weights[k]!) * read.error;
        }
        if (!(bias + noise < certain)) return false;
      }
      return true;
    });
  };

  let holds = -60;
  let fails = 0; // log2 of the error
  if (!certifies(2 ** holds)) return 0;
  for (let step = 0; step < 46; step++) {
    const middle = (holds + fails) / 2;
    if (certifies(2 ** middle)) holds = middle;
    else fails = middle;
  }
  return 2 ** holds;
}
