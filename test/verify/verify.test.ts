import * as assert from 'uvu/assert';
import type { Oracle } from '../../src/oracles/oracle.ts';
import { openOracle } from '../../src/oracles/oracles.ts';
import { isModel, type Cnf } from '../../src/problems/cnf.ts';
import { InputError } from '../../src/problems/input-error.ts';
import { plainSplit } from '../../reductions/split-and-list.ts';
import { parseDimacs } from '../../src/formats/dimacs.ts';
import { countModels } from '../../src/solvers/brute-force.ts';
import { solveByAttention, verifyFormula, type VerifyOptions } from '../../src/verify/verify.ts';
import { readFileSync } from 'node:fs';
import { sharedCnf } from '../support/shared-cnf.ts';
import { suite } from '../support/harness.ts';

const plain: VerifyOptions = {
  ...plainSplit,
  route: 'minimax',
  dtype: 'f64',
  scaleName: 'linear',
  witness: 'scan',
  memory: 2 ** 32,
};

const everyWay: readonly (readonly [name: string, oracle: string, options: Partial<VerifyOptions>])[] = [
  ['minimax f64', 'cpu', {}],
  ['minimax f32', 'cpu', { dtype: 'f32' }],
  ['interpolation f64', 'cpu', { route: 'interpolation' }],
  ['threshold f64', 'cpu', { route: 'threshold' }],
  ['threshold f32', 'cpu', { route: 'threshold', dtype: 'f32' }],
  [
    'minimax f64, pruned, light halves, columns, 1/√d',
    'cpu',
    { prune: true, split: 'weight', witness: 'columns', scaleName: 'rsqrt' },
  ],
  ['minimax f64 by the reference', 'reference', { prune: true }],
  ['minimax f32 by the reference', 'reference', { prune: true, dtype: 'f32' }],
  [
    'interpolation f64 by the reference',
    'reference',
    { prune: true, split: 'weight', route: 'interpolation' },
  ],
  ['threshold f64 by the reference', 'reference', { route: 'threshold', prune: true }],
];

/** A formula of 10 variables with a few models. */
const small: Cnf = parseDimacs(readFileSync('instances/random-3sat-12-s1.cnf', 'utf8')).cnf;

/** An oracle whose outputs are changed before anyone sees them. */
const faulty = (inner: Oracle, change: (values: Float64Array) => void): Oracle => ({
  ...inner,
  attend: async (attention, options) => {
    const attended = await inner.attend(attention, options);
    change(attended.output.values);
    return attended;
  },
});

suite('verify/verify', (test) => {
  for (const [name, oracleName, options] of everyWay) {
    test(`${name}: published formulas come back with their numbers of models, and every check agrees`, async () => {
      const index = sharedCnf('counts.tsv');
      if (index === null) return;
      const rows = readFileSync(index, 'utf8')
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split('\t') as [string, string, string, string]);
      // All of SATCH's but the largest, and some of SATLIB's; test/bench/counts.ts runs all of them.
      const isSome = oracleName === 'cpu' ? /uf20-0(1|12|18)\.cnf/ : /uf20-0(1|12)\.cnf/;
      const some = rows.filter(([file, v]) =>
        file.startsWith('satch') ? Number(v) <= (oracleName === 'cpu' ? 20 : 12) : isSome.test(file),
      );
      assert.ok(some.length >= 20, `${some.length} formulas`);
      const oracle = await openOracle(oracleName);
      try {
        for (const [file, , , models] of some) {
          const { cnf } = parseDimacs(readFileSync(sharedCnf(file)!, 'utf8'));
          const { answer, checks } = await verifyFormula(cnf, { ...plain, ...options }, oracle);
          assert.is(
            answer.outcome,
            models === '0' ? 'no' : 'yes',
            `${file}: ${JSON.stringify(answer, (_, x: unknown) => (typeof x === 'bigint' ? String(x) : x))}`,
          );
          if (answer.outcome === 'yes') {
            assert.is(String(answer.count), models, file);
            assert.ok(isModel(cnf, answer.witness), file);
          }
          assert.equal(
            checks.map((check) => check.name),
            answer.outcome === 'yes'
              ? ['model', 'sat-solver', 'orthogonal-vectors']
              : ['sat-solver', 'orthogonal-vectors'],
          );
          assert.ok(
            checks.every((check) => check.agrees),
            `${file}: ${JSON.stringify(checks)}`,
          );
          assert.ok(answer.certificate.bias + answer.certificate.noise < 0.5);
          assert.ok(answer.certificate.worst <= answer.certificate.bias + answer.certificate.noise);
        }
      } finally {
        await oracle.close();
      }
    });
  }

  test('half precision decodes, from a plan that says it rests on a sample', async () => {
    const oracle = await openOracle('cpu');
    try {
      for (const file of ['random-3sat-20-s1.cnf', 'random-3sat-20-s4.cnf']) {
        const { cnf } = parseDimacs(readFileSync(`instances/${file}`, 'utf8'));
        for (const dtype of ['f16', 'bf16'] as const) {
          const { answer, sampled, checks } = await verifyFormula(cnf, { ...plain, dtype }, oracle);
          const models = countModels(cnf);
          assert.is(
            answer.outcome === 'yes' ? answer.count : answer.outcome,
            models === 0n ? 'no' : models,
            `${file} ${dtype}`,
          );
          assert.ok(checks.every(({ agrees }) => agrees));
          assert.ok(sampled);
        }
      }
    } finally {
      await oracle.close();
    }
  });

  test('the figures say what was attended', async () => {
    const oracle = await openOracle('reference');
    const { instance, prepared, seconds, claimedError } = await solveByAttention(small, plain, oracle);
    assert.is(instance.vectors, 64);
    assert.is(instance.queries, 64 * instance.nodes);
    assert.is(instance.keys, 64 + prepared.options.pads.count);
    assert.is(instance.headDim, small.clauses.length + 1);
    assert.is(instance.boundOverSqrtLog, instance.bound / Math.sqrt(Math.log(64)));
    assert.ok(claimedError > 0 && claimedError < 1e-13);
    assert.ok(Object.values(seconds).every((s) => s >= 0));
    // In the paper's scale B is the same for both scales, up to the coarse grid of bounds.
    const rsqrt = await solveByAttention(small, { ...plain, scaleName: 'rsqrt' }, oracle);
    assert.ok(rsqrt.instance.bound < instance.bound / 2);
    assert.ok(Math.abs(rsqrt.instance.boundOverSqrtLog / instance.boundOverSqrtLog - 1) < 0.02);
  });

  test('an oracle with a fault is refuted, inconclusive or caught by a check: never agreed with', async () => {
    const oracle = await openOracle('reference');
    const faults: Readonly<Record<string, (values: Float64Array) => void>> = {
      zeros: (y) => y.fill(0),
      'one row shifted': (y) => y.copyWithin(1, 0),
      'three digits': (y) => y.forEach((value, at) => (y[at] = Number(value.toPrecision(3)))),
      'float32 sold as float64': (y) => y.forEach((value, at) => (y[at] = Math.fround(value))),
      'a quarter of the mass': (y) => y.forEach((value, at) => (y[at] = value / 4)),
      NaN: (y) => (y[17] = NaN),
    };
    for (const [name, change] of Object.entries(faults)) {
      try {
        const { answer, checks } = await verifyFormula(small, plain, faulty(oracle, change));
        assert.ok(
          answer.outcome === 'inconclusive' || checks.some(({ agrees }) => !agrees),
          `${name} was agreed with`,
        );
      } catch (error) {
        assert.instance(error, InputError, `${name}: ${String(error)}`);
        assert.match((error as InputError).fault.code, /^output-/);
      }
    }
  });

  test('a formula beyond memory is refused before anything is made', async () => {
    const oracle = await openOracle('reference');
    const big: Cnf = { variables: 40, clauses: [[40]] };
    try {
      await solveByAttention(big, { ...plain, memory: 2 ** 20 }, oracle);
    } catch (error) {
      assert.match(String(error), /40 variables: 2\^20 vectors/);
      return;
    }
    assert.unreachable();
  });

  test('progress rises over attention and brute force, and ends at 1', async () => {
    const oracle = await openOracle('cpu');
    const shares: number[] = [];
    const onProgress = (done: number): void => void shares.push(done);
    await verifyFormula(small, { ...plain, onProgress }, oracle);
    await oracle.close();
    assert.is(shares[0], 0);
    assert.is(shares.at(-1), 1);
    assert.ok(
      shares.length > 3 && shares.every((share, k) => k === 0 || share >= shares[k - 1]!),
      shares.join(' '),
    );
  });
});
