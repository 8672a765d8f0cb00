/**
 * Uniform random k-SAT: every clause has k different variables, drawn uniformly, each negated with probability
 * one half; clauses are independent, so one can come twice. Hardest where half of the formulas are satisfiable,
 * for k = 3 near 4.26 clauses a variable and a little more for few variables (Mitchell, Selman, Levesque 1992;
 * Crawford and Auton 1996).
 */
import type { Clause } from '../cnf.ts';
import { InputError } from '../input-error.ts';
import { command, resolve, tooLarge } from './family.ts';
import type { Family, Parameter, Parameters } from './family.ts';
import { random } from './random.ts';
import type { Random } from './random.ts';

/** The parameters of random k-SAT, planted or not. */
export const ksatParameters: readonly Parameter[] = [
  {
    name: 'variables',
    type: 'integer',
    default: 20,
    min: 1,
    max: 100000,
    description: 'Number of variables',
  },
  {
    name: 'clauses',
    type: 'integer',
    min: 0,
    max: 1000000,
    description: 'Number of clauses; without it, ratio times variables, rounded',
  },
  {
    name: 'ratio',
    type: 'number',
    min: 0,
    max: 1000,
    description: 'Clauses a variable, instead of clauses; 4.55 when neither is given',
  },
  { name: 'width', type: 'integer', default: 3, min: 1, max: 16, description: 'Literals a clause, k' },
];

/** SATLIB's ratio for its formulas with 20 variables: 91 clauses. */
const defaultRatio = 4.55;

export const uniform: Family = {
  description:
    'Uniform random k-SAT: k different variables a clause, each negated with probability 1/2 (Mitchell, Selman, Levesque 1992)',
  parameters: ksatParameters,
  seeded: true,
  generate(params, seed) {
    const values = ksatValues(params);
    const draw = random(seed);
    const clauses = Array.from({ length: values.clauses }, () => randomClause(draw, values));
    return {
      cnf: { variables: values.variables, clauses },
      comments: [`uniform random ${values.width}-SAT`, command('uniform', values, seed)],
    };
  },
};

interface KsatValues extends Parameters {
  readonly variables: number;
  readonly clauses: number;
  readonly width: number;
}

/** Variables, clauses and width, whichever way the number of clauses was given. */
export function ksatValues(params: Parameters): KsatValues {
  const { variables, clauses, ratio, width } = resolve(ksatParameters, params);
  if (clauses !== undefined && ratio !== undefined) {
    throw new InputError({
      code: 'conflicting-parameters',
      field: 'ratio',
      expected: 'clauses or ratio, not both',
      found: `clauses ${clauses} and ratio ${ratio}`,
      hint: 'leave one of them out',
    });
  }
  if (width! > variables!) {
    throw tooLarge('width', width!, variables!, 'because the variables of a clause are different');
  }
  return {
    variables: variables!,
    clauses: clauses ?? Math.round((ratio ?? defaultRatio) * variables!),
    width: width!,
  };
}

/** A clause of `width` different variables in ascending order, with random signs. */
export function randomClause(draw: Random, { variables, width }: KsatValues): Clause {
  return draw.subset(width, variables).map((k) => (draw.below(2) === 1 ? k + 1 : -(k + 1)));
}
