/**
 * Prime fields F_q, elements as numbers 0 … q − 1, and polynomials over them: coefficient `k` is that of z^k. Products
 * stay exact for q ≤ 2^26, far beyond what anyone can enumerate.
 */

export function isPrime(n: number): boolean {
  if (!Number.isInteger(n) || n < 2) return false;
  for (let p = 2; p * p <= n; p++) if (n % p === 0) return false;
  return true;
}

/** The smallest prime q ≥ n. */
export function primeFrom(n: number): number {
  let q = Math.max(2, n);
  while (!isPrime(q)) q++;
  return q;
}

/** 1/x in F_q, for x ≠ 0: x^(q−2), by Fermat. */
export function inverse(q: number, x: number): number {
  let result = 1;
  for (let power = x % q, e = q - 2; e > 0; e = Math.floor(e / 2)) {
    if (e % 2 === 1) result = (result * power) % q;
    power = (power * power) % q;
  }
  return result;
}

/** p(x), by Horner's rule. */
export function evaluate(q: number, polynomial: ArrayLike<number>, x: number): number {
  let value = 0;
  for (let k = polynomial.length - 1; k >= 0; k--) value = (value * x + polynomial[k]!) % q;
  return value;
}

export function multiplyPolynomials(q: number, a: ArrayLike<number>, b: ArrayLike<number>): Uint32Array {
  const product = new Uint32Array(a.length === 0 || b.length === 0 ? 0 : a.length + b.length - 1);
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < b.length; j++) product[i + j] = (product[i + j]! + a[i]! * b[j]!) % q;
  }
  return product;
}

/** ∏ (z − p) over the points. */
export function vanishing(q: number, points: readonly number[]): Uint32Array {
  let product: Uint32Array = Uint32Array.of(1);
  for (const point of points) product = multiplyPolynomials(q, product, [(q - (point % q)) % q, 1]);
  return product;
}

/**
 * The Lagrange basis of distinct points: polynomial `i` is 1 at point i and 0 at the others, so that
 * Σ_i y_i · basis_i is the one polynomial of degree < points.length with value y_i at point i.
 */
export function lagrangeBasis(q: number, points: readonly number[]): readonly Uint32Array[] {
  return points.map((point, i) => {
    const numerator = vanishing(
      q,
      points.filter((_, k) => k !== i),
    );
    const factor = inverse(q, evaluate(q, numerator, point));
    return numerator.map((coefficient) => (coefficient * factor) % q);
  });
}
