/** Float64s as integers times powers of two, for tests that want exact arithmetic. */

/** x = integer · 2^exponent, the integer odd (or 0). */
export function dyadic(x: number): { readonly integer: bigint; readonly exponent: number } {
  if (x === 0) return { integer: 0n, exponent: 0 };
  let exponent = Math.floor(Math.log2(Math.abs(x))) - 53;
  if (exponent < -1074) exponent = -1074;
  const half = Math.floor(exponent / 2);
  let integer = BigInt(x / 2 ** half / 2 ** (exponent - half));
  while (integer % 2n === 0n) {
    integer /= 2n;
    exponent++;
  }
  return { integer, exponent };
}

export function significantBitsOf(x: number): number {
  const { integer } = dyadic(x);
  return (integer < 0n ? -integer : integer).toString(2).length;
}

/** Σ x_c·y_c, times 2^`shift`, which must make it an integer. */
export function exactDot(x: readonly number[], y: readonly number[], shift: number): bigint {
  return x.reduce((sum, a, c) => {
    const left = dyadic(a);
    const right = dyadic(y[c]!);
    if (left.integer === 0n || right.integer === 0n) return sum;
    return sum + left.integer * right.integer * 2n ** BigInt(left.exponent + right.exponent + shift);
  }, 0n);
}
