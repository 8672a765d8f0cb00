/**
 * Dense attention on 128-bit SIMD, everything in float64. Every thread has an instance of this module over one
 * shared memory; the host lays the memory out and says where everything is (addresses are in bytes).
 *
 * Shapes and layout, with T = `TILE` keys a tile:
 *   keys     ⌈n/T⌉ tiles of [T/4][d][4]: four keys side by side, coordinate after coordinate. Missing keys are 0.
 *   values   ⌈n/T⌉ tiles: [d_v][T] below four columns, else [⌈d_v/4⌉][T][4]. Missing keys and columns are 0.
 *   queries  groups of four, [d][4], packed here from a block row after row; missing queries are 0.
 *   state    a record a row, all float64: exponent M, sum of weights hi and lo, a gap; pairs of `floor` and `magic`,
 *            which depend on M; then a hi for each value column (filled up to fours), then as many los.
 *   scratch  [4][T] inner products, then weights; [4] pairs of row maxima; [4][4] partial sums.
 * A tile of keys and its values stay in the cache while all rows of a block pass over them, four rows at a time.
 *
 * The weight of a pair is exp(scale·s), s = ⟨q,k⟩. With L = ln 2 / scale, t = round(s / L) and r = s - t·L it is
 * 2^t · exp(scale·r), so the largest weight of a row is known by its integer exponent M = max t, and weights are
 * kept as 2^(t-M+E)·exp(scale·r): changing M multiplies by a power of two, exactly. No logit is ever rounded.
 * The host's claim.ts adds up what is.
 *
 * A row's sums depend on that row, the keys and their order alone: not on its block, its neighbours or its thread.
 */
import { madd64, nmadd64 } from './madd';

/** Keys a tile. A multiple of 8. */
const TILE: i32 = 32;

/** Keys whose products with a value column are added up before they join the tile's sum. */
const RUN: i32 = 8;

/** E: the largest weight of a row is near 2^E, so that a value up to 2^450 on a key with weight 2^-1500 counts. */
const LIFT: f64 = 511;

/** No weight is taken for smaller than 2^-1530 of the row's largest: the exponent field would end below it. */
const DEPTH: f64 = 1530;

/** Adding it rounds to an integer, which is then in the low bits. */
const MAGIC: f64 = 6755399441055744; // 1.5 · 2^52

/** Offsets into the scratch. */
const MOST: usize = 4 * TILE * 8;
const PARTS: usize = MOST + 4 * 16;

/** Offsets into a row's record. */
const FLOOR: usize = 32;
const ROUND: usize = 48;
const SUMS: usize = 64;

/** Constants in memory, each twice (both lanes): V8 keeps loads from memory in the loop, constants it rebuilds. */
const PER_L: usize = 0;
const L_HI: usize = 16;
const L_LO: usize = 32;
const SCALE: usize = 48;
const ONE: usize = 64;
const Q0: usize = 80;

/** Bytes that `setConstants` fills. */
export const constantBytes: i32 = 240;

export const tileKeys: i32 = TILE;

export const scratchBytes: i32 = <i32>PARTS + 4 * 4 * 8;

/** Columns that `dv` columns take, packed and in a record. */
export function packedColumns(dv: i32): i32 {
  return dv < 4 ? dv : (dv + 3) & ~3;
}

/** Bytes of one row's record. */
export function stateBytes(dv: i32): i32 {
  return <i32>SUMS + 2 * packedColumns(dv) * 8;
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
  setPair(at + ONE, 1);
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
  const columns = packedColumns(dv);
  for (let j = 0; j < rows; j++) {
    const key = first + j;
    const tile = into + ((<usize>(key / TILE) * TILE * columns) << 3);
    const inTile = key % TILE;
    for (let c = 0; c < dv; c++) {
      const entry = dv < 4 ? c * TILE + inTile : (c >> 2) * (TILE * 4) + inTile * 4 + (c & 3);
      f64.store(tile + (entry << 3), f64.load(from));
      from += 8;
    }
  }
}

function packQueries(from: usize, rows: i32, d: i32, into: usize): void {
  const padded = (rows + 3) & ~3;
  for (let i = 0; i < padded; i++) {
    let to = into + ((<usize>(i >> 2) * d * 4 + (i & 3)) << 3);
    for (let c = 0; c < d; c++) {
      f64.store(to, i < rows ? f64.load(from) : 0);
      from += 8;
      to += 32;
    }
  }
}

/**
 * The block's rows over all keys: reads `rows` × d at `queries`, writes `rows` × d_v at `out`.
 * `packed` has room for ⌈rows/4⌉·4·d float64s, `state` for ⌈rows/4⌉·4 records, `scratch` for `scratchBytes`.
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
  const columns = packedColumns(dv);
  const record: usize = stateBytes(dv);
  const padded = (rows + 3) & ~3;
  for (let i = 0; i < padded; i++) startRow(state + <usize>i * record, columns);
  const groupBytes = <usize>d * 32;
  for (let first = 0; first < n; first += TILE) {
    const keyTile = keys + <usize>first * d * 8;
    const valueTile = values + <usize>first * columns * 8;
    let group = packed;
    let at = state;
    for (let i = 0; i < rows; i += 4) {
      dots(group, keyTile, d, scratch);
      if (n - first < TILE) takeOut(scratch, n - first);
      for (let r: usize = 0; r < 4; r++) prepare(constants, scratch, r, columns, at + r * record);
      for (let r: usize = 0; r < 4; r++) weigh(constants, scratch, r, at + r * record);
      if (columns < 4) {
        for (let r: usize = 0; r < 4; r++) addColumns(scratch, r, valueTile, columns, at + r * record);
      } else {
        for (let c = 0; c < columns; c += 4) {
          addFour(scratch, valueTile + <usize>c * TILE * 8, record, columns, at + SUMS + ((<usize>c) << 3));
        }
      }
      group += groupBytes;
      at += 4 * record;
    }
  }
  for (let i = 0; i < rows; i++) {
    finishRow(state + <usize>i * record, columns, dv, out + <usize>i * dv * 8);
  }
}

function startRow(state: usize, columns: i32): void {
  f64.store(state, -1e300);
  for (let e = 1; e < 8 + 2 * columns; e++) f64.store(state + (e << 3), 0);
}

function finishRow(state: usize, columns: i32, dv: i32, out: usize): void {
  const weights = f64.load(state, 8) + f64.load(state, 16);
  state += SUMS;
  for (let c = 0; c < dv; c++) {
    f64.store(out, (f64.load(state) + f64.load(state + (columns << 3))) / weights);
    state += 8;
    out += 8;
  }
}

/** ⟨q,k⟩ of four queries and the keys of one tile, and the maxima of each. 4 × 4 at a time in eight accumulators. */
function dots(group: usize, tile: usize, d: i32, into: usize): void {
  const end = group + <usize>d * 32;
  const most = into + MOST;
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
      a0 = madd64(x, k0, a0);
      a1 = madd64(x, k1, a1);
      x = v128.load64_splat(q, 8);
      b0 = madd64(x, k0, b0);
      b1 = madd64(x, k1, b1);
      x = v128.load64_splat(q, 16);
      c0 = madd64(x, k0, c0);
      c1 = madd64(x, k1, c1);
      x = v128.load64_splat(q, 24);
      d0 = madd64(x, k0, d0);
      d1 = madd64(x, k1, d1);
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
    a0 = f64x2.pmax(a0, a1);
    b0 = f64x2.pmax(b0, b1);
    c0 = f64x2.pmax(c0, c1);
    d0 = f64x2.pmax(d0, d1);
    if (j > 0) {
      a0 = f64x2.pmax(a0, v128.load(most));
      b0 = f64x2.pmax(b0, v128.load(most, 16));
      c0 = f64x2.pmax(c0, v128.load(most, 32));
      d0 = f64x2.pmax(d0, v128.load(most, 48));
    }
    v128.store(most, a0);
    v128.store(most, b0, 16);
    v128.store(most, c0, 32);
    v128.store(most, d0, 48);
  }
}

/** Of a tile with only `there` keys: the others get the smallest inner product, and the maxima are taken anew. */
function takeOut(scratch: usize, there: i32): void {
  for (let r = 0; r < 4; r++) {
    const s = scratch + r * (TILE * 8);
    let most = f64.load(s);
    for (let j = 1; j < there; j++) {
      const x = f64.load(s + (j << 3));
      if (x > most) most = x;
    }
    for (let j = there; j < TILE; j++) f64.store(s + (j << 3), -1e300);
    setPair(scratch + MOST + r * 16, most);
  }
}

/** Before row r's weights: the row's exponent rises where it must, and with it `floor` and `magic`. */
function prepare(constants: usize, scratch: usize, r: usize, columns: i32, state: usize): void {
  const pair = v128.load(scratch + MOST + r * 16);
  const a = f64x2.extract_lane(pair, 0);
  const b = f64x2.extract_lane(pair, 1);
  const exponent = nearest((a > b ? a : b) * f64.load(constants, PER_L));
  const before = f64.load(state);
  if (exponent <= before) return;
  rescale(state, columns, exponent, before);
  const lowest = exponent - DEPTH;
  setPair(state + FLOOR, lowest * f64.load(constants, L_HI) + lowest * f64.load(constants, L_LO));
  setPair(state + ROUND, MAGIC + (LIFT - exponent));
}

/** Row r's inner products become weights, and their sum goes into the record. */
function weigh(constants: usize, scratch: usize, r: usize, state: usize): void {
  const s = scratch + r * (TILE * 8);
  let sum0 = f64x2.splat(0);
  let sum1 = sum0;
  for (let p = s, end = s + TILE * 8; p < end; p += 16) {
    const w = weight(constants, v128.load(p), state);
    v128.store(p, w);
    const turn = sum0; // two chains of additions, turn and turn about
    sum0 = f64x2.add(sum1, w);
    sum1 = turn;
  }
  addTo(state + 8, state + 16, lanes(f64x2.add(sum0, sum1)));
}

/** Two weights, 2^(t-M+E) · exp(scale·r). */
function weight(constants: usize, product: v128, state: usize): v128 {
  const s = f64x2.pmax(product, v128.load(state, FLOOR));
  const magic = v128.load(state, ROUND);
  const y = madd64(s, v128.load(constants, PER_L), magic);
  const t = f64x2.sub(y, magic);
  const r = f64x2.mul(
    v128.load(constants, SCALE),
    nmadd64(t, v128.load(constants, L_LO), nmadd64(t, v128.load(constants, L_HI), s)),
  );

  const r2 = f64x2.mul(r, r);
  const r4 = f64x2.mul(r2, r2);
  const q01 = madd64(r, v128.load(constants, Q0 + 16), v128.load(constants, Q0));
  const q23 = madd64(r, v128.load(constants, Q0 + 48), v128.load(constants, Q0 + 32));
  const q45 = madd64(r, v128.load(constants, Q0 + 80), v128.load(constants, Q0 + 64));
  const q67 = madd64(r, v128.load(constants, Q0 + 112), v128.load(constants, Q0 + 96));
  const q89 = madd64(r, v128.load(constants, Q0 + 144), v128.load(constants, Q0 + 128));
  const low = madd64(r2, q23, q01);
  const high = madd64(r4, q89, madd64(r2, q67, q45));
  const q = madd64(r4, high, low);
  const p = f64x2.add(v128.load(constants, ONE), madd64(r2, q, r));
  return i64x2.add(p, i64x2.shl(y, 52)); // t-M+E is in the low bits of y
}

/** Row r's weights with each of up to three value columns. */
function addColumns(scratch: usize, r: usize, values: usize, columns: i32, state: usize): void {
  const s = scratch + r * (TILE * 8);
  const end = s + TILE * 8;
  state += SUMS;
  for (let c = 0; c < columns; c++) {
    let v0 = f64x2.splat(0);
    let v1 = v0;
    let v2 = v0;
    let v3 = v0;
    for (let p = s; p < end; p += 64) {
      v0 = madd64(v128.load(p), v128.load(values), v0);
      v1 = madd64(v128.load(p, 16), v128.load(values, 16), v1);
      v2 = madd64(v128.load(p, 32), v128.load(values, 32), v2);
      v3 = madd64(v128.load(p, 48), v128.load(values, 48), v3);
      values += 64;
    }
    addTo(state, state + (columns << 3), lanes(f64x2.add(f64x2.add(v0, v1), f64x2.add(v2, v3))));
    state += 8;
  }
}

/** Four rows' weights with four value columns, `hi` being where the first row's record has their hi. */
function addFour(scratch: usize, values: usize, record: usize, columns: i32, hi: usize): void {
  let w = scratch;
  for (let j = 0; j < TILE; j += RUN) {
    let a0 = f64x2.splat(0);
    let a1 = a0;
    let b0 = a0;
    let b1 = a0;
    let c0 = a0;
    let c1 = a0;
    let d0 = a0;
    let d1 = a0;
    for (let end = w + RUN * 8; w < end; w += 8) {
      const v0 = v128.load(values);
      const v1 = v128.load(values, 16);
      let x = v128.load64_splat(w);
      a0 = madd64(x, v0, a0);
      a1 = madd64(x, v1, a1);
      x = v128.load64_splat(w, TILE * 8);
      b0 = madd64(x, v0, b0);
      b1 = madd64(x, v1, b1);
      x = v128.load64_splat(w, TILE * 16);
      c0 = madd64(x, v0, c0);
      c1 = madd64(x, v1, c1);
      x = v128.load64_splat(w, TILE * 24);
      d0 = madd64(x, v0, d0);
      d1 = madd64(x, v1, d1);
      values += 32;
    }
    const parts = scratch + PARTS;
    if (j > 0) {
      a0 = f64x2.add(a0, v128.load(parts));
      a1 = f64x2.add(a1, v128.load(parts, 16));
      b0 = f64x2.add(b0, v128.load(parts, 32));
      b1 = f64x2.add(b1, v128.load(parts, 48));
      c0 = f64x2.add(c0, v128.load(parts, 64));
      c1 = f64x2.add(c1, v128.load(parts, 80));
      d0 = f64x2.add(d0, v128.load(parts, 96));
      d1 = f64x2.add(d1, v128.load(parts, 112));
    }
    v128.store(parts, a0);
    v128.store(parts, a1, 16);
    v128.store(parts, b0, 32);
    v128.store(parts, b1, 48);
    v128.store(parts, c0, 64);
    v128.store(parts, c1, 80);
    v128.store(parts, d0, 96);
    v128.store(parts, d1, 112);
  }
  for (let p = scratch + PARTS, end = p + 128; p < end; p += 32) {
    addPair(hi, hi + (columns << 3), v128.load(p));
    addPair(hi + 16, hi + 16 + (columns << 3), v128.load(p, 16));
    hi += record;
  }
}

function lanes(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}

/** Adds `x` to the sum hi + lo: hi exactly rounded, its error to lo (Knuth's TwoSum). */
function addTo(hi: usize, lo: usize, x: f64): void {
  const before = f64.load(hi);
  const sum = before + x;
  const part = sum - before;
  f64.store(hi, sum);
  f64.store(lo, f64.load(lo) + (before - (sum - part) + (x - part)));
}

/** The same in both lanes. */
function addPair(hi: usize, lo: usize, x: v128): void {
  const before = v128.load(hi);
  const sum = f64x2.add(before, x);
  const part = f64x2.sub(sum, before);
  const error = f64x2.add(f64x2.sub(before, f64x2.sub(sum, part)), f64x2.sub(x, part));
  v128.store(hi, sum);
  v128.store(lo, f64x2.add(v128.load(lo), error));
}

/** Moves a row from exponent `from` to `to` > `from`, in two steps because 2^-2000 is no float64. */
function rescale(state: usize, columns: i32, to: f64, from: f64): void {
  const drop = to - from;
  const first = min<f64>(drop, 1000);
  const second = min<f64>(drop - first, 1000);
  const a = powerOfTwo(-first);
  const b = powerOfTwo(-second);
  f64.store(state, to);
  v128.store(state, f64x2.mul(f64x2.mul(v128.load(state, 8), f64x2.splat(a)), f64x2.splat(b)), 8);
  state += SUMS;
  for (let end = state + (columns << 4); state < end; state += 8) {
    f64.store(state, f64.load(state) * a * b);
  }
}

function powerOfTwo(e: f64): f64 {
  return reinterpret<f64>((<i64>e + 1023) << 52);
}
