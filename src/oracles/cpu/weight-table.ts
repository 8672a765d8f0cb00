/** The weights exp(scale·(t·c·s + Σ_g q_g·k_g) − shift) of all inner products s that a kind of query can meet. */
import { productError, sumError } from '../error-free.ts';
import { largestLogit } from '../validate.ts';
import type { KeyClass } from './structure.ts';

/** The largest weight of a table is at most e^340 ≈ 2^490, so that weights e^1000 times smaller are normal numbers. */
const lift = 340;

/** ln(largest weight / smallest weight) that a table may have. */
export const widestSpan = 1000;

/**
 * The table of a query with pattern value `t` and entries `general`; undefined where its logits span more than
 * `widestSpan`, or could reach 2^30 with nothing cancelled. A logit is carried as an unevaluated sum hi + lo, so its
 * error does not grow with its size. The weights of each class stand one class after the other: `sizeOf` many, 0 beyond
 * its largest inner product.
 */
export function weightTable(
  classes: readonly KeyClass[],
  degree: number,
  scale: number,
  t: number,
  general: Float64Array,
): Float64Array | undefined {
  const his: number[] = [];
  const los: number[] = [];
  const at: number[] = [];
  let first = 0;
  let reach = 0; // scale · Σ|q·k| at most: what cancels is in it
  for (const { factor, general: key } of classes) {
    let hi = 0;
    let lo = 0;
    let sizes = Math.abs(t * factor) * (factor === 0 ? 0 : degree);
    for (let g = 0; g < key.length; g++) {
      const product = general[g]! * key[g]!;
      sizes += Math.abs(product);
      const sum = hi + product;
      lo += productError(general[g]!, key[g]!, product) + sumError(hi, product, sum);
      hi = sum;
    }
    const one = t * factor;
    const oneLow = productError(t, factor, one);
    for (let s = 0; s <= (factor === 0 ? 0 : degree); s++) {
      const product = one * s;
      const sum = hi + product;
      const low = lo + productError(one, s, product) + oneLow * s + sumError(hi, product, sum);
      const logit = scale * sum;
      his.push(logit);
      los.push(productError(scale, sum, logit) + scale * low);
      at.push(first + s);
    }
    first += sizeOf(factor, degree);
    reach = Math.max(reach, scale * sizes);
  }
  if (!(reach <= largestLogit)) return undefined;
  const most = his.reduce((a, b) => Math.max(a, b), -Infinity);
  const least = his.reduce((a, b) => Math.min(a, b), Infinity);
  if (!(most - least <= widestSpan)) return undefined;
  const shift = lift - most;
  const weights = new Float64Array(first);
  his.forEach((logit, k) => {
    const shifted = logit + shift;
    const low = sumError(logit, shift, shifted) + los[k]!; // at most 2^-22, since nothing that cancels is beyond 2^30
    weights[at[k]!] = Math.exp(shifted) * (1 + (low + 0.5 * low * low));
  });
  return weights;
}

/** Inner products of a class of keys, 0 … D or only 0, filled up to a multiple of 8 for the kernel. */
export function sizeOf(factor: number, degree: number): number {
  return factor === 0 ? 8 : 8 * Math.ceil((degree + 1) / 8);
}
