/** The ways from a formula to an answer that a campaign compares: every route with every oracle in every format. */
import type { Answer } from '../../src/problems/answer.ts';
import { isModel, type Assignment, type Cnf } from '../../src/problems/cnf.ts';
import { dtypes, type Dtype } from '../../src/problems/dtype.ts';
import { familyNames } from './formulas.ts';
import { InputError } from '../../src/problems/input-error.ts';
import type { Oracle } from '../../src/oracles/oracle.ts';
import { carryBack } from '../../src/verify/carry-back.ts';
import { carefulError } from '../../src/oracles/careful-kernel.ts';
import { solveByPaperRoute } from '../../src/verify/paper-route.ts';
import { prepare, type EncodeOptions } from '../../src/verify/prepare.ts';

export interface Cell {
  readonly route: string;
  readonly dtype: Dtype;
}

export interface Way {
  readonly name: string;
  readonly oracle: string;
  /** The place in the table of routes, oracles and formats. */
  readonly cell: Cell;
  /** Whether the formula is small enough for it, and this one's turn: slow ways are gone by some formulas only. */
  readonly takes: (cnf: Cnf, number: number) => boolean;
  readonly solve: (cnf: Cnf, oracle: Oracle) => Promise<Answer<Assignment>>;
}

const plain: EncodeOptions = {
  route: 'minimax',
  dtype: 'f64',
  scaleName: 'linear',
  witness: 'scan',
  prune: false,
  split: 'order',
};

/** Instances are planned for a careful kernel, as `seth generate` does, so that all oracles share one. */
function direct(oracle: string, options: Partial<EncodeOptions>, takes: Way['takes'] = always): Way {
  const all = { ...plain, ...options };
  const changes = Object.entries(options).map(([name, value]) => (value === true ? name : String(value)));
  return {
    name: `${changes.join(' ')}, ${oracle}`,
    oracle,
    cell: { route: all.route, dtype: all.dtype },
    takes,
    async solve(cnf, opened) {
      const careful = carefulError(all.dtype);
      const prepared = prepare(cnf, all, () => careful);
      const { output } = await opened.attend(prepared.attention);
      const relative = Math.max(careful.relative, output.error.relative);
      const absolute = Math.max(careful.absolute, output.error.absolute);
      return carryBack(cnf, { ...output, error: { relative, absolute } }, all, prepared.options);
    },
  };
}

const forms = ['strengthened', 'published', 'direct', 'direct-published'] as const;

/** The paper's own route: a few clauses, and small instances. */
const paper = (
  form: (typeof forms)[number],
  dtype: Dtype,
  oracle: string,
  takes: Way['takes'] = always,
): Way => ({
  name: `closest-pair ${form} ${dtype}, ${oracle}`,
  oracle,
  cell: { route: 'closest-pair', dtype },
  takes: (cnf, number) => cnf.variables <= 8 && cnf.clauses.length <= 5 && takes(cnf, number),
  async solve(cnf, opened) {
    const options = {
      pure: false,
      prune: true,
      split: 'order',
      form,
      dtype,
      scaleName: 'linear',
      tolerance: 1e-6,
    } as const;
    return (await solveByPaperRoute(cnf, { ...options, memory: 2 ** 25 }, opened)).answer;
  },
});

const routes = ['threshold', 'minimax', 'interpolation'] as const;

/** One round of all families in so many. */
const everyRound =
  (rounds: number, of: (cnf: Cnf) => boolean = always): Way['takes'] =>
  (cnf, number) =>
    Math.floor(number / familyNames.length) % rounds === 0 && of(cnf);

function always(): boolean {
  return true;
}

/** How often a cell has its turn: what is slow, as the plans of minimax are, or another process, is gone more seldom. */
function turnOf(oracle: string, route: string, dtype: Dtype): Way['takes'] {
  if (oracle === 'polynomial') return everyRound(2, ({ clauses }) => clauses.length <= 4);
  if (oracle === 'reference') return everyRound(6, ({ variables }) => variables <= 8);
  if (oracle === 'command') return everyRound(12, ({ variables }) => variables <= 8);
  const isHalf = dtype === 'f16' || dtype === 'bf16';
  return everyRound(route === 'minimax' ? 6 : isHalf ? 3 : 1);
}

const cpuOracles = ['cpu', 'cpu:dense', 'cpu:structured', 'reference', 'polynomial', 'command'];

/** Every route with every oracle in every format, and what else there is to choose. */
export const ways: readonly Way[] = [
  ...cpuOracles.flatMap((oracle) =>
    dtypes.flatMap((dtype) => [
      ...routes.map((route) => direct(oracle, { route, dtype }, turnOf(oracle, route, dtype))),
      paper('strengthened', dtype, oracle, everyRound(oracle === 'command' ? 12 : 1)),
    ]),
  ),
  ...(['f64', 'f32'] as const).flatMap((dtype) =>
    ['cpu', 'cpu:dense'].flatMap((oracle) => [
      direct(oracle, { route: 'threshold', dtype, scaleName: 'rsqrt', witness: 'columns' }),
      direct(oracle, { route: 'threshold', dtype, prune: true, split: 'weight' }),
      direct(oracle, { route: 'interpolation', dtype, prune: true, witness: 'columns' }),
    ]),
  ),
  direct('cpu', { route: 'interpolation', dtype: 'f64', scaleName: 'rsqrt', split: 'weight' }),
  ...forms
    .filter((form) => form !== 'strengthened')
    .flatMap((form) => [paper(form, 'f64', 'cpu'), paper(form, 'f64', 'reference')]),
];

const small = ({ variables }: Cnf): boolean => variables <= 8;

/** Those of the graphics card, or of software that plays one, where an instance of 14 variables takes seconds. */
export const gpuWays: readonly Way[] = ['gpu:exact', 'gpu:f32', 'gpu:f64-emulated'].flatMap((oracle) =>
  dtypes.flatMap((dtype) => [
    ...routes.map((route) => direct(oracle, { route, dtype }, small)),
    paper('strengthened', dtype, oracle),
  ]),
);

export type Outcome = 'right' | 'inconclusive' | 'refused' | 'wrong' | 'crash';

export interface Judged {
  readonly outcome: Outcome;
  /** Of a wrong answer or a crash: what was said. */
  readonly said?: string;
}

/** One case: a formula by one way, judged by the number of its models. An `InputError` is a refusal with a reason. */
export async function judge(way: Way, cnf: Cnf, oracle: Oracle, models: bigint): Promise<Judged> {
  try {
    const answer = await way.solve(cnf, oracle);
    if (answer.outcome === 'inconclusive') return { outcome: 'inconclusive' };
    if (answer.outcome === 'no') return models === 0n ? { outcome: 'right' } : wrong('unsatisfiable');
    if (!isModel(cnf, answer.witness)) return wrong(`a model that is none: ${answer.witness.join()}`);
    if (answer.count === null || answer.count === models) return { outcome: 'right' };
    return wrong(`${answer.count} models`);
  } catch (error) {
    if (error instanceof InputError) {
      const { code } = error.fault;
      // These two would mean that the oracle's output has not the error it claims.
      return code.startsWith('output-') ? wrong(error.message) : { outcome: 'refused', said: code };
    }
    return {
      outcome: 'crash',
      said: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
}

const wrong = (said: string): Judged => ({ outcome: 'wrong', said });
