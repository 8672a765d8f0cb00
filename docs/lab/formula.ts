/** What was typed, as a formula that the lab can show. Throws the parsers' `InputError`s, and its own for what is too large. */
import { InputError, parseDimacs, writeDimacs, type Cnf } from 'seth-attention';
import { defaultNames, parsePlain, writePlain, type Named, type Read } from './notation.ts';
import { dimacsSpans } from './spans.ts';

export type Notation = 'dimacs' | 'plain';

/** What fits a screen: 2^8 vectors on a side, and pages that answer while one drags. */
export const most = { variables: 16, clauses: 120, characters: 100_000 };

export interface Formula extends Read {
  readonly warnings: readonly string[];
}

export function readFormula(text: string, notation: Notation): Formula {
  if (text.length > most.characters)
    throw tooLarge(`${text.length} characters`, `${most.characters} characters`);
  const formula = notation === 'plain' ? { ...parsePlain(text), warnings: [] } : readDimacs(text);
  requireSmall(formula.cnf);
  return formula;
}

function requireSmall({ variables, clauses }: Cnf): void {
  if (variables > most.variables) throw tooLarge(`${variables} variables`, `${most.variables} variables`);
  if (clauses.length > most.clauses) throw tooLarge(`${clauses.length} clauses`, `${most.clauses} clauses`);
}

/** The same formula in the other notation. */
export function translate({ cnf, names }: Named, to: Notation): string {
  if (to === 'plain') return writePlain(cnf, names);
  const plainNames = defaultNames(cnf.variables).every((name, k) => name === names[k]);
  return writeDimacs(cnf, plainNames ? [] : [names.map((name, k) => `${k + 1} = ${name}`).join(', ')]);
}

function readDimacs(text: string): Formula {
  const { cnf, warnings } = parseDimacs(text);
  requireSmall(cnf); // before a name is made for each of 2^28 variables
  return { cnf, names: defaultNames(cnf.variables), spans: dimacsSpans(text), warnings };
}

/** Every literal of a formula as a person would say it. */
export const literalText = (literal: number, names: readonly string[]): string =>
  `${literal < 0 ? '¬' : ''}${names[Math.abs(literal) - 1]!}`;

export const clauseText = (clause: Cnf['clauses'][number], names: readonly string[]): string =>
  clause.length === 0 ? 'false' : clause.map((literal) => literalText(literal, names)).join(' ∨ ');

const tooLarge = (found: string, expected: string): InputError =>
  new InputError({
    code: 'lab-too-large',
    expected: `at most ${expected} on this page`,
    found,
    hint: 'take a smaller formula here; the command takes large ones: seth verify FILE',
  });
