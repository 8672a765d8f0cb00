/** Constants of the integer exponential: log2 e, ln 2 and powers of two in fixed point, from integer arithmetic alone. */

const bits = 192n;
const one = 1n << bits;

/** ln 2 = Σ_{k ≥ 1} 1/(k·2^k), in units of 2^-192; off by less than 200 of them. */
const ln2 = Array.from({ length: 200 }, (_, k) => one / (BigInt(k + 1) << BigInt(k + 1))).reduce(
  (a, b) => a + b,
);

/** log2(e) in units of 2^-160, off by less than one. */
export const log2e: bigint = ((one << bits) / ln2) >> 32n;

/** ln 2 in units of 2^-64, rounded. */
export const ln2In64: bigint = rounded(ln2, bits - 64n);

/**
 * 2^(i/256) for i < 256, then 2^(j/65536) for j < 256, each as two 32-bit words, lower first, of a number in units of
 * 2^-63; rounded, so that each is right to 2^-64 relative to itself.
 */
export function powerTable(): Uint32Array<ArrayBuffer> {
  const table = new Uint32Array(1024);
  let root = 2n * one;
  for (let halvings = 1; halvings <= 16; halvings++) {
    root = squareRoot(root << bits);
    if (halvings === 8) fill(table, 0, root);
  }
  fill(table, 512, root);
  return table;
}

function fill(table: Uint32Array, first: number, ratio: bigint): void {
  let power = one;
  for (let i = 0; i < 256; i++) {
    const value = rounded(power, bits - 63n);
    table[first + 2 * i] = Number(value & 0xffffffffn);
    table[first + 2 * i + 1] = Number(value >> 32n);
    power = (power * ratio) >> bits;
  }
}

function rounded(x: bigint, shift: bigint): bigint {
  return (x + (1n << (shift - 1n))) >> shift;
}

/** ⌊√x⌋ by Newton's method from above. */
function squareRoot(x: bigint): bigint {
  let root = 1n << BigInt(Math.ceil(x.toString(2).length / 2));
  for (;;) {
    const next = (root + x / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
