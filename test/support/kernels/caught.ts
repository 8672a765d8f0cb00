/** Which rung catches which of the twelve faults. */
import { runRung } from '../../../src/experiments/stress/run.ts';
import { buildRung, type Rung } from '../../../src/experiments/stress/rung.ts';
import { suiteRungs } from '../../../src/experiments/stress/suite.ts';
import type { Dtype } from '../../../src/problems/dtype.ts';
import { faults } from './faulty.ts';
import { kernelOracle, type Kernel } from './kernel.ts';
import { plainKernel } from './plain.ts';

/** Dtypes whose ladders the faults are tried on. */
export const triedDtypes: readonly Dtype[] = ['f64', 'f32', 'f16'];

export interface Caught {
  readonly fault: string;
  /** The first rung of each ladder that fails; null where none does. */
  readonly rungs: Readonly<Partial<Record<Dtype, string | null>>>;
}

/** The quick suite against the right kernel, which nothing catches, and against each faulty one. */
export async function catchFaults(dtypes: readonly Dtype[] = triedDtypes): Promise<readonly Caught[]> {
  const ladders = dtypes.map((dtype) => [dtype, suiteRungs('quick', [dtype]).map(buildRung)] as const);
  const all = [{ name: 'none', make: () => plainKernel() }, ...faults];
  const caught: Caught[] = [];
  for (const { name, make } of all) {
    const rungs: Partial<Record<Dtype, string | null>> = {};
    for (const [dtype, ladder] of ladders) rungs[dtype] = await firstFailed(ladder, make());
    caught.push({ fault: name, rungs });
  }
  return caught;
}

async function firstFailed(ladder: readonly Rung[], kernel: Kernel): Promise<string | null> {
  const oracle = kernelOracle('kernel', kernel);
  for (const rung of ladder) {
    const { passed } = await runRung(rung, oracle);
    if (!passed) return rung.spec.id;
  }
  return null;
}

/** The table of docs/stress.md, line by line. */
export const caughtTable = (caught: readonly Caught[]): readonly string[] => [
  `| fault | ${triedDtypes.join(' | ')} |`,
  `| --- | ${triedDtypes.map(() => '---').join(' | ')} |`,
  ...caught.map(
    ({ fault, rungs }) =>
      `| ${fault} | ${triedDtypes.map((dtype) => (rungs[dtype] === null ? 'below the demand' : `\`${rungs[dtype]}\``)).join(' | ')} |`,
  ),
];
