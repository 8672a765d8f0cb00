import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { Reduction } from '../../reductions/reduction.ts';
import { mapWitness } from '../../src/problems/answer.ts';
import type { Answer } from '../../src/problems/answer.ts';
import { isModel } from '../../src/problems/cnf.ts';
import type { Assignment, Cnf } from '../../src/problems/cnf.ts';
import { allModels } from '../../src/solvers/brute-force.ts';
import { suite } from './harness.ts';
import { everyAnswer, reductionLaw } from './laws.ts';

type Arrow = Reduction<Cnf, Cnf, Answer<Assignment>, Answer<Assignment>, null>;

/** Renames every literal to its negation: the smallest reduction that has something to carry back. */
const negate: Arrow = {
  theorem: 'renaming',
  encode: ({ variables, clauses }) => ({ variables, clauses: clauses.map((c) => c.map((l) => -l)) }),
  decode: (_, answer) => mapWitness(answer, (model) => model.map((value) => !value)),
  ledger: () => [],
};

const sources = fc.integer({ min: 1, max: 4 }).chain((variables) =>
  fc.record({
    variables: fc.constant(variables),
    clauses: fc.array(
      fc.array(
        fc.integer({ min: 1, max: variables }).chain((x) => fc.constantFrom(x, -x)),
        { minLength: 1, maxLength: 3 },
      ),
      { maxLength: 12 },
    ),
  }),
);

const holds = (reduction: Arrow, change: { sources?: fc.Arbitrary<Cnf>; silent?: boolean } = {}) =>
  reductionLaw(
    {
      reduction,
      sources: change.sources ?? sources,
      given: fc.constant(null),
      answers: (target) => (change.silent === true ? [] : everyAnswer(allModels(target))),
      solutions: allModels,
      isSolution: isModel,
      everyWitness: true,
      keepsCount: true,
    },
    { seed: 1, numRuns: 300 },
  );

async function fails(run: Promise<void>, why: RegExp): Promise<void> {
  const thrown = await run.then(
    () => null,
    (error: unknown) => error,
  );
  assert.instance(thrown, Error);
  const { message, cause } = thrown as Error;
  assert.match(`${message} ${cause instanceof Error ? cause.message : ''}`, why);
}

suite('support/laws', (test) => {
  test('the law holds for a right reduction', () => holds(negate));

  test('the law sees a witness that is no solution', () =>
    fails(holds({ ...negate, decode: (_, answer) => answer }), /no solution/));

  test('the law sees a reduction that makes a NO from a YES', () =>
    fails(
      holds({
        ...negate,
        encode: (source, given) => {
          const { variables, clauses } = negate.encode(source, given);
          return { variables, clauses: [...clauses, [1]] };
        },
      }),
      /came back/,
    ));

  test('the law sees a reduction that makes a YES from a NO', () =>
    fails(
      holds({
        ...negate,
        encode: (source, given) => {
          const { variables, clauses } = negate.encode(source, given);
          return { variables, clauses: clauses.slice(0, 8) };
        },
      }),
      /came back yes, is no/,
    ));

  test('the law sees witnesses that never come back though the decision is right', () =>
    fails(
      holds({
        ...negate,
        decode: (source, answer) => mapWitness(answer, () => allModels(source)[0]!),
      }),
      /never came back/,
    ));

  test('the law sees a count that is lost', () =>
    fails(
      holds({
        ...negate,
        decode: (source, answer, given) => {
          const back = negate.decode(source, answer, given);
          return back.outcome === 'yes' ? { ...back, count: 1n } : back;
        },
      }),
      /came back with 1 solutions/,
    ));

  test('the law sees an inconclusive answer where the target was answered', () =>
    fails(
      holds({
        ...negate,
        decode: (_, { certificate }) => ({
          outcome: 'inconclusive',
          reason: 'noise',
          remedy: 'B',
          certificate,
        }),
      }),
      /came back inconclusive/,
    ));

  test('the law cannot pass without answers, or without both a YES and a NO', async () => {
    await fails(holds(negate, { silent: true }), /given no answer/);
    await fails(holds(negate, { sources: fc.constant({ variables: 1, clauses: [[1]] }) }), /0 times none/);
    await fails(
      holds(negate, { sources: fc.constant({ variables: 1, clauses: [[1], [-1]] }) }),
      /0 times a solution/,
    );
  });
});
