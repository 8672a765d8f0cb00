/** Error-free transformations: what a rounded sum or product of float64s left out, exactly. */

/** a + b − sum for sum = a + b rounded (Knuth's TwoSum). */
export function sumError(a: number, b: number, sum: number): number {
  const part = sum - a;
  return a - (sum - part) + (b - part);
}

/** a·b − product for product = a·b rounded, unless it is subnormal (Dekker 1971). */
export function productError(a: number, b: number, product: number): number {
  const aHigh = upperHalf(a);
  const bHigh = upperHalf(b);
  const aLow = a - aHigh;
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

/** The upper 26 bits of x; x less that fits in 26 bits as well (Veltkamp 1968). */
function upperHalf(x: number): number {
  const big = 134217729 * x; // 2^27 + 1
  return big - (big - x);
}
