/** The campaign's formulas: small ones of every family, corners among them. The same seed and number, the same formula. */
import type { Clause, Cnf } from '../../src/problems/cnf.ts';
import { families } from '../../src/problems/families/families.ts';
import { random, type Random } from '../../src/problems/families/random.ts';

export interface Numbered {
  readonly family: string;
  readonly cnf: Cnf;
}

const kinds: readonly (readonly [family: string, make: (draw: Random, seed: number) => Cnf])[] = [
  ['uniform', (draw, seed) => made('uniform', ksat(draw), seed)],
  [
    'uniform 2-SAT',
    (draw, seed) => made('uniform', { variables: 4 + draw.below(9), ratio: 1.2, width: 2 }, seed),
  ],
  ['planted', (draw, seed) => made('planted', ksat(draw), seed)],
  ['pigeonhole', (draw) => changed(made('pigeonhole', { holes: 2 + draw.below(2) }, 0), draw)],
  [
    'parity',
    (draw) => changed(made('parity', { length: 2 + draw.below(6), parity: draw.below(2) }, 0), draw),
  ],
  ['colouring', (draw, seed) => changed(made('colouring', colours(draw), seed), draw)],
  ['ladder', (draw) => changed(made('ladder', { size: 2 + draw.below(6) }, 0), draw)],
  ['sequential', (draw) => changed(made('sequential', { size: 2 + draw.below(5) }, 0), draw)],
  ['teaching', (draw) => changed(made('teaching', { formula: 1 + draw.below(6) }, 0), draw)],
  ['corners', corners],
];

/** The families' names. */
export const familyNames: readonly string[] = kinds.map(([family]) => family);

/** Variables are at most 14, so that every assignment can be tried. */
export function formula(seed: number, number: number): Numbered {
  const draw = random(seed * 1_000_003 + number);
  const [family, make] = kinds[number % kinds.length]!;
  let cnf = make(draw, draw.below(2 ** 31));
  while (cnf.variables > 14) cnf = make(draw, draw.below(2 ** 31));
  return { family, cnf };
}

const made = (family: string, parameters: Record<string, number>, seed: number): Cnf =>
  families[family]!.generate(parameters, seed).cnf;

/** Sizes stay on a coarse grid, so that plans are used again. */
function ksat(draw: Random): Record<string, number> {
  const variables = 4 + 2 * draw.below(5);
  return { variables, clauses: Math.round(variables * [2, 4.3, 5.5][draw.below(3)]!) };
}

function colours(draw: Random): Record<string, number> {
  const vertices = 3 + draw.below(2);
  return { vertices, edges: 2 + draw.below((vertices * (vertices - 1)) / 2 - 1), colours: 2 + draw.below(2) };
}

/** Half of the time with a literal negated, or with a clause less: of a family without a seed there are few formulas. */
function changed(cnf: Cnf, draw: Random): Cnf {
  const clauses = cnf.clauses.map((clause) => [...clause]);
  const at = draw.below(Math.max(1, clauses.length));
  const kind = draw.below(4);
  if (kind === 0) clauses.splice(at, 1);
  const clause = clauses[at];
  if (kind === 1 && clause !== undefined && clause.length > 0) clause[draw.below(clause.length)]! *= -1;
  return { ...cnf, clauses };
}

/** Empty clauses, tautologies, literals and clauses that come twice, variables that occur nowhere, or none at all. */
function corners(draw: Random): Cnf {
  const variables = draw.below(8);
  const literal = (): number => (draw.below(2) === 0 ? 1 : -1) * (1 + draw.below(variables));
  const clause = (): Clause =>
    variables === 0 || draw.below(30) === 0 ? [] : Array.from({ length: 1 + draw.below(4) }, literal);
  const clauses = Array.from({ length: draw.below(14) }, clause).filter(
    (one) => variables > 0 || one.length > 0 || draw.below(4) === 0,
  );
  if (clauses.length > 1 && draw.below(3) === 0) clauses[0] = clauses[1]!;
  return { variables, clauses };
}
