/**
 * Planted k-SAT: random k-SAT of which one assignment, drawn first, is a model. A clause that the assignment
 * falsifies is drawn again, so the clauses are uniform among those that it satisfies.
 */
import { holds, toLiterals } from '../cnf.ts';
import { command } from './family.ts';
import type { Family } from './family.ts';
import { random } from './random.ts';
import { ksatParameters, ksatValues, randomClause } from './uniform.ts';

export const planted: Family = {
  description: 'Random k-SAT with a planted model: clauses that it falsifies are drawn again',
  parameters: ksatParameters,
  seeded: true,
  generate(params, seed) {
    const values = ksatValues(params);
    const draw = random(seed);
    const model = Array.from({ length: values.variables }, () => draw.below(2) === 1);
    const satisfied = () => {
      for (;;) {
        const clause = randomClause(draw, values);
        if (clause.some((literal) => holds(literal, model))) return clause;
      }
    };
    return {
      cnf: { variables: values.variables, clauses: Array.from({ length: values.clauses }, satisfied) },
      comments: [
        `random ${values.width}-SAT with a planted model`,
        `planted ${toLiterals(model).join(' ')}`,
        command('planted', values, seed),
      ],
      known: { satisfiable: true, planted: model },
    };
  },
};
