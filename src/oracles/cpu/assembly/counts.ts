/**
 * Inner products of bit patterns, counted: for each query pattern a and s = 0 … D, how many keys b of a class have
 * popcount(a AND b) = s, and for integer value columns the sum of their values. Integers only, so nothing is rounded.
 *
 * Counting is bit-sliced. A slice holds one bit of 128 keys side by side, and the inner products of 128 keys at once
 * are the sum of the slices of a's columns, in binary: seven planes, plane p having bit p of each sum. Adding eight
 * columns takes seven carry-save adders of five operations (Harley and Seal; Warren, Hacker's Delight, 5-1). ANDs of the
 * planes then tell the keys of each s apart, and popcounts count them. About four operations a pair for 50 columns,
 * however many there are besides.
 *
 * Shapes and layout (addresses in bytes), with W 64-bit words a pattern:
 *   patterns  rows × W words, row after row
 *   slices    ⌈n/128⌉ blocks of 64·W slices and one of zeros, 128 bits each; missing keys are 0
 *   keys      n × W words, row after row, where values are summed or D > 127
 *   values    n × d_v float64 integers
 *   counts    rows × Z u32 with Z = D + 1 filled up to a multiple of 8, added to
 *   sums      rows × Z × d_v float64, added to: exact below 2^53
 *   scratch   64·W + 8 offsets of slices, u32, then the planes: `countScratchBytes`
 * A few blocks of slices stay in the first-level cache while all patterns pass over them.
 */

/** The largest D that seven planes hold. */
const MOST: i32 = 127;
export const mostSliced: i32 = MOST;

/** Bytes of slices that all patterns pass over before the next ones. */
const NEAR: i32 = 16384;

/** Keys that are summed before all patterns have passed over them. */
const TILE: i32 = 1024;

/** Bytes of the slices of 128 keys. */
export function sliceBytes(words: i32): i32 {
  return 16 * (64 * words + 1);
}

export function countScratchBytes(words: i32): i32 {
  return 4 * (64 * words + 8) + 16 * 7;
}

/** Slices the patterns of n keys. `into` must be zero before. */
export function slicePatterns(keys: usize, n: i32, words: i32, into: usize): void {
  const stride = <usize>sliceBytes(words);
  for (let j = 0; j < n; j++) {
    let column = into + <usize>(j >> 7) * stride + <usize>((j >> 3) & 8);
    const bit: u64 = (<u64>1) << (j & 63);
    for (let w = 0; w < words; w++, keys += 8, column += 1024) {
      for (let left = load<u64>(keys); left != 0; left &= left - 1) {
        const at = column + ((<usize>ctz(left)) << 4);
        store<u64>(at, load<u64>(at) | bit);
      }
    }
  }
}

/** D is at most `mostSliced`. */
export function countPatterns(
  patterns: usize,
  rows: i32,
  slices: usize,
  n: i32,
  words: i32,
  degree: i32,
  scratch: usize,
  counts: usize,
): void {
  const countBytes = (<usize>((degree + 8) & ~7)) << 2;
  const stride = sliceBytes(words);
  const blocks = (n + 127) >> 7;
  const near = max(1, NEAR / stride);
  const planes = scratch + ((<usize>(64 * words + 8)) << 2);
  for (let first = 0; first < blocks; first += near) {
    const begin = slices + <usize>first * stride;
    const end = begin + <usize>min(near, blocks - first) * stride;
    let pattern = patterns;
    let into = counts;
    for (let i = 0; i < rows; i++, into += countBytes) {
      const last = listColumns(pattern, words, scratch);
      for (let block = begin; block < end; block += stride) {
        addColumns(block, scratch, last, planes);
        tally(planes, degree, into);
      }
      pattern += (<usize>words) << 3;
    }
  }
  // The missing keys of the last block were counted with inner product 0.
  const missing = (blocks << 7) - n;
  for (let i = 0; i < rows; i++, counts += countBytes) store<u32>(counts, load<u32>(counts) - missing);
}

/** Lists where the slices of a pattern's columns are, filled up to eights with the one of zeros; gives the end. */
function listColumns(pattern: usize, words: i32, list: usize): usize {
  let at = list;
  for (let w = 0; w < words; w++, pattern += 8) {
    for (let left = load<u64>(pattern); left != 0; left &= left - 1) {
      store<u32>(at, ((w << 6) + <i32>ctz(left)) << 4);
      at += 4;
    }
  }
  while (((at - list) & 31) != 0) {
    store<u32>(at, words << 10);
    at += 4;
  }
  return at;
}

/** The sums of the listed columns, in binary. */
function addColumns(block: usize, list: usize, end: usize, planes: usize): void {
  let ones = i64x2.splat(0);
  let twos = ones;
  let fours = ones;
  let eights = ones;
  let sixteens = ones;
  let thirtyTwos = ones;
  let sixtyFours = ones;
  for (let p = list; p < end; p += 32) {
    // Each adder takes three bits of a weight to one of the weight and one of twice the weight.
    let a = v128.load(block + load<u32>(p));
    let b = v128.load(block + load<u32>(p, 4));
    let u = v128.xor(ones, a);
    const twosA = v128.or(v128.and(ones, a), v128.and(u, b));
    ones = v128.xor(u, b);
    a = v128.load(block + load<u32>(p, 8));
    b = v128.load(block + load<u32>(p, 12));
    u = v128.xor(ones, a);
    const twosB = v128.or(v128.and(ones, a), v128.and(u, b));
    ones = v128.xor(u, b);
    u = v128.xor(twos, twosA);
    const foursA = v128.or(v128.and(twos, twosA), v128.and(u, twosB));
    twos = v128.xor(u, twosB);
    a = v128.load(block + load<u32>(p, 16));
    b = v128.load(block + load<u32>(p, 20));
    u = v128.xor(ones, a);
    const twosC = v128.or(v128.and(ones, a), v128.and(u, b));
    ones = v128.xor(u, b);
    a = v128.load(block + load<u32>(p, 24));
    b = v128.load(block + load<u32>(p, 28));
    u = v128.xor(ones, a);
    const twosD = v128.or(v128.and(ones, a), v128.and(u, b));
    ones = v128.xor(u, b);
    u = v128.xor(twos, twosC);
    const foursB = v128.or(v128.and(twos, twosC), v128.and(u, twosD));
    twos = v128.xor(u, twosD);
    u = v128.xor(fours, foursA);
    const carry = v128.or(v128.and(fours, foursA), v128.and(u, foursB));
    fours = v128.xor(u, foursB);

    const carry16 = v128.and(eights, carry);
    eights = v128.xor(eights, carry);
    const carry32 = v128.and(sixteens, carry16);
    sixteens = v128.xor(sixteens, carry16);
    const carry64 = v128.and(thirtyTwos, carry32);
    thirtyTwos = v128.xor(thirtyTwos, carry32);
    sixtyFours = v128.xor(sixtyFours, carry64);
  }
  v128.store(planes, ones);
  v128.store(planes, twos, 16);
  v128.store(planes, fours, 32);
  v128.store(planes, eights, 48);
  v128.store(planes, sixteens, 64);
  v128.store(planes, thirtyTwos, 80);
  v128.store(planes, sixtyFours, 96);
}

/** Adds how many of the 128 sums are s to count s, for s = 0 … D. */
function tally(planes: usize, degree: i32, counts: usize): void {
  const eights = v128.load(planes, 48);
  const sixteens = v128.load(planes, 64);
  const thirtyTwos = v128.load(planes, 80);
  const sixtyFours = v128.load(planes, 96);
  for (let q = 0; q <= degree >> 5; q++, counts += 128) {
    const of32 = (q & 1) != 0 ? thirtyTwos : v128.not(thirtyTwos);
    const of64 = (q & 2) != 0 ? sixtyFours : v128.not(sixtyFours);
    const quarter = v128.and(of32, of64);
    if (!v128.any_true(quarter)) continue;
    const low = v128.andnot(quarter, sixteens);
    const high = v128.and(quarter, sixteens);
    tallyEight(planes, v128.andnot(low, eights), counts);
    tallyEight(planes, v128.and(low, eights), counts + 32);
    tallyEight(planes, v128.andnot(high, eights), counts + 64);
    tallyEight(planes, v128.and(high, eights), counts + 96);
  }
}

/** The same for keys `those`, whose sums agree but for the lowest three bits. Touches nothing where there are none. */
function tallyEight(planes: usize, those: v128, counts: usize): void {
  if (!v128.any_true(those)) return;
  const ones = v128.load(planes);
  const twos = v128.load(planes, 16);
  const fours = v128.load(planes, 32);
  const low = v128.andnot(those, fours);
  const high = v128.and(those, fours);
  const s01 = v128.andnot(low, twos);
  const s23 = v128.and(low, twos);
  const s45 = v128.andnot(high, twos);
  const s67 = v128.and(high, twos);
  addCount(counts, v128.andnot(s01, ones));
  addCount(counts + 4, v128.and(s01, ones));
  addCount(counts + 8, v128.andnot(s23, ones));
  addCount(counts + 12, v128.and(s23, ones));
  addCount(counts + 16, v128.andnot(s45, ones));
  addCount(counts + 20, v128.and(s45, ones));
  addCount(counts + 24, v128.andnot(s67, ones));
  addCount(counts + 28, v128.and(s67, ones));
}

function addCount(at: usize, those: v128): void {
  const count = popcnt(i64x2.extract_lane(those, 0)) + popcnt(i64x2.extract_lane(those, 1));
  store<u32>(at, load<u32>(at) + <u32>count);
}

function inner(a: usize, b: usize, words: i32): i32 {
  let s: i64 = 0;
  for (let w = 0; w < words; w++) {
    s += popcnt(load<i64>(a) & load<i64>(b));
    a += 8;
    b += 8;
  }
  return <i32>s;
}

/** Counts row by row, whatever D, and adds the values of each key to the sums of its inner product. */
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
  const size = (degree + 8) & ~7;
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
