/**
 * Which variables go left. The order of the file is one answer; another makes D = min(max|a_α|, max|b_β|) small,
 * because the degree D of the polynomials S_i is what a readout has to work against. Either keeps every model.
 */
import type { Cnf } from '../src/problems/cnf.ts';

export interface Halves {
  /** ⌈v/2⌉ variables. */
  readonly left: readonly number[];
  readonly right: readonly number[];
}

/** Updates of a clause's count that the search for light halves may spend: about a second. */
const budget = 1e8;

/** Halves that were chosen before: they are asked for once to encode and again to decode. */
const chosen = new WeakMap<Cnf, Halves>();

/** Deterministic: the same formula, the same halves. */
export function chooseHalves(cnf: Cnf, { split }: { readonly split: 'order' | 'weight' }): Halves {
  const variables = Array.from({ length: cnf.variables }, (_, k) => k + 1);
  const middle = Math.ceil(cnf.variables / 2);
  const inOrder = { left: variables.slice(0, middle), right: variables.slice(middle) };
  if (split === 'order') return inOrder;
  const halves = chosen.get(cnf) ?? lightest(cnf, inOrder);
  chosen.set(cnf, halves);
  return halves;
}

/**
 * Swaps one variable for another across the halves as long as that makes the largest weights smaller: first the
 * smaller of the two, which is D, then the other. Stops at a local minimum or when the budget is spent.
 */
function lightest(cnf: Cnf, start: Halves): Halves {
  const occurrences = cnf.clauses.reduce((sum, clause) => sum + clause.length, 0);
  // Both halves' assignments, and at each step the clauses of one variable, once for either value.
  const perTry = 2 ** start.left.length * 2 * (1 + occurrences / Math.max(1, cnf.variables));
  let tries = Math.floor(budget / perTry);
  if (tries === 0) return start;
  let best = start;
  let weights = [largestWeight(cnf, start.left), largestWeight(cnf, start.right)] as const;
  for (let improved = true; improved && tries > 0;) {
    improved = false;
    for (const x of best.left) {
      for (const y of best.right) {
        if (tries-- <= 0) return best;
        const left = best.left.map((variable) => (variable === x ? y : variable));
        const right = best.right.map((variable) => (variable === y ? x : variable));
        const candidate = [largestWeight(cnf, left), largestWeight(cnf, right)] as const;
        if (!lighter(candidate, weights)) continue;
        [best, weights, improved] = [{ left, right }, candidate, true];
        break; // x has gone over to the right
      }
    }
  }
  return best;
}

function lighter(a: readonly [number, number], b: readonly [number, number]): boolean {
  const [least, most] = [Math.min(...a), Math.max(...a)];
  return least < Math.min(...b) || (least === Math.min(...b) && most < Math.max(...b));
}

/**
 * max |a_α|: the most clauses that an assignment of `half` leaves unsatisfied. Walks the assignments in Gray code
 * order, so that each step flips one variable and touches the clauses it occurs in.
 */
function largestWeight(cnf: Cnf, half: readonly number[]): number {
  const satisfied = new Int32Array(cnf.clauses.length); // true literals of each clause
  let open = cnf.clauses.length;
  const gain = (clause: number): void => {
    if (satisfied[clause]!++ === 0) open--;
  };
  const lose = (clause: number): void => {
    if (--satisfied[clause]! === 0) open++;
  };
  const where = half.map((variable) => ({
    true: clausesOf(cnf, variable),
    false: clausesOf(cnf, -variable),
  }));
  where.forEach((clauses) => clauses.false.forEach(gain)); // the first assignment: all false
  const values = half.map(() => false);
  let most = open;
  for (let step = 1; step < 2 ** half.length; step++) {
    const k = 31 - Math.clz32(step & -step); // the lowest bit set: which variable a Gray code flips
    const clauses = where[k]!;
    values[k] = !values[k]!;
    (values[k] ? clauses.true : clauses.false).forEach(gain);
    (values[k] ? clauses.false : clauses.true).forEach(lose);
    if (open > most) most = open;
  }
  return most;
}

/** Indices of the clauses that contain the literal, each once. */
const clausesOf = (cnf: Cnf, literal: number): number[] =>
  cnf.clauses.flatMap((clause, index) => (clause.includes(literal) ? [index] : []));
