import * as assert from 'uvu/assert';
import { judge } from '../../../src/experiments/stress/judge.ts';
import { buildRung, type Head, type Rung } from '../../../src/experiments/stress/rung.ts';
import { suiteRungs } from '../../../src/experiments/stress/suite.ts';
import { random, type Random } from '../../../src/problems/families/random.ts';
import { suite } from '../../support/harness.ts';

/** A ladder's bottom, middle and top, values that are negative and no powers of two, witness columns, an absolute part. */
const ids = [
  'f64/2/rsqrt',
  'f64/14/values',
  'f32/6/heads',
  'f32/6/square',
  'f32/3/values',
  'f16/3/values',
  'bf16/2/plain',
];
const rungs: readonly Rung[] = ids.map((id) =>
  buildRung(suiteRungs('quick').find((spec) => spec.id === id)!),
);
const runs = 1000;

const bits = new DataView(new ArrayBuffer(8));

/** The float64 that is `steps` places farther from 0 than `x` ≠ 0, whose bits are a sign and a magnitude. */
function beyond(x: number, steps: number): number {
  bits.setFloat64(0, x);
  bits.setBigUint64(0, bits.getBigUint64(0) + BigInt(steps));
  return bits.getFloat64(0);
}

/** The true output, off by the demand away from 0 (`sign` 1) or towards it, and `steps` float64s farther (negative: nearer). */
function atDemand({ truth }: Head, { demand }: Rung, e: number, sign: number, steps: number): number {
  const [high, low] = [truth.high[e]!, truth.low[e]!];
  const room = Math.sign(high) * (demand.relative * Math.abs(high) + demand.absolute);
  return beyond(high + (low + sign * room), sign * steps);
}

/** Noise of the demanded size in every entry but a few units of the last place: random signs, or the worst ones. */
function withinDemand(head: Head, rung: Rung, draw: Random): Float64Array {
  const { weights } = rung.options.readout;
  const worst = draw.below(3);
  return head.truth.high.map((y, e) => {
    if (y === 0) return 0;
    const node = Math.floor(e / head.truth.columns) % weights.length;
    const sign =
      worst === 2 ? (draw.below(2) === 0 ? -1 : 1) : Math.sign(weights[node]!) * (worst === 0 ? 1 : -1);
    return atDemand(head, rung, e, sign, -2);
  });
}

suite('src/experiments/stress/judge', (test) => {
  test(`${runs} runs with noise just below the demand give no false fail, and no row is decided wrongly`, () => {
    const draw = random(1);
    for (let run = 0; run < runs; run++) {
      const rung = rungs[run % rungs.length]!;
      const head = rung.heads[draw.below(rung.heads.length)]!;
      const verdict = judge(head, rung, withinDemand(head, rung, draw));
      assert.ok(verdict.passed, `${rung.spec.id}: ${verdict.error} of ${rung.demand.relative}`);
      assert.equal(verdict.wrong, []);
    }
  });

  test(`${runs} runs with noise just above the demand in one entry give no false pass`, () => {
    const draw = random(2);
    for (let run = 0; run < runs; run++) {
      const rung = rungs[run % rungs.length]!;
      const head = rung.heads[draw.below(rung.heads.length)]!;
      const values = withinDemand(head, rung, draw);
      let e = draw.below(values.length);
      while (values[e] === 0) e = draw.below(values.length);
      values[e] = atDemand(head, rung, e, draw.below(2) === 0 ? 1 : -1, 2);
      const { passed, error, at } = judge(head, rung, values);
      assert.not(passed, `${rung.spec.id}: ${error} passes for ${rung.demand.relative}`);
      assert.is(at.row * head.truth.columns + at.column, e);
    }
  });

  test('the demand is not far from what decides: at a few times it, worst signs decide rows wrongly', () => {
    for (const rung of rungs) {
      const head = rung.heads[0]!;
      const { weights } = rung.options.readout;
      const { columns, high } = head.truth;
      const off = (times: number, way: number): Float64Array =>
        high.map((y, e) => {
          const sign = way * Math.sign(weights[Math.floor(e / columns) % weights.length]!);
          return y * (1 + sign * times * rung.demand.relative);
        });
      const decided = [1, -1].map((way) => judge(head, rung, off(4, way)).wrong.length);
      assert.ok(Math.max(...decided) > 0, rung.spec.id);
    }
  });

  test('what is not finite passes nowhere, and its place is named', () => {
    for (const rung of rungs) {
      const head = rung.heads[0]!;
      for (const bad of [NaN, Infinity, -Infinity]) {
        const values = head.truth.high.slice();
        values[head.truth.columns] = bad;
        const { passed, error, at } = judge(head, rung, values);
        assert.not(passed);
        assert.is(error, Infinity);
        assert.equal([at.row, at.column], [1, 0]);
      }
    }
  });

  test('rows that are decided wrongly are named', () => {
    const rung = rungs.find(({ spec }) => spec.id === 'bf16/2/plain')!;
    const head = rung.heads[0]!;
    const nodes = rung.options.readout.weights.length;
    const values = head.truth.high.slice();
    for (const i of [3, 17]) for (let k = 0; k < nodes; k++) values[i * nodes + k] = 0.4;
    assert.equal(judge(head, rung, values).wrong, [3, 17]);
  });

  test('an output of zeros passes nowhere', () => {
    for (const rung of rungs) {
      const head = rung.heads[0]!;
      assert.not(judge(head, rung, new Float64Array(head.truth.high.length)).passed);
    }
  });
});
