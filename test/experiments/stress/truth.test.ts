import * as assert from 'uvu/assert';
import { buildRung } from '../../../src/experiments/stress/rung.ts';
import { suiteRungs } from '../../../src/experiments/stress/suite.ts';
import { entries, type Attention } from '../../../src/problems/attention.ts';
import { isExact } from '../../../src/problems/dtype.ts';
import { decimalAttention, toDecimal } from '../../support/decimal-attention.ts';
import { suite } from '../../support/harness.ts';

/** The same attention, asked about every `step`-th query only. */
function sampled({ q, ...rest }: Attention, step: number): Attention {
  const rows = Math.ceil(q.rows / step);
  return {
    ...rest,
    q: {
      rows,
      columns: q.columns,
      read(from, to, into) {
        for (let row = from; row < to; row++) {
          const at = (row - from) * q.columns;
          q.read(row * step, row * step + 1, into.subarray(at, at + q.columns));
        }
      },
    },
  };
}

suite('src/experiments/stress/truth', (test) => {
  test('the truth is attention on the very matrices, to thirty digits', () => {
    for (const id of [
      'f64/2/rsqrt',
      'f64/2/shift',
      'f64/2/late',
      'f64/14/values',
      'f64/14/heads',
      'f64/14/deep',
      'f32/2/square',
      'f32/3/values',
      'f16/2/shift',
      'f16/2/late',
      'bf16/2/square',
    ]) {
      const rung = buildRung(suiteRungs('quick').find((spec) => spec.id === id)!);
      for (const { attention, truth } of rung.heads) {
        const step = Math.ceil(attention.q.rows / 5) + 1;
        const { values } = decimalAttention(sampled(attention, step), 45);
        values.forEach((value, e) => {
          const row = Math.floor(e / truth.columns) * step;
          const at = row * truth.columns + (e % truth.columns);
          const found = toDecimal(truth.high[at]!, 45).plus(toDecimal(truth.low[at]!, 45));
          assert.ok(
            found.minus(value).abs().lte(value.abs().times(1e-30)),
            `${id}, row ${row}: ${found.toString()} and ${value.toString()}`,
          );
        });
      }
    }
  });

  test('every entry of every matrix is exact in the dtype', () => {
    for (const spec of suiteRungs('quick').filter(({ level, dtype }) => level < 3 || dtype !== 'f64')) {
      for (const { attention } of buildRung(spec).heads) {
        for (const matrix of [attention.q, attention.k, attention.v]) {
          assert.ok(
            entries(matrix).every((x) => isExact(spec.dtype, x)),
            spec.id,
          );
        }
      }
    }
  });
});
