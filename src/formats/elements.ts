/**
 * Numbers as the bytes of a tensor, little-endian, in each of the four formats, and back.
 * f64 and f32 are copied; f16 and bf16 go through the bits of the float32 that equals them.
 */
import { bytesOf, roundTo } from '../problems/dtype.ts';
import type { Dtype } from '../problems/dtype.ts';

const littleEndianHost = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** 2^(e-25) for the exponent field e of an f16: what one unit of its 11-bit significand is worth. */
const halfUnits = Float64Array.from({ length: 32 }, (_, exponent) => 2 ** (Math.max(exponent, 1) - 25));

/**
 * `values`, each rounded to the nearest number of the format (ties to even), as `values.length * bytesOf(dtype)`
 * bytes. A sign of zero, infinities and NaN stay what they are.
 */
export function encodeElements(dtype: Dtype, values: Float64Array): Uint8Array {
  const bytes = new Uint8Array(values.length * bytesOf(dtype));
  if (dtype === 'f64') new Float64Array(bytes.buffer).set(values);
  else if (dtype === 'f32') new Float32Array(bytes.buffer).set(values);
  else {
    const words = new Uint16Array(bytes.buffer);
    const toBits = dtype === 'f16' ? halfBits : bfloatBits;
    for (let e = 0; e < values.length; e++) words[e] = toBits(values[e]!);
  }
  return littleEndianHost ? bytes : swapBytes(bytes, bytesOf(dtype));
}

/**
 * The numbers in `bytes` (a whole number of elements), exactly, written to the first entries of `into`, which is
 * returned.
 */
export function decodeElements(
  dtype: Dtype,
  bytes: Uint8Array,
  into: Float64Array = new Float64Array(bytes.length / bytesOf(dtype)),
): Float64Array {
  const size = bytesOf(dtype);
  const count = bytes.length / size;
  // A typed array must begin at a multiple of its element's size; tensors in a file need not.
  const native = littleEndianHost ? bytes : swapBytes(copied(bytes), size);
  const { buffer, byteOffset } = native.byteOffset % size === 0 ? native : copied(native);
  if (dtype === 'f64') into.set(new Float64Array(buffer, byteOffset, count));
  else if (dtype === 'f32') into.set(new Float32Array(buffer, byteOffset, count));
  else {
    const words = new Uint16Array(buffer, byteOffset, count);
    const fromBits = dtype === 'f16' ? fromHalfBits : fromBfloatBits;
    for (let e = 0; e < count; e++) into[e] = fromBits(words[e]!);
  }
  return into;
}

/** A copy, of a Buffer too, whose own `slice` is a view. */
export const copied = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

/** Reverses each group of `size` bytes in place and returns the array. */
export function swapBytes(bytes: Uint8Array, size: number): Uint8Array {
  for (let at = 0; at + size <= bytes.length; at += size) bytes.subarray(at, at + size).reverse();
  return bytes;
}

/** The sign of `x`, where f16 and bf16 have it; a negative number that rounds to 0 keeps it. */
function signBit(x: number): number {
  float[0] = x;
  return (bits[0]! >>> 16) & 0x8000;
}

/** The bits of the float32 that equals |x| rounded to the format; every f16 and bf16 is a float32. */
function magnitudeBits(dtype: 'f16' | 'bf16', x: number): number {
  float[0] = Math.abs(roundTo(dtype, x));
  return bits[0]!;
}

function bfloatBits(x: number): number {
  return signBit(x) | (magnitudeBits('bf16', x) >>> 16);
}

function fromBfloatBits(word: number): number {
  bits[0] = word << 16;
  return float[0]!;
}

function halfBits(x: number): number {
  const sign = signBit(x);
  const magnitude = magnitudeBits('f16', x);
  const exponent = magnitude >>> 23;
  const fraction = (magnitude >>> 13) & 0x3ff;
  if (exponent === 0xff) return sign | 0x7c00 | fraction;
  if (exponent >= 113) return sign | ((exponent - 112) << 10) | fraction;
  return sign | (float[0]! * 2 ** 24); // subnormal, or zero: a whole number of 2^-24
}

function fromHalfBits(word: number): number {
  const exponent = (word >>> 10) & 0x1f;
  const fraction = word & 0x3ff;
  const sign = word & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction : fraction | 0x400) * halfUnits[exponent]!;
}
