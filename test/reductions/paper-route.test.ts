import fc from 'fast-check';
import * as assert from 'uvu/assert';
import {
  attentionForms,
  paperRoute,
  paperRouteAtOnce,
  type PaperRouteOptions,
} from '../../reductions/paper-route.ts';
import { sparsify } from '../../reductions/sparsify.ts';
import { InputError } from '../../src/problems/input-error.ts';
import { isModel, type Cnf } from '../../src/problems/cnf.ts';
import { solveWithLogicSolver } from '../../src/solvers/logic-solver.ts';
import { suite } from '../support/harness.ts';
import { attend, noisy } from '../support/gap-instances.ts';

const plain: PaperRouteOptions = {
  pure: true,
  prune: false,
  split: 'order',
  form: 'strengthened',
  dtype: 'f64',
  scaleName: 'linear',
  tolerance: 0.25,
};

/** Four clauses without a model, over x and y and, the second, z. */
const cores = [
  (x: number, y: number) => [
    [x, y],
    [-x, y],
    [x, -y],
    [-x, -y],
  ],
  (x: number, y: number, z: number) => [
    [-x, y],
    [-y, -x],
    [x, z],
    [-z, x],
  ],
];

/** Small formulas, clauses of two or three literals over few variables; every second one has a core without a model. */
const formulas = (maxVariables: number, maxClauses: number): fc.Arbitrary<Cnf> =>
  fc.integer({ min: 3, max: maxVariables }).chain((variables) => {
    const literals = (minLength: number): fc.Arbitrary<number[]> =>
      fc
        .uniqueArray(fc.tuple(fc.integer({ min: 1, max: variables }), fc.boolean()), {
          minLength,
          maxLength: 3,
          selector: ([x]) => x,
        })
        .map((some) => some.map(([x, positive]) => (positive ? x : -x)));
    return fc
      .record({
        core: fc.option(fc.tuple(fc.constantFrom(...cores), literals(3)), { freq: 2 }),
        rest: fc.array(literals(2), { minLength: 1, maxLength: maxClauses, size: 'max' }),
        at: fc.nat(),
      })
      .map(({ core, rest, at }) => {
        if (core === null) return { variables, clauses: rest };
        const [make, [x, y, z]] = core;
        const others = rest.slice(0, maxClauses - 4);
        const cut = at % (others.length + 1);
        return { variables, clauses: [...others.slice(0, cut), ...make(x!, y!, z!), ...others.slice(cut)] };
      });
  });

/** Runs the chain on formulas until both outcomes were seen often enough; compares with the SAT solver. */
async function agrees(
  sources: fc.Arbitrary<Cnf>,
  optionsArb: fc.Arbitrary<PaperRouteOptions>,
  answer: (cnf: Cnf, options: PaperRouteOptions) => Promise<ReturnType<typeof paperRoute.decode> | undefined>,
  numRuns: number,
): Promise<void> {
  const seen = { yes: 0, no: 0 };
  await fc.assert(
    fc.asyncProperty(sources, optionsArb, async (cnf, options) => {
      const carried = await answer(cnf, options);
      if (carried === undefined) return;
      const expected = solveWithLogicSolver(cnf) === null ? 'no' : 'yes';
      assert.is(carried.outcome, expected);
      if (carried.outcome === 'yes') assert.ok(isModel(cnf, carried.witness));
      seen[expected]++;
    }),
    { numRuns },
  );
  assert.ok(seen.yes >= numRuns / 10 && seen.no >= numRuns / 20, JSON.stringify(seen));
}

const splits = { prune: fc.boolean(), split: fc.constantFrom<'order' | 'weight'>('order', 'weight') };

suite('reductions/paper-route', (test) => {
  test('message by message: hundreds of random formulas, satisfiable and not, come back as the SAT solver says', () =>
    agrees(
      formulas(5, 9),
      fc
        .record({ ...splits, pure: fc.boolean() })
        .map((some) => ({ ...plain, ...some, form: 'direct' as const })),
      async (cnf, options) => {
        const outputs = [];
        for (const attention of paperRoute.encode(cnf, options)) outputs.push(await attend(attention));
        return paperRoute.decode(cnf, outputs, options);
      },
      200,
    ));

  test('all messages at once, by closest pairs: the same', () =>
    agrees(
      formulas(4, 7),
      fc.record({ ...splits, pure: fc.boolean() }).map((some) => ({ ...plain, ...some })),
      async (cnf, options) =>
        paperRouteAtOnce.decode(cnf, await attend(paperRouteAtOnce.encode(cnf, options)), options),
      200,
    ));

  test('under additive noise of 0.49 on every output the strengthened form still answers right', () =>
    agrees(
      formulas(4, 7),
      fc
        .record({ form: fc.constantFrom<'strengthened' | 'direct'>('strengthened', 'direct') })
        .map(({ form }) => ({
          ...plain,
          form,
          tolerance: 0.49,
        })),
      async (cnf, options) => {
        const output = await attend(paperRouteAtOnce.encode(cnf, options));
        const up = paperRouteAtOnce.decode(cnf, noisy(output, 0.49, 1), options);
        const down = paperRouteAtOnce.decode(cnf, noisy(output, 0.49, -1), options);
        const both = paperRouteAtOnce.decode(cnf, noisy(output, 0.49), options);
        assert.is(up.outcome, down.outcome);
        assert.is(up.outcome, both.outcome);
        return both;
      },
      100,
    ));

  test('as published: what f64 can hold comes back right, and the rest is refused', () => {
    let refused = 0;
    return agrees(
      formulas(4, 7),
      fc.constantFrom(
        { ...plain, form: 'published' as const },
        { ...plain, form: 'direct-published' as const },
      ),
      async (cnf, options) => {
        try {
          const attention = paperRouteAtOnce.encode(cnf, options);
          return paperRouteAtOnce.decode(cnf, await attend(attention), options);
        } catch (error) {
          assert.is((error as InputError).fault.code, 'form-underflows');
          assert.is(options.form, 'published');
          refused++;
          return undefined;
        }
      },
      100,
    ).then(() => assert.ok(refused < 80, `${refused} refused`));
  });

  test('sparsified, the chain over the leaves answers the formula', () => {
    const options = { ...plain, form: 'direct' as const };
    return agrees(
      formulas(4, 8),
      fc.constant(options),
      async (cnf) => {
        const answers = [];
        for (const leaf of sparsify.encode(cnf, { thresholds: [2] })) {
          const output = await attend(paperRouteAtOnce.encode(leaf, options));
          answers.push(paperRouteAtOnce.decode(leaf, output, options));
        }
        return sparsify.decode(cnf, answers, { thresholds: [2] });
      },
      60,
    );
  });

  test('a yes may end the messages early, and a list without one must be whole', async () => {
    const options = { ...plain, pure: false, form: 'direct' as const };
    const satisfiable: Cnf = {
      variables: 2,
      clauses: [
        [1, 2],
        [-1, 2],
        [1, -2],
      ],
    };
    const outputs = [];
    for (const attention of paperRoute.encode(satisfiable, options)) {
      outputs.push(await attend(attention));
      if (paperRoute.decode(satisfiable, outputs, options).outcome === 'yes') break;
    }
    assert.is(paperRoute.decode(satisfiable, outputs, options).outcome, 'yes');
    const unsatisfiable: Cnf = { variables: 2, clauses: [...satisfiable.clauses, [-1, -2]] };
    const all = [];
    for (const attention of paperRoute.encode(unsatisfiable, options)) all.push(await attend(attention));
    assert.is(paperRoute.decode(unsatisfiable, all, options).outcome, 'no');
    assert.is(paperRoute.decode(unsatisfiable, all.slice(1), options).outcome, 'inconclusive');
  });

  test('formulas that preprocessing settles, and those without variables or clauses, go through', async () => {
    const cases: readonly (readonly [Cnf, string])[] = [
      [{ variables: 0, clauses: [] }, 'yes'],
      [{ variables: 3, clauses: [] }, 'yes'],
      [{ variables: 0, clauses: [[]] }, 'no'],
      [{ variables: 1, clauses: [[1], [-1]] }, 'no'],
      [{ variables: 2, clauses: [[1, -1], [2]] }, 'yes'],
    ];
    for (const form of attentionForms) {
      for (const [cnf, expected] of cases) {
        const options = { ...plain, form };
        const answer = paperRouteAtOnce.decode(
          cnf,
          await attend(paperRouteAtOnce.encode(cnf, options)),
          options,
        );
        assert.is(answer.outcome, expected, `${form} ${JSON.stringify(cnf)}`);
        if (answer.outcome === 'yes') assert.ok(isModel(cnf, answer.witness));
      }
    }
  });

  test('the ledger goes through every arrow, from the variables to the error tolerated', () => {
    const cnf: Cnf = {
      variables: 3,
      clauses: [
        [1, 2],
        [-1, 3],
        [-2, -3],
        [1, -3],
      ],
    };
    const names = paperRoute.ledger(cnf, plain).map(({ parameter }) => parameter);
    for (const name of [
      'clauses',
      'n',
      'D',
      'instances',
      'inner products',
      '1+ε',
      'B',
      'B/√(ln n)',
      'additive error tolerated',
    ]) {
      assert.ok(names.includes(name), `${name} in ${names.join()}`);
    }
    assert.equal(
      paperRouteAtOnce.ledger(cnf, plain).map(({ parameter }) => parameter),
      names,
    );
  });
});
