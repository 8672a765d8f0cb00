import * as assert from 'uvu/assert';
import { points, transitionConfig } from '../../../src/experiments/transition/config.ts';
import { randomAttention } from '../../../src/experiments/transition/run.ts';
import { claimFor, weightError, weightsFor } from '../../../src/oracles/polynomial/claim.ts';
import { exponentialPolynomial } from '../../../src/oracles/polynomial/exponential.ts';
import { rankOf } from '../../../src/oracles/polynomial/monomials.ts';
import {
  mostMonomials,
  planFor,
  truncated,
  type Plan,
  type Sizes,
} from '../../../src/oracles/polynomial/plan.ts';
import { polynomialOracle } from '../../../src/oracles/polynomial/polynomial.ts';
import { degreeFor } from '../../../src/oracles/polynomial/series.ts';
import { InputError } from '../../../src/problems/input-error.ts';
import type { Attention } from '../../../src/problems/attention.ts';
import { suite } from '../../support/harness.ts';

const uniform = (log2n: number, d: number, bound: number): Attention =>
  randomAttention({ log2n, n: 2 ** log2n, d, gamma: 0, bound }, 1);

/** The error of weights by the polynomial of that degree for [-M, M], in a plan of that many keys and coordinates. */
const errorOf = (M: number, degree: number, plan: Plan, keys: number, headDim: number): number =>
  weightError(M, exponentialPolynomial(M, degree), {
    degree: plan.degree,
    rank: rankOf(headDim, plan.degree),
    keys,
    headDim,
  });

/** Sizes of rows whose logits all reach M. */
function sizesWith(M: number, shape: Partial<Sizes> = {}): Sizes {
  const all = { queries: 4, keys: 4, headDim: 1, valueDim: 1, dtype: 'f64', spread: 0, ...shape } as const;
  const bounds = (rows: number): Float64Array => new Float64Array(rows).fill(M);
  return { ...all, M, columnBound: M, queryBounds: bounds(all.queries), keyBounds: bounds(all.keys) };
}

suite('oracles/polynomial/plan', (test) => {
  test('the degree is the least that certifies, and each tier reaches as far as its degree does', () => {
    let tiers = 0;
    const uneven = new Set<number>();
    for (const [d, bound, error] of [
      [2, 0.5, 1e-3],
      [4, 1, 1e-6],
      [4, 2, 1e-3],
      [5, 2.6, 1e-4],
      [6, 1.5, 1e-8],
      [2, 3, 1e-3],
    ] as const) {
      const attention = uniform(9, d, bound);
      const plan = polynomialOracle({ error, tiersFrom: 0 }).plan(attention);
      const most = weightsFor(error);
      const name = `d ${d}, B ${bound}, error ${error}`;
      assert.ok(errorOf(plan.M, plan.degree, plan, 512, d) <= most, name);
      assert.ok(errorOf(plan.M, plan.degree - 1, plan, 512, d) > most, `${name}: a lower degree would do`);
      const made = plan.certified!.tiers;
      for (const { M, p } of made.slice(0, -1)) {
        tiers++;
        assert.ok(errorOf(M, p.degree, plan, 512, d) <= most, name);
        const further = Math.min(M * 1.02, plan.M);
        assert.ok(
          errorOf(further, p.degree, plan, 512, d) > most,
          `${name}: degree ${p.degree} reaches beyond ${M}`,
        );
      }
      // The claim is that of the worst tier, with the polynomials as they are.
      const sums = { degree: plan.degree, rank: plan.rank, keys: 512, headDim: d };
      const errors = made.map(({ M, p }) => weightError(M, p, sums));
      assert.equal(plan.certified!.error, claimFor('f64', Math.max(...errors)), name);
      if (Math.max(...errors) > 1.001 * Math.min(...errors)) uneven.add(errors.indexOf(Math.max(...errors)));
      assert.equal(
        made.map(({ p }) => p.degree),
        made.map((_, t) => plan.degree - made.length + 1 + t),
      );
    }
    assert.ok(tiers > 8, `only ${tiers} tiers`);
    assert.ok(uneven.size > 1, 'the worst tier is always the same');
  });

  test('where rounding asks for more than the tail of the series, a higher degree is found', () => {
    const target = 2 ** -42;
    const plan = planFor(sizesWith(0.01), target, Infinity);
    assert.is(plan.degree, degreeFor(0.01, weightsFor(target)) + 1);
    assert.ok(plan.certified!.error.relative <= target);
  });

  test('without a certificate the degree is the highest of at most 2^20 monomials', () => {
    assert.is(mostMonomials, 2 ** 20);
    for (const [headDim, degree] of [
      [30, 5], // 324,632 monomials; 1,947,792 of degree 6
      [92, 3],
      [8, 16],
      [1, 64],
    ] as const) {
      const sizes = sizesWith(200, { headDim });
      const plan = planFor(sizes, 1e-3, Infinity);
      assert.is(plan.certified, undefined);
      assert.ok(rankOf(headDim, degree) <= mostMonomials);
      assert.ok(degree === 64 || rankOf(headDim, degree + 1) > mostMonomials);
      assert.is(truncated(sizes, plan).tiers[0]!.p.degree, degree, `${headDim} coordinates`);
    }
    // With as many as there may be it is certified, with one degree more it is not.
    const [six, five] = [1e-8, 1e-6].map((error) =>
      planFor(sizesWith(0.3, { headDim: 30 }), error, Infinity),
    );
    assert.equal([five!.degree, five!.certified === undefined], [5, false]);
    assert.equal([six!.degree, six!.certified === undefined], [6, true]);
  });

  test('what saves work and still takes longer, for what is done once, is refused with the time', async () => {
    // Measured on two cores, warm: each takes longer than exact attention, though it multiplies less.
    let refused = 0;
    for (const point of points([8, 10], { ...transitionConfig(true, 1), exponents: [0.5] })) {
      const oracle = polynomialOracle();
      const attention = randomAttention(point, 1);
      const { work, exactWork, relativeTime } = oracle.plan(attention);
      assert.ok(work < exactWork / 1.4 && relativeTime > 1, `n ${point.n}: ${relativeTime}`);
      const thrown: unknown = await oracle.attend(attention).catch((error: unknown) => error);
      await oracle.close();
      assert.instance(thrown, InputError);
      const { code, found } = (thrown as InputError).fault;
      assert.is(code, 'polynomial-slower');
      assert.ok(
        found.endsWith(`about ${Number(relativeTime.toPrecision(3))} times as long as exact attention`),
        found,
      );
      refused++;
    }
    assert.is(refused, 2);
  });

  test('it is refused from the time of exact attention on, not from twice that, and taken just below', async () => {
    const near = { above: 0, below: 0 };
    for (let rows = 150; rows <= 650; rows += 25) {
      const attention = randomAttention({ log2n: 0, n: rows, d: 4, gamma: 0, bound: 1.6 }, 1);
      const oracle = polynomialOracle({ threads: 1 });
      const { relativeTime } = oracle.plan(attention);
      const outcome = await oracle.attend(attention).then(
        () => 'taken',
        () => 'refused',
      );
      await oracle.close();
      assert.is(outcome, relativeTime < 1 ? 'taken' : 'refused', `${rows} rows: ${relativeTime}`);
      if (relativeTime >= 1 && relativeTime < 2) near.above++;
      if (relativeTime < 1 && relativeTime > 0.5) near.below++;
    }
    assert.ok(near.above >= 3 && near.below >= 3, JSON.stringify(near));
  });

  test('the work of a forced degree is that of one degree for all rows', async () => {
    const attention = uniform(10, 4, 2);
    const free = polynomialOracle({ force: true, tiersFrom: 0, threads: 1 });
    const plan = free.plan(attention);
    assert.ok(plan.certified!.tiers.length > 2);
    for (const degree of [plan.degree - 2, plan.degree, plan.degree + 1]) {
      const oracle = polynomialOracle({ force: true, tiersFrom: 0, threads: 1, degree });
      const { reason } = await oracle.attend(attention);
      await oracle.close();
      const saved = plan.exactWork / (2048 * (2 * rankOf(4, degree) + rankOf(4, degree - 1) + 32));
      assert.ok(
        reason.endsWith(` ${Number(saved.toPrecision(3))} times less work than exact attention`),
        reason,
      );
    }
    const { reason } = await free.attend(attention);
    await free.close();
    const saved = plan.exactWork / plan.work;
    assert.ok(
      reason.endsWith(` ${Number(saved.toPrecision(3))} times less work than exact attention`),
      reason,
    );
  });
});
