/**
 * The pigeonhole principle, denied: n + 1 pigeons sit in n holes, no two in one hole. Unsatisfiable, and every
 * resolution refutation of it is exponentially long (Haken 1985).
 */
import { counted } from '../counted.ts';
import { command, resolve } from './family.ts';
import type { Family, Parameter } from './family.ts';

const parameters: readonly Parameter[] = [
  { name: 'holes', type: 'integer', default: 3, min: 1, max: 100, description: 'Holes; one more pigeon' },
];

export const pigeonhole: Family = {
  description: 'The pigeonhole principle, denied: n + 1 pigeons in n holes, none shared (Haken 1985)',
  parameters,
  seeded: false,
  generate(params) {
    const values = resolve(parameters, params);
    const holes = values['holes']!;
    const sits = (pigeon: number, hole: number): number => pigeon * holes + hole + 1;

    const somewhere = upTo(holes + 1).map((pigeon) => upTo(holes).map((hole) => sits(pigeon, hole)));
    const alone = upTo(holes).flatMap((hole) =>
      upTo(holes + 1).flatMap((second) =>
        upTo(second).map((first) => [-sits(first, hole), -sits(second, hole)]),
      ),
    );
    return {
      cnf: { variables: holes * (holes + 1), clauses: [...somewhere, ...alone] },
      comments: [
        `${holes + 1} pigeons in ${counted(holes, 'hole')}`,
        `variable ${holes}(p - 1) + h: pigeon p sits in hole h`,
        command('pigeonhole', values),
      ],
      known: { models: 0n, satisfiable: false },
    };
  },
};

/** 0 … count − 1. */
function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, k) => k);
}
