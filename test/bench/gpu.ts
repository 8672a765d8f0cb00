/**
 * `npm run bench -- --gpu`: the modes of the gpu oracle beside the cpu's on the same matrices, on whatever adapter there
 * is, whose name is printed first. Each is the median of `runs` calls after one that does not count (shaders are
 * compiled, threads start); outputs are compared with those of cpu:dense within both claims.
 */
import { plainSplit } from '../../reductions/split-and-list.ts';
import { families } from '../../src/problems/families/families.ts';
import type { Attention } from '../../src/problems/attention.ts';
import type { Dtype } from '../../src/problems/dtype.ts';
import { gpuOracle } from '../../src/oracles/gpu/gpu.ts';
import { openOracle } from '../../src/oracles/oracles.ts';
import { claimOf } from '../../src/verify/verify.ts';
import { prepare } from '../../src/verify/prepare.ts';

/** The mode, what it is compared with, and the format of the instance. */
const rivals: readonly (readonly [mode: string, cpu: string, dtype: Dtype])[] = [
  ['gpu:exact', 'cpu:structured', 'f64'],
  ['gpu:f32', 'cpu:dense', 'f32'],
  ['gpu:f64-emulated', 'cpu:dense', 'f64'],
];

/** All modes, or the one that is asked for. */
export async function benchGpu(sizes: readonly number[], runs: number, only?: string): Promise<void> {
  const gpu = gpuOracle();
  const { adapter, failed } = await gpu.examine();
  await gpu.close();
  console.log(`${adapter.name}${adapter.software ? ' (software: nothing follows for graphics cards)' : ''}`);
  for (const [mode, why] of Object.entries(failed)) if (why !== undefined) console.log(`${mode}: ${why}`);
  const rows = [];
  for (const variables of sizes) {
    const clauses = Math.round(4.27 * variables);
    const { cnf } = families['uniform']!.generate({ variables, clauses, width: 3 }, 1);
    for (const [mode, cpu, dtype] of rivals.filter(([name]) => only === undefined || name === only)) {
      const oracle = await openOracle(mode);
      const options = {
        ...plainSplit,
        route: 'minimax',
        scaleName: 'linear',
        witness: 'scan',
        dtype,
      } as const;
      const { attention } = prepare(cnf, options, claimOf(oracle, dtype));
      await oracle.close();
      const ours = await timed(mode, attention, runs);
      const theirs = await timed(cpu, attention, runs);
      const pairs = attention.q.rows * attention.k.rows;
      const off = ours.values.reduce((most, x, e) => {
        const y = theirs.values[e]!;
        return Math.max(most, Math.abs(x - y) / (y * (ours.relative + theirs.relative) + 2 ** -120));
      }, 0);
      rows.push({
        variables,
        mode,
        queries: attention.q.rows,
        keys: attention.k.rows,
        d: attention.q.columns,
        'first s': round(ours.first),
        seconds: round(ours.seconds),
        'Gpairs/s': round(pairs / ours.seconds / 1e9),
        [`× cpu`]: `${round(ours.seconds / theirs.seconds)} (${cpu})`,
        'of claims': round(off),
      });
    }
  }
  console.table(rows);
}

interface Timed {
  /** Seconds of the first call and the median of the others. */
  readonly first: number;
  readonly seconds: number;
  readonly values: Float64Array;
  readonly relative: number;
}

async function timed(name: string, attention: Attention, runs: number): Promise<Timed> {
  const oracle = await openOracle(name);
  try {
    const { seconds: first, output } = await oracle.attend(attention);
    const times: number[] = [];
    for (let run = 0; run < runs; run++) times.push((await oracle.attend(attention)).seconds);
    const seconds = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!;
    return { first, seconds, values: output.values, relative: output.error.relative };
  } finally {
    await oracle.close();
  }
}

const round = (x: number): number => Number(x.toPrecision(3));
