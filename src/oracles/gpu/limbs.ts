/** Float64s as integers in balanced limbs of 12 bits, each between -2048 and 2048. */

/** Limbs that a number has at most: 59 bits, more than a float64's 53. */
export const mostLimbs = 5;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** The least e with |x| < 2^e, for finite x ≠ 0. */
export function exponentOf(x: number): number {
  double[0] = x;
  const field = (words[1]! >>> 20) & 0x7ff;
  if (field !== 0) return field - 1022;
  const high = words[1]! & 0xfffff;
  return high !== 0 ? -1042 + 32 - Math.clz32(high) : -1074 + 32 - Math.clz32(words[0]!);
}

/** The exponent of the lowest bit that is set in x, for finite x ≠ 0: x is an odd multiple of 2 to that power. */
export function lowestBit(x: number): number {
  double[0] = x;
  const [low, high] = [words[0]!, words[1]!];
  const field = (high >>> 20) & 0x7ff;
  const unit = field === 0 ? -1074 : field - 1075;
  const fraction = (high & 0xfffff) | (field === 0 ? 0 : 0x100000);
  return unit + (low !== 0 ? trailingZeros(low) : 32 + trailingZeros(fraction));
}

const trailingZeros = (x: number): number => 31 - Math.clz32(x & -x);

/** How many limbs hold numbers below 1 whose lowest bits are at least 2^-depth, `mostLimbs` at most. */
export const limbsFor = (depth: number): number =>
  Math.min(mostLimbs, Math.max(1, Math.ceil((depth + 1) / 12)));

/** Are such numbers exact in so many limbs? */
export const isExactIn = (limbs: number, depth: number): boolean => depth <= 12 * limbs - 1;

/**
 * Writes x·2^-e, |x| < 2^e, rounded to an integer times 2^(1-12·limbs), as limbs from the lowest on into
 * `into[at]`, `into[at + step]`, …
 */
export function writeLimbs(
  x: number,
  e: number,
  limbs: number,
  into: Int32Array,
  at: number,
  step: number,
): void {
  let rest = Math.round(timesPowerOfTwo(x, 12 * limbs - 1 - e));
  for (let l = 0; l < limbs - 1; l++) {
    const next = Math.round(rest / 4096);
    into[at + l * step] = rest - 4096 * next;
    rest = next;
  }
  into[at + (limbs - 1) * step] = rest;
}

/** x·2^e, exactly wherever the result is a normal number. */
export function timesPowerOfTwo(x: number, e: number): number {
  for (let left = e; left !== 0;) {
    const step = Math.max(-1000, Math.min(1000, left));
    x *= 2 ** step;
    left -= step;
  }
  return x;
}
