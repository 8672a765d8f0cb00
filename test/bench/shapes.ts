/** What the peers are measured on: dense random matrices, and the instances that reductions make. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { entries, denseMatrix, type Attention } from '../../src/problems/attention.ts';
import { families } from '../../src/problems/families/families.ts';
import { plainSplit } from '../../reductions/split-and-list.ts';
import { carefulError } from '../../src/oracles/careful-kernel.ts';
import { prepare } from '../../src/verify/prepare.ts';
import type { Task } from './task.ts';

export type BenchDtype = Task['dtype'];

export interface BenchShape {
  readonly name: string;
  readonly dtype: BenchDtype;
  readonly make: () => Made;
}

export interface Made {
  readonly attention: Attention;
  /** Nodes of the readout where the queries are the same vectors at several scales; 1 for dense matrices. */
  readonly nodes: number;
}

/** Standard-normal matrices with kernels' scale 1/√d: logits are of about the size that they have in a model. */
export const dense = (n: number, d: number, valueDim: number, dtype: BenchDtype): BenchShape => ({
  name: `dense n=${n} d=${d} dv=${valueDim}`,
  dtype,
  make: () => {
    const draw = normal(n + d + valueDim);
    const matrix = (columns: number): Attention['q'] =>
      denseMatrix(
        n,
        columns,
        Float64Array.from({ length: n * columns }, () => rounded(dtype, draw())),
      );
    return {
      attention: { q: matrix(d), k: matrix(d), v: matrix(valueDim), scale: 1 / Math.sqrt(d), dtype },
      nodes: 1,
    };
  },
});

/** The instance of a random 3-SAT formula with a planted model, at the bound B that the planner chooses. */
export const instance = (variables: number, clauses: number, dtype: BenchDtype): BenchShape => ({
  name: `instance of ${variables} variables`,
  dtype,
  make: () => {
    const { cnf } = families['planted']!.generate({ variables, clauses, width: 3 }, 1);
    const options = { ...plainSplit, route: 'minimax', dtype, scaleName: 'linear', witness: 'scan' } as const;
    const { attention, plan } = prepare(cnf, options, () => carefulError(dtype));
    return { attention, nodes: plan.readout.scales.length };
  },
});

const dtypes = ['f64', 'f32'] as const;

/** The whole set: dense shapes, then instances, each in both formats. */
export const allShapes: readonly BenchShape[] = [
  ...[4096, 16384].flatMap((n) =>
    [32, 64, 128].flatMap((d) => [1, 4, 64].flatMap((dv) => dtypes.map((dtype) => dense(n, d, dv, dtype)))),
  ),
  ...[[20, 91] as const, [26, 111] as const].flatMap(([variables, clauses]) =>
    dtypes.map((dtype) => instance(variables, clauses, dtype)),
  ),
];

/** A few that end within two minutes. */
export const quickShapes: readonly BenchShape[] = dtypes.flatMap((dtype) => [
  dense(4096, 64, 1, dtype),
  instance(20, 91, dtype),
]);

/** Writes the matrices as a task in a folder of its own. */
export function writeTask({ q, k, v, scale, dtype }: Attention, folder: string): Task {
  mkdirSync(folder, { recursive: true });
  for (const [name, matrix] of Object.entries({ q, k, v })) {
    const all = entries(matrix);
    writeFileSync(
      join(folder, name),
      new Uint8Array((dtype === 'f64' ? all : Float32Array.from(all)).buffer),
    );
  }
  return {
    folder,
    dtype: dtype === 'f64' ? 'f64' : 'f32',
    scale,
    queries: q.rows,
    keys: k.rows,
    headDim: q.columns,
    valueDim: v.columns,
  };
}

const rounded = (dtype: BenchDtype, x: number): number => (dtype === 'f64' ? x : Math.fround(x));

/** Normal numbers by Box and Muller from a linear congruential generator, the same ones for a seed. */
function normal(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
