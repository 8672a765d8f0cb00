/**
 * How far the error of an output can move a count. With pad mass P an output is y = S/(S+P), so S = P·y/(1−y); an
 * error δ of y moves S by P·δ/((1−y)(1−y∓δ)).
 */
import type { OutputError } from '../problems/attention.ts';
import type { Readout } from './readout.ts';

/** Keys that stand for a known mass, so that a sum can be read from a quotient. */
export interface Pads {
  readonly count: number;
  /** P, their total exp(logit). */
  readonly mass: number;
}

/**
 * What decoding itself may lose in float64, relative to each term w_k·S_k, in units of 2^-53: P is within 2 of the true
 * pad mass, P·y and the quotient round by 1 each, 1 − y by 2, the product with w_k by 1 and the compensated sum by 1 and
 * second-order terms. 16 are granted for these 8.
 */
const decodeRounding = 16 * 2 ** -53;

/**
 * S = P·y/(1−y) and the most by which the true value can differ from it, when the true output is within `error` of
 * y. Infinite where y's interval reaches 1.
 */
export function readMass(y: number, padMass: number, error: OutputError): { mass: number; error: number } {
  const mass = (padMass * y) / (1 - y);
  // |y − true| ≤ relative·true + absolute, and true ≤ (y + absolute)/(1 − relative).
  const slack = (error.relative * y + error.absolute) / (1 - error.relative);
  const room = 1 - y - slack; // not positive for a claim that reaches 1
  const moved = room > 0 && error.relative < 1 ? (padMass * slack) / ((1 - y) * room) : Infinity;
  return { mass, error: moved * (1 + decodeRounding) + decodeRounding * mass };
}

/**
 * The share S' of the mass that keys with value 1 in another column have, S' = P·y'/(1−y), and the most by which the
 * true value can differ from it, where `y` is the output in the first column and both are within `error`.
 */
export function readShare(
  share: number,
  y: number,
  padMass: number,
  error: OutputError,
): { mass: number; error: number } {
  const mass = (padMass * share) / (1 - y);
  const slack = (value: number): number => (error.relative * value + error.absolute) / (1 - error.relative);
  const room = 1 - y - slack(y);
  const moved = room > 0 && error.relative < 1 ? (padMass * slack(share) + mass * slack(y)) / room : Infinity;
  return { mass, error: moved * (1 + decodeRounding) + decodeRounding * mass };
}

/** What decoding n keys loses on the known S(1) = n, whose weight is `weightAtOne`. */
export const roundingAtOne = ({ weightAtOne }: Readout, keys: number): number =>
  decodeRounding * Math.abs(weightAtOne) * keys;

/**
 * Σ_k |w_k|·δS_k for outputs that read masses S_k up to `masses[k]`, and what decoding n keys rounds itself. An upper
 * bound for every row whose masses stay below.
 */
export function countNoise(
  readout: Readout,
  masses: readonly number[],
  padMass: number,
  keys: number,
  error: OutputError,
): number {
  let sum = roundingAtOne(readout, keys);
  readout.weights.forEach((weight, k) => {
    // The output that is read can be above the true one, and the error that it might have grows with it.
    const y = (masses[k]! / (masses[k]! + padMass)) * (1 + error.relative) + error.absolute;
    sum += Math.abs(weight) * readMass(y, padMass, error).error;
  });
  return sum * (1 + decodeRounding);
}
