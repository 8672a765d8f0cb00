/**
 * x·y + z and z - x·y, fused to one rounding in the relaxed build where the engine and the processor do that, else
 * rounded twice. Which of the two must not matter to an error bound: every use is covered by two roundings, or x·y is
 * exact.
 */

export function madd64(x: v128, y: v128, z: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(x, y, z);
  return f64x2.add(z, f64x2.mul(x, y));
}

export function nmadd64(x: v128, y: v128, z: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_nmadd(x, y, z);
  return f64x2.sub(z, f64x2.mul(x, y));
}

export function madd32(x: v128, y: v128, z: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(x, y, z);
  return f32x4.add(z, f32x4.mul(x, y));
}

export function nmadd32(x: v128, y: v128, z: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_nmadd(x, y, z);
  return f32x4.sub(z, f32x4.mul(x, y));
}
