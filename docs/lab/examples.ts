/** Formulas to begin with, from the project's own families. */
import { families, type Cnf } from 'seth-attention';
import { defaultNames, type Named } from './notation.ts';

export interface Example {
  readonly name: string;
  readonly cnf: () => Cnf;
  /** What its variables mean, where they mean something. */
  readonly names?: readonly string[];
}

const made = (family: string, params: Readonly<Record<string, number>>, seed = 1): (() => Cnf) => {
  return () => families[family]!.generate(params, seed).cnf;
};

export const examples: readonly Example[] = [
  {
    name: 'a one-bit full adder (6 variables)',
    cnf: made('teaching', { formula: 5 }),
    names: ['a', 'b', 'c', 'carry', 'sum', 'all'],
  },
  { name: 'vertex cover of a square (4 variables)', cnf: made('teaching', { formula: 6 }) },
  { name: 'exactly one of three', cnf: made('teaching', { formula: 2 }) },
  { name: 'a chain of implications', cnf: made('teaching', { formula: 1 }) },
  { name: 'all eight clauses (unsatisfiable)', cnf: made('teaching', { formula: 3 }) },
  { name: 'an odd circle (unsatisfiable)', cnf: made('teaching', { formula: 4 }) },
  { name: 'three pigeons, two holes (unsatisfiable)', cnf: made('pigeonhole', { holes: 2 }) },
  {
    name: 'random 3-SAT with a planted model (8 variables)',
    cnf: made('planted', { variables: 8, ratio: 4 }, 1),
  },
  { name: 'exactly one of six (11 variables)', cnf: made('ladder', { size: 6 }) },
  { name: 'random 3-SAT (12 variables)', cnf: made('uniform', { variables: 12, clauses: 55, width: 3 }) },
  { name: 'planted 3-SAT (16 variables)', cnf: made('planted', { variables: 16, clauses: 80, width: 3 }) },
];

/** The example's formula with its names. */
export function exampleFormula({ cnf, names }: Example): Named {
  const made = cnf();
  return { cnf: made, names: names ?? defaultNames(made.variables) };
}
