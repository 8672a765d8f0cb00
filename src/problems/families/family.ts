/** What a family of formulas is: parameters described as data, and a pure function from them and a seed to a formula. */
import type { Assignment, Cnf } from '../cnf.ts';
import { InputError } from '../input-error.ts';

/** One parameter, as a command-line option can be made from it. */
export interface Parameter {
  readonly name: string;
  readonly type: 'integer' | 'number';
  /** The value when none is given; absent where leaving the parameter out means something of its own. */
  readonly default?: number;
  /** The smallest and the largest value allowed. */
  readonly min: number;
  readonly max: number;
  readonly description: string;
}

/** Values by name. */
export type Parameters = Readonly<Record<string, number>>;

/** What is known of a formula because of how it was made. */
export interface Known {
  /** The number of models over all variables. */
  readonly models?: bigint;
  readonly satisfiable?: boolean;
  /** A model. */
  readonly planted?: Assignment;
}

export interface Generated {
  readonly cnf: Cnf;
  /**
   * What it is, what its variables mean where they mean something, and the command that makes it again, one line
   * each: the comments of its DIMACS file.
   */
  readonly comments: readonly string[];
  readonly known?: Known;
}

export interface Family {
  /** One sentence, with its source. */
  readonly description: string;
  readonly parameters: readonly Parameter[];
  /** False where the seed changes nothing. */
  readonly seeded: boolean;
  /** The same parameters and seed, the same formula. Throws an `InputError` that names the parameter. */
  generate(params: Parameters, seed: number): Generated;
}

/**
 * The value of every parameter that was given or has a default. Throws an `InputError` that names the parameter
 * for one that the family does not have, is out of its range, or is not a whole number where it must be.
 */
export function resolve(parameters: readonly Parameter[], given: Parameters): Record<string, number> {
  for (const name of Object.keys(given)) {
    if (parameters.some((parameter) => parameter.name === name)) continue;
    throw new InputError({
      code: 'unknown-parameter',
      field: name,
      expected: parameters.map((parameter) => parameter.name).join(', '),
      found: `a parameter ${name}`,
      hint: 'give one of the parameters of this family',
    });
  }
  const values: Record<string, number> = {};
  for (const { name, type, min, max, default: fallback } of parameters) {
    const value = given[name] ?? fallback;
    if (value === undefined) continue;
    if (!(value >= min && value <= max) || (type === 'integer' && !Number.isInteger(value))) {
      throw new InputError({
        code: 'parameter-out-of-range',
        field: name,
        expected: `${type === 'integer' ? 'a whole number' : 'a number'} from ${min} to ${max}`,
        found: String(value),
        hint: `give another ${name}`,
      });
    }
    values[name] = value;
  }
  return values;
}

/** An `InputError` for a parameter that is too large for another one. */
export function tooLarge(name: string, value: number, most: number, because: string): InputError {
  return new InputError({
    code: 'parameter-too-large',
    field: name,
    expected: `at most ${most}, ${because}`,
    found: String(value),
    hint: `give a smaller number for ${name}`,
  });
}

/** The command that makes a formula again: all values are in it, so that a default may change one day. */
export function command(family: string, values: Parameters, seed?: number): string {
  const options = Object.entries(values).map(([name, value]) => ` --${name} ${value}`);
  return `seth random ${family}${options.join('')}${seed === undefined ? '' : ` --seed ${seed}`}`;
}
