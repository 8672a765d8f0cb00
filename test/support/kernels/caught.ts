/** Which rung catches which of the faults, and whether a test with random matrices and a tolerance does. */
import { denseMatrix, type Attention } from '../../../src/problems/attention.ts';
import { random } from '../../../src/problems/families/random.ts';
import { referenceOracle } from '../../../src/oracles/reference.ts';
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
  /** Does the fault get through `randomTest` in float32? */
  readonly passesRandomTest: boolean;
}

/** The quick suite against the right kernel, which nothing catches, and against each faulty one. */
export async function catchFaults(dtypes: readonly Dtype[] = triedDtypes): Promise<readonly Caught[]> {
  const ladders = dtypes.map((dtype) => [dtype, suiteRungs('quick', [dtype]).map(buildRung)] as const);
  const all = [{ name: 'none', make: () => plainKernel() }, ...faults];
  const caught: Caught[] = [];
  const passes = await randomTest();
  for (const { name, make } of all) {
    const rungs: Partial<Record<Dtype, string | null>> = {};
    for (const [dtype, ladder] of ladders) rungs[dtype] = await firstFailed(ladder, make());
    caught.push({ fault: name, rungs, passesRandomTest: await passes(make()) });
  }
  return caught;
}

/**
 * The usual test: normal Q, K and V, 256 rows, d = 64, scaled by 1/√d, in float32, and numpy's allclose with both tolerances
 * at 1e-2.
 */
async function randomTest(): Promise<(kernel: Kernel) => Promise<boolean>> {
  const draw = random(3);
  // The sum of twelve uniform numbers less 6 is near enough to normal for this.
  const normal = (): number =>
    Array.from({ length: 12 }, () => draw.next() / 2 ** 32).reduce((a, b) => a + b) - 6;
  const matrix = (columns: number): Attention['q'] =>
    denseMatrix(
      256,
      columns,
      Float64Array.from({ length: 256 * columns }, () => Math.fround(normal())),
    );
  const attention: Attention = { q: matrix(64), k: matrix(64), v: matrix(64), scale: 1 / 8, dtype: 'f32' };
  const { output: exact } = await referenceOracle().attend(attention);
  return async (kernel) => {
    const { output } = await kernelOracle('kernel', kernel).attend(attention);
    return output.values.every(
      (y, e) => Math.abs(y - exact.values[e]!) <= 1e-2 + 1e-2 * Math.abs(exact.values[e]!),
    );
  };
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
  `| fault | random matrices, 1e-2 | ${triedDtypes.join(' | ')} |`,
  `| --- | --- | ${triedDtypes.map(() => '---').join(' | ')} |`,
  ...caught.map(
    ({ fault, rungs, passesRandomTest }) =>
      `| ${fault} | ${passesRandomTest ? 'passes' : 'fails'} | ${triedDtypes.map((dtype) => (rungs[dtype] === null ? 'below the demand' : `\`${rungs[dtype]}\``)).join(' | ')} |`,
  ),
];
