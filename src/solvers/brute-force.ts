/**
 * SAT and model counting by trying every assignment, 32 at a time: the obvious method, to check clever ones
 * against. Assignments are numbered 0 … 2^v − 1; bit `k` of the number is the value of variable `k + 1`. A word
 * holds the truth value of something under 32 neighbouring assignments, which differ in variables 1 to 5 only.
 */
import { InputError } from '../problems/input-error.ts';
import type { Assignment, Cnf } from '../problems/cnf.ts';

/** The most variables that are tried: 2^26 assignments, about a second at 111 clauses of 3 literals. */
export const bruteForceLimit = 26;

/** The values of variables 1 to 5 under the 32 assignments of a word. */
const lowVariables = [0xaaaaaaaa, 0xcccccccc, 0xf0f0f0f0, 0xff00ff00, 0xffff0000];

/**
 * The number of models over all declared variables. Time 2^v · m / 32, memory none to speak of. Throws an
 * `InputError` beyond `bruteForceLimit` variables.
 */
export function countModels(cnf: Cnf): bigint {
  let count = 0;
  forEachWord(cnf, (_, models) => {
    for (let rest = models; rest !== 0; rest &= rest - 1) count++;
    return true;
  });
  return BigInt(count);
}

/** The model with the smallest number, or null. Throws an `InputError` beyond `bruteForceLimit` variables. */
export function firstModel(cnf: Cnf): Assignment | null {
  let first: Assignment | null = null;
  forEachWord(cnf, (word, models) => {
    if (models !== 0) first = assignmentOf(cnf, word * 32 + lowestOne(models));
    return models === 0;
  });
  return first;
}

/** All models, in the order of their numbers. Throws an `InputError` beyond `bruteForceLimit` variables. */
export function allModels(cnf: Cnf): Assignment[] {
  const found: Assignment[] = [];
  forEachWord(cnf, (word, models) => {
    for (let rest = models; rest !== 0; rest &= rest - 1) {
      found.push(assignmentOf(cnf, word * 32 + lowestOne(rest)));
    }
    return true;
  });
  return found;
}

/** Calls `visit` with each word of assignments and the models among them as bits, until it returns false. */
function forEachWord(cnf: Cnf, visit: (word: number, models: number) => boolean): void {
  const { variables, clauses } = cnf;
  if (variables > bruteForceLimit) {
    throw new InputError({
      code: 'too-many-variables',
      expected: `at most ${bruteForceLimit} variables to try every assignment`,
      found: `${variables}, that is 2^${variables} assignments`,
      hint: 'count with logic-solver where there are few models',
    });
  }

  // Entry variables + l of `truth` is the word of literal l.
  const truth = new Int32Array(2 * variables + 1);
  const assign = (variable: number, word: number): void => {
    truth[variables + variable] = word;
    truth[variables - variable] = ~word;
  };
  for (let x = 1; x <= variables; x++) assign(x, x <= 5 ? lowVariables[x - 1]! : 0);

  const starts = new Uint32Array(clauses.length + 1);
  clauses.forEach((clause, c) => (starts[c + 1] = starts[c]! + clause.length));
  const literals = Int32Array.from(clauses.flat(), (literal) => variables + literal);

  const all = variables >= 5 ? -1 : (1 << (1 << variables)) - 1;
  const words = variables > 5 ? 2 ** (variables - 5) : 1;
  for (let word = 0; word < words; word++) {
    // Counting up flips the variables whose bit changed, two of them on average.
    let changed = word === 0 ? 0 : word ^ (word - 1);
    for (let x = 6; changed !== 0; changed >>>= 1, x++) {
      assign(x, -((word >>> (x - 6)) & 1));
    }
    let models = all;
    for (let c = 0; c < clauses.length && models !== 0; c++) {
      let clause = 0;
      for (let l = starts[c]!; l < starts[c + 1]!; l++) clause |= truth[literals[l]!]!;
      models &= clause;
    }
    if (!visit(word, models)) return;
  }
}

function lowestOne(word: number): number {
  return 31 - Math.clz32(word & -word);
}

function assignmentOf({ variables }: Cnf, number: number): Assignment {
  return Array.from({ length: variables }, (_, k) => ((number >>> k) & 1) === 1);
}
