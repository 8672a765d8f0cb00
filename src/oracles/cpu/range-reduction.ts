/** The constants of the kernel's range reduction, for any scale. */
import { truncateTo } from '../../problems/dtype.ts';

/** ln 2 - Math.LN2, so that the two together are ln 2 up to 2^-110. */
const ln2Lo = 2.3190468138462996e-17;

/** What splits an inner product s into t·L + r with L = ln 2 / scale, so that exp(scale·s) = 2^t · exp(scale·r). */
export interface RangeReduction {
  /** Between (1 - 2^-49)/L and (1 - 2^-51)/L. A little below 1/L, so that |t·L| ≤ 2|s| whenever t ≠ 0. */
  readonly perL: number;
  /** The upper `bits` significant bits of L, truncated: t·lHi is exact for |t| ≤ 2^(53 - bits). */
  readonly lHi: number;
  /** L - lHi, with a relative error of at most 2^-52; 0 ≤ lLo ≤ 2^(1 - bits)·L. */
  readonly lLo: number;
}

/** For a scale between 2^-500 and 2^500. */
export function rangeReduction(scale: number, bits = 22): RangeReduction {
  const quotient = Math.LN2 / scale;
  const rest = (productRest(quotient, scale, Math.LN2) + ln2Lo) / scale;
  const lHi = truncateTo(bits, quotient);
  return { perL: (scale / Math.LN2) * (1 - 2 ** -50), lHi, lLo: quotient - lHi + rest };
}

/** c - a·b for c close to a·b, from exact products of halves (Dekker 1971). */
function productRest(a: number, b: number, c: number): number {
  const aHigh = truncateTo(26, a);
  const bHigh = truncateTo(26, b);
  const aLow = a - aHigh;
  const bLow = b - bHigh;
  return c - aHigh * bHigh - aHigh * bLow - aLow * bHigh - aLow * bLow;
}
