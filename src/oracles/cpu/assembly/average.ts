/**
 * The structured way of a block: patterns are counted against every class of keys (counts.ts), and each row's output
 * is made of its pattern's counts and its record's weights.
 *
 * Shapes and layout (addresses in bytes), with Z = D + 1 filled up to a multiple of 8, d_v value columns:
 *   classes    a descriptor of `classBytes` for each class, written by `setClass`
 *   tables     one for each record, `tableBytes` apart: the weights of each class, float64; Z of a class with patterns,
 *              8 of one without; what is filled up is 0
 *   counts     for each class with patterns in turn, `patterns` × Z u32
 *   sums       for each class with patterns whose values are summed in turn, `patterns` × Z × d_v float64
 *   out        rows × d_v float64
 *
 * A row's output depends on its pattern, its weights, the keys and their order alone.
 */
import { countPatterns, mostSliced, sumPatterns } from './counts';

export { countScratchBytes, mostSliced, sliceBytes, slicePatterns } from './counts';

const KEYS: usize = 0;
const COUNT: usize = 4;
const VALUES: usize = 8;
const SIZE: usize = 12;
const CONSTANT: usize = 16;
const FLAT_COUNTS: usize = 20;
const FLAT_SUMS: usize = 24;

export const classBytes: i32 = 32;

/**
 * Describes a class: `count` keys, their patterns at `keys` (slices, unless values are summed or D > `mostSliced`), their
 * values at `values` or 0 if they need not be summed, the one value of each column (NaN where they differ) at
 * `constant`. A class without patterns has `keys` 0 and its histogram of `size` 8 at `flatCounts` and `flatSums`.
 */
export function setClass(
  at: usize,
  keys: usize,
  count: i32,
  values: usize,
  size: i32,
  constant: usize,
  flatCounts: usize,
  flatSums: usize,
): void {
  store<u32>(at, <u32>keys, KEYS);
  store<i32>(at, count, COUNT);
  store<u32>(at, <u32>values, VALUES);
  store<i32>(at, size, SIZE);
  store<u32>(at, <u32>constant, CONSTANT);
  store<u32>(at, <u32>flatCounts, FLAT_COUNTS);
  store<u32>(at, <u32>flatSums, FLAT_SUMS);
}

/** Counts the patterns, then averages the rows. */
export function attendPatterns(
  classes: usize,
  classCount: i32,
  words: i32,
  degree: i32,
  dv: i32,
  patterns: usize,
  patternCount: i32,
  patternOf: usize,
  recordOf: usize,
  tables: usize,
  tableBytes: i32,
  rows: i32,
  counts: usize,
  sums: usize,
  scratch: usize,
  out: usize,
): void {
  let countsAt = counts;
  let sumsAt = sums;
  for (let c = 0; c < classCount; c++) {
    const described = classes + <usize>c * classBytes;
    const keys = <usize>load<u32>(described, KEYS);
    if (keys == 0) continue;
    const n = load<i32>(described, COUNT);
    const values = <usize>load<u32>(described, VALUES);
    const cells = <usize>patternCount * load<i32>(described, SIZE);
    memory.fill(countsAt, 0, cells << 2);
    if (values == 0 && degree <= mostSliced) {
      countPatterns(patterns, patternCount, keys, n, words, degree, scratch, countsAt);
    } else {
      const columns = values == 0 ? 0 : dv;
      const bytes = (cells * columns) << 3;
      memory.fill(sumsAt, 0, bytes);
      sumPatterns(patterns, patternCount, keys, n, words, degree, values, columns, countsAt, sumsAt);
      sumsAt += bytes;
    }
    countsAt += cells << 2;
  }
  // prettier-ignore
  averageRows(
    classes, classCount, dv, patternCount, patternOf, recordOf, tables, tableBytes, rows, counts, sums, out,
  );
}

/** The rows' outputs from the histograms of `patternCount` patterns. */
export function averageRows(
  classes: usize,
  classCount: i32,
  dv: i32,
  patternCount: i32,
  patternOf: usize,
  recordOf: usize,
  tables: usize,
  tableBytes: i32,
  rows: i32,
  counts: usize,
  sums: usize,
  out: usize,
): void {
  const outBytes = (<usize>dv) << 3;
  for (let i: usize = 0; i < <usize>rows; i++, out += outBytes) {
    const pattern = <usize>load<u32>(patternOf + (i << 2));
    let weights = tables + <usize>load<u32>(recordOf + (i << 2)) * tableBytes;
    let countsAt = counts;
    let sumsAt = sums;
    let total: f64 = 0;
    memory.fill(out, 0, outBytes);
    for (let c = 0; c < classCount; c++) {
      const described = classes + <usize>c * classBytes;
      const size = load<i32>(described, SIZE);
      const constant = <usize>load<u32>(described, CONSTANT);
      let histogram = <usize>load<u32>(described, FLAT_COUNTS);
      let histogramSums = <usize>load<u32>(described, FLAT_SUMS);
      if (load<u32>(described, KEYS) != 0) {
        histogram = countsAt + ((pattern * size) << 2);
        histogramSums = sumsAt + ((pattern * size * dv) << 3);
        const cells = <usize>patternCount * size;
        countsAt += cells << 2;
        if (load<u32>(described, VALUES) != 0) sumsAt += (cells * dv) << 3;
      }
      const mass = weighCounts(histogram, weights, size);
      total += mass;
      for (let v = 0; v < dv; v++) {
        const at = out + ((<usize>v) << 3);
        const value = f64.load(constant + ((<usize>v) << 3));
        const part =
          value == value
            ? value * mass
            : weighSums(histogramSums + ((<usize>v) << 3), outBytes, weights, size);
        f64.store(at, f64.load(at) + part);
      }
      weights += (<usize>size) << 3;
    }
    for (let v = 0; v < dv; v++) {
      const at = out + ((<usize>v) << 3);
      f64.store(at, f64.load(at) / total);
    }
  }
}

/**
 * Σ_s counts[s] · weights[s] for eights of s: compensated in two lanes, then over the lanes. Eights of zeros, which
 * would add nothing, are left out: many inner products do not occur.
 */
function weighCounts(counts: usize, weights: usize, size: i32): f64 {
  let hi = f64x2.splat(0);
  let lo = hi;
  for (let end = counts + ((<usize>size) << 2); counts < end; counts += 32, weights += 64) {
    if (!v128.any_true(v128.or(v128.load(counts), v128.load(counts, 16)))) continue;
    for (let s: usize = 0; s < 32; s += 8) {
      const pair = f64x2.convert_low_i32x4_u(v128.load64_zero(counts + s));
      const term = f64x2.mul(pair, v128.load(weights + 2 * s));
      const sum = f64x2.add(hi, term);
      lo = f64x2.add(lo, sumError(hi, term, sum));
      hi = sum;
    }
  }
  return lanes(hi, lo);
}

/** Σ_s sums[s] · weights[s], sums being `step` bytes apart. */
function weighSums(sums: usize, step: usize, weights: usize, size: i32): f64 {
  let hi = f64x2.splat(0);
  let lo = hi;
  for (let end = weights + ((<usize>size) << 3); weights < end; sums += 2 * step, weights += 16) {
    const pair = f64x2.replace_lane(v128.load64_zero(sums), 1, f64.load(sums + step));
    const term = f64x2.mul(pair, v128.load(weights));
    const sum = f64x2.add(hi, term);
    lo = f64x2.add(lo, sumError(hi, term, sum));
    hi = sum;
  }
  return lanes(hi, lo);
}

/** a + b - sum for sum = a + b rounded, in both lanes (Knuth's TwoSum). */
function sumError(a: v128, b: v128, sum: v128): v128 {
  const part = f64x2.sub(sum, a);
  return f64x2.add(f64x2.sub(a, f64x2.sub(sum, part)), f64x2.sub(b, part));
}

function lanes(hi: v128, lo: v128): f64 {
  const a = f64x2.extract_lane(hi, 0);
  const b = f64x2.extract_lane(hi, 1);
  const sum = a + b;
  const part = sum - a;
  const error = a - (sum - part) + (b - part);
  return sum + (error + (f64x2.extract_lane(lo, 0) + f64x2.extract_lane(lo, 1)));
}
