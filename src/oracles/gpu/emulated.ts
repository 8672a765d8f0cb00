/**
 * The mode `f64-emulated`: dense attention to float64's precision and with float64's range, on devices that have only
 * float32. It is done in integers, not in pairs of float32s: WGSL makes integers exact on every device, while it says
 * neither how float32 rounds nor in what order sums are taken, on which error-free transformations depend. So the claim
 * needs no assumption, and the results are the same bits everywhere; a pair of float32s would hold 48 bits, these hold
 * 59.
 *
 * The error of one weight, as a share of it:
 *
 * - Columns of K are divided by powers of two that bring their largest entries below 1, Q's are multiplied by them, and
 *   rows of Q divided by powers of two. Then entries are exact in up to five limbs, and so is ⟨q,k⟩, or they are rounded
 *   at 2^-60 of the row's or column's bound, 2^e: scale·d·2^e·(2^-59 + 2^-60), which is at most d·2^-56·maxLogit.
 * - z, in units of 2^-64: S' is cut by less than one, c by one, products that are left out add up to less than six:
 *   together less than 2^-61, times ln 2.
 * - In units of 2^-62: the two powers' tables 0.5, their product 3, the polynomial 5 cuts of 2^-64, 1.25, its product 3:
 *   with z's 1.4 less than 9.2, of which 12 are claimed. With a value: 3 cuts of 2^-61.
 * - Sums of at most 256 lose a unit a term and a unit a rescaling, where the largest term has 2^84 units: 2^-75.
 * - A sum becomes a float64 by two roundings, chunks are added up with compensation: 3u + (chunks·u)².
 *
 * The sums of weights times values have exponents of their own, so that a tiny weight of a huge value is not lost.
 */
import { entries, type Attention, type OutputError } from '../../problems/attention.ts';
import { quotientClaim, together, u } from '../claim.ts';
import { logitMeter, meterKeys, meterQueries } from '../logit-meter.ts';
import type { AttendOptions, Shape } from '../oracle.ts';
import { largestLogit, requireFinite } from '../validate.ts';
import { log2e, powerTable } from './binary-exponential.ts';
import { chunkKeys, emulatedShader, threads, tileKeys } from './emulated-shader.ts';
import { runFlash, type FlashMode } from './flash.ts';
import { exponentOf, isExactIn, limbsFor, lowestBit, timesPowerOfTwo, writeLimbs } from './limbs.ts';
import { addPartial } from './partials.ts';
import type { Queue } from './queue.ts';

function claimFor({ dtype, keys }: Pick<Shape, 'dtype' | 'keys'>, dot: number): OutputError {
  const weight = together(dot, 12 * 2 ** -62, 2 ** -75);
  const sum = [3 * u, ((keys / chunkKeys + 1) * u) ** 2];
  return quotientClaim(dtype, together(weight, 3 * 2 ** -61, ...sum), together(weight, ...sum));
}

/** The claim before the matrices are known. */
export function emulatedClaim(shape: Shape): OutputError {
  if (!(shape.maxLogit <= largestLogit)) return claimFor(shape, Infinity);
  return claimFor(shape, shape.exactProducts ? 0 : shape.headDim * 2 ** -56 * shape.maxLogit);
}

/**
 * Att(Q,K,V) and its claim; takes whatever the reference oracle takes and fits in the device, otherwise throws
 * `Unsuitable`, or an `InputError` for what no oracle takes.
 */
export async function attendEmulated(
  attention: Attention,
  queue: Queue,
  options: AttendOptions,
): Promise<{ readonly values: Float64Array; readonly error: OutputError }> {
  const { k, v, scale, dtype } = attention;
  const d = k.columns;
  const columns = Math.ceil(d / 4) * 4;
  const keys = entries(k);
  const meter = logitMeter(d, scale);
  meterKeys(meter, keys, k.rows, 0);
  const ups = Int32Array.from(meter.keyMax, (most) => (most === 0 ? 0 : exponentOf(most)));
  const keyDepth = depthOfKeys(keys, ups);
  const keyLimbs = limbsFor(keyDepth);
  const keyError = isExactIn(keyLimbs, keyDepth) ? 0 : 2 ** -60;
  const valueEntries = entries(v);
  requireFinite('v', valueEntries, valueEntries.length, v.columns, 0);
  const table = tableWords();
  const factor = factorOf(scale);
  let dot = 0;

  const mode: FlashMode = {
    chunkKeys,
    threads,
    keyWords: keyLimbs * columns,
    valueWords: 4,
    queryWords: 5 * columns,
    sumWords: 4,
    valueColumns: 2,
    packKeys(from, to) {
      const packed = new Int32Array(Math.ceil((to - from) / tileKeys) * tileKeys * keyLimbs * columns);
      for (let j = from; j < to; j++) {
        for (let c = 0; c < d; c++) {
          const x = keys[j * d + c]!;
          if (x !== 0) writeLimbs(x, ups[c]!, keyLimbs, packed, (j - from) * keyLimbs * columns + c, columns);
        }
      }
      return packed;
    },
    packValues(from, to, firstColumn, count) {
      const packed = new Uint32Array((to - from) * count * 4);
      for (let j = from; j < to; j++) {
        for (let c = 0; c < count; c++) {
          writeValue(valueEntries[j * v.columns + firstColumn + c]!, packed, ((j - from) * count + c) * 4);
        }
      }
      return packed;
    },
    packQueries(block, rows, first) {
      meterQueries(meter, block, rows, first);
      const tops = new Int32Array(rows);
      const depths = new Int32Array(rows);
      let depth = 0;
      for (let row = 0; row < rows; row++) {
        let top = -3000;
        let low = 3000;
        for (let c = 0; c < d; c++) {
          const x = block[row * d + c]!;
          if (x === 0 || meter.keyMax[c] === 0) continue;
          top = Math.max(top, exponentOf(x) + ups[c]!);
          low = Math.min(low, lowestBit(x) + ups[c]!);
        }
        tops[row] = top;
        depths[row] = Math.max(0, top - low);
        depth = Math.max(depth, depths[row]!);
      }
      const queryLimbs = limbsFor(depth);
      const queries = new Int32Array(rows * queryLimbs * columns);
      const rowWords = new Uint32Array(table.length + 4 * rows);
      rowWords.set(table);
      const words = Math.ceil((12 * (queryLimbs + keyLimbs - 1) + 32) / 32);
      for (let row = 0; row < rows; row++) {
        const top = tops[row]!;
        const queryError = isExactIn(queryLimbs, depths[row]!) ? 0 : 2 ** -59;
        if (queryError + keyError > 0) {
          const bound = timesPowerOfTwo(scale, Math.max(-1000, top)) * (1 + 2 ** -40);
          dot = Math.max(dot, bound * d * (queryError + keyError));
        }
        for (let c = 0; c < d; c++) {
          const x = block[row * d + c]!;
          if (x === 0 || meter.keyMax[c] === 0) continue;
          const at = ((c >> 2) * rows + row) * 4 + (c & 3);
          writeLimbs(x, top - ups[c]!, queryLimbs, queries, at, rows * columns);
        }
        const shift = factor.shift - top + 12 * (queryLimbs + keyLimbs) - 2;
        rowWords.set(factor.words, table.length + 4 * row);
        rowWords[table.length + 4 * row + 3] = Math.max(-96, Math.min(32 * words, shift));
      }
      const constants = new Uint32Array(0);
      return (values) => ({
        code: emulatedShader({ columns, queryLimbs, keyLimbs, values }),
        constants,
        queries,
        rowWords,
      });
    },
    add(words, chunks, into, quantities) {
      const { rows } = into;
      for (let chunk = 0; chunk < chunks; chunk++) {
        quantities.forEach((quantity, x) => {
          if (quantity < 0) return;
          const first = (chunk * quantities.length + x) * rows;
          for (let row = 0; row < rows; row++) {
            const at = 4 * (first + row);
            const upper = (words[at + 2]! | 0) * 2 ** 32 + words[at + 1]!;
            const number = (upper * 2 ** 32 + words[at]!) * 2 ** -84;
            addPartial(into, row * into.quantities + quantity, number, words[at + 3]! | 0);
          }
        });
      }
    },
  };
  const values = await runFlash(attention, mode, queue, options);
  return { values, error: claimFor({ dtype, keys: k.rows }, dot) };
}

/** How far the lowest bit of a key is below its column's bound, at most. */
function depthOfKeys(keys: Float64Array, ups: Int32Array): number {
  let depth = 0;
  for (let e = 0, c = 0; e < keys.length; e++) {
    const x = keys[e]!;
    if (x !== 0) depth = Math.max(depth, ups[c]! - lowestBit(x));
    if (++c === ups.length) c = 0;
  }
  return depth;
}

/** A value as 64 bits of which the first is set, an exponent and a sign: ±m·2^(e-63); m is 0 for 0. */
function writeValue(x: number, into: Uint32Array, at: number): void {
  if (x === 0) return;
  const e = exponentOf(x) - 1;
  const mantissa = Math.abs(timesPowerOfTwo(x, 31 - e));
  const upper = Math.floor(mantissa);
  into[at] = (mantissa - upper) * 2 ** 32;
  into[at + 1] = upper;
  into[at + 2] = e;
  into[at + 3] = x < 0 ? 1 : 0;
}

/** scale·log2 e = c·2^-(160 + shift) with c of exactly 96 bits, rounded down. */
function factorOf(scale: number): { readonly words: Uint32Array; readonly shift: number } {
  const e = lowestBit(scale);
  const product = BigInt(timesPowerOfTwo(scale, -e)) * log2e;
  const excess = product.toString(2).length - 96;
  const c = product >> BigInt(excess);
  const words = Uint32Array.of(Number(c & 0xffffffffn), Number((c >> 32n) & 0xffffffffn), Number(c >> 64n));
  return { words, shift: -excess - e };
}

let powers: Uint32Array | undefined;

/** The table of powers, each in the first two of four words. */
function tableWords(): Uint32Array {
  if (powers !== undefined) return powers;
  const table = powerTable();
  powers = new Uint32Array(2 * table.length);
  for (let i = 0; i < table.length / 2; i++) powers.set(table.subarray(2 * i, 2 * i + 2), 4 * i);
  return powers;
}
