/**
 * The two loops of the polynomial method, n·rank multiplications each, on 128-bit SIMD in float64. Lanes are rows: eight
 * at a time, in four registers. Two columns of values at a time (of which the first may be all ones).
 *
 * Shapes and layout, addresses in bytes; the order of the monomials is that of polynomial/monomials.ts:
 *   rows      groups of eight, [d][8]; missing rows are 0.
 *   values    groups of eight, [2][8]; those of missing rows are 0.
 *   runs      [g][d] i32: how many monomials of degree j + 1 have c for their last variable.
 *   features  room for [inner][8]: the monomials of degree below g of one group. Others are never stored.
 *   sums      [rank][2][2]: Σ k^α v of both columns, even and odd rows apart; added to what is there.
 *   weights   [rank][2]: what multiplies q^α in both columns.
 *   out       groups of eight, [2][8].
 *
 * A run of monomials with last variable c is x_c times earlier ones. For keys x_c·v is multiplied once a run; for queries
 * x_c multiplies a run's sum. So a monomial costs two multiplications with additions a row, and below degree g one more.
 */
import { madd64 } from './madd';

/** Bytes of a feature of eight rows. */
const FEATURE: usize = 64;

/** Adds Σ_rows k^α v of `groups` groups to `sums`. */
export function addMoments(
  rows: usize,
  values: usize,
  groups: i32,
  d: i32,
  g: i32,
  runs: usize,
  features: usize,
  sums: usize,
): void {
  const one = f64x2.splat(1);
  for (let group = 0; group < groups; group++) {
    for (let e: usize = 0; e < FEATURE; e += 16) v128.store(features + e, one);
    addRun(features, 1, values, one, one, one, one, sums);
    let from = features;
    let to = features + FEATURE;
    let at = sums + 32;
    let run = runs;
    for (let j = 1; j <= g; j++) {
      const start = to;
      let x = rows;
      for (let c = 0; c < d; c++) {
        const count = i32.load(run);
        const x0 = v128.load(x);
        const x1 = v128.load(x, 16);
        const x2 = v128.load(x, 32);
        const x3 = v128.load(x, 48);
        addRun(from, count, values, x0, x1, x2, x3, at);
        if (j < g) {
          const end = from + <usize>count * FEATURE;
          for (let f = from; f < end; f += FEATURE) {
            v128.store(to, f64x2.mul(x0, v128.load(f)));
            v128.store(to, f64x2.mul(x1, v128.load(f, 16)), 16);
            v128.store(to, f64x2.mul(x2, v128.load(f, 32)), 32);
            v128.store(to, f64x2.mul(x3, v128.load(f, 48)), 48);
            to += FEATURE;
          }
        }
        at += <usize>count * 32;
        x += FEATURE;
        run += 4;
      }
      from = start;
    }
    rows += <usize>d * FEATURE;
    values += 2 * FEATURE;
  }
}

/** Adds Σ_rows f·(x·v) to the sums of a run, for its features f and both columns. */
function addRun(
  from: usize,
  count: i32,
  values: usize,
  x0: v128,
  x1: v128,
  x2: v128,
  x3: v128,
  at: usize,
): void {
  const v0 = f64x2.mul(x0, v128.load(values));
  const v1 = f64x2.mul(x1, v128.load(values, 16));
  const v2 = f64x2.mul(x2, v128.load(values, 32));
  const v3 = f64x2.mul(x3, v128.load(values, 48));
  const w0 = f64x2.mul(x0, v128.load(values, 64));
  const w1 = f64x2.mul(x1, v128.load(values, 80));
  const w2 = f64x2.mul(x2, v128.load(values, 96));
  const w3 = f64x2.mul(x3, v128.load(values, 112));
  const end = from + <usize>count * FEATURE;
  for (let f = from; f < end; f += FEATURE) {
    const f0 = v128.load(f);
    const f1 = v128.load(f, 16);
    const f2 = v128.load(f, 32);
    const f3 = v128.load(f, 48);
    const v = madd64(f0, v0, madd64(f1, v1, madd64(f2, v2, f64x2.mul(f3, v3))));
    const w = madd64(f0, w0, madd64(f1, w1, madd64(f2, w2, f64x2.mul(f3, w3))));
    v128.store(at, f64x2.add(v128.load(at), v));
    v128.store(at, f64x2.add(v128.load(at, 16), w), 16);
    at += 32;
  }
}

/** Writes Σ_α q^α·weights[α] of `groups` groups, in both columns. */
export function applyMoments(
  rows: usize,
  groups: i32,
  d: i32,
  g: i32,
  runs: usize,
  features: usize,
  weights: usize,
  out: usize,
): void {
  const one = f64x2.splat(1);
  for (let group = 0; group < groups; group++) {
    for (let e: usize = 0; e < FEATURE; e += 16) {
      v128.store(features + e, one);
      v128.store(out + e, v128.load64_splat(weights));
      v128.store(out + e, v128.load64_splat(weights, 8), 64);
    }
    let from = features;
    let to = features + FEATURE;
    let at = weights + 16;
    let run = runs;
    for (let j = 1; j <= g; j++) {
      const start = to;
      let x = rows;
      for (let c = 0; c < d; c++) {
        const count = i32.load(run);
        applyRun(from, count, at, x, out);
        if (j < g) {
          const x0 = v128.load(x);
          const x1 = v128.load(x, 16);
          const x2 = v128.load(x, 32);
          const x3 = v128.load(x, 48);
          const end = from + <usize>count * FEATURE;
          for (let f = from; f < end; f += FEATURE) {
            v128.store(to, f64x2.mul(x0, v128.load(f)));
            v128.store(to, f64x2.mul(x1, v128.load(f, 16)), 16);
            v128.store(to, f64x2.mul(x2, v128.load(f, 32)), 32);
            v128.store(to, f64x2.mul(x3, v128.load(f, 48)), 48);
            to += FEATURE;
          }
        }
        at += <usize>count * 16;
        x += FEATURE;
        run += 4;
      }
      from = start;
    }
    rows += <usize>d * FEATURE;
    out += 2 * FEATURE;
  }
}

/** Adds x·Σ f·weights of a run to `out`, for both columns. */
function applyRun(from: usize, count: i32, weights: usize, x: usize, out: usize): void {
  let a0 = f64x2.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let b0 = a0;
  let b1 = a0;
  let b2 = a0;
  let b3 = a0;
  const end = from + <usize>count * FEATURE;
  for (let f = from; f < end; f += FEATURE) {
    const v = v128.load64_splat(weights);
    const w = v128.load64_splat(weights, 8);
    const f0 = v128.load(f);
    const f1 = v128.load(f, 16);
    const f2 = v128.load(f, 32);
    const f3 = v128.load(f, 48);
    a0 = madd64(f0, v, a0);
    a1 = madd64(f1, v, a1);
    a2 = madd64(f2, v, a2);
    a3 = madd64(f3, v, a3);
    b0 = madd64(f0, w, b0);
    b1 = madd64(f1, w, b1);
    b2 = madd64(f2, w, b2);
    b3 = madd64(f3, w, b3);
    weights += 16;
  }
  const x0 = v128.load(x);
  const x1 = v128.load(x, 16);
  const x2 = v128.load(x, 32);
  const x3 = v128.load(x, 48);
  v128.store(out, madd64(x0, a0, v128.load(out)));
  v128.store(out, madd64(x1, a1, v128.load(out, 16)), 16);
  v128.store(out, madd64(x2, a2, v128.load(out, 32)), 32);
  v128.store(out, madd64(x3, a3, v128.load(out, 48)), 48);
  v128.store(out, madd64(x0, b0, v128.load(out, 64)), 64);
  v128.store(out, madd64(x1, b1, v128.load(out, 80)), 80);
  v128.store(out, madd64(x2, b2, v128.load(out, 96)), 96);
  v128.store(out, madd64(x3, b3, v128.load(out, 112)), 112);
}
