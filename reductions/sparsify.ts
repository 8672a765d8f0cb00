/**
 * From k-CNF to a disjunction of k-CNFs with few clauses: the Sparsification Lemma of Impagliazzo, Paturi and Zane
 * ("Which problems have strongly exponential complexity?", JCSS 63, 2001), in the form of Calabro, Impagliazzo and
 * Paturi ("A duality between clause width and clause density for SAT", CCC 2006). It is what lets the rest of the
 * chain speak of m = O(v) clauses, and so of dimension O(log n).
 *
 * Let there be v variables, clauses of at most k literals, and thresholds θ(1), θ(2), … ≥ 1, in any order. A heavy
 * heart is a set H of literals that at least θ(c − |H|) clauses of size c contain, 1 ≤ |H| < c. An assignment
 * either satisfies H, or each of those clauses outside H, so the formula splits in two: the heart branch gets the
 * clause H, the petal branch the clauses C∖H. Both make clauses superfluous (`withoutSupersets`). Without a heavy
 * heart the formula is a leaf: a literal is in fewer than θ(c − 1) clauses of size c ≥ 2.
 *
 * The solution sets of the leaves unite to the source's whatever the thresholds: decision and witness survive,
 * the count does not, for leaves overlap. What the thresholds buy is few leaves. On a path from the root let N_j be
 * the number of clauses of size j that were ever added. Hearts are taken with c smallest, then |H| largest, so right
 * after j-clauses were added fewer than 2θ(j − i) of them contain any one set of i literals; an added i-clause
 * therefore removes fewer than 2θ(j − i) of the added j-clauses, and at most 2θ(j − 1)v/j are left at the end:
 *
 *     N_1 ≤ 2v,   N_j ≤ 2θ(j − 1)v/j + Σ_{i<j} 2θ(j − i)N_i,   petal steps ≤ Σ_{j<k} N_j/θ(j).
 *
 * With θ(j) = αX^(2j−1), X = 2kα, that is at most (k − 1)v/α of the (2kα)^O(k)·v steps that a path can have, so that α
 * large makes 2^(εv) leaves: a leaf is told by which of its steps were petals. At sizes that anyone can run the theory's
 * thresholds hardly ever fire, so they can also be given one by one.
 *
 * Leaves stream: what is in memory is one path and the branches that wait on it.
 */
import type { Answer } from '../src/problems/answer.ts';
import type { Assignment, Clause, Cnf } from '../src/problems/cnf.ts';
import { anyOf, lazily } from './disjunction.ts';
import type { Reduction } from './reduction.ts';
import { asSet, withoutSupersets } from './subsume.ts';

/** α ≥ 1 of the theorem, or θ(1), θ(2), … ≥ 1 themselves, in any order; the last one stands for all beyond. */
export type SparsifyOptions = { readonly alpha: number } | { readonly thresholds: readonly number[] };

export const sparsify: Reduction<
  Cnf,
  Iterable<Cnf>,
  Iterable<Answer<Assignment>>,
  Answer<Assignment>,
  SparsifyOptions
> = {
  theorem: 'Impagliazzo, Paturi and Zane 2001',

  encode: (cnf, options) =>
    lazily(function* () {
      for (const { cnf: leaf } of leavesOf(cnf, options)) yield leaf;
    }),

  // A leaf's variables are the source's and each of its models is one of the source. One yes is enough.
  decode(cnf, answers, options) {
    const known = [...answers];
    const satisfiable = known.some(({ outcome }) => outcome === 'yes');
    return anyOf(known, satisfiable ? known.length : lengthOf(leavesOf(cnf, options)), false);
  },

  ledger(cnf, options) {
    const met = { leaves: 0, petals: 0, hearts: 0, clauses: 0, occurrences: 0 };
    for (const leaf of leavesOf(cnf, options)) {
      met.leaves++;
      met.petals = Math.max(met.petals, leaf.petals);
      met.hearts = Math.max(met.hearts, leaf.hearts);
      met.clauses = Math.max(met.clauses, leaf.cnf.clauses.length);
      met.occurrences = Math.max(met.occurrences, mostOccurrences(leaf.cnf));
    }
    const bounds = sparsifyBounds(cnf, options);
    return [
      { parameter: 'leaves', promised: '2^(εv)', actual: `${met.leaves}` },
      { parameter: 'petal steps', promised: `≤ ${short(bounds.petals)}`, actual: `${met.petals}` },
      { parameter: 'heart steps', promised: '-', actual: `${met.hearts}` },
      {
        parameter: 'clauses of a variable',
        promised: `≤ ${short(bounds.occurrences)}`,
        actual: `${met.occurrences}`,
      },
      { parameter: 'clauses', promised: `≤ ${short(bounds.clauses)}`, actual: `${met.clauses}` },
    ];
  },
};

/** One step on the way to a leaf. */
export interface SparsifyStep {
  readonly branch: 'heart' | 'petal';
  /** H. */
  readonly heart: Clause;
  /** c. */
  readonly size: number;
  /** How many clauses of size c contain H. */
  readonly petals: number;
}

export interface SparsifyLeaf {
  /** Over the source's variables. */
  readonly cnf: Cnf;
  readonly path: readonly SparsifyStep[];
  readonly petals: number;
  readonly hearts: number;
}

/** The leaves, heart branches before petal branches. */
export function* leavesOf(cnf: Cnf, options: SparsifyOptions): Generator<SparsifyLeaf, void, undefined> {
  const theta = thresholdsOf(cnf, options);
  const { variables } = cnf;
  const waiting: { readonly clauses: readonly Clause[]; readonly path: readonly SparsifyStep[] }[] = [
    { clauses: withoutSupersets(cnf.clauses.map(asSet).filter((clause) => clause !== null)), path: [] },
  ];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    const { clauses, path } = node;
    const found = heavyHeart(clauses, theta);
    if (found === undefined) {
      const petals = path.filter(({ branch }) => branch === 'petal').length;
      yield { cnf: { variables, clauses }, path, petals, hearts: path.length - petals };
      continue;
    }
    const { heart, flower } = found;
    const step = { heart, size: flower[0]!.length, petals: flower.length };
    const petals = flower.map((clause) => clause.filter((literal) => !heart.includes(literal)));
    waiting.push(
      { clauses: withoutSupersets([...clauses, ...petals]), path: [...path, { ...step, branch: 'petal' }] },
      { clauses: withoutSupersets([...clauses, heart]), path: [...path, { ...step, branch: 'heart' }] },
    );
  }
}

/** What the theorem allows; see the header. */
export interface SparsifyBounds {
  /** Petal steps on a path. */
  readonly petals: number;
  /** Clauses of at least two literals that a variable of a leaf is in. */
  readonly occurrences: number;
  /** Clauses of a leaf. */
  readonly clauses: number;
}

export function sparsifyBounds(cnf: Cnf, options: SparsifyOptions): SparsifyBounds {
  const theta = thresholdsOf(cnf, options);
  const k = widthOf(cnf);
  const v = cnf.variables;
  const added = [0, 2 * v];
  let petals = 0;
  let occurrences = 0;
  let clauses = 2 * v + 1; // units, and the empty clause
  for (let j = 1; j < k; j++) {
    if (j > 1) {
      added[j] = (2 * theta(j - 1) * v) / j;
      for (let i = 1; i < j; i++) added[j]! += 2 * theta(j - i) * added[i]!;
    }
    petals += added[j]! / theta(j);
    occurrences += 2 * theta(j);
    clauses += (2 * theta(j) * v) / (j + 1);
  }
  return {
    petals: 'alpha' in options ? Math.min(petals, (Math.max(0, k - 1) * v) / options.alpha) : petals,
    occurrences,
    clauses,
  };
}

/** The most clauses of at least two literals that one variable is in. */
export function mostOccurrences({ clauses }: Cnf): number {
  const counts = new Map<number, number>();
  for (const clause of clauses.filter(({ length }) => length >= 2)) {
    for (const variable of new Set(clause.map(Math.abs)))
      counts.set(variable, (counts.get(variable) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}

function lengthOf(items: Iterable<unknown>): number {
  let length = 0;
  for (const _ of items) length++;
  return length;
}

/** θ, for j ≥ 1. */
function thresholdsOf(cnf: Cnf, options: SparsifyOptions): (j: number) => number {
  if ('thresholds' in options) {
    const { thresholds } = options;
    return (j) => thresholds[Math.min(j, thresholds.length) - 1] ?? 1;
  }
  const { alpha } = options;
  const x = 2 * widthOf(cnf) * alpha;
  return (j) => alpha * x ** (2 * j - 1);
}

/** k, the size of the largest clause. */
const widthOf = ({ clauses }: Cnf): number => clauses.reduce((most, { length }) => Math.max(most, length), 0);

/** The heart with c smallest, then |H| largest, then the most petals, and the clauses around it. */
function heavyHeart(
  clauses: readonly Clause[],
  theta: (j: number) => number,
): { readonly heart: Clause; readonly flower: readonly Clause[] } | undefined {
  const sizes = [...new Set(clauses.map(({ length }) => length))].toSorted((a, b) => a - b);
  for (const size of sizes) {
    const same = clauses.filter(({ length }) => length === size);
    for (let width = size - 1; width >= 1; width--) {
      if (same.length < theta(size - width)) continue;
      const flowers = new Map<string, { heart: Clause; flower: Clause[] }>();
      for (const clause of same) {
        for (const heart of subsets(clause, width)) {
          const key = heart.join(' ');
          const entry = flowers.get(key);
          if (entry === undefined) flowers.set(key, { heart, flower: [clause] });
          else entry.flower.push(clause);
        }
      }
      let best: { heart: Clause; flower: Clause[] } | undefined;
      for (const entry of flowers.values()) {
        if (entry.flower.length > (best?.flower.length ?? 0)) best = entry;
      }
      if (best !== undefined && best.flower.length >= theta(size - width)) return best;
    }
  }
  return undefined;
}

/** The subsets of `width` literals, in order. */
function* subsets(clause: Clause, width: number): Generator<Clause, void, undefined> {
  if (width === 0) {
    yield [];
    return;
  }
  for (let first = 0; first + width <= clause.length; first++) {
    for (const rest of subsets(clause.slice(first + 1), width - 1)) yield [clause[first]!, ...rest];
  }
}

const short = (x: number): string => (x < 1e6 ? `${Math.floor(x)}` : x.toExponential(1));
