/**
 * What ../logit-meter.ts measures, for blocks of rows in memory: bounds on inner products, and powers of two that divide
 * entries. Rows are `d` float64s each, row after row; addresses are in bytes.
 *
 * The largest power of two that divides x = ±2^e·(1 + m·2^-52) is 2^e for m = 0, else 2^(e-52) times the lowest bit of
 * m: as floats, (2^e with that bit) - 2^e, exactly. It is ±0 for no x but zero and infinities.
 */

/** The unit of a zero, `coarsest` in ../logit-meter.ts. */
const COARSEST: f64 = reinterpret<f64>((<u64>(451 + 1023)) << 52);

/** What `examine` finds. */
const FINITE: i32 = 1;
const SINGLE: i32 = 2;

function sign(): v128 {
  return i64x2.splat(0x7fffffffffffffff);
}

/** Bit 0: all entries are at most `largest` in absolute value. Bit 1: and float32s of at most `largest32`. */
export function examine(at: usize, count: i32, largest: f64, largest32: f64): i32 {
  const most = f64x2.splat(largest);
  const most32 = f64x2.splat(largest32);
  let finite = i64x2.splat(-1);
  let single = finite;
  const end = at + ((<usize>count) << 3);
  for (; at + 16 <= end; at += 16) {
    const x = v128.load(at);
    const size = v128.and(x, sign());
    finite = v128.and(finite, f64x2.le(size, most));
    single = v128.and(single, v128.and(f64x2.le(size, most32), f64x2.eq(x, rounded(x))));
  }
  if (at < end) {
    const x = v128.load64_zero(at);
    const size = v128.and(x, sign());
    finite = v128.and(finite, f64x2.le(size, most));
    single = v128.and(single, v128.and(f64x2.le(size, most32), f64x2.eq(x, rounded(x))));
  }
  if (!i64x2.all_true(finite)) return 0;
  return i64x2.all_true(single) ? FINITE | SINGLE : FINITE;
}

/** To float32 and back. */
function rounded(x: v128): v128 {
  return f64x2.promote_low_f32x4(f32x4.demote_f64x2_zero(x));
}

/** Raises `most`, the largest |x| of each column, and gives the largest power of two ≤ `unit` that divides all rows. */
export function meterKeys(at: usize, rows: i32, d: i32, most: usize, unit: f64): f64 {
  let units = f64x2.splat(unit);
  const even = (<usize>(d & ~1)) << 3;
  for (let i = 0; i < rows; i++) {
    for (let c: usize = 0; c < even; c += 16, at += 16) {
      const x = v128.load(at);
      v128.store(most + c, f64x2.pmax(v128.load(most + c), v128.and(x, sign())));
      units = f64x2.pmin(units, unitsOf(x));
    }
    if ((d & 1) != 0) {
      const x = v128.load64_zero(at);
      f64.store(most + even, max(f64.load(most + even), abs(f64.load(at))));
      units = f64x2.pmin(units, unitsOf(x));
      at += 8;
    }
  }
  return min(f64x2.extract_lane(units, 0), f64x2.extract_lane(units, 1));
}

/**
 * For each row Σ_c |x_c|·most[c] into `sums`, the largest power of two that divides it into `units`, and into `single`
 * (i32) whether its entries are float32s of at most `largest32`.
 */
export function meterQueries(
  at: usize,
  rows: i32,
  d: i32,
  most: usize,
  largest32: f64,
  sums: usize,
  units: usize,
  single: usize,
): void {
  const even = (<usize>(d & ~1)) << 3;
  const most32 = f64x2.splat(largest32);
  for (let i = 0; i < rows; i++) {
    let sum = f64x2.splat(0);
    let unit = f64x2.splat(COARSEST);
    let fits = i64x2.splat(-1);
    for (let c: usize = 0; c < even; c += 16, at += 16) {
      const x = v128.load(at);
      const size = v128.and(x, sign());
      sum = f64x2.add(sum, f64x2.mul(size, v128.load(most + c)));
      unit = f64x2.pmin(unit, unitsOf(x));
      fits = v128.and(fits, v128.and(f64x2.le(size, most32), f64x2.eq(x, rounded(x))));
    }
    if ((d & 1) != 0) {
      const x = v128.load64_zero(at);
      const size = v128.and(x, sign());
      sum = f64x2.add(sum, f64x2.mul(size, v128.load64_zero(most + even)));
      unit = f64x2.pmin(unit, unitsOf(x));
      fits = v128.and(fits, v128.and(f64x2.le(size, most32), f64x2.eq(x, rounded(x))));
      at += 8;
    }
    f64.store(sums, f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1));
    f64.store(units, min(f64x2.extract_lane(unit, 0), f64x2.extract_lane(unit, 1)));
    store<i32>(single, i64x2.all_true(fits) ? 1 : 0);
    sums += 8;
    units += 8;
    single += 4;
  }
}

/** The largest power of two that divides each of two finite numbers; of a zero `COARSEST`. */
function unitsOf(x: v128): v128 {
  const power = v128.and(x, i64x2.splat(0x7ff0000000000000));
  const fraction = v128.and(x, i64x2.splat(0x000fffffffffffff));
  const lowest = v128.and(fraction, i64x2.neg(fraction));
  const below = f64x2.sub(v128.or(power, lowest), power);
  const unit = v128.bitselect(power, below, i64x2.eq(lowest, i64x2.splat(0)));
  return v128.bitselect(f64x2.splat(COARSEST), unit, f64x2.eq(x, f64x2.splat(0)));
}
