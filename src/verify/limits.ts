/** Sizes, known before anything is allocated. */
import { counted } from '../problems/counted.ts';
import type { Cnf } from '../problems/cnf.ts';
import { InputError } from '../problems/input-error.ts';

/** Beyond this the vectors alone outgrow any machine's memory and 2^44 inner products any patience. */
const mostVariables = 44;

/** Queries a left vector, at the upper end of what planners choose. */
const nodes = 30;

/**
 * Bytes that the chain needs for v variables and m clauses, at most: vectors, float64 keys twice (ours and the
 * oracle's), as many pads as keys, and outputs. Queries are streamed.
 */
export function chainBytes(variables: number, clauses: number, valueColumns: number): number {
  const n = 2 ** Math.ceil(variables / 2);
  const vectors = 2 * n * (Math.ceil(clauses / 32) * 4 + 4);
  const keys = 2 * n * (clauses + 1 + valueColumns) * 8;
  const outputs = n * nodes * valueColumns * 8;
  return vectors + keys + outputs;
}

/** Bytes of an instance file for the same. */
export function fileBytes(
  variables: number,
  clauses: number,
  valueColumns: number,
  elementBytes: number,
): number {
  const n = 2 ** Math.ceil(variables / 2);
  return n * (nodes + 2) * (clauses + 1) * elementBytes + 2 * n * valueColumns * elementBytes;
}

/** Throws an `InputError` when the formula is beyond the method or `bytes` is beyond `memory` (both in bytes). */
export function requireFeasible(
  { variables, clauses }: Cnf,
  memory: number,
  bytes: (variables: number, clauses: number) => number,
): void {
  const needed = bytes(variables, clauses.length);
  if (variables <= mostVariables && needed <= memory) return;
  let largest = Math.min(variables, mostVariables);
  while (largest > 0 && bytes(largest, clauses.length) > memory) largest -= 2;
  throw new InputError({
    code: 'too-large',
    expected: `at most ${Math.max(0, largest)} variables with ${counted(clauses.length, 'clause')} (${gigabytes(memory)} of memory)`,
    found: `${variables} variables: 2^${Math.ceil(variables / 2)} vectors on a side, ${gigabytes(needed)}`,
    hint: 'the method is quadratic in 2^(v/2): simplify the formula first, or use a SAT solver',
  });
}

function gigabytes(bytes: number): string {
  const value = bytes / 2 ** 30;
  return value >= 1e6 ? `${value.toExponential(1)} GiB` : `${value.toPrecision(3)} GiB`;
}
