/** Formulas small enough to follow by hand, three to six variables, each for one thing to see. */
import type { Clause } from '../cnf.ts';
import { command, resolve } from './family.ts';
import type { Family, Parameter } from './family.ts';

interface Lesson {
  readonly title: string;
  readonly variables: number;
  readonly models: bigint;
  readonly clauses: readonly Clause[];
}

const lessons: readonly Lesson[] = [
  {
    title: 'a chain of implications: unit propagation sets everything',
    variables: 4,
    models: 1n,
    clauses: [[1], [-1, 2], [-2, 3], [-3, 4]],
  },
  {
    title: 'exactly one of three',
    variables: 3,
    models: 3n,
    clauses: [
      [1, 2, 3],
      [-1, -2],
      [-1, -3],
      [-2, -3],
    ],
  },
  {
    title: 'all eight clauses over three variables: each assignment falsifies exactly one of them',
    variables: 3,
    models: 0n,
    clauses: [
      [1, 2, 3],
      [1, 2, -3],
      [1, -2, 3],
      [1, -2, -3],
      [-1, 2, 3],
      [-1, 2, -3],
      [-1, -2, 3],
      [-1, -2, -3],
    ],
  },
  {
    title: 'variables 1 to 5 around a circle, neighbours different: no way around an odd circle',
    variables: 5,
    models: 0n,
    clauses: [
      [1, 2],
      [-1, -2],
      [2, 3],
      [-2, -3],
      [3, 4],
      [-3, -4],
      [4, 5],
      [-4, -5],
      [5, 1],
      [-5, -1],
    ],
  },
  {
    title:
      'a one-bit full adder: 1 + 2 + 3 = 2 * variable 4 + variable 5, and variable 6 says that all are set',
    variables: 6,
    models: 8n,
    clauses: [
      [-1, -2, 4],
      [-1, -3, 4],
      [-2, -3, 4],
      [1, 2, -4],
      [1, 3, -4],
      [2, 3, -4],
      [1, 2, 3, -5],
      [1, -2, -3, -5],
      [-1, 2, -3, -5],
      [-1, -2, 3, -5],
      [-1, -2, -3, 5],
      [-1, 2, 3, 5],
      [1, -2, 3, 5],
      [1, 2, -3, 5],
      [-4, -5, 6],
      [-6, 4],
      [-6, 5],
    ],
  },
  {
    title: 'a vertex cover of two for the square 1-2-3-4 with the diagonal 1-3',
    variables: 4,
    models: 1n,
    clauses: [
      [1, 2],
      [2, 3],
      [3, 4],
      [4, 1],
      [1, 3],
      [-1, -2, -3],
      [-1, -2, -4],
      [-1, -3, -4],
      [-2, -3, -4],
    ],
  },
];

const parameters: readonly Parameter[] = [
  {
    name: 'formula',
    type: 'integer',
    default: 1,
    min: 1,
    max: lessons.length,
    description: lessons.map(({ title }, k) => `${k + 1}: ${title.replace(/:.*/, '')}`).join('; '),
  },
];

export const teaching: Family = {
  description: 'Formulas with three to six variables to follow by hand',
  parameters,
  seeded: false,
  generate(params) {
    const values = resolve(parameters, params);
    const { title, variables, models, clauses } = lessons[values['formula']! - 1]!;
    return {
      cnf: { variables, clauses },
      comments: [title, command('teaching', values)],
      known: { models, satisfiable: models > 0n },
    };
  },
};
