/** Numbers for people: three digits, and powers of ten where they are far from 1. */
export function number(x: number): string {
  if (x === 0) return '0';
  if (!Number.isFinite(x)) return x > 0 ? '∞' : x < 0 ? '−∞' : '?';
  const size = Math.abs(x);
  if (size >= 1e5 || size < 1e-3) {
    const [digits, exponent] = x.toExponential(1).split('e') as [string, string];
    return `${minus(digits)}·10${superscript(Number(exponent))}`;
  }
  return minus(String(Number(x.toPrecision(3))));
}

const minus = (text: string): string => text.replace('-', '−');

export const superscript = (n: number): string =>
  String(n).replaceAll(/[-\d]/g, (c) => (c === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(c)]!));

/** A count of things, as one says it: one node, two nodes. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;
