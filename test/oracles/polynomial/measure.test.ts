import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { entries, type Attention } from '../../../src/problems/attention.ts';
import { measure } from '../../../src/oracles/polynomial/measure.ts';
import { adversarial, attentions, cook } from '../cases.ts';
import { suite } from '../../support/harness.ts';

/** scale · Σ|q_c·k_c|, the largest of each query and of each key. */
function largest({ q, k, scale }: Attention): { readonly ofQueries: number[]; readonly ofKeys: number[] } {
  const [queries, keys] = [entries(q), entries(k)];
  const ofQueries = Array<number>(q.rows).fill(0);
  const ofKeys = Array<number>(k.rows).fill(0);
  for (let i = 0; i < q.rows; i++) {
    for (let j = 0; j < k.rows; j++) {
      let sum = 0;
      for (let c = 0; c < q.columns; c++)
        sum += Math.abs(queries[i * q.columns + c]! * keys[j * q.columns + c]!);
      ofQueries[i] = Math.max(ofQueries[i]!, sum * scale);
      ofKeys[j] = Math.max(ofKeys[j]!, sum * scale);
    }
  }
  return { ofQueries, ofKeys };
}

const check = (attention: Attention): void => {
  const { M, queryBounds, keyBounds, columnBound, keyUnits, valueUnits } = measure(attention);
  const { ofQueries, ofKeys } = largest(attention);
  assert.ok(ofQueries.every((most) => M >= most));
  for (const [bounds, most] of [
    [queryBounds, ofQueries],
    [keyBounds, ofKeys],
  ] as const) {
    assert.is(bounds.length, most.length);
    bounds.forEach((bound, row) => assert.ok(bound >= most[row]!, `row ${row}: ${bound} below ${most[row]}`));
  }
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
  test('M bounds every logit, the bound of a row those of the row, and M is no larger than the columns say', () => {
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

  test('rows beyond those that are read at once have bounds of their own, hardly above what they are', () => {
    // 65,536 entries are read at once: 1024 rows. All queries are multiples of one vector, and all keys.
    const shape = { queries: 1500, keys: 1400, headDim: 64, valueDim: 1, v: () => 1, scale: 1 / 64 };
    const attention = cook({ ...shape, q: (r) => 1 + (r % 1021), k: (r) => 1 + (r % 1019) });
    const { queryBounds, keyBounds } = measure(attention);
    const near = (a: number, b: number): boolean => a >= b && a <= b * (1 + 1e-8);
    queryBounds.forEach((bound, r) =>
      assert.ok(near(bound, (1 + (r % 1021)) * 1019), `query ${r}: ${bound}`),
    );
    keyBounds.forEach((bound, r) => assert.ok(near(bound, (1 + (r % 1019)) * 1021), `key ${r}: ${bound}`));
  });

  test('lengths count where they are less than columns on either side', () => {
    // One entry of nine is 0.9, each time another: by columns 0.9·(0.9 + 8·0.1), by lengths 0.9² + 8·0.1².
    const entry = (r: number, c: number): number => (c === r % 9 ? 0.9 : 0.1);
    const shape = { queries: 18, keys: 27, headDim: 9, valueDim: 1, v: () => 1, scale: 2 };
    const { M, queryBounds, keyBounds, columnBound } = measure(cook({ ...shape, q: entry, k: entry }));
    for (const bound of [M, ...queryBounds, ...keyBounds])
      assert.ok(Math.abs(bound / (2 * 0.89) - 1) < 1e-8, String(bound));
    assert.ok(Math.abs(columnBound / (2 * 0.9 * 1.7) - 1) < 1e-8);
  });

  test('the spread is the root mean square of the logits of the query that has most', () => {
    const shape = { queries: 5, keys: 20, headDim: 2, valueDim: 1, v: () => 1, scale: 1 / 2 };
    const { spread } = measure(
      cook({ ...shape, q: (r) => (r === 2 ? 4 : 1), k: (r, c) => (c === 0 ? 3 : r % 2 === 0 ? 1 : -1) }),
    );
    assert.ok(Math.abs(spread - 2 * Math.sqrt(10)) < 1e-12, String(spread)); // 2·(3 ± 1)
    assert.is(measure(cook({ ...shape, q: () => 0, k: () => 1 })).spread, 0);
    // Of many rows some are looked at, from the first to the last.
    const many = { ...shape, queries: 320, keys: 640 };
    const late = measure(cook({ ...many, q: (r) => (r < 160 ? 0 : 4), k: (r) => (r < 320 ? 0 : 1) })).spread;
    assert.ok(Math.abs(late - 4 / Math.sqrt(2)) < 1e-12, String(late));
  });
});
