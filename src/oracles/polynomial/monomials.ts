/**
 * The monomials of degree at most g in d variables, in an order in which they need no table: by degree, within a degree
 * by the last variable they contain. Those of degree j whose last variable is c are x_c times the monomials of degree
 * j - 1 in variables 0 … c, which stand in front, in the same order:
 *
 *     degree 2 of x, y, z:   xx | yx yy | zx zy zz     = x·(x) | y·(x y) | z·(x y z)
 *
 * So a run of features is one number times a run of features that are there already.
 */

/** binom(d + g, g), how many monomials there are; a float, ∞ where float64 ends. */
export function rankOf(d: number, g: number): number {
  let rank = 1;
  const least = Math.min(d, g);
  for (let i = 1; i <= least; i++) rank = (rank * (Math.max(d, g) + i)) / i;
  return rank < 2 ** 52 ? Math.round(rank) : rank;
}

export interface Monomials {
  readonly variables: number;
  readonly degree: number;
  /** How many there are, binom(d + g, g). */
  readonly rank: number;
  /** How many have a degree below g: those from which others are made. */
  readonly inner: number;
  /** runs[(j-1)·d + c]: how many monomials of degree j have c for their last variable. */
  readonly runs: Int32Array<ArrayBuffer>;
}

/** The order for d variables and degree g ≥ 0; binom(d + g, g) must be below 2^31. */
export function monomials(variables: number, degree: number): Monomials {
  const runs = new Int32Array(degree * variables);
  for (let j = 1; j <= degree; j++) {
    for (let c = 0; c < variables; c++) runs[(j - 1) * variables + c] = rankOf(c, j - 1);
  }
  const inner = degree === 0 ? 0 : rankOf(variables, degree - 1);
  return { variables, degree, rank: rankOf(variables, degree), inner, runs };
}

/**
 * |α|!/α!, for every monomial α. One with last variable c to the power a, of degree j, has j/a times the coefficient of
 * what it was made from: at most 2g roundings.
 */
export function multinomialsOf(order: Monomials): Float64Array {
  const { variables, rank, degree, runs } = order;
  const multinomials = new Float64Array(rank);
  const powers = new Int32Array(rank); // of the last variable
  const lasts = new Int32Array(rank).fill(-1);
  multinomials[0] = 1;
  let from = 0;
  let to = 1;
  for (let j = 1; j <= degree; j++) {
    const start = to;
    for (let c = 0; c < variables; c++) {
      for (let b = 0; b < runs[(j - 1) * variables + c]!; b++, to++) {
        const power = lasts[from + b] === c ? powers[from + b]! + 1 : 1;
        multinomials[to] = (multinomials[from + b]! * j) / power;
        powers[to] = power;
        lasts[to] = c;
      }
    }
    from = start;
  }
  return multinomials;
}

/**
 * p_|α| · |α|!/α!, for every monomial α up to p's degree: what makes Σ_α of it times q^α k^α the polynomial at ⟨q,k⟩. One
 * rounding more. The multinomial coefficients may be those of a higher degree, of which these are the first.
 */
export function weightsOf(
  { variables, degree, rank }: Monomials,
  multinomials: Float64Array,
  coefficients: Float64Array,
): Float64Array {
  const weights = multinomials.slice(0, rank);
  let at = 0;
  for (let j = 0; j <= degree; j++) {
    for (const end = rankOf(variables, j); at < end; at++) weights[at]! *= coefficients[j]!;
  }
  return weights;
}

/** Writes all monomials of `x` (d entries from `at`) into `features`. A monomial of degree j has j - 1 roundings. */
export function featuresOf(order: Monomials, x: Float64Array, at: number, features: Float64Array): void {
  const { variables, degree, runs } = order;
  features[0] = 1;
  let from = 0;
  let to = 1;
  for (let j = 1; j <= degree; j++) {
    const start = to;
    for (let c = 0; c < variables; c++) {
      const run = runs[(j - 1) * variables + c]!;
      for (let b = 0; b < run; b++) features[to++] = x[at + c]! * features[from + b]!;
    }
    from = start;
  }
}
