/**
 * The mode `f32`: dense attention in float32. It is for entries, logits and values of moderate size (`Unsuitable`
 * says which are not), and its claim rests on nothing but what WGSL promises of float32.
 *
 * WGSL promises that +, − and × give one of the two neighbouring float32s, in which direction is not said, so that a
 * rounding is U = 2^-23 here; that what is exact in float32 is not rounded; that subnormal numbers may become 0; and it
 * lets compilers reorder sums, which the guards (guard.ts) confine to where it is counted. No division and no
 * exponential of WGSL is used: their errors are 2.5 ulp and 3 + 2|x| ulp.
 *
 * In units of U, for one weight 2^(t-m)·exp(scale·r):
 *
 * - s = ⟨q,k⟩: nothing where all products and partial sums are exact in float32, whatever their order; otherwise
 *   γ_(d+2) of scale·Σ|q·k|. Entries of float64 are rounded first, 2^-24 each. Products that underflow: d·2^-126·scale,
 *   below 2^-90.
 * - r = s - t·lHi - t·lLo: the first product and difference are exact (t has 11 bits, lHi 13, and Sterbenz's lemma:
 *   perL is a little low, so that |t·L| ≤ 2|s|). lLo, its product with t and the rest of lHi + lLo, below 2^-12·L each,
 *   round by 2^-36·(maxLogit + 1) and twice that: 2^-34·(maxLogit + 1) is granted. The second difference and the product
 *   with the scale round by U of at most 0.347 each, the scale itself by half of that: 0.87.
 * - exp by Horner's rule to x⁷/5040 for |x| ≤ 0.3471, the result at least 0.706: remainder 0.07; the outermost sum 1, the
 *   product before it 0.42, the sum before that 0.42, then 0.08, 0.08, and 0.04 for all that is left with the
 *   coefficients' own rounding. Together with 0.87 that is 2.98, of which 3.2 is claimed.
 * - A tile of 8 weights: 1 for the two vectors, 3 across in whatever order; eight tiles a run, 7; four runs a chunk, 3,
 *   the last sum being of one more run or exact: 14 claimed as 15. Weights times values: 1 more.
 * - Chunks are added up in float64, compensated: (chunks·u)² + u.
 *
 * Weights below 2^-206 of a chunk's largest, and products of weights and values that small, are lost: with values up to
 * 2^32 and fewer than 2^29 keys this moves no output by 2^-145. Values that are subnormal in float32 may be lost too.
 */
import type { Attention, OutputError } from '../../problems/attention.ts';
import { entries } from '../../problems/attention.ts';
import { unitRoundoff, type Dtype } from '../../problems/dtype.ts';
import { quotientClaim, together, u } from '../claim.ts';
import { isExactIn, logitMeter, meterKeys, noteQuery, type LogitMeter } from '../logit-meter.ts';
import type { AttendOptions, Shape } from '../oracle.ts';
import { rangeReduction } from '../cpu/range-reduction.ts';
import { requireFinite } from '../validate.ts';
import { chunkKeys, f32Shader, threadRows, threads, tileKeys } from './f32-shader.ts';
import { Unsuitable } from './failure.ts';
import { runFlash, type FlashMode } from './flash.ts';
import { lowestBit } from './limbs.ts';
import { addPartial } from './partials.ts';
import type { Queue } from './queue.ts';

/** A rounding of WGSL's float32. */
const U = 2 ** -23;

/** Beyond this, t has more than 11 bits. */
const largestLogit32 = 1024;
const largestKey32 = 2 ** 60;
const largestValue32 = 2 ** 32;
const smallestNormal32 = 2 ** -126;

/** The error of logits up to `maxLogit` from inner products that are not exact. */
function dotError(dtype: Dtype, headDim: number, maxLogit: number): number {
  const n = (headDim + 2) * U;
  const entriesRounded = dtype === 'f64' ? 2.01 * 2 ** -24 : 0;
  return n < 0.5 ? (n / (1 - n) + entriesRounded) * maxLogit : Infinity;
}

export function f32Claim(
  { dtype, keys, headDim, maxLogit }: Pick<Shape, 'dtype' | 'keys' | 'headDim' | 'maxLogit'>,
  isExact: boolean,
): OutputError {
  const dot = (isExact ? 0 : dotError(dtype, headDim, maxLogit)) + 2 ** -90;
  const reduction = maxLogit <= largestLogit32 * (1 + 2 ** -20) ? 2 ** -34 * (maxLogit + 1) : Infinity;
  const weight = together(dot, reduction, 3.2 * U);
  const chunks = [((keys / chunkKeys + 1) * u) ** 2, u];
  const valuesRounded = dtype === 'f64' ? unitRoundoff('f32') : 0;
  const claim = quotientClaim(
    dtype,
    together(weight, valuesRounded, 16 * U, ...chunks),
    together(weight, 15 * U, ...chunks),
  );
  return { relative: claim.relative, absolute: claim.absolute + 2 ** -125 };
}

/** The claim before the matrices are known. In half precision sums may be inexact in float32 though exact in float64. */
export const f32ClaimOfShape = (shape: Shape): OutputError =>
  f32Claim(shape, shape.exactProducts && shape.dtype === 'f32');

/** Att(Q,K,V) and its claim. Throws `Unsuitable`, before anything runs, with a sentence that says why. */
export async function attendF32(
  attention: Attention,
  queue: Queue,
  options: AttendOptions,
): Promise<{ readonly values: Float64Array; readonly error: OutputError }> {
  const { k, v, scale, dtype } = attention;
  if (!(scale >= 2 ** -16 && scale <= 2 ** 16)) throw new Unsuitable(`a scale of ${scale} is beyond float32`);
  const keys = entries(k);
  requireFinite('k', keys, keys.length, k.columns, 0);
  const meters = meterKinds(keys, k.rows, k.columns, scale);
  const keysExact = requireSuited('K', keys, largestKey32);
  const columns = entries(v);
  requireFinite('v', columns, columns.length, v.columns, 0);
  if (columns.some((x) => Math.abs(x) > largestValue32)) throw new Unsuitable('values beyond 2^32');
  const { maxLogit, isExact } = measureQueries(attention, meters, keysExact);

  const d = k.columns;
  const { perL, lHi, lLo } = rangeReduction(scale, 13);
  const constants = Float32Array.of(perL * (1 - 2 ** -21), lHi, lLo, scale);
  const mode: FlashMode = {
    chunkKeys,
    threads: threads * threadRows,
    keyWords: d,
    valueWords: 1,
    queryWords: d,
    sumWords: 2,
    valueColumns: 8,
    packKeys: (from, to) => inGroups(keys.subarray(from * d, to * d), to - from, d, 8, 8 * d),
    packValues(from, to, firstColumn, count) {
      const packed = new Float32Array(Math.ceil((to - from) / tileKeys) * tileKeys * count);
      for (let j = 0; j < to - from; j++) {
        for (let c = 0; c < count; c++) {
          packed[((j >> 2) * count + c) * 4 + (j & 3)] = columns[(from + j) * v.columns + firstColumn + c]!;
        }
      }
      return packed;
    },
    packQueries(block, rows) {
      const groups = Math.ceil(rows / threadRows);
      const queries = inGroups(block, rows, d, 8 * groups, 8);
      return (valueColumns) => ({ code: f32Shader(valueColumns), constants, queries });
    },
    add(words, chunks, into, quantities) {
      const floats = new Float32Array(words.buffer);
      const powers = new Int32Array(words.buffer);
      const { rows } = into;
      for (let chunk = 0; chunk < chunks; chunk++) {
        quantities.forEach((quantity, x) => {
          if (quantity < 0) return;
          const first = (chunk * quantities.length + x) * rows;
          for (let row = 0; row < rows; row++) {
            const at = 2 * (first + row);
            addPartial(into, row * into.quantities + quantity, floats[at]!, powers[at + 1]!);
          }
        });
      }
    },
  };
  const values = await runFlash(attention, mode, queue, options);
  return { values, error: f32Claim({ dtype, keys: k.rows, headDim: k.columns, maxLogit }, isExact) };
}

/** Rows in groups of eight side by side: entry c of row 8g + i goes to c·columnStep + g·groupStep + i; missing rows are 0. */
function inGroups(
  block: Float64Array,
  rows: number,
  d: number,
  columnStep: number,
  groupStep: number,
): Float32Array<ArrayBuffer> {
  const packed = new Float32Array(Math.ceil(rows / 8) * 8 * d);
  for (let row = 0; row < rows; row++) {
    const at = (row >> 3) * groupStep + (row & 7);
    for (let c = 0; c < d; c++) packed[at + c * columnStep] = block[row * d + c]!;
  }
  return packed;
}

/** Are all entries float32s? Throws for those that are too large or subnormal there. */
function requireSuited(tensor: string, block: Float64Array, most: number): boolean {
  let isExact = true;
  for (const x of block) {
    const size = Math.abs(x);
    if (x !== 0 && !(size >= smallestNormal32 && size <= most)) {
      throw new Unsuitable(`${tensor} has an entry of ${x}, beyond what float32 is used for`);
    }
    isExact &&= Math.fround(x) === x;
  }
  return isExact;
}

/**
 * Keys with one entry, as pads have, and all others are metered apart: no partial sum mixes products of the two, so that
 * what is exact in both is exact. One meter would add up a pad coordinate's product and the others' smaller units.
 */
function meterKinds(keys: Float64Array, rows: number, d: number, scale: number): readonly LogitMeter[] {
  const kinds = [logitMeter(d, scale), logitMeter(d, scale)] as const;
  for (let j = 0; j < rows; j++) {
    const row = keys.subarray(j * d, (j + 1) * d);
    let count = 0;
    for (const x of row) if (x !== 0) count++;
    meterKeys(kinds[count === 1 ? 0 : 1], row, 1, j);
  }
  return kinds;
}

/** Looks at all queries before anything runs. */
function measureQueries(
  { q, scale }: Attention,
  meters: readonly LogitMeter[],
  keysExact: boolean,
): { readonly maxLogit: number; readonly isExact: boolean } {
  const step = Math.max(1, Math.floor(2 ** 16 / Math.max(1, q.columns)));
  const block = new Float64Array(Math.min(step, q.rows) * q.columns);
  const d = q.columns;
  let isExact = keysExact;
  let most = 0;
  for (let from = 0; from < q.rows; from += step) {
    const rows = Math.min(q.rows, from + step) - from;
    q.read(from, from + rows, block);
    const used = block.subarray(0, rows * d);
    requireFinite('q', used, used.length, d, from);
    isExact = requireSuited('Q', used, 2 ** 100) && isExact;
    for (const meter of meters) {
      for (let row = 0; row < rows; row++) {
        let sum = 0;
        let lowest = 0;
        for (let c = 0; c < d; c++) {
          const x = block[row * d + c]!;
          // An entry that meets only zeros in these keys has no part in their products' units.
          if (x === 0 || meter.keyMax[c] === 0) continue;
          sum += Math.abs(x) * meter.keyMax[c]!;
          lowest = Math.min(lowest, lowestBit(x));
        }
        const unit = noteQuery(meter, from + row, sum, 2 ** lowest);
        if (!(sum * scale <= largestLogit32 && sum <= 2 ** 100)) {
          throw new Unsuitable(
            `logits of query ${from + row} reach ${sum * scale}, beyond ${largestLogit32}`,
          );
        }
        most = Math.max(most, sum * scale);
        isExact &&= unit >= smallestNormal32 && isExactIn(24, sum, unit);
      }
    }
  }
  return { maxLogit: most * (1 + 2 ** -32), isExact };
}
