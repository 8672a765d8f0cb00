import type { Numbers } from './task.ts';

/**
 * Attention as the formula says it: for each query the largest logit, then the sums. No blocks, no threads. Sums
 * are in float64 whatever the arrays hold.
 */
export function naive(
  q: Numbers,
  k: Numbers,
  v: Numbers,
  {
    headDim: d,
    valueDim,
    scale,
  }: { readonly headDim: number; readonly valueDim: number; readonly scale: number },
  out: Numbers,
): void {
  const keys = k.length / d;
  const logits = new Float64Array(keys);
  const sums = new Float64Array(valueDim);
  for (let i = 0; i * d < q.length; i++) {
    let most = -Infinity;
    for (let j = 0; j < keys; j++) {
      let sum = 0;
      for (let c = 0; c < d; c++) sum += q[i * d + c]! * k[j * d + c]!;
      logits[j] = scale * sum;
      if (logits[j]! > most) most = logits[j]!;
    }
    let total = 0;
    sums.fill(0);
    for (let j = 0; j < keys; j++) {
      const weight = Math.exp(logits[j]! - most);
      total += weight;
      for (let c = 0; c < valueDim; c++) sums[c]! += weight * v[j * valueDim + c]!;
    }
    for (let c = 0; c < valueDim; c++) out[i * valueDim + c] = sums[c]! / total;
  }
}
