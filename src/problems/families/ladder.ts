/**
 * One of n: two ways to say in CNF how many of x_1 … x_n are true, both with n − 1 auxiliary variables and a
 * number of clauses linear in n. Numbers of models are known, and differ from what the x alone would give when
 * the auxiliary variables are not determined.
 */
import type { Clause } from '../cnf.ts';
import { command, resolve } from './family.ts';
import type { Family, Parameter } from './family.ts';

const parameters: readonly Parameter[] = [
  {
    name: 'size',
    type: 'integer',
    default: 8,
    min: 1,
    max: 10000,
    description: 'Variables to choose from, n',
  },
];

/**
 * Ladder: y_1 ≥ y_2 ≥ … ≥ y_{n−1}, and x_i = y_{i−1} ∧ ¬y_i with y_0 true and y_n false. The step down is at
 * exactly one place: n models.
 */
export const ladder: Family = {
  description: 'Exactly one of n in the ladder encoding: n models (Gent and Nightingale 2004)',
  parameters,
  seeded: false,
  generate(params) {
    const values = resolve(parameters, params);
    const n = values['size']!;
    const y = (i: number): number => n + i;
    const clauses: Clause[] = [];
    for (let i = 1; i < n - 1; i++) clauses.push([y(i), -y(i + 1)]);
    for (let i = 1; i <= n; i++) {
      const step = [...(i > 1 ? [y(i - 1)] : []), ...(i < n ? [-y(i)] : [])];
      for (const literal of step) clauses.push([-i, literal]);
      clauses.push([i, ...step.map((literal) => -literal)]);
    }
    return {
      cnf: { variables: 2 * n - 1, clauses },
      comments: [
        `exactly one of variables 1 to ${n}, ladder encoding`,
        ...(n > 1 ? [`variable ${n} + i: the one comes after i, 1 <= i < ${n}`] : []),
        command('ladder', values),
      ],
      known: { models: BigInt(n), satisfiable: true },
    };
  },
};

/**
 * Sequential counter: s_i is true once one of x_1 … x_i is. With an x true the s are determined; with none they
 * may still turn true at any of n places, or never: n + n models.
 */
export const sequential: Family = {
  description: 'At most one of n as a sequential counter: 2n models (Sinz 2005)',
  parameters,
  seeded: false,
  generate(params) {
    const values = resolve(parameters, params);
    const n = values['size']!;
    const s = (i: number): number => n + i;
    const clauses: Clause[] = [];
    for (let i = 1; i < n; i++) {
      clauses.push([-i, s(i)], [-s(i), -(i + 1)]);
      if (i < n - 1) clauses.push([-s(i), s(i + 1)]);
    }
    return {
      cnf: { variables: 2 * n - 1, clauses },
      comments: [
        `at most one of variables 1 to ${n}, sequential counter`,
        ...(n > 1 ? [`variable ${n} + i: set when one of variables 1 to i is, 1 <= i < ${n}`] : []),
        command('sequential', values),
      ],
      known: { models: BigInt(2 * n), satisfiable: true },
    };
  },
};
