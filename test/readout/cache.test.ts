import * as assert from 'uvu/assert';
import { pack, planKey, recallPlan } from '../../src/readout/cache.ts';
import { plan, type Demand } from '../../src/readout/planner.ts';
import { shipped } from '../../src/readout/shipped.ts';
import { shippedDemands } from '../support/shipped-demands.ts';
import { suite } from '../support/harness.ts';

const typical: Demand = {
  kind: 'minimax',
  keys: 700,
  degree: 33,
  headDim: 71,
  scale: 1 / 71,
  dtype: 'f64',
  error: () => ({ relative: 1e-14, absolute: 0 }),
};

suite('readout/cache', (test) => {
  test('a remembered plan is the plan', () => {
    const first = recallPlan(typical);
    assert.equal(first, plan(typical));
    assert.equal(recallPlan(typical), first);
  });

  test('whatever a plan depends on is in its key', () => {
    const others: readonly Partial<Demand>[] = [
      { kind: 'interpolation' },
      { keys: 701 },
      { degree: 34 },
      { headDim: 72 },
      { scale: 1 / 72 },
      { dtype: 'f32' },
      { error: () => ({ relative: 1.1e-14, absolute: 0 }) },
      { error: (_, maxLogit) => ({ relative: 1e-14 * (1 + maxLogit), absolute: 0 }) },
      { bound: 12 },
    ];
    const keys = [{}, ...others].map((other) => planKey({ ...typical, ...other }));
    assert.is(new Set(keys).size, keys.length);
  });

  test('everything that is to ship does, and certifies what it was made for', async () => {
    const demands = await shippedDemands();
    assert.ok(demands.length > 100);
    for (const demand of demands) {
      const packed = shipped[planKey(demand)];
      assert.ok(packed !== undefined, `run "npm run readouts": no readout for ${planKey(demand)}`);
      const recalled = recallPlan(demand);
      assert.ok(recalled.certified);
      assert.is(pack(recalled.readout), packed, 'it was used as it ships');
    }
    assert.is(Object.keys(shipped).length, new Set(demands.map(planKey)).size);
  });

  test('one that ships is what the planner would make today', async () => {
    const [demand] = (await shippedDemands()).filter(({ keys }) => keys === 64);
    assert.equal(recallPlan(demand!).readout, plan(demand!).readout);
  });
});
