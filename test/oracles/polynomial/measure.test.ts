import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { entries, type Attention } from '../../../src/problems/attention.ts';
import { measure } from '../../../src/oracles/polynomial/measure.ts';
import { adversarial, attentions, cook } from '../cases.ts';
import { suite } from '../../support/harness.ts';

/** max over pairs of scale · Σ|q_c·k_c|. */
function largest({ q, k, scale }: Attention): number {
  const [queries, keys] = [entries(q), entries(k)];
  let most = 0;
  for (let i = 0; i < q.rows; i++) {
    for (let j = 0; j < k.rows; j++) {
      let sum = 0;
      for (let c = 0; c < q.columns; c++)
        sum += Math.abs(queries[i * q.columns + c]! * keys[j * q.columns + c]!);
      most = Math.max(most, sum * scale);
    }
  }
  return most;
}

const check = (attention: Attention): void => {
  const { M, columnBound, keyUnits, valueUnits } = measure(attention);
  assert.ok(M >= largest(attention), `${M} below ${largest(attention)}`);
  assert.ok(M <= columnBound * (1 + 1e-8), `${M} above ${columnBound}`);
  for (const [matrix, units] of [
    [attention.k, keyUnits],
    [attention.v, valueUnits],
  ] as const) {
    entries(matrix).forEach((x, e) => assert.ok(Math.abs(x) <= units[e % matrix.columns]!));
    units.forEach((unit) => assert.is(Math.log2(unit), Math.round(Math.log2(unit))));
  }
};

suite('oracles/polynomial/measure', (test) => {
  test('M bounds every logit and is no larger than the columns say', () => {
    fc.assert(fc.property(attentions, check));
    for (const [, attention] of adversarial()) check(attention);
  });

  test('M is the norms’ where they are smaller: ones on the diagonal of keys', () => {
    const shape = { queries: 4, keys: 9, headDim: 9, valueDim: 1, v: () => 1 };
    const { M, columnBound } = measure(
      cook({ ...shape, q: () => 1, k: (r, c) => (r === c ? 1 : 0), scale: 1 }),
    );
    assert.ok(M >= 1 && M < 3.001, String(M));
    assert.ok(columnBound >= 9 && columnBound < 9.001);
  });

  test('the spread is the root mean square of the logits of the query that has most', () => {
    const shape = { queries: 5, keys: 20, headDim: 2, valueDim: 1, v: () => 1, scale: 1 / 2 };
    const { spread } = measure(
      cook({ ...shape, q: (r) => (r === 2 ? 4 : 1), k: (r, c) => (c === 0 ? 3 : r % 2 === 0 ? 1 : -1) }),
    );
    assert.ok(Math.abs(spread - 2 * Math.sqrt(10)) < 1e-12, String(spread)); // 2·(3 ± 1)
    assert.is(measure(cook({ ...shape, q: () => 0, k: () => 1 })).spread, 0);
  });
});
