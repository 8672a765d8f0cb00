/** What verify, solve and generate say in JSON of a formula and of its instance. */
import type { Cnf } from '../problems/cnf.ts';
import type { InstanceFigures } from '../verify/verify.ts';
import type { Formula } from './formula.ts';
import type { EncodingArguments } from './options.ts';

/** `file`, `sha256`, `variables`, `clauses` and, where there are any, `warnings`. */
export function formulaFields({ file, sha256, cnf, warnings }: Formula): Record<string, unknown> {
  return { file, sha256, ...sizes(cnf), ...(warnings.length === 0 ? {} : { warnings }) };
}

const sizes = ({ variables, clauses }: Cnf): Record<string, number> => ({
  variables,
  clauses: clauses.length,
});

/** `route`, `oracle` if one took part, `dtype`, `scale`, `instance`. */
export function encodingFields(
  { route, dtype, scale }: Pick<EncodingArguments, 'route' | 'dtype' | 'scale'>,
  instance: InstanceFigures,
  oracle?: string,
): Record<string, unknown> {
  return { route, ...(oracle === undefined ? {} : { oracle }), dtype, scale, instance };
}
