/**
 * The polynomial method in plain TypeScript, as the kernel does it but one row at a time: what the kernel is compared
 * with. Neither U_1 nor U_2 stands anywhere whole.
 */
import type { Attention } from '../../problems/attention.ts';
import { featuresOf, multinomialsOf, weightsOf, type Monomials } from './monomials.ts';
import { inBlocks, type Measured } from './measure.ts';

/** Keys whose products are added up before they join the sums. */
const blockKeys = 512;

/** Σ_j k_j^α [1 v_j], [rank][d_v + 1], in units of the columns: U_2ᵀ[1 V], block by block. */
export function plainMoments(
  { k, v }: Attention,
  order: Monomials,
  { keyUnits, valueUnits }: Measured,
): Float64Array {
  const columns = v.columns + 1;
  const sums = new Float64Array(order.rank * columns);
  const block = new Float64Array(order.rank * columns);
  const features = new Float64Array(order.rank);
  const key = new Float64Array(k.columns);
  const value = new Float64Array(columns);
  for (let j = 0; j < k.rows; j++) {
    k.read(j, j + 1, key);
    v.read(j, j + 1, value.subarray(1));
    value[0] = 1;
    for (let c = 0; c < k.columns; c++) key[c]! /= keyUnits[c]!;
    for (let c = 1; c < columns; c++) value[c]! /= valueUnits[c - 1]!;
    featuresOf(order, key, 0, features);
    for (let a = 0, e = 0; a < order.rank; a++) {
      for (let c = 0; c < columns; c++) block[e++]! += features[a]! * value[c]!;
    }
    if ((j + 1) % blockKeys !== 0 && j + 1 < k.rows) continue;
    for (let e = 0; e < sums.length; e++) sums[e]! += block[e]!;
    block.fill(0);
  }
  return sums;
}

/** The outputs, not yet rounded to the dtype. */
export function plainAttend(
  attention: Attention,
  order: Monomials,
  measured: Measured,
  coefficients: Float64Array,
): Float64Array {
  const { q, v, scale } = attention;
  const columns = v.columns + 1;
  const sums = plainMoments(attention, order, measured);
  const weights = weightsOf(order, multinomialsOf(order), coefficients);
  for (let e = 0; e < sums.length; e++) sums[e]! *= weights[Math.floor(e / columns)]!;
  const features = new Float64Array(order.rank);
  const out = new Float64Array(q.rows * v.columns);
  const row = new Float64Array(columns);
  const unit = measured.keyUnits;
  inBlocks(q, (block, rows, first) => {
    for (let e = 0; e < rows * q.columns; e++) block[e] = block[e]! * unit[e % q.columns]! * scale;
    for (let i = 0; i < rows; i++) {
      featuresOf(order, block, i * q.columns, features);
      row.fill(0);
      for (let a = 0, e = 0; a < order.rank; a++) {
        for (let c = 0; c < columns; c++) row[c]! += features[a]! * sums[e++]!;
      }
      for (let c = 1; c < columns; c++) {
        out[(first + i) * v.columns + c - 1] = (row[c]! / row[0]!) * measured.valueUnits[c - 1]!;
      }
    }
  });
  return out;
}
