/**
 * Inner products of bit patterns, counted: for each query pattern a and s = 0 … D, how many keys b of a class have
 * popcount(a AND b) = s, and for integer value columns the sum of their values. Integers only, so nothing is rounded.
 *
 * Shapes and layout (addresses in bytes), with W 64-bit words a pattern:
 *   patterns  rows × W words, row after row
 *   keys      n × W words, row after row
 *   values    n × d_v float64 integers
 *   counts    rows × Z u32 with Z = D + 1 filled up to an even number, added to
 *   sums      rows × Z × d_v float64, added to: exact below 2^53
 *   scratch   4 × (D + 1) u32
 * A tile of keys (TILE · W · 8 bytes) stays in the first-level cache while all rows of a block pass over it. Each row
 * counts into four histograms in turn, because an increment must wait for the one before it at the same address.
 */

/** Keys a tile. A multiple of 4. */
const TILE: i32 = 1024;

export function countPatterns(
  patterns: usize,
  rows: i32,
  keys: usize,
  n: i32,
  words: i32,
  degree: i32,
  scratch: usize,
  counts: usize,
): void {
  const size = degree + 1;
  const evenSize = (size + 1) & ~1;
  const rowBytes = (<usize>words) << 3;
  for (let first = 0; first < n; first += TILE) {
    const there = min(TILE, n - first);
    const tile = keys + <usize>first * rowBytes;
    for (let i = 0; i < rows; i++) {
      memory.fill(scratch, 0, (<usize>size) << 4);
      const a = patterns + <usize>i * rowBytes;
      if (words == 1) countTile1(a, tile, there, scratch);
      else if (words == 2) countTile2(a, tile, there, scratch);
      else if (words == 3) countTile3(a, tile, there, scratch);
      else countTile(a, tile, there, words, scratch);
      const into = counts + ((<usize>i * evenSize) << 2);
      for (let s = 0; s < size; s++) {
        const four = scratch + ((<usize>s) << 4);
        const sum = load<u32>(four) + load<u32>(four, 4) + load<u32>(four, 8) + load<u32>(four, 12);
        store<u32>(into + ((<usize>s) << 2), load<u32>(into + ((<usize>s) << 2)) + sum);
      }
    }
  }
}

/** Counts one more inner product `s` in histogram `lane` of four; the four counts of an s stand side by side. */
function count(scratch: usize, s: i64, lane: i32): void {
  const at = scratch + ((<usize>s) << 4) + (lane << 2);
  store<u32>(at, load<u32>(at) + 1);
}

function countTile1(a: usize, b: usize, n: i32, scratch: usize): void {
  const a0 = load<i64>(a);
  const end = b + (((<usize>n) & ~3) << 3);
  for (; b < end; b += 32) {
    count(scratch, popcnt(a0 & load<i64>(b)), 0);
    count(scratch, popcnt(a0 & load<i64>(b, 8)), 1);
    count(scratch, popcnt(a0 & load<i64>(b, 16)), 2);
    count(scratch, popcnt(a0 & load<i64>(b, 24)), 3);
  }
  for (let j = 0; j < (n & 3); j++, b += 8) count(scratch, popcnt(a0 & load<i64>(b)), 0);
}

function countTile2(a: usize, b: usize, n: i32, scratch: usize): void {
  const a0 = load<i64>(a);
  const a1 = load<i64>(a, 8);
  const end = b + (((<usize>n) & ~3) << 4);
  for (; b < end; b += 64) {
    count(scratch, popcnt(a0 & load<i64>(b)) + popcnt(a1 & load<i64>(b, 8)), 0);
    count(scratch, popcnt(a0 & load<i64>(b, 16)) + popcnt(a1 & load<i64>(b, 24)), 1);
    count(scratch, popcnt(a0 & load<i64>(b, 32)) + popcnt(a1 & load<i64>(b, 40)), 2);
    count(scratch, popcnt(a0 & load<i64>(b, 48)) + popcnt(a1 & load<i64>(b, 56)), 3);
  }
  for (let j = 0; j < (n & 3); j++, b += 16) {
    count(scratch, popcnt(a0 & load<i64>(b)) + popcnt(a1 & load<i64>(b, 8)), 0);
  }
}

function countTile3(a: usize, b: usize, n: i32, scratch: usize): void {
  const a0 = load<i64>(a);
  const a1 = load<i64>(a, 8);
  const a2 = load<i64>(a, 16);
  const end = b + <usize>(n & ~3) * 24;
  for (; b < end; b += 96) {
    count(scratch, inner3(a0, a1, a2, b), 0);
    count(scratch, inner3(a0, a1, a2, b + 24), 1);
    count(scratch, inner3(a0, a1, a2, b + 48), 2);
    count(scratch, inner3(a0, a1, a2, b + 72), 3);
  }
  for (let j = 0; j < (n & 3); j++, b += 24) count(scratch, inner3(a0, a1, a2, b), 0);
}

function inner3(a0: i64, a1: i64, a2: i64, b: usize): i64 {
  return popcnt(a0 & load<i64>(b)) + popcnt(a1 & load<i64>(b, 8)) + popcnt(a2 & load<i64>(b, 16));
}

function countTile(a: usize, b: usize, n: i32, words: i32, scratch: usize): void {
  const step = (<usize>words) << 3;
  const end = b + <usize>(n & ~3) * step;
  while (b < end) {
    count(scratch, inner(a, b, words), 0);
    count(scratch, inner(a, b + step, words), 1);
    count(scratch, inner(a, b + 2 * step, words), 2);
    count(scratch, inner(a, b + 3 * step, words), 3);
    b += 4 * step;
  }
  for (let j = 0; j < (n & 3); j++, b += step) count(scratch, inner(a, b, words), 0);
}

function inner(a: usize, b: usize, words: i32): i64 {
  let s: i64 = 0;
  for (let w = 0; w < words; w++) {
    s += popcnt(load<i64>(a) & load<i64>(b));
    a += 8;
    b += 8;
  }
  return s;
}

/** As `countPatterns`, and adds the values of each key to the sums of its inner product. */
export function sumPatterns(
  patterns: usize,
  rows: i32,
  keys: usize,
  n: i32,
  words: i32,
  degree: i32,
  values: usize,
  dv: i32,
  counts: usize,
  sums: usize,
): void {
  const size = (degree + 2) & ~1;
  for (let first = 0; first < n; first += TILE) {
    const last = min(first + TILE, n);
    for (let i = 0; i < rows; i++) {
      const a = patterns + ((<usize>i * words) << 3);
      for (let j = first; j < last; j++) {
        const s = <usize>i * size + <usize>inner(a, keys + ((<usize>j * words) << 3), words);
        const at = counts + (s << 2);
        store<u32>(at, load<u32>(at) + 1);
        let sum = sums + ((s * dv) << 3);
        let v = values + ((<usize>j * dv) << 3);
        for (let c = 0; c < dv; c++) {
          f64.store(sum, f64.load(sum) + f64.load(v));
          sum += 8;
          v += 8;
        }
      }
    }
  }
}
