/** The middle one of the numbers, the mean of the two middle ones where their number is even; NaN for none. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  if (sorted.length === 0) return NaN;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** median(a[i] / b[i]): a ratio of two times that were taken in turn, so that a drift of the machine cancels. */
export function pairedRatio(a: readonly number[], b: readonly number[]): number {
  return median(a.slice(0, b.length).map((x, i) => x / b[i]!));
}
