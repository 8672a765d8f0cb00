/**
 * What a tolerance says of a kernel, and what becomes of the formula's answer: one formula with a planted model, 16
 * variables, in float32, as an instance of either route, and what the decoder makes of each kernel's output.
 */
import { carefulError } from '../../../src/oracles/careful-kernel.ts';
import { referenceOracle } from '../../../src/oracles/reference.ts';
import { planted } from '../../../src/problems/families/planted.ts';
import { InputError } from '../../../src/problems/input-error.ts';
import { carryBack } from '../../../src/verify/carry-back.ts';
import { prepare } from '../../../src/verify/prepare.ts';
import { plainSplit } from '../../../reductions/split-and-list.ts';
import { faults } from './faulty.ts';
import { kernelOracle, type Kernel } from './kernel.ts';
import { plainKernel } from './plain.ts';

export interface Tolerated {
  readonly route: string;
  readonly fault: string;
  /** The share of the rows within 1e-2 of the true ones. */
  readonly close: number;
  /** numpy's allclose, with both tolerances at 1e-2. */
  readonly allclose: boolean;
  /** What the decoder says, which was told that the output has the error of a careful kernel. */
  readonly answer: string;
}

const right = plainKernel();

/** Attention to the keys 0, 4, 8, … */
const everyFourth: Kernel = (matrices) => {
  const { k, v, keys, headDim, valueDim } = matrices;
  const kept = (matrix: Float64Array, columns: number): Float64Array =>
    matrix.filter((_, e) => Math.floor(e / columns) % 4 === 0);
  return right({ ...matrices, k: kept(k, headDim), v: kept(v, valueDim), keys: Math.ceil(keys / 4) });
};

const planted16 = planted.generate({ variables: 16, clauses: 76 }, 2).cnf;

const zeros: Kernel = ({ queries, valueDim }) => new Float64Array(queries * valueDim);

const half = 'f16 accumulation';

/** The right kernel and three wrong ones on the instances of two routes. */
export async function tolerated(): Promise<readonly Tolerated[]> {
  const none = ['none', right] as const;
  const coarse = [['returns zeros', zeros] as const, ['keeps every fourth key', everyFourth] as const];
  const rough = [half, faults.find(({ name }) => name === half)!.make()] as const;
  return [...(await onRoute('threshold', [none, ...coarse])), ...(await onRoute('minimax', [none, rough]))];
}

/** The table of docs/stress.md, line by line. */
export const toleranceTable = (all: readonly Tolerated[]): readonly string[] => [
  '| readout | fault | rows within 1e-2 | allclose, 1e-2 | what the decoder says |',
  '| --- | --- | --- | --- | --- |',
  ...all.map(
    ({ route, fault, close, allclose, answer }) =>
      `| ${route} | ${fault} | ${(100 * close).toFixed(1)}% | ${allclose ? 'passes' : 'fails'} | ${answer} |`,
  ),
];

async function onRoute(
  route: 'threshold' | 'minimax',
  kernels: readonly (readonly [string, Kernel])[],
): Promise<Tolerated[]> {
  const options = { ...plainSplit, route, dtype: 'f32', scaleName: 'linear', witness: 'scan' } as const;
  const { attention, options: given } = prepare(planted16, options, () => carefulError('f32'));
  const { values: exact } = (await referenceOracle().attend(attention)).output;
  const found: Tolerated[] = [];
  for (const [fault, kernel] of kernels) {
    const { output } = await kernelOracle(fault, kernel).attend(attention);
    const off = output.values.map((y, e) => Math.abs(y - exact[e]!));
    let answer: string;
    try {
      const decoded = carryBack(planted16, output, options, given);
      answer =
        decoded.outcome === 'yes'
          ? `satisfiable, ${decoded.count ?? 'some'} models`
          : decoded.outcome === 'no'
            ? 'unsatisfiable'
            : 'unknown';
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      answer = `refused, ${error.fault.code}`;
    }
    found.push({
      route,
      fault,
      close: off.filter((x) => x <= 1e-2).length / off.length,
      allclose: off.every((x, e) => x <= 1e-2 * (1 + Math.abs(exact[e]!))),
      answer,
    });
  }
  return found;
}
