/**
 * The linear program behind the minimax readout, solved in 256-bit fixed point.
 *
 *     minimise Σ_k cost_k |w_k|   subject to   |Σ_k w_k x_k^s − [s = 0]| ≤ η   for s = 0 … D
 *
 * The weights reach 10^13 and must cancel to 10^-5, which no float64 solver can follow (HiGHS, which the tests
 * compare with, stops near 10^5). Its dual asks for the polynomial p(x) = Σ_s c_s x^s that
 *
 *     maximises p(0) − η Σ_s |c_s|   subject to   |p(x_k)| ≤ cost_k   for all k
 *
 * and c = 0 is feasible, so the simplex method needs no first phase. A vertex of the dual is K exponents s with
 * c_s ≠ 0 and as many nodes where |p| meets its cost; the multipliers of those nodes are the weights. K stays
 * below 30 where the candidates are about a hundred, so each step factors one K × K matrix afresh.
 */
import { abs, multiply, one, type Fixed } from './fixed-point.ts';
import { factor, solve, solveTransposed } from './linear-system.ts';

export interface Program {
  /** Candidate nodes x_k in (0, 1], all different. */
  readonly nodes: readonly Fixed[];
  /** What a unit of |w_k| costs, ≥ 0. */
  readonly costs: readonly Fixed[];
  /** D, the largest exponent. */
  readonly degree: number;
  /** η > 0, the residual allowed at each exponent. */
  readonly tolerance: Fixed;
}

export interface Solution {
  /** The weight of every node that has one, by its index in `nodes`; in increasing order of index. */
  readonly weights: readonly (readonly [node: number, weight: Fixed])[];
  /** Steps of the simplex method. */
  readonly pivots: number;
}

/** A sign, and the exponent or node that has it. */
interface Signed {
  readonly index: number;
  readonly sign: 1 | -1;
}

/** Nothing smaller than this counts as an improvement or as a denominator: 2^-110, far below any tolerance. */
const negligible: Fixed = one >> 110n;
const mostPivots = 20_000;

const signed = (sign: 1 | -1, value: Fixed): Fixed => (sign > 0 ? value : -value);

/** Solves the program. Throws a RangeError where the nodes are so close to 1 that 256 bits do not tell them apart. */
export function solveProgram({ nodes, costs, degree, tolerance }: Program): Solution {
  const powers = nodes.map((x) => {
    const row = [one];
    for (let s = 1; s <= degree; s++) row.push(multiply(row[s - 1]!, x));
    return row;
  });
  // At c = 0 with a free node every other node ties; costs that differ in the 24th bit break such ties for good.
  const limits = costs.map((cost, k) => cost + ((cost * BigInt((k * 7919) % 101)) >> 31n));

  // The optimum uses all small exponents and ever fewer of the large ones, whose powers hardly differ. Solving for such
  // a selection first leaves few steps to do among all of them.
  const all = Array.from({ length: degree + 1 }, (_, s) => s);
  let candidates = spread(degree);

  const exponents: Signed[] = []; // the c_s ≠ 0, with their signs
  const tight: Signed[] = []; // the nodes with p(x_k) = ± limit

  const evaluate = (coefficients: readonly Fixed[], node: number): Fixed => {
    let sum = 0n;
    const row = powers[node]!;
    for (let e = 0; e < exponents.length; e++) sum += coefficients[e]! * row[exponents[e]!.index]!;
    return sum >> 256n;
  };

  for (let pivots = 0; pivots < mostPivots; pivots++) {
    const matrix = factor(tight.map((node) => exponents.map((s) => powers[node.index]![s.index]!)));
    const gradient = exponents.map((s) => (s.index === 0 ? one : 0n) - signed(s.sign, tolerance));
    const weights = solveTransposed(matrix, gradient);

    const entering = mostViolated(weights) ?? mostMisplaced(weights);
    if (entering === undefined && candidates !== all) {
      candidates = all;
      continue;
    }
    if (entering === undefined) {
      const found = tight.map((node, k) => [node.index, weights[k]!] as const);
      return { weights: found.toSorted(([a], [b]) => a - b), pivots };
    }
    step(matrix, entering);
  }
  throw new RangeError(`the linear program did not end within ${mostPivots} steps`);

  /** The exponent outside the vertex whose residual exceeds the tolerance most, and the sign its c_s will have. */
  function mostViolated(weights: readonly Fixed[]): (Signed & { readonly kind: 'exponent' }) | undefined {
    const inside = new Set(exponents.map((s) => s.index));
    let most = negligible;
    let found: Signed | undefined;
    for (const s of candidates) {
      if (inside.has(s)) continue;
      let residual = s === 0 ? one << 256n : 0n;
      for (let k = 0; k < tight.length; k++) residual -= weights[k]! * powers[tight[k]!.index]![s]!;
      residual >>= 256n;
      const excess = abs(residual) - tolerance;
      if (excess > most) [most, found] = [excess, { index: s, sign: residual > 0n ? 1 : -1 }];
    }
    return found && { ...found, kind: 'exponent' };
  }

  /** The tight node whose weight has the wrong sign by most: p gains by leaving its bound there. */
  function mostMisplaced(weights: readonly Fixed[]): { kind: 'slack'; position: number } | undefined {
    let most = negligible;
    let position = -1;
    tight.forEach((node, k) => {
      const wrong = -signed(node.sign, weights[k]!);
      if (wrong > most) [most, position] = [wrong, k];
    });
    return position < 0 ? undefined : { kind: 'slack', position };
  }

  /** Moves along the edge on which `entering` changes, to the first bound that stops it; updates the vertex. */
  function step(
    matrix: ReturnType<typeof factor>,
    entering: (Signed & { kind: 'exponent' }) | { kind: 'slack'; position: number },
  ): void {
    const coefficients = solve(
      matrix,
      tight.map((node) => signed(node.sign, limits[node.index]!)),
    );
    const direction = solve(
      matrix,
      tight.map((node, k) => {
        if (entering.kind === 'exponent') return -signed(entering.sign, powers[node.index]![entering.index]!);
        return k === entering.position ? -signed(node.sign, one) : 0n;
      }),
    );

    let gap = 1n; // the smallest ratio gap / speed so far; none yet
    let speed = 0n;
    const sooner = (g: Fixed, v: Fixed): boolean => v > negligible && (speed === 0n || g * speed < gap * v);
    let stop: { kind: 'exponent'; position: number } | { kind: 'node'; node: Signed } | undefined;

    exponents.forEach((s, position) => {
      const v = -signed(s.sign, direction[position]!);
      const g = signed(s.sign, coefficients[position]!);
      if (sooner(g, v)) [gap, speed, stop] = [g < 0n ? 0n : g, v, { kind: 'exponent', position }];
    });
    const held = new Set(tight.map((node) => node.index));
    if (entering.kind === 'slack') held.delete(tight[entering.position]!.index); // its own far bound can stop it
    for (let index = 0; index < nodes.length; index++) {
      if (held.has(index)) continue;
      const own = entering.kind === 'exponent' ? signed(entering.sign, powers[index]![entering.index]!) : 0n;
      const change = evaluate(direction, index) + own;
      const sign = change > 0n ? 1 : -1;
      const g = limits[index]! - signed(sign, evaluate(coefficients, index));
      if (sooner(g, abs(change))) {
        [gap, speed, stop] = [g < 0n ? 0n : g, abs(change), { kind: 'node', node: { index, sign } }];
      }
    }
    if (stop === undefined) throw new RangeError('256-bit arithmetic does not suffice for these nodes'); // |p| is bounded

    if (entering.kind === 'exponent') {
      const newcomer: Signed = { index: entering.index, sign: entering.sign };
      if (stop.kind === 'exponent') exponents[stop.position] = newcomer;
      else {
        exponents.push(newcomer);
        tight.push(stop.node);
      }
    } else if (stop.kind === 'node') tight[entering.position] = stop.node;
    else {
      exponents.splice(stop.position, 1);
      tight.splice(entering.position, 1);
    }
  }
}

/** 0 … 8, from there on in steps of an eighth, and the degree. */
function spread(degree: number): number[] {
  const chosen: number[] = [];
  for (let s = 0; s < degree; s += Math.max(1, Math.floor(s / 8))) chosen.push(s);
  return [...chosen, degree];
}
