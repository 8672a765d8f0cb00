/**
 * Dense attention on 128-bit SIMD, everything in float64. Every thread has an instance of this module over one
 * shared memory; the host lays the memory out and says where everything is (addresses are in bytes).
 *
 * Shapes and layout, with T = `TILE` keys a tile:
 *   keys     ⌈n/T⌉ tiles of [T/4][d][4]: four keys side by side, coordinate after coordinate. Missing keys are 0.
 *   values   ⌈n/T⌉ tiles of [d_v][T]. Missing values are 0.
 *   queries  ⌈rows/4⌉ groups of [d][4]: four queries side by side, packed here from a block row after row.
 *   state    one record of 3 + 2·d_v float64 a row: exponent M, sum of weights hi and lo, then for each value
 *            column the weighted sum hi and lo.
 * A tile of keys (T·d·8 bytes) stays in the cache while all rows of a block pass over it.
 *
 * The weight of a pair is exp(scale·s), s = ⟨q,k⟩. With L = ln 2 / scale, t = round(s / L) and r = s - t·L it is
 * 2^t · exp(scale·r), so the largest weight of a row is known by its integer exponent M = max t, and weights are
 * kept as 2^(t-M+E)·exp(scale·r): changing M multiplies by a power of two, exactly. No logit is ever rounded.
 * The host's claim.ts adds up what is.
 *
 * A row's sums depend on that row, the keys and their order alone: not on its block, its neighbours or its thread.
 */

/** Keys a tile. A multiple of 4. */
const TILE: i32 = 32;

/** E: the largest weight of a row is near 2^E, so that a value up to 2^450 on a key with weight 2^-1500 counts. */
const LIFT: f64 = 511;

/** Constants in memory, each twice (both lanes): V8 keeps loads from memory in the loop, constants it rebuilds. */
const PER_L: usize = 0;
const L_HI: usize = 16;
const L_LO: usize = 32;
const SCALE: usize = 48;
const BIAS: usize = 64;
const ONE: usize = 80;
const ZERO: usize = 96;
const MAGIC: usize = 112;
const Q0: usize = 128;
const ABSENT: usize = 288;

/** Bytes that `setConstants` fills. */
export const constantBytes: i32 = 304;

export const tileKeys: i32 = TILE;

/** Bytes of one row's record. */
export function stateBytes(dv: i32): i32 {
  return (3 + 2 * dv) * 8;
}

function setPair(at: usize, x: f64): void {
  v128.store(at, f64x2.splat(x));
}

/**
 * `perL` ≤ scale/ln 2, a little below it (see claim.ts); lHi + lLo = ln 2 / scale, lHi with at most 22
 * significant bits.
 */
export function setConstants(at: usize, scale: f64, perL: f64, lHi: f64, lLo: f64): void {
  setPair(at + PER_L, perL);
  setPair(at + L_HI, lHi);
  setPair(at + L_LO, lLo);
  setPair(at + SCALE, scale);
  setPair(at + BIAS, 1023 + LIFT);
  setPair(at + ONE, 1);
  setPair(at + ZERO, 0);
  setPair(at + MAGIC, 4503599627370496); // 2^52: adding it leaves a small integer in the low bits
  // exp(r) = 1 + r + r²·q(r): q interpolates at the ten Chebyshev nodes of |r| ≤ 0.34662. Relative error of the
  // whole, coefficients rounded as they are here: at most 0.15·2^-53.
  setPair(at + Q0, 0.5000000000000001);
  setPair(at + Q0 + 16, 0.16666666666666669);
  setPair(at + Q0 + 32, 0.041666666666624115);
  setPair(at + Q0 + 48, 0.008333333333330062);
  setPair(at + Q0 + 64, 0.0013888888917219482);
  setPair(at + Q0 + 80, 0.00019841269863058052);
  setPair(at + Q0 + 96, 2.480152128699544e-5);
  setPair(at + Q0 + 112, 2.7557268453107527e-6);
  setPair(at + Q0 + 128, 2.7620092706650667e-7);
  setPair(at + Q0 + 144, 2.5100388772450645e-8);
  // A key that is not there: its t is -2^32, below every real one by far more than the exponents reach.
  setPair(at + ABSENT, -4294967296 * lHi);
}

/** Packs `rows` keys (row after row at `from`) as keys first … first + rows - 1. `into` must be zero before. */
export function packKeys(from: usize, rows: i32, d: i32, into: usize, first: i32): void {
  for (let j = 0; j < rows; j++) {
    const key = first + j;
    let to = into + ((<usize>(key >> 2) * d * 4 + (key & 3)) << 3);
    for (let c = 0; c < d; c++) {
      f64.store(to, f64.load(from));
      from += 8;
      to += 32;
    }
  }
}

/** Packs `rows` rows of values as those of keys first … first + rows - 1. `into` must be zero before. */
export function packValues(from: usize, rows: i32, dv: i32, into: usize, first: i32): void {
  for (let j = 0; j < rows; j++) {
    const key = first + j;
    let to = into + ((<usize>(key / TILE) * TILE * dv + (key % TILE)) << 3);
    for (let c = 0; c < dv; c++) {
      f64.store(to, f64.load(from));
      from += 8;
      to += TILE * 8;
    }
  }
}

function packQueries(from: usize, rows: i32, d: i32, into: usize): void {
  for (let i = 0; i < rows; i++) {
    let to = into + ((<usize>(i >> 2) * d * 4 + (i & 3)) << 3);
    for (let c = 0; c < d; c++) {
      f64.store(to, f64.load(from));
      from += 8;
      to += 32;
    }
  }
  for (let i = rows; i & 3; i++) {
    let to = into + ((<usize>(i >> 2) * d * 4 + (i & 3)) << 3);
    for (let c = 0; c < d; c++) {
      f64.store(to, 0);
      to += 32;
    }
  }
}

/**
 * The block's rows over all keys: reads `rows` × d at `queries`, writes `rows` × d_v at `out`.
 * `packed` has room for ⌈rows/4⌉·4·d float64s, `state` for `rows` records, `scratch` for 4·T float64s.
 */
export function attend(
  constants: usize,
  keys: usize,
  values: usize,
  n: i32,
  d: i32,
  dv: i32,
  queries: usize,
  rows: i32,
  packed: usize,
  state: usize,
  scratch: usize,
  out: usize,
): void {
  packQueries(queries, rows, d, packed);
  const record: usize = stateBytes(dv);
  for (let i = 0; i < rows; i++) startRow(state + <usize>i * record, dv);
  const groupBytes = <usize>d * 32;
  for (let first = 0; first < n; first += TILE) {
    const there = min(TILE, n - first);
    const keyTile = keys + <usize>first * d * 8;
    const valueTile = values + <usize>first * dv * 8;
    for (let i = 0; i < rows; i += 4) {
      dots(packed + <usize>(i >> 2) * groupBytes, keyTile, d, scratch);
      const live = min(4, rows - i);
      for (let r = 0; r < live; r++) {
        const s = scratch + r * (TILE * 8);
        for (let j = there; j < TILE; j++) f64.store(s + (j << 3), f64.load(constants, ABSENT));
        addTile(constants, s, valueTile, dv, state + <usize>(i + r) * record);
      }
    }
  }
  for (let i = 0; i < rows; i++) finishRow(state + <usize>i * record, dv, out + <usize>i * dv * 8);
}

function startRow(state: usize, dv: i32): void {
  f64.store(state, -1e300);
  for (let e = 1; e < 3 + 2 * dv; e++) f64.store(state + (e << 3), 0);
}

function finishRow(state: usize, dv: i32, out: usize): void {
  const weights = f64.load(state, 8) + f64.load(state, 16);
  for (let c = 0; c < dv; c++) {
    state += 16;
    f64.store(out + (c << 3), (f64.load(state, 8) + f64.load(state, 16)) / weights);
  }
}

/** ⟨q,k⟩ of four queries and the keys of one tile: [4][T] at `into`. 4 × 4 at a time in eight accumulators. */
function dots(group: usize, tile: usize, d: i32, into: usize): void {
  const end = group + <usize>d * 32;
  let k = tile;
  for (let j = 0; j < TILE; j += 4) {
    let a0 = f64x2.splat(0);
    let a1 = a0;
    let b0 = a0;
    let b1 = a0;
    let c0 = a0;
    let c1 = a0;
    let d0 = a0;
    let d1 = a0;
    for (let q = group; q < end; q += 32) {
      const k0 = v128.load(k);
      const k1 = v128.load(k, 16);
      let x = v128.load64_splat(q);
      a0 = f64x2.add(a0, f64x2.mul(x, k0));
      a1 = f64x2.add(a1, f64x2.mul(x, k1));
      x = v128.load64_splat(q, 8);
      b0 = f64x2.add(b0, f64x2.mul(x, k0));
      b1 = f64x2.add(b1, f64x2.mul(x, k1));
      x = v128.load64_splat(q, 16);
      c0 = f64x2.add(c0, f64x2.mul(x, k0));
      c1 = f64x2.add(c1, f64x2.mul(x, k1));
      x = v128.load64_splat(q, 24);
      d0 = f64x2.add(d0, f64x2.mul(x, k0));
      d1 = f64x2.add(d1, f64x2.mul(x, k1));
      k += 32;
    }
    v128.store(into, a0);
    v128.store(into, a1, 16);
    v128.store(into, b0, TILE * 8);
    v128.store(into, b1, TILE * 8 + 16);
    v128.store(into, c0, TILE * 16);
    v128.store(into, c1, TILE * 16 + 16);
    v128.store(into, d0, TILE * 24);
    v128.store(into, d1, TILE * 24 + 16);
    into += 32;
  }
}

/** One row, one tile: `s` holds its T inner products and is overwritten with its weights. */
function addTile(constants: usize, s: usize, values: usize, dv: i32, state: usize): void {
  const end = s + TILE * 8;

  let most = v128.load(s);
  for (let p = s + 16; p < end; p += 16) most = f64x2.pmax(most, v128.load(p));
  const largest = max(f64x2.extract_lane(most, 0), f64x2.extract_lane(most, 1));
  const tileExponent = nearest(largest * f64.load(constants, PER_L));
  const exponent = f64.load(state);
  if (tileExponent > exponent) rescale(state, dv, tileExponent, exponent);
  const bias = f64x2.splat(f64.load(constants, BIAS) - max(exponent, tileExponent));

  let sum0 = f64x2.splat(0);
  let sum1 = sum0;
  for (let p = s; p < end; p += 16) {
    const w = weight(constants, v128.load(p), bias);
    v128.store(p, w);
    const turn = sum0; // two chains of additions, turn and turn about
    sum0 = f64x2.add(sum1, w);
    sum1 = turn;
  }
  addTo(state + 8, lanes(f64x2.add(sum0, sum1)));

  for (let c = 0; c < dv; c++) {
    let v0 = f64x2.splat(0);
    let v1 = v0;
    let v2 = v0;
    let v3 = v0;
    for (let p = s; p < end; p += 64) {
      v0 = f64x2.add(v0, f64x2.mul(v128.load(p), v128.load(values)));
      v1 = f64x2.add(v1, f64x2.mul(v128.load(p, 16), v128.load(values, 16)));
      v2 = f64x2.add(v2, f64x2.mul(v128.load(p, 32), v128.load(values, 32)));
      v3 = f64x2.add(v3, f64x2.mul(v128.load(p, 48), v128.load(values, 48)));
      values += 64;
    }
    state += 16;
    addTo(state + 8, lanes(f64x2.add(f64x2.add(v0, v1), f64x2.add(v2, v3))));
  }
}

function lanes(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}

/** Two weights, 2^(t + bias - 1023) · exp(scale·r); zero where that exponent is below the normal numbers. */
function weight(constants: usize, s: v128, bias: v128): v128 {
  const t = f64x2.nearest(f64x2.mul(s, v128.load(constants, PER_L)));
  const r = f64x2.mul(
    v128.load(constants, SCALE),
    f64x2.sub(
      f64x2.sub(s, f64x2.mul(t, v128.load(constants, L_HI))),
      f64x2.mul(t, v128.load(constants, L_LO)),
    ),
  );
  const field = f64x2.pmax(f64x2.add(t, bias), v128.load(constants, ZERO));
  const power = i64x2.shl(f64x2.add(field, v128.load(constants, MAGIC)), 52);

  const r2 = f64x2.mul(r, r);
  const r4 = f64x2.mul(r2, r2);
  const q01 = f64x2.add(v128.load(constants, Q0), f64x2.mul(r, v128.load(constants, Q0 + 16)));
  const q23 = f64x2.add(v128.load(constants, Q0 + 32), f64x2.mul(r, v128.load(constants, Q0 + 48)));
  const q45 = f64x2.add(v128.load(constants, Q0 + 64), f64x2.mul(r, v128.load(constants, Q0 + 80)));
  const q67 = f64x2.add(v128.load(constants, Q0 + 96), f64x2.mul(r, v128.load(constants, Q0 + 112)));
  const q89 = f64x2.add(v128.load(constants, Q0 + 128), f64x2.mul(r, v128.load(constants, Q0 + 144)));
  const low = f64x2.add(q01, f64x2.mul(r2, q23));
  const high = f64x2.add(f64x2.add(q45, f64x2.mul(r2, q67)), f64x2.mul(r4, q89));
  const q = f64x2.add(low, f64x2.mul(r4, high));
  const p = f64x2.add(v128.load(constants, ONE), f64x2.add(r, f64x2.mul(r2, q)));
  return f64x2.mul(p, power);
}

/** Adds `x` to the pair hi + lo at `at`: hi exactly rounded, its error to lo (Knuth's TwoSum). */
function addTo(at: usize, x: f64): void {
  const hi = f64.load(at);
  const sum = hi + x;
  const part = sum - hi;
  f64.store(at, sum);
  f64.store(at, f64.load(at, 8) + (hi - (sum - part) + (x - part)), 8);
}

/** Moves a row from exponent `from` to `to` > `from`, in two steps because 2^-2000 is no float64. */
function rescale(state: usize, dv: i32, to: f64, from: f64): void {
  const drop = to - from;
  const first = min<f64>(drop, 1000);
  const second = min<f64>(drop - first, 1000);
  const a = powerOfTwo(-first);
  const b = powerOfTwo(-second);
  f64.store(state, to);
  for (let e = 1; e < 3 + 2 * dv; e++) {
    const at = state + (e << 3);
    f64.store(at, f64.load(at) * a * b);
  }
}

function powerOfTwo(e: f64): f64 {
  return reinterpret<f64>((<i64>e + 1023) << 52);
}
