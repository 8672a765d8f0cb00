/**
 * Rows of Q and K read as bit patterns. A row is one where its entries outside the general columns are 0 or t, for a t
 * of its own; its record is t (0 for a row of zeros) and then its general entries. Comparisons only: nothing is
 * rounded, and one entry that is off in its last bit is another value.
 *
 * Shapes and layout (addresses in bytes), with W = ⌈columns/64⌉ words a pattern, or fewer where the last columns are
 * general, and G general columns:
 *   block      rows × columns float64; general entries are set to 0 here
 *   general    G i32, the general columns
 *   patterns   rows × W u64: bit c of a pattern is column c
 *   patternOf  rows u32: which pattern is a row's, where neighbouring rows with equal patterns share one
 *   known      records, 1 + G float64 each: each that occurs once
 *   recordOf   rows u32: which of them is a row's
 */

let rowsRead: i32 = 0;
let patternCount: i32 = 0;
let recordCount: i32 = 0;

/** What `packRows` says: all rows were read, or the next one has several values, or is one record too many. */
const ALL: i32 = 0;
const SEVERAL_VALUES: i32 = 1;
const TOO_MANY: i32 = 2;

export function rowsPacked(): i32 {
  return rowsRead;
}

export function patternsPacked(): i32 {
  return patternCount;
}

export function recordsKnown(): i32 {
  return recordCount;
}

/** Packs a block; `records` are known already, and there is room for `most` and one more. Gives 0, 1 or 2, as above. */
export function packRows(
  block: usize,
  rows: i32,
  columns: i32,
  general: usize,
  generals: i32,
  words: i32,
  patterns: usize,
  patternOf: usize,
  known: usize,
  records: i32,
  most: i32,
  recordOf: usize,
  share: i32,
): i32 {
  const width = (<usize>(1 + generals)) << 3;
  const rowBytes = (<usize>columns) << 3;
  const patternBytes = (<usize>words) << 3;
  let pattern = patterns; // where this row's goes
  let count = 0;
  let found = 0;
  let seen = 0; // a column where the row before had its t: likely this one has, too
  rowsRead = 0;
  patternCount = 0;
  recordCount = records;
  for (let i = 0; i < rows; i++, block += rowBytes) {
    const record = known + <usize>recordCount * width; // for now behind the last known one
    for (let g = 0; g < generals; g++) {
      const entry = block + ((<usize>load<i32>(general + ((<usize>g) << 2))) << 3);
      f64.store(record + ((<usize>g + 1) << 3), f64.load(entry));
      f64.store(entry, 0);
    }
    let t: f64 = columns > 0 ? f64.load(block + ((<usize>seen) << 3)) : 0;
    if (t == 0) {
      for (let c = 0; c < columns; c++) {
        t = f64.load(block + ((<usize>c) << 3));
        if (t != 0) {
          seen = c;
          break;
        }
      }
      if (t == 0) t = 0; // a negative zero is a zero
    }
    if (!readBits(block, columns, words, t, pattern)) return SEVERAL_VALUES;

    f64.store(record, t);
    found = recordIndex(known, record, recordCount, width, found);
    if (found == recordCount) {
      if (recordCount == most) return TOO_MANY;
      recordCount++;
    }
    store<u32>(recordOf + ((<usize>i) << 2), found);

    if (!share || count == 0 || memory.compare(pattern - patternBytes, pattern, patternBytes) != 0) {
      count++;
      pattern += patternBytes;
    }
    store<u32>(patternOf + ((<usize>i) << 2), count - 1);
    rowsRead = i + 1;
    patternCount = count;
  }
  return ALL;
}

/** The first record equal to `record`, looked for from the one after `last`; `count` where there is none. */
function recordIndex(known: usize, record: usize, count: i32, width: usize, last: i32): i32 {
  let at = last;
  for (let tried = 0; tried < count; tried++) {
    at = at + 1 < count ? at + 1 : 0;
    const other = known + <usize>at * width;
    let e: usize = 0;
    while (e < width && f64.load(other + e) == f64.load(record + e)) e += 8;
    if (e == width) return at;
  }
  return count;
}

/** Sets the bits of the columns with entry t; false where an entry is neither t nor 0. */
function readBits(row: usize, columns: i32, words: i32, t: f64, pattern: usize): bool {
  const value = f64x2.splat(t);
  // A row of zeros has no entry t: what is neither 0 nor t is then everything but 0, and no bit is to be set.
  const present = t == 0 ? i64x2.splat(0) : i64x2.splat(-1);
  let neither = i64x2.splat(0);
  for (let w = 0; w < words; w++) {
    const there = min(64, columns - (w << 6));
    let bits: u64 = 0;
    let c = 0;
    for (; c + 16 <= there; c += 16, row += 128) {
      const x0 = v128.load(row);
      const x1 = v128.load(row, 16);
      const x2 = v128.load(row, 32);
      const x3 = v128.load(row, 48);
      const e0 = f64x2.eq(x0, value);
      const e1 = f64x2.eq(x1, value);
      const e2 = f64x2.eq(x2, value);
      const e3 = f64x2.eq(x3, value);
      const low = i16x8.narrow_i32x4_s(halves(e0, e1), halves(e2, e3));
      neither = v128.or(neither, v128.or(v128.andnot(x0, e0), v128.andnot(x1, e1)));
      neither = v128.or(neither, v128.or(v128.andnot(x2, e2), v128.andnot(x3, e3)));
      const x4 = v128.load(row, 64);
      const x5 = v128.load(row, 80);
      const x6 = v128.load(row, 96);
      const x7 = v128.load(row, 112);
      const e4 = f64x2.eq(x4, value);
      const e5 = f64x2.eq(x5, value);
      const e6 = f64x2.eq(x6, value);
      const e7 = f64x2.eq(x7, value);
      const high = i16x8.narrow_i32x4_s(halves(e4, e5), halves(e6, e7));
      neither = v128.or(neither, v128.or(v128.andnot(x4, e4), v128.andnot(x5, e5)));
      neither = v128.or(neither, v128.or(v128.andnot(x6, e6), v128.andnot(x7, e7)));
      bits |= (<u64>i8x16.bitmask(i8x16.narrow_i16x8_s(low, high))) << c;
    }
    for (; c + 2 <= there; c += 2, row += 16) {
      const x = v128.load(row);
      const e = f64x2.eq(x, value);
      neither = v128.or(neither, v128.andnot(x, e));
      bits |= (<u64>i64x2.bitmask(e)) << c;
    }
    if (c < there) {
      const x = v128.load64_zero(row);
      const e = f64x2.eq(x, value);
      neither = v128.or(neither, v128.andnot(x, e));
      bits |= (<u64>(i64x2.bitmask(e) & 1)) << c;
      row += 8;
    }
    store<u64>(pattern + ((<usize>w) << 3), bits & i64x2.extract_lane(present, 0));
  }
  // General columns behind the last word were set to 0.
  return !v128.any_true(i64x2.shl(neither, 1)); // a negative zero has its sign bit only
}

/** The lower halves of four 64-bit lanes. */
function halves(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
}
