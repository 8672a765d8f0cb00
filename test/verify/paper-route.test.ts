import * as assert from 'uvu/assert';
import { openOracle } from '../../src/oracles/oracles.ts';
import type { Oracle } from '../../src/oracles/oracle.ts';
import type { Cnf } from '../../src/problems/cnf.ts';
import { InputError } from '../../src/problems/input-error.ts';
import { families } from '../../src/problems/families/families.ts';
import { attentionForms } from '../../reductions/paper-route.ts';
import { paperSize, requirePaperFeasible } from '../../src/verify/paper-limits.ts';
import {
  preparePaperRoute,
  solveByPaperRoute,
  verifyByPaperRoute,
  type PaperVerifyOptions,
} from '../../src/verify/paper-route.ts';
import { solveSparsified, verifySparsified } from '../../src/verify/sparsified.ts';
import { suite } from '../support/harness.ts';

const plain: PaperVerifyOptions = {
  pure: false,
  prune: false,
  split: 'order',
  form: 'strengthened',
  dtype: 'f64',
  scaleName: 'linear',
  tolerance: 0.25,
  memory: 2 ** 31,
};

const satisfiable: Cnf = {
  variables: 3,
  clauses: [
    [1, 2],
    [-1, 3],
    [-2, -3],
    [1, -3],
    [2, 3],
    [-1, -2],
  ],
};
const unsatisfiable: Cnf = {
  variables: 2,
  clauses: [
    [1, 2],
    [-1, 2],
    [1, -2],
    [-1, -2],
  ],
};

/** An oracle whose outputs are changed before anyone sees them. */
const faulty = (inner: Oracle, change: (values: Float64Array) => void): Oracle => ({
  ...inner,
  attend: async (attention, options) => {
    const attended = await inner.attend(attention, options);
    change(attended.output.values);
    return attended;
  },
});

suite('verify/paper-route', (test) => {
  test('every form, both scales and formats wide enough: the answer comes back and every check agrees', async () => {
    const oracle = await openOracle('cpu');
    try {
      for (const form of attentionForms) {
        for (const [cnf, outcome] of [
          [satisfiable, 'yes'],
          [unsatisfiable, 'no'],
        ] as const) {
          for (const scaleName of ['linear', 'rsqrt'] as const) {
            for (const dtype of ['f64', 'f32'] as const) {
              if (form === 'published' && dtype === 'f32') continue; // its outputs underflow
              const { answer, checks } = await verifyByPaperRoute(
                cnf,
                { ...plain, form, scaleName, dtype },
                oracle,
              );
              assert.is(answer.outcome, outcome, `${form} ${scaleName} ${dtype}`);
              assert.equal(
                checks.map(({ name, agrees }) => `${name} ${agrees}`),
                [
                  ...(outcome === 'yes' ? ['model true'] : []),
                  'sat-solver true',
                  'orthogonal-vectors true',
                  'gap-max-ip true',
                ],
              );
            }
          }
        }
      }
    } finally {
      await oracle.close();
    }
  });

  test('twelve clauses over six variables, satisfiable by one assignment only, come back', async () => {
    const cnf: Cnf = {
      variables: 6,
      clauses: [
        [1, 2],
        [-1, 2],
        [1, -2],
        [3, -1],
        [3, 4],
        [-3, 4],
        [5, -4],
        [5, 6],
        [-5, 6],
        [1, 3, 5],
        [2, 4, 6],
        [-2, 6],
      ],
    };
    const oracle = await openOracle('cpu');
    try {
      const { answer, checks } = await verifyByPaperRoute(cnf, plain, oracle);
      assert.equal(answer.outcome === 'yes' ? answer.witness : answer, [true, true, true, true, true, true]);
      assert.ok(checks.every(({ agrees }) => agrees));
    } finally {
      await oracle.close();
    }
  });

  test('an oracle with a fault is refuted, inconclusive or caught by a check: never agreed with', async () => {
    const oracle = await openOracle('reference');
    const faults: Readonly<Record<string, (values: Float64Array) => void>> = {
      zeros: (y) => y.fill(0),
      ones: (y) => y.fill(1),
      half: (y) => y.fill(0.5),
      NaN: (y) => (y[3] = NaN),
    };
    for (const [name, change] of Object.entries(faults)) {
      try {
        const { answer, checks } = await verifyByPaperRoute(satisfiable, plain, faulty(oracle, change));
        assert.ok(answer.outcome === 'inconclusive' || checks.some(({ agrees }) => !agrees), name);
      } catch (error) {
        assert.instance(error, InputError, `${name}: ${String(error)}`);
        assert.match((error as InputError).fault.code, /^output-/);
      }
    }
  });

  test('figures and announcement say what was made, and the bounds on sizes hold', async () => {
    const oracle = await openOracle('reference');
    for (const form of attentionForms) {
      const said: string[] = [];
      const options = { ...plain, form, onSize: (text: string) => said.push(text), withLedger: true };
      const { instance, prepared, ledger } = await solveByPaperRoute(satisfiable, options, oracle);
      const small = prepared.small;
      const size = paperSize(small.variables, small.clauses.length, form);
      assert.ok(
        instance.headDim <= size.headDim,
        `${instance.headDim} columns, at most ${size.headDim} announced`,
      );
      assert.ok(instance.queries <= size.queries && instance.keys <= size.keys);
      const { q, k } = prepared.attention;
      assert.equal([instance.queries, instance.keys, instance.headDim], [q.rows, k.rows, q.columns]);
      assert.equal(said, [
        '3 variables and 6 clauses after preprocessing: 5 instances of gap Max-IP of dimension 625 (T = 3, ℓ = 2, q = 5)',
      ]);
      assert.ok(ledger!.some(({ parameter, actual }) => parameter === 'instances' && actual === '5'));
    }
  });

  test('formulas beyond the route are told what they would need before anything is made', () => {
    const cnf = families['uniform']!.generate({ variables: 12 }, 1).cnf;
    let thrown: unknown;
    try {
      preparePaperRoute(cnf, plain);
    } catch (error) {
      thrown = error;
    }
    assert.instance(thrown, InputError);
    assert.match(
      (thrown as InputError).message,
      /expected at most \d+ clauses after preprocessing, for 12 variables, found \d+: \S+ instances of gap Max-IP of dimension \S+ \(T = \d+, ℓ = \d+, q = \d+\), \S+ GiB and \S+ products; .*minimax/,
    );
  });

  test('what is at most one clause is said in the singular', () => {
    const clauses = [[1], [-1], [1], [-1], [1], [-1]];
    const only = paperSize(1, 1, 'strengthened').bytes;
    assert.throws(
      () => requirePaperFeasible({ variables: 1, clauses }, 'strengthened', only, ({ bytes }) => bytes),
      /expected at most 1 clause after preprocessing, for 1 variable, found 6: /,
    );
  });

  test('parameters too small for the clauses are refused', () => {
    let thrown: unknown;
    try {
      preparePaperRoute(satisfiable, { ...plain, pcp: { blocks: 2, length: 2, field: 5 } });
    } catch (error) {
      thrown = error;
    }
    assert.match(String(thrown), /6 places/);
  });

  test('sparsified, the leaves are solved one at a time until one is satisfiable, and checked against the whole', async () => {
    const oracle = await openOracle('reference');
    const options = { thresholds: [2] };
    const chain = (leaf: Cnf) => solveByPaperRoute(leaf, { ...plain, form: 'direct' }, oracle);
    const found = await verifySparsified(satisfiable, options, chain);
    assert.is(found.answer.outcome, 'yes');
    assert.equal(
      found.checks.map(({ name, agrees }) => [name, agrees]),
      [
        ['model', true],
        ['sat-solver', true],
      ],
    );
    const none = await verifySparsified(unsatisfiable, options, chain);
    assert.is(none.answer.outcome, 'no');
    assert.ok(none.leaves! >= 2);
    assert.ok(none.checks.every(({ agrees }) => agrees));
    const solved = await solveSparsified(satisfiable, options, chain);
    assert.is(solved.answer.outcome === 'yes' && solved.answer.count, null);
  });
});
