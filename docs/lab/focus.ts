/**
 * What is pointed at, in terms that every view has an image of, and the sentence about it. A left vector is rows of Q, a
 * count and a half of an assignment; a clause is a column of all matrices; a node is a point of the readout and every
 * K-th row of Q; a pair has the clauses that it falsifies, a variable the clauses that it is in and the vectors where it
 * is 1.
 */
import { getBit, type Clause } from 'seth-attention';
import { clauseText } from './formula.ts';
import { counted, number } from './numbers.ts';
import type { Snapshot } from './chain.ts';
import type { Drawn } from './state.ts';

export interface Focus {
  readonly left?: number;
  readonly right?: number;
  readonly clause?: number;
  readonly node?: number;
  /** An inner product s. */
  readonly product?: number;
  readonly pad?: boolean;
  readonly variable?: number;
}

/** Variables of the left half: the first ⌈v/2⌉. */
export const leftHalf = (variables: number): number => Math.ceil(variables / 2);

/** Values of a half as a row's number has them: bit k is variable k of the half. */
export const bitsOfRow = (row: number, variables: number): string =>
  Array.from({ length: variables }, (_, k) => (row >>> k) & 1).join('');

/** The assignment behind left vector i and right vector j. */
export function assignmentOf(variables: number, i: number, j: number): boolean[] {
  const half = leftHalf(variables);
  return Array.from({ length: variables }, (_, k) => ((k < half ? i >>> k : j >>> (k - half)) & 1) === 1);
}

/** ⟨a_i, b_j⟩. */
export const productOf = ({ snapshot }: Drawn, i: number, j: number): number =>
  snapshot.products[i * snapshot.right.rows + j]!;

/** Orthogonal pairs, for pictures that make them seen; none where they are no rarity. */
export function modelsOf({ products, right, histogram }: Snapshot): [left: number, right: number][] {
  if (histogram[0]! > products.length / 50) return [];
  const found: [number, number][] = [];
  products.forEach((s, at) => {
    if (s === 0) found.push([Math.floor(at / right.rows), at % right.rows]);
  });
  return found;
}

/** The clauses that have to do with the focus: the one pointed at, those of the variable, those that the pair falsifies. */
export function clausesIn({ snapshot, shown, focus }: Drawn): number[] {
  const { left, right, clause, variable } = focus;
  if (clause !== undefined) return [clause];
  if (variable !== undefined) return numbersOf(shown.cnf.clauses, (c) => has(c, variable));
  if (left === undefined || right === undefined) return [];
  return numbersOf(
    shown.cnf.clauses,
    (_, c) => getBit(snapshot.left, left, c) === 1 && getBit(snapshot.right, right, c) === 1,
  );
}

const has = (clause: Clause, variable: number): boolean =>
  clause.some((literal) => Math.abs(literal) === variable + 1);

function numbersOf<Item>(items: readonly Item[], keep: (item: Item, at: number) => boolean): number[] {
  return items.flatMap((item, at) => (keep(item, at) ? [at] : []));
}

/**
 * The vectors of a side that have to do with the focus: the one pointed at, those where the variable is 1, and, where no
 * vector is pointed at, those that leave the clause to the other side.
 */
export function vectorsIn({ snapshot, shown, focus }: Drawn, side: 'left' | 'right'): number[] {
  const matrix = snapshot[side];
  const rows = Array.from({ length: matrix.rows }, (_, row) => row);
  const { left, right, clause, variable } = focus;
  if (left !== undefined || right !== undefined) return rows.filter((row) => row === focus[side]);
  if (clause !== undefined) return rows.filter((row) => getBit(matrix, row, clause) === 1);
  if (variable === undefined) return [];
  const half = leftHalf(shown.cnf.variables);
  const bit = side === 'left' ? variable : variable - half;
  const isOfSide = side === 'left' ? variable < half : variable >= half;
  return isOfSide ? rows.filter((row) => ((row >>> bit) & 1) === 1) : [];
}

/** The focus as one sentence; empty where nothing is pointed at. */
export function describeFocus(state: Drawn): string {
  const { snapshot, shown, focus } = state;
  const { left, right, clause, node, product, pad, variable } = focus;
  const { names, cnf } = shown;
  const half = leftHalf(cnf.variables);
  const values = (row: number, from: number, to: number): string =>
    names
      .slice(from, to)
      .map((name, k) => `${name}=${(row >>> k) & 1}`)
      .join(' ');
  const parts: string[] = [];
  if (left !== undefined && right !== undefined) {
    const s = productOf(state, left, right);
    const falsified = `${sayClauses(clausesIn({ ...state, focus: { left, right } }))} falsified`;
    parts.push(
      `⟨a${sub(left)}, b${sub(right)}⟩ = ${s}: ${names.length === 0 ? '' : `${values(left, 0, half)} ${values(right, half, names.length)}, `}${s === 0 ? 'orthogonal, a model' : falsified}`,
    );
  } else if (left !== undefined) {
    parts.push(
      `a${sub(left)}: ${values(left, 0, half) || 'no variables'}; ${number(snapshot.estimates[left]!)} ± ${number(snapshot.margins[left]!)} partners read`,
    );
  } else if (right !== undefined) {
    parts.push(`b${sub(right)}: ${values(right, half, names.length) || 'no variables'}`);
  }
  if (clause !== undefined) parts.push(`clause ${clause + 1}: ${clauseText(cnf.clauses[clause]!, names)}`);
  if (node !== undefined) {
    const { readout, nodes } = snapshot;
    parts.push(
      `node ${node + 1}: t = ${number(readout.scales[node]!)}, x = ${number(nodes[node]!)}, weight ${number(readout.weights[node]!)}`,
    );
  }
  if (left !== undefined && node !== undefined) {
    const row = left * snapshot.nodes.length + node;
    parts.push(`output y = ${number(snapshot.output[row]!)}`);
  }
  if (product !== undefined && (left === undefined || right === undefined)) {
    parts.push(
      `inner product ${product}: ${counted(snapshot.histogram[product]!, 'pair')}, r(${product}) = ${number(snapshot.responses[product]!)}`,
    );
  }
  if (pad === true)
    parts.push(
      `${counted(snapshot.pads.count, 'pad key')} of total mass ${number(snapshot.pads.mass)}, value 0`,
    );
  if (variable !== undefined)
    parts.push(`${names[variable]}: the vectors where it is 1, and ${sayClauses(clausesIn(state))}`);
  return parts.join(' · ');
}

const sayClauses = (clauses: readonly number[]): string =>
  clauses.length === 0
    ? 'no clause'
    : `${clauses.length === 1 ? 'clause' : 'clauses'} ${list(clauses.map((c) => c + 1))}`;

const list = (numbers: readonly number[]): string =>
  numbers.length <= 6
    ? numbers.join(', ')
    : `${numbers.slice(0, 6).join(', ')} and ${numbers.length - 6} more`;

const sub = (n: number): string => String(n).replaceAll(/\d/g, (digit) => '₀₁₂₃₄₅₆₇₈₉'[Number(digit)]!);
