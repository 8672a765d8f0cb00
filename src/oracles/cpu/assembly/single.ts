/**
 * Dense attention in float32 with totals in float64, for tensors whose entries are float32 numbers. Built like
 * index.ts, which see, and with eight keys or value columns side by side where that has four:
 *   keys     ⌈n/T⌉ tiles of [T/8][d][8].
 *   values   ⌈n/T⌉ tiles: [d_v][T] below four columns, else [⌈d_v/8⌉][T][8].
 *   queries  groups of four, [d][4], packed here from a float64 block row after row.
 *   state    a record a row: float64s exponent M, sum of weights, a gap of two; `floor` and `magic`, four times in
 *            float32 each, which depend on M; a float64 sum for each value column.
 *   scratch  [4][T] inner products, then weights; [4] quadruples of row maxima; [4][8] partial sums.
 *
 * The weight of a pair is 2^(t-M+E) · exp(scale·r) as in float64, and r = s - t·L is as good as s: with |t| < 2^11
 * and the upper 13 bits of L the first product is exact, and so is the difference. The host's choice of rows keeps
 * logits below 1024 and values below 2^32, and ../single.ts adds up the errors.
 */
import { madd32, nmadd32 } from './madd';

/** Keys a tile. A multiple of 16. */
const TILE: i32 = 32;

/** Keys whose products with a value column are added up before they join the tile's sum. */
const RUN: i32 = 8;

/** E: the largest weight of a row is near 2^88; times a value of 2^32, 32 of them are below 2^128. */
const LIFT: f64 = 88;

/** No weight is taken for smaller than 2^-210 of the row's largest: the exponent field would end below it. */
const DEPTH: f64 = 210;

/** Adding it rounds to an integer, which is then in the low bits. */
const MAGIC: f64 = 12582912; // 1.5 · 2^23

/** Offsets into the scratch. */
const MOST: usize = 4 * TILE * 4;
const PARTS: usize = MOST + 4 * 16;

/** Offsets into a row's record. */
const FLOOR: usize = 32;
const ROUND: usize = 48;
const SUMS: usize = 64;

/** Constants in memory, each four times (in every lane) but for the last two, which are float64. */
const PER_L: usize = 0;
const L_HI: usize = 16;
const L_LO: usize = 32;
const ONE: usize = 48;
const C1: usize = 64;
const EXACT_PER_L: usize = 160;
const EXACT_L: usize = 168;

/** Bytes that `setConstants32` fills. */
export const constantBytes32: i32 = 176;

export const tileKeys32: i32 = TILE;

export const scratchBytes32: i32 = <i32>PARTS + 4 * 8 * 4;

/** Columns that `dv` columns take, packed and in a record. */
export function packedColumns32(dv: i32): i32 {
  return dv < 4 ? dv : (dv + 7) & ~7;
}

/** Bytes of one row's record. */
export function stateBytes32(dv: i32): i32 {
  return <i32>SUMS + packedColumns32(dv) * 8;
}

function setFour(at: usize, x: f64): void {
  v128.store(at, f32x4.splat(<f32>x));
}

/**
 * `perL` and L = lHi + lLo as in `setConstants`; here lHi has at most 13 significant bits. `scale` is between 2^-16
 * and 2^16, so that no coefficient leaves float32.
 */
export function setConstants32(at: usize, scale: f64, perL: f64, lHi: f64, lLo: f64): void {
  f64.store(at, perL, EXACT_PER_L);
  f64.store(at, lHi + lLo, EXACT_L);
  setFour(at + PER_L, perL * (1 - 2.384185791015625e-7)); // 1 - 2^-22: rounded, it is still below
  setFour(at + L_HI, lHi);
  setFour(at + L_LO, lLo);
  setFour(at + ONE, 1);
  // exp(r) = 1 + r·(1 + r·q(r)): q interpolates at the five Chebyshev nodes of |r| ≤ 0.3468, relative error of the
  // whole 0.18·2^-24. Each coefficient takes its power of the scale along.
  let power = scale;
  setFour(at + C1, power);
  power *= scale;
  setFour(at + C1 + 16, 0.5 * power);
  power *= scale;
  setFour(at + C1 + 32, 0.16666576790880416 * power);
  power *= scale;
  setFour(at + C1 + 48, 0.04166655436884061 * power);
  power *= scale;
  setFour(at + C1 + 64, 0.008363212139847321 * power);
  power *= scale;
  setFour(at + C1 + 80, 0.0013926224918599116 * power);
}

/** Packs `rows` keys (row after row at `from`) as keys first … first + rows - 1. `into` must be zero before. */
export function packKeys32(from: usize, rows: i32, d: i32, into: usize, first: i32): void {
  for (let j = 0; j < rows; j++) {
    const key = first + j;
    let to = into + ((<usize>(key >> 3) * d * 8 + (key & 7)) << 2);
    for (let c = 0; c < d; c++) {
      f32.store(to, <f32>f64.load(from));
      from += 8;
      to += 32;
    }
  }
}

/** Packs `rows` rows of values as those of keys first … first + rows - 1. `into` must be zero before. */
export function packValues32(from: usize, rows: i32, dv: i32, into: usize, first: i32): void {
  const columns = packedColumns32(dv);
  for (let j = 0; j < rows; j++) {
    const key = first + j;
    const tile = into + ((<usize>(key / TILE) * TILE * columns) << 2);
    const inTile = key % TILE;
    for (let c = 0; c < dv; c++) {
      const entry = dv < 4 ? c * TILE + inTile : (c >> 3) * (TILE * 8) + inTile * 8 + (c & 7);
      f32.store(tile + (entry << 2), <f32>f64.load(from));
      from += 8;
    }
  }
}

function packQueries(from: usize, rows: i32, d: i32, into: usize): void {
  const padded = (rows + 3) & ~3;
  for (let i = 0; i < padded; i++) {
    let to = into + ((<usize>(i >> 2) * d * 4 + (i & 3)) << 2);
    for (let c = 0; c < d; c++) {
      f32.store(to, i < rows ? <f32>f64.load(from) : 0);
      from += 8;
      to += 16;
    }
  }
}

/**
 * The block's rows over all keys: reads `rows` × d float64s at `queries`, writes `rows` × d_v float64s at `out`.
 * `packed` has room for ⌈rows/4⌉·4·d float32s, `state` for ⌈rows/4⌉·4 records, `scratch` for `scratchBytes32`.
 */
export function attend32(
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
  const columns = packedColumns32(dv);
  const record: usize = stateBytes32(dv);
  const padded = (rows + 3) & ~3;
  for (let i = 0; i < padded; i++) startRow(state + <usize>i * record, columns);
  const groupBytes = <usize>d * 16;
  for (let first = 0; first < n; first += TILE) {
    const keyTile = keys + <usize>first * d * 4;
    const valueTile = values + <usize>first * columns * 4;
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
        for (let c = 0; c < columns; c += 8) {
          addEight(scratch, valueTile + <usize>c * TILE * 4, record, at + SUMS + ((<usize>c) << 3));
        }
      }
      group += groupBytes;
      at += 4 * record;
    }
  }
  for (let i = 0; i < rows; i++) finishRow(state + <usize>i * record, dv, out + <usize>i * dv * 8);
}

function startRow(state: usize, columns: i32): void {
  f64.store(state, -1e300);
  for (let e = 1; e < 8 + columns; e++) f64.store(state + (e << 3), 0);
}

function finishRow(state: usize, dv: i32, out: usize): void {
  const weights = f64.load(state, 8);
  state += SUMS;
  for (let c = 0; c < dv; c++) f64.store(out + (c << 3), f64.load(state + (c << 3)) / weights);
}

/** ⟨q,k⟩ of four queries and the keys of one tile, and the maxima of each. 4 × 8 at a time in eight accumulators. */
function dots(group: usize, tile: usize, d: i32, into: usize): void {
  const end = group + <usize>d * 16;
  const most = into + MOST;
  let k = tile;
  for (let j = 0; j < TILE; j += 8) {
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let b0 = a0;
    let b1 = a0;
    let c0 = a0;
    let c1 = a0;
    let d0 = a0;
    let d1 = a0;
    for (let q = group; q < end; q += 16) {
      const k0 = v128.load(k);
      const k1 = v128.load(k, 16);
      let x = v128.load32_splat(q);
      a0 = madd32(x, k0, a0);
      a1 = madd32(x, k1, a1);
      x = v128.load32_splat(q, 4);
      b0 = madd32(x, k0, b0);
      b1 = madd32(x, k1, b1);
      x = v128.load32_splat(q, 8);
      c0 = madd32(x, k0, c0);
      c1 = madd32(x, k1, c1);
      x = v128.load32_splat(q, 12);
      d0 = madd32(x, k0, d0);
      d1 = madd32(x, k1, d1);
      k += 32;
    }
    v128.store(into, a0);
    v128.store(into, a1, 16);
    v128.store(into, b0, TILE * 4);
    v128.store(into, b1, TILE * 4 + 16);
    v128.store(into, c0, TILE * 8);
    v128.store(into, c1, TILE * 8 + 16);
    v128.store(into, d0, TILE * 12);
    v128.store(into, d1, TILE * 12 + 16);
    into += 32;
    a0 = f32x4.pmax(a0, a1);
    b0 = f32x4.pmax(b0, b1);
    c0 = f32x4.pmax(c0, c1);
    d0 = f32x4.pmax(d0, d1);
    if (j > 0) {
      a0 = f32x4.pmax(a0, v128.load(most));
      b0 = f32x4.pmax(b0, v128.load(most, 16));
      c0 = f32x4.pmax(c0, v128.load(most, 32));
      d0 = f32x4.pmax(d0, v128.load(most, 48));
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
    const s = scratch + r * (TILE * 4);
    let most = f32.load(s);
    for (let j = 1; j < there; j++) {
      const x = f32.load(s + (j << 2));
      if (x > most) most = x;
    }
    for (let j = there; j < TILE; j++) f32.store(s + (j << 2), -1e38);
    setFour(scratch + MOST + r * 16, most);
  }
}

/** Before row r's weights: the row's exponent rises where it must, and with it `floor` and `magic`. */
function prepare(constants: usize, scratch: usize, r: usize, columns: i32, state: usize): void {
  const four = v128.load(scratch + MOST + (r << 4));
  const pair = f32x4.pmax(four, upper(four));
  const a = f32x4.extract_lane(pair, 0);
  const b = f32x4.extract_lane(pair, 1);
  const exponent = nearest(<f64>(a > b ? a : b) * f64.load(constants, EXACT_PER_L));
  const before = f64.load(state);
  if (exponent <= before) return;
  rescale(state, columns, exponent, before);
  setFour(state + FLOOR, (exponent - DEPTH) * f64.load(constants, EXACT_L));
  setFour(state + ROUND, MAGIC + (LIFT - exponent));
}

/** Row r's inner products become weights, and their sum goes into the record. */
function weigh(constants: usize, scratch: usize, r: usize, state: usize): void {
  const s = scratch + r * (TILE * 4);
  let sum0 = f32x4.splat(0);
  let sum1 = sum0;
  for (let p = s, end = s + TILE * 4; p < end; p += 16) {
    const w = weight(constants, v128.load(p), state);
    v128.store(p, w);
    const turn = sum0; // two chains of additions, turn and turn about
    sum0 = f32x4.add(sum1, w);
    sum1 = turn;
  }
  f64.store(state, f64.load(state, 8) + lanes(f32x4.add(sum0, sum1)), 8);
}

/** Four weights, 2^(t-M+E) · exp(scale·r). */
function weight(constants: usize, product: v128, state: usize): v128 {
  const s = f32x4.pmax(product, v128.load(state, FLOOR));
  const magic = v128.load(state, ROUND);
  const y = madd32(s, v128.load(constants, PER_L), magic);
  const t = f32x4.sub(y, magic);
  const r = nmadd32(t, v128.load(constants, L_LO), nmadd32(t, v128.load(constants, L_HI), s));

  const r2 = f32x4.mul(r, r);
  const q23 = madd32(r, v128.load(constants, C1 + 32), v128.load(constants, C1 + 16));
  const q45 = madd32(r, v128.load(constants, C1 + 64), v128.load(constants, C1 + 48));
  const q = madd32(r2, madd32(r2, v128.load(constants, C1 + 80), q45), q23);
  const p = madd32(r, madd32(r, q, v128.load(constants, C1)), v128.load(constants, ONE));
  return i32x4.add(p, i32x4.shl(y, 23)); // t-M+E is in the low bits of y
}

/** Row r's weights with each of up to three value columns. */
function addColumns(scratch: usize, r: usize, values: usize, columns: i32, state: usize): void {
  const s = scratch + r * (TILE * 4);
  const end = s + TILE * 4;
  state += SUMS;
  for (let c = 0; c < columns; c++) {
    let v0 = f32x4.splat(0);
    let v1 = v0;
    let v2 = v0;
    let v3 = v0;
    for (let p = s; p < end; p += 64) {
      v0 = madd32(v128.load(p), v128.load(values), v0);
      v1 = madd32(v128.load(p, 16), v128.load(values, 16), v1);
      v2 = madd32(v128.load(p, 32), v128.load(values, 32), v2);
      v3 = madd32(v128.load(p, 48), v128.load(values, 48), v3);
      values += 64;
    }
    f64.store(state, f64.load(state) + lanes(f32x4.add(f32x4.add(v0, v1), f32x4.add(v2, v3))));
    state += 8;
  }
}

/** Four rows' weights with eight value columns, `sums` being where the first row's record has theirs. */
function addEight(scratch: usize, values: usize, record: usize, sums: usize): void {
  const parts = scratch + PARTS;
  let w = scratch;
  for (let j = 0; j < TILE; j += RUN) {
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let b0 = a0;
    let b1 = a0;
    let c0 = a0;
    let c1 = a0;
    let d0 = a0;
    let d1 = a0;
    for (let end = w + RUN * 4; w < end; w += 4) {
      const v0 = v128.load(values);
      const v1 = v128.load(values, 16);
      let x = v128.load32_splat(w);
      a0 = madd32(x, v0, a0);
      a1 = madd32(x, v1, a1);
      x = v128.load32_splat(w, TILE * 4);
      b0 = madd32(x, v0, b0);
      b1 = madd32(x, v1, b1);
      x = v128.load32_splat(w, TILE * 8);
      c0 = madd32(x, v0, c0);
      c1 = madd32(x, v1, c1);
      x = v128.load32_splat(w, TILE * 12);
      d0 = madd32(x, v0, d0);
      d1 = madd32(x, v1, d1);
      values += 32;
    }
    if (j > 0) {
      a0 = f32x4.add(a0, v128.load(parts));
      a1 = f32x4.add(a1, v128.load(parts, 16));
      b0 = f32x4.add(b0, v128.load(parts, 32));
      b1 = f32x4.add(b1, v128.load(parts, 48));
      c0 = f32x4.add(c0, v128.load(parts, 64));
      c1 = f32x4.add(c1, v128.load(parts, 80));
      d0 = f32x4.add(d0, v128.load(parts, 96));
      d1 = f32x4.add(d1, v128.load(parts, 112));
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
  for (let p = parts, end = p + 128; p < end; p += 32) {
    addFour(sums, v128.load(p));
    addFour(sums + 32, v128.load(p, 16));
    sums += record;
  }
}

/** Adds four float32s to four float64s. */
function addFour(at: usize, x: v128): void {
  v128.store(at, f64x2.add(v128.load(at), f64x2.promote_low_f32x4(x)));
  v128.store(at, f64x2.add(v128.load(at, 16), f64x2.promote_low_f32x4(upper(x))), 16);
}

/** The sum of four float32s, in float64. */
function lanes(x: v128): f64 {
  const two = f64x2.add(f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(upper(x)));
  return f64x2.extract_lane(two, 0) + f64x2.extract_lane(two, 1);
}

function upper(x: v128): v128 {
  return i8x16.shuffle(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
}

/** Moves a row from exponent `from` to `to` > `from`. What 2^-1000 would keep is below every float32. */
function rescale(state: usize, columns: i32, to: f64, from: f64): void {
  const power = reinterpret<f64>((<i64>-min<f64>(to - from, 1000) + 1023) << 52);
  f64.store(state, to);
  f64.store(state, f64.load(state, 8) * power, 8);
  state += SUMS;
  for (let end = state + (columns << 3); state < end; state += 8) f64.store(state, f64.load(state) * power);
}
