/** What verify, solve and generate say in JSON of a formula and of its instance. */
import type { Cnf } from '../problems/cnf.ts';
import type { InstanceFigures } from '../verify/verify.ts';
import type { Formula } from './formula.ts';
import type { EncodingArguments } from './options.ts';

export interface FormulaFields {
  readonly file: string;
  readonly sha256: string;
  readonly variables: number;
  readonly clauses: number;
  /** Only where there are any. */
  readonly warnings?: readonly string[];
}

export function formulaFields({ file, sha256, cnf, warnings }: Formula): FormulaFields {
  return { file, sha256, ...sizes(cnf), ...(warnings.length === 0 ? {} : { warnings }) };
}

const sizes = ({ variables, clauses }: Cnf): Pick<FormulaFields, 'variables' | 'clauses'> => ({
  variables,
  clauses: clauses.length,
});

export interface EncodingFields extends Pick<EncodingArguments, 'route' | 'dtype' | 'scale'> {
  /** Only where one took part. */
  readonly oracle?: string;
  readonly instance: InstanceFigures;
}

export function encodingFields(
  { route, dtype, scale }: Pick<EncodingArguments, 'route' | 'dtype' | 'scale'>,
  instance: InstanceFigures,
  oracle?: string,
): EncodingFields {
  return { route, ...(oracle === undefined ? {} : { oracle }), dtype, scale, instance };
}
