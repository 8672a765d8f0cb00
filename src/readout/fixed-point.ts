/**
 * Real numbers as bigints in units of 2^-256. Everything a certificate rests on is computed here: sums are exact,
 * and each product, quotient or exponential is off by less than one unit, about 1e-77, towards minus infinity
 * unless it says otherwise.
 */

/** A number in units of 2^-256. */
export type Fixed = bigint;

const bits = 256n;

export const one: Fixed = 1n << bits;

export const multiply = (a: Fixed, b: Fixed): Fixed => (a * b) >> bits;

/** a / b, off by less than one unit towards zero; `b` ≠ 0. */
export const divide = (a: Fixed, b: Fixed): Fixed => (a << bits) / b;

export const abs = (a: Fixed): Fixed => (a < 0n ? -a : a);

/** `x` exactly, where its last bit is worth at least 2^-256; smaller bits are cut off. `x` is finite. */
export function toFixed(x: number): Fixed {
  const { mantissa, exponent } = split(x);
  const shift = BigInt(exponent) + bits;
  return shift >= 0n ? mantissa << shift : mantissa >> -shift;
}

/** A float64 within one ulp of `a`. */
export function toNumber(a: Fixed): number {
  const excess = Math.max(0, abs(a).toString(16).length * 4 - 64);
  return Number(a >> BigInt(excess)) * 2 ** (excess - Number(bits));
}

/** A float64 that is at least `a`, and above it by less than 4 ulp; for a ≥ 0. */
export function roundUp(a: Fixed): number {
  return toNumber(a) * (1 + 2 * Number.EPSILON) + Number.MIN_VALUE;
}

/** The exact product of float64s, in units of 2^-256, off by less than one unit. */
export function exactProduct(...factors: readonly number[]): Fixed {
  let mantissa = 1n;
  let exponent = bits;
  for (const factor of factors) {
    const parts = split(factor);
    mantissa *= parts.mantissa;
    exponent += BigInt(parts.exponent);
  }
  return exponent >= 0n ? mantissa << exponent : mantissa >> -exponent;
}

/** Extra bits for the squarings of an exponential, and how often its argument is halved. */
const guard = 64n;
const halvings = 24n;

/**
 * exp(z) for −2^16 ≤ z ≤ 100: off by less than 2^-250 where z ≤ 0, and by less than 2^-250 · exp(2z) where z > 0.
 * Taylor's series at z·2^(−24−k), where 2^k is above |z|, then as many squarings; the 64 guard bits absorb what the
 * squarings double.
 */
export function exp(z: Fixed): Fixed {
  if (z > 0n) return divide(one, exp(-z));
  const wide = bits + guard;
  const size = BigInt(Math.max(0, (abs(z) >> bits).toString(2).length));
  const steps = halvings + size;
  const reduced = (z << guard) >> steps;
  const unit = 1n << wide;
  let term = unit;
  let sum = unit;
  for (let k = 1n; term !== 0n && term !== -1n; k++) {
    term = (term * reduced) / (k << wide);
    sum += term;
  }
  for (let step = 0n; step < steps; step++) sum = (sum * sum) >> wide;
  return sum >> guard;
}

/** x = mantissa · 2^exponent with an odd or zero integer mantissa. */
function split(x: number): { mantissa: bigint; exponent: number } {
  if (!Number.isFinite(x)) throw new RangeError(`expected a finite number, found ${x}`);
  let exponent = 0;
  while (!Number.isInteger(x)) {
    x *= 2;
    exponent--;
  }
  return { mantissa: BigInt(x), exponent };
}
