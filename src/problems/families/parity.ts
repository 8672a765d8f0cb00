/**
 * A parity constraint x_1 + … + x_n = b (mod 2) as a chain of three-variable constraints, with auxiliary variables
 * for the partial sums (Tseitin 1968). A partial sum is determined by the x, so the number of models is 2^(n−1).
 */
import type { Clause } from '../cnf.ts';
import { command, resolve } from './family.ts';
import type { Family, Parameter } from './family.ts';

const parameters: readonly Parameter[] = [
  { name: 'length', type: 'integer', default: 8, min: 1, max: 10000, description: 'Variables summed, n' },
  { name: 'parity', type: 'integer', default: 1, min: 0, max: 1, description: 'The sum modulo 2, b' },
];

export const parity: Family = {
  description: 'A parity constraint as a chain of partial sums: 2^(n-1) models (Tseitin 1968)',
  parameters,
  seeded: false,
  generate(params) {
    const values = resolve(parameters, params);
    const n = values['length']!;
    const odd = values['parity'] === 1;

    // Variable n + i - 1 is the sum of x_1 … x_i for 1 < i < n; the sum of x_1 alone is x_1.
    const clauses: Clause[] = [];
    let sum = 1;
    for (let i = 2; i < n; i++) {
      const next = n + i - 1;
      clauses.push(...xorClauses([sum, i, next], false));
      sum = next;
    }
    clauses.push(...xorClauses(n === 1 ? [1] : [sum, n], odd));
    return {
      cnf: { variables: n + Math.max(0, n - 2), clauses },
      comments: [
        `the sum of variables 1 to ${n} is ${odd ? 'odd' : 'even'}`,
        ...(n > 2 ? [`variable ${n - 1} + i: the sum of variables 1 to i, 1 < i < ${n}`] : []),
        command('parity', values),
      ],
      known: { models: 2n ** BigInt(n - 1), satisfiable: true },
    };
  },
};

/** The sum of `variables` is odd, or even: a clause against each assignment with the other sum. */
function xorClauses(variables: readonly number[], odd: boolean): Clause[] {
  const clauses: Clause[] = [];
  for (let ones = 0; ones < 1 << variables.length; ones++) {
    const values = variables.map((_, k) => (ones >> k) & 1);
    const isOdd = values.filter((value) => value === 1).length % 2 === 1;
    if (isOdd !== odd) clauses.push(variables.map((x, k) => (values[k] === 1 ? -x : x)));
  }
  return clauses;
}
