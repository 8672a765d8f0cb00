/**
 * The committed formulas of `instances/`, made again: an instance is the output of its command, and its index
 * entry follows from the formula.
 */
import { writeDimacs } from '../../src/formats/dimacs.ts';
import type { Generated, Parameters } from '../../src/problems/families/family.ts';
import { families } from '../../src/problems/families/families.ts';
import { countModels } from '../../src/solvers/brute-force.ts';

/** One line of `instances/index.json`. */
export interface IndexEntry {
  readonly file: string;
  readonly family: string;
  readonly variables: number;
  readonly clauses: number;
  /** The number of models over all variables, in decimal. */
  readonly models: string;
  readonly satisfiable: boolean;
  /** Null where the family makes no use of one. */
  readonly seed: number | null;
  /** The command whose standard output is the file. */
  readonly command: string;
}

/** What `seth random FAMILY --name value … [--seed S]` makes. */
export function generate(
  command: string,
): Generated & { readonly family: string; readonly seed: number | null } {
  const [seth, random, name, ...options] = command.split(' ');
  const family = families[name ?? ''];
  if (seth !== 'seth' || random !== 'random' || family === undefined) throw new Error(`what is ${command}?`);
  const values: Record<string, number> = {};
  for (let k = 0; k < options.length; k += 2) values[options[k]!.replace('--', '')] = Number(options[k + 1]);
  const { seed, ...params } = values;
  return { ...family.generate(params satisfies Parameters, seed ?? 1), family: name!, seed: seed ?? null };
}

/** The text of the file and its index entry. */
export function instance(
  file: string,
  command: string,
): { readonly text: string; readonly entry: IndexEntry } {
  const { cnf, comments, family, seed } = generate(command);
  const models = countModels(cnf);
  const entry = {
    file,
    family,
    variables: cnf.variables,
    clauses: cnf.clauses.length,
    models: String(models),
    satisfiable: models > 0n,
    seed,
    command,
  };
  return { text: writeDimacs(cnf, comments), entry };
}

/** One entry a line, so that a change of one instance is a change of one line. */
export function indexText(entries: readonly IndexEntry[]): string {
  return `[\n${entries.map((entry) => `  ${JSON.stringify(entry)}`).join(',\n')}\n]\n`;
}
