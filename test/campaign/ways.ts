/** The ways from a formula to an answer that a campaign compares: every route with every oracle in every format. */
import type { Answer } from '../../src/problems/answer.ts';
import { isModel, type Assignment, type Cnf } from '../../src/problems/cnf.ts';
import type { Dtype } from '../../src/problems/dtype.ts';
import { familyNames } from './formulas.ts';
import { InputError } from '../../src/problems/input-error.ts';
import type { Oracle } from '../../src/oracles/oracle.ts';
import { carryBack } from '../../src/verify/carry-back.ts';
import { carefulError } from '../../src/oracles/careful-kernel.ts';
import { solveByPaperRoute } from '../../src/verify/paper-route.ts';
import { prepare, type EncodeOptions } from '../../src/verify/prepare.ts';

export interface Way {
  readonly name: string;
  readonly oracle: string;
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
const paper = (form: (typeof forms)[number], dtype: Dtype, oracle: string): Way => ({
  name: `closest-pair ${form} ${dtype}, ${oracle}`,
  oracle,
  takes: (cnf) => cnf.variables <= 8 && cnf.clauses.length <= 5,
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

/** One round of all families in six is gone by the slow ways: minimax, for its plans, and the reference. */
const hasTurn = (number: number): boolean => Math.floor(number / familyNames.length) % 6 === 0;
const always = (): boolean => true;

export const ways: readonly Way[] = [
  ...routes.flatMap((route) =>
    (['f64', 'f32'] as const).flatMap((dtype) => [
      ...['cpu', 'cpu:dense', 'cpu:structured'].map((oracle) =>
        direct(oracle, { route, dtype }, route === 'minimax' ? (_, number) => hasTurn(number) : always),
      ),
      direct('reference', { route, dtype }, (cnf, number) => cnf.variables <= 8 && hasTurn(number)),
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
  direct('cpu', { route: 'threshold', dtype: 'f16' }),
  direct('cpu', { route: 'threshold', dtype: 'bf16' }),
  direct('polynomial', { route: 'minimax', dtype: 'f64' }, (cnf) => cnf.clauses.length <= 4),
  ...forms.flatMap((form) => [paper(form, 'f64', 'cpu'), paper(form, 'f64', 'reference')]),
  paper('strengthened', 'f32', 'cpu:dense'),
];

/** Those of the graphics card, or of software that plays one. */
export const gpuWays: readonly Way[] = [
  ...routes.map((route) => direct('gpu:exact', { route, dtype: 'f64' })),
  direct('gpu:exact', { route: 'threshold', dtype: 'f32' }),
];

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
