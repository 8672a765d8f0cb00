/**
 * The floating-point formats that tensors come in. Arithmetic here is on float64 values that happen to be
 * representable in the format.
 */
export type Dtype = 'f64' | 'f32' | 'f16' | 'bf16';

export const dtypes: readonly Dtype[] = ['f64', 'f32', 'f16', 'bf16'];

interface Format {
  /** Bytes an element. */
  readonly bytes: number;
  /** Significant bits, the hidden one included. */
  readonly bits: number;
  /** Exponent of the smallest normal number. */
  readonly minExponent: number;
  /** Largest finite number. */
  readonly max: number;
}

const formats: Readonly<Record<Dtype, Format>> = {
  f64: { bytes: 8, bits: 53, minExponent: -1022, max: Number.MAX_VALUE },
  f32: { bytes: 4, bits: 24, minExponent: -126, max: (2 - 2 ** -23) * 2 ** 127 },
  f16: { bytes: 2, bits: 11, minExponent: -14, max: 65504 },
  bf16: { bytes: 2, bits: 8, minExponent: -126, max: (2 - 2 ** -7) * 2 ** 127 },
};

export const bytesOf = (dtype: Dtype): number => formats[dtype].bytes;

/** Significant bits, the hidden one included: 53, 24, 11, 8. */
export const significantBits = (dtype: Dtype): number => formats[dtype].bits;

/** u = 2^-bits: rounding to nearest moves a normal number by at most u times its absolute value. */
export const unitRoundoff = (dtype: Dtype): number => 2 ** -formats[dtype].bits;

/** The smallest positive normal number. */
export const smallestNormal = (dtype: Dtype): number => 2 ** formats[dtype].minExponent;

/** The smallest positive number, a subnormal one. */
export const smallestSubnormal = (dtype: Dtype): number =>
  2 ** (formats[dtype].minExponent - formats[dtype].bits + 1);

/** The largest finite number. */
export const largest = (dtype: Dtype): number => formats[dtype].max;

/** `x` rounded to the nearest number of the format, ties to even, overflow to ±∞; NaN stays NaN. */
export function roundTo(dtype: Dtype, x: number): number {
  if (dtype === 'f64') return x;
  if (dtype === 'f32') return Math.fround(x);
  if (x === 0 || !Number.isFinite(x)) return x;
  const { bits, minExponent, max } = formats[dtype];
  const magnitude = Math.abs(x);
  const quantum = 2 ** (Math.max(exponentOf(x), minExponent) - bits + 1);
  const rounded = roundHalfEven(magnitude / quantum) * quantum; // exact: quanta are powers of two in float64's range
  const held = rounded > max ? Infinity : rounded;
  return x < 0 ? -held : held;
}

/** Is `x` a finite number of the format? */
export function isExact(dtype: Dtype, x: number): boolean {
  return Number.isFinite(x) && roundTo(dtype, x) === x;
}

/** `x` with at most `bits` significant bits, rounded towards zero. Exact in float64; `x` finite and not subnormal. */
export function truncateTo(bits: number, x: number): number {
  if (x === 0) return 0;
  const quantum = 2 ** (exponentOf(x) - bits + 1);
  return Math.trunc(x / quantum) * quantum;
}

/** `x` with at most `bits` significant bits, rounded to nearest, ties to even. */
export function roundToBits(bits: number, x: number): number {
  if (x === 0) return 0;
  const quantum = 2 ** (exponentOf(x) - bits + 1);
  return roundHalfEven(x / quantum) * quantum;
}

/** e with 2^e ≤ |x| < 2^(e+1), for finite x ≠ 0. */
function exponentOf(x: number): number {
  const magnitude = Math.abs(x);
  let e = Math.max(-1074, Math.min(1023, Math.floor(Math.log2(magnitude))));
  if (2 ** e > magnitude) e--;
  else if (e < 1023 && 2 ** (e + 1) <= magnitude) e++;
  return e;
}

function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
