/**
 * From CNF-SAT to Orthogonal Vectors (Williams, "A new algorithm for optimal 2-constraint satisfaction and its
 * implications", Theoretical Computer Science 348, 2005, Theorem 5.1): if for some ε > 0 Orthogonal Vectors on n
 * vectors of any dimension d = (log n)^O(1) had an n^(2−ε) algorithm, CNF-SAT with v variables and poly(v) clauses would
 * have one in time 2^((1−ε/2)v)·poly(v), against SETH. The dimension is the number of clauses. SETH speaks of k-SAT, and
 * there d = O(log n), with any constant, is enough: sparsification comes first (sparsify.ts).
 *
 * Split the variables into two halves and list the assignments of each. Vector a_α has a 1 at clause c exactly if α
 * satisfies no literal of c, and b_β likewise. A clause is falsified by (α, β) exactly if neither half satisfies it,
 * so ⟨a_α, b_β⟩ counts the falsified clauses, and orthogonal pairs are models, one for one: the reduction keeps
 * decision, witness and count. It costs at most n = 2^⌈v/2⌉ vectors on a side, of one coordinate a clause.
 */
import type { Answer } from '../src/problems/answer.ts';
import { mapWitness } from '../src/problems/answer.ts';
import type { Assignment, Cnf } from '../src/problems/cnf.ts';
import {
  degree,
  type BitMatrix,
  type OrthogonalVectors,
  type Pair,
} from '../src/problems/orthogonal-vectors.ts';
import type { Reduction } from './reduction.ts';
import { chooseHalves } from './halves.ts';

/** Options that keep the answer, the models and their number. */
export interface SplitOptions {
  /** Leave out assignments of a half that falsify a clause of their own variables: no model extends them. */
  readonly prune: boolean;
  /** `order`: the first ⌈v/2⌉ variables are the left half. `weight`: halves that make D = min(max|a_α|, max|b_β|) small. */
  readonly split: 'order' | 'weight';
}

/** What is done unless something else is asked for: row i is assignment i. */
export const plainSplit: SplitOptions = { prune: false, split: 'order' };

export const splitAndList: Reduction<
  Cnf,
  OrthogonalVectors,
  Answer<Pair>,
  Answer<Assignment>,
  SplitOptions
> = {
  theorem: 'Williams 2005',

  encode(cnf, options) {
    const { left, right } = chooseHalves(cnf, options);
    return { left: list(cnf, left, options).vectors, right: list(cnf, right, options).vectors };
  },

  // Bit k of a row's number is the value of variable k of its half; pruning keeps the numbers of what it keeps.
  decode(cnf, answer, options) {
    if (answer.outcome !== 'yes') return answer;
    const { left, right } = chooseHalves(cnf, options);
    const rows = [list(cnf, left, options).numbers, list(cnf, right, options).numbers] as const;
    return mapWitness(answer, ({ i, j }) => {
      const assignment = Array.from({ length: cnf.variables }, () => false);
      left.forEach((variable, k) => (assignment[variable - 1] = ((rows[0][i]! >>> k) & 1) === 1));
      right.forEach((variable, k) => (assignment[variable - 1] = ((rows[1][j]! >>> k) & 1) === 1));
      return assignment;
    });
  },

  ledger(cnf, options) {
    const vectors = splitAndList.encode(cnf, options);
    const n = 2 ** Math.ceil(cnf.variables / 2);
    return [
      {
        parameter: 'n',
        promised: `2^⌈v/2⌉ = ${n}`,
        actual: `${vectors.left.rows} and ${vectors.right.rows}`,
      },
      { parameter: 'd', promised: `m = ${cnf.clauses.length}`, actual: `${vectors.left.columns}` },
      { parameter: 'D', promised: `≤ m`, actual: `${degree(vectors)}` },
    ];
  },
};

/** The vectors of one half, and the number of the assignment behind each. */
interface Listed {
  readonly vectors: BitMatrix;
  readonly numbers: Uint32Array;
}

/**
 * All assignments of `half`. The rows double with each variable: a row with the next variable false is the row
 * without it, less the clauses that its negation satisfies, and likewise for true.
 */
function list(cnf: Cnf, half: readonly number[], { prune }: SplitOptions): Listed {
  const columns = cnf.clauses.length;
  const stride = Math.ceil(columns / 32);
  const total = 2 ** half.length;
  const words = new Uint32Array(total * stride);
  for (let c = 0; c < columns; c++) words[c >>> 5]! |= 1 << (c & 31);

  half.forEach((variable, k) => {
    const satisfiedByTrue = clausesWith(cnf, variable, stride);
    const satisfiedByFalse = clausesWith(cnf, -variable, stride);
    const rows = 2 ** k;
    for (let row = 0; row < rows; row++) {
      for (let w = 0; w < stride; w++) {
        const open = words[row * stride + w]!;
        words[(row + rows) * stride + w] = open & ~satisfiedByTrue[w]!;
        words[row * stride + w] = open & ~satisfiedByFalse[w]!;
      }
    }
  });
  const all: Listed = {
    vectors: { rows: total, columns, stride, words },
    numbers: Uint32Array.from({ length: total }, (_, row) => row),
  };
  return prune ? pruned(all, clausesWithin(cnf, half, stride)) : all;
}

/**
 * The rows that falsify none of the clauses in `own`. When all do the formula is unsatisfiable, and one row stays
 * so that there is something to ask about: its 1 at a clause of its own half stands beside a 1 in every vector of
 * the other half.
 */
function pruned({ vectors, numbers }: Listed, own: Uint32Array): Listed {
  const { stride, words } = vectors;
  let kept = numbers.filter((row) => own.every((mask, w) => (words[row * stride + w]! & mask) === 0));
  if (kept.length === 0) kept = numbers.slice(0, 1);
  const compact = new Uint32Array(kept.length * stride);
  kept.forEach((row, r) => compact.set(words.subarray(row * stride, (row + 1) * stride), r * stride));
  return { vectors: { ...vectors, rows: kept.length, words: compact }, numbers: kept };
}

/** The set of clauses, as a bit mask, that contain the literal. */
function clausesWith(cnf: Cnf, literal: number, stride: number): Uint32Array {
  return clauseMask(cnf, stride, (clause) => clause.includes(literal));
}

/** The set of clauses whose variables all lie in `half`, the empty clause among them. */
function clausesWithin(cnf: Cnf, half: readonly number[], stride: number): Uint32Array {
  const inside = new Set(half);
  return clauseMask(cnf, stride, (clause) => clause.every((literal) => inside.has(Math.abs(literal))));
}

function clauseMask(cnf: Cnf, stride: number, belongs: (clause: readonly number[]) => boolean): Uint32Array {
  const mask = new Uint32Array(stride);
  cnf.clauses.forEach((clause, c) => {
    if (belongs(clause)) mask[c >>> 5]! |= 1 << (c & 31);
  });
  return mask;
}
