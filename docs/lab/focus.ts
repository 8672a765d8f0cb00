/**
 * What is pointed at, in terms that every view has an image of, and the sentence about it. A left vector is rows of Q, a
 * count and a half of an assignment; a clause is a column of all matrices; a node is a point of the readout and every
 * K-th row of Q.
 */
import { getBit } from 'seth-attention';
import { clauseText } from './formula.ts';
import { number } from './numbers.ts';
import type { Drawn } from './state.ts';

export interface Focus {
  readonly left?: number;
  readonly right?: number;
  readonly clause?: number;
  readonly node?: number;
  /** An inner product s. */
  readonly product?: number;
  readonly pad?: boolean;
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

/** The focus as one sentence; empty where nothing is pointed at. */
export function describeFocus(state: Drawn): string {
  const { snapshot, shown, focus } = state;
  const { left, right, clause, node, product, pad } = focus;
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
    const both = cnf.clauses.flatMap((_, c) =>
      getBit(snapshot.left, left, c) === 1 && getBit(snapshot.right, right, c) === 1 ? [c + 1] : [],
    );
    const falsified = `${both.length === 1 ? 'clause' : 'clauses'} ${list(both)} falsified`;
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
  if (product !== undefined && (left === undefined || right === undefined)) {
    parts.push(
      `inner product ${product}: ${snapshot.histogram[product]} pairs, r(${product}) = ${number(snapshot.responses[product]!)}`,
    );
  }
  if (pad === true)
    parts.push(`pad keys: ${snapshot.pads.count} of total mass ${number(snapshot.pads.mass)}`);
  return parts.join(' · ');
}

const list = (numbers: readonly number[]): string =>
  numbers.length <= 6
    ? numbers.join(', ')
    : `${numbers.slice(0, 6).join(', ')} and ${numbers.length - 6} more`;

const sub = (n: number): string => String(n).replaceAll(/\d/g, (digit) => '₀₁₂₃₄₅₆₇₈₉'[Number(digit)]!);
