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
  const queries = table(D, q);
  const keys = table(D, k);
  const columns = table(D, v);
  const exactScale = exactDecimal(D, scale);
  const values: Decimal[] = [];
  const magnitudes: Decimal[] = [];
  const known = new Map<string, Decimal>(); // many logits of an instance are equal, and exp is what takes time
  for (const query of queries) {
    const logits = keys.map((key) =>
      query
        .reduce((sum, x, c) => (x.isZero() ? sum : sum.plus(x.times(key[c]!))), new D(0))
        .times(exactScale),
    );
    const most = logits.reduce((a, b) => (b.gt(a) ? b : a));
    const weights = logits.map((logit) => {
      const x = logit.minus(most);
      const name = x.toString();
      const weight = known.get(name) ?? x.exp();
      known.set(name, weight);
      return weight;
    });
    const total = weights.reduce((a, b) => a.plus(b));
    for (let c = 0; c < v.columns; c++) {
      const terms = weights.map((w, j) => w.times(columns[j]![c]!));
      values.push(terms.reduce((a, b) => a.plus(b)).div(total));
      magnitudes.push(terms.reduce((a, b) => a.plus(b.abs()), new D(0)).div(total));
    }
  }
  return { values, magnitudes };
}

/** e^x of a float64, with at least `digits` right digits. */
export function decimalExp(x: number, digits = 40): Decimal {
  return exactDecimal(arithmetic(digits), x).exp();
}

/** A float64 as a decimal, right to `digits` digits at least (all of them where it has no more). */
export function toDecimal(x: number, digits = 40): Decimal {
  return exactDecimal(arithmetic(digits), x);
}

function arithmetic(digits: number): typeof Decimal {
  return Decimal.clone({ precision: digits + 25, minE: -9e15, maxE: 9e15 });
}

function table(D: typeof Decimal, matrix: Matrix): Decimal[][] {
  const all = new Float64Array(matrix.rows * matrix.columns);
  matrix.read(0, matrix.rows, all);
  return Array.from({ length: matrix.rows }, (_, r) =>
    Array.from({ length: matrix.columns }, (_, c) => exactDecimal(D, all[r * matrix.columns + c]!)),
  );
}

function exactDecimal(D: typeof Decimal, x: number): Decimal {
  if (Number.isInteger(x) && Math.abs(x) < 2 ** 53) return new D(x);
  const [bits] = new BigUint64Array(Float64Array.of(Math.abs(x)).buffer);
  const field = Number(bits! >> 52n);
  const fraction = bits! & (2n ** 52n - 1n);
  const mantissa = field === 0 ? fraction : fraction + 2n ** 52n;
  const magnitude = new D(mantissa.toString()).times(new D(2).pow(Math.max(field, 1) - 1075));
  return x < 0 ? magnitude.neg() : magnitude;
}
