/**
 * Attention in decimal arithmetic of as many digits as one likes: the ground truth for oracles. Slow, and it
 * shares no code with them. A float64 is taken as the binary number that it is, not as the decimal it prints as.
 */
import { Decimal } from 'decimal.js';
import type { Attention, Matrix } from '../../src/problems/attention.ts';

export interface DecimalAttention {
  /** Att(Q,K,V), n_q × d_v, row after row. */
  readonly values: readonly Decimal[];
  /** A|V| / A1, by which error claims are measured; the same shape. */
  readonly magnitudes: readonly Decimal[];
}

/** Att(Q,K,V) with at least `digits` right digits (for logits up to 10^10 in absolute value). */
export function decimalAttention({ q, k, v, scale }: Attention, digits = 40): DecimalAttention {
  const D = arithmetic(digits);
  const queries = integersOf(q);
  const keys = integersOf(k);
  const columns = integersOf(v);
  // Logits, the sums of their keys' values, and how many they are, are exact integers in these units.
  const logit = exactDecimal(D, scale).times(new D(2).pow(queries.exponent + keys.exponent));
  const value = new D(2).pow(columns.exponent);
  const values: Decimal[] = [];
  const magnitudes: Decimal[] = [];
  const known = new Map<bigint, Decimal>(); // many logits of an instance are equal, and exp is what takes time
  for (const query of queries.rows) {
    const dots = keys.rows.map((key) =>
      query.reduce((sum, x, c) => (x === 0n ? sum : sum + x * key[c]!), 0n),
    );
    const most = dots.reduce((x, y) => (y > x ? y : x));
    const groups = new Map<bigint, Group>();
    for (const [j, dot] of dots.entries()) {
      const group = groups.get(dot) ?? newGroup(v.columns);
      groups.set(dot, group);
      group.keys++;
      columns.rows[j]!.forEach((x, c) => {
        group.sums[c]! += x;
        group.magnitudes[c]! += x < 0n ? -x : x;
      });
    }
    let total = new D(0);
    const sums = Array.from({ length: v.columns }, () => new D(0));
    const sizes = Array.from({ length: v.columns }, () => new D(0));
    for (const [dot, group] of groups) {
      const below = dot - most;
      const weight = known.get(below) ?? decimalOf(D, below).times(logit).exp();
      known.set(below, weight);
      total = total.plus(weight.times(group.keys));
      for (let c = 0; c < v.columns; c++) {
        sums[c] = sums[c]!.plus(weight.times(decimalOf(D, group.sums[c]!)));
        sizes[c] = sizes[c]!.plus(weight.times(decimalOf(D, group.magnitudes[c]!)));
      }
    }
    values.push(...sums.map((sum) => sum.times(value).div(total)));
    magnitudes.push(...sizes.map((sum) => sum.times(value).div(total)));
  }
  return { values, magnitudes };
}

/** Keys of one logit: how many, and their values added up, by column, as they are and without their signs. */
interface Group {
  keys: number;
  readonly sums: bigint[];
  readonly magnitudes: bigint[];
}

const newGroup = (columns: number): Group => ({
  keys: 0,
  sums: Array<bigint>(columns).fill(0n),
  magnitudes: Array<bigint>(columns).fill(0n),
});

/** e^x of a float64, with at least `digits` right digits. */
export function decimalExp(x: number, digits = 40): Decimal {
  return exactDecimal(arithmetic(digits), x).exp();
}

/** A float64 as a decimal, right to `digits` digits at least (all of them where it has no more). */
export function toDecimal(x: number, digits = 40): Decimal {
  return exactDecimal(arithmetic(digits), x);
}

const arithmetics = new Map<number, typeof Decimal>();

function arithmetic(digits: number): typeof Decimal {
  const known = arithmetics.get(digits) ?? Decimal.clone({ precision: digits + 25, minE: -9e15, maxE: 9e15 });
  arithmetics.set(digits, known);
  return known;
}

/** The entries as integers times 2^exponent, exactly. */
function integersOf(matrix: Matrix): { readonly rows: readonly bigint[][]; readonly exponent: number } {
  const all = new Float64Array(matrix.rows * matrix.columns);
  matrix.read(0, matrix.rows, all);
  const parts = Array.from(all, partsOf);
  const exponent = parts.reduce((least, [m, e]) => (m === 0n ? least : Math.min(least, e)), 1024);
  const rows = Array.from({ length: matrix.rows }, (_, r) =>
    parts
      .slice(r * matrix.columns, (r + 1) * matrix.columns)
      .map(([m, e]) => (m === 0n ? 0n : m << BigInt(e - exponent))),
  );
  return { rows, exponent };
}

function exactDecimal(D: typeof Decimal, x: number): Decimal {
  const [mantissa, exponent] = partsOf(x);
  return decimalOf(D, mantissa).times(new D(2).pow(exponent));
}

const decimalOf = (D: typeof Decimal, x: bigint): Decimal => new D(x.toString());

/** A float64 as m·2^e. */
function partsOf(x: number): readonly [m: bigint, e: number] {
  if (Number.isSafeInteger(x)) return [BigInt(x), 0];
  const [bits] = new BigUint64Array(Float64Array.of(Math.abs(x)).buffer);
  const field = Number(bits! >> 52n);
  const fraction = bits! & (2n ** 52n - 1n);
  const mantissa = field === 0 ? fraction : fraction + 2n ** 52n;
  return [x < 0 ? -mantissa : mantissa, Math.max(field, 1) - 1075];
}
