import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { measureLogits } from '../../src/oracles/logit-meter.ts';
import { denseMatrix, type Attention, type Matrix } from '../../src/problems/attention.ts';
import { suite } from '../support/harness.ts';
import { dyadic, exactDot } from './bits.ts';
import { hardAttention } from './cases.ts';

const row = (x: readonly number[]): Matrix => denseMatrix(1, x.length, Float64Array.from(x));

function pair(q: readonly number[], k: readonly number[], scale: number): Attention {
  return { q: row(q), k: row(k), v: denseMatrix(1, 0, new Float64Array()), scale, dtype: 'f64' };
}

const exact = (q: readonly number[], k: readonly number[]): boolean =>
  measureLogits(pair(q, k, 2 ** -60)).exactProducts;

suite('oracles/logit-meter', (test) => {
  /** Numbers of up to `bits` bits at exponents near each other, so that exact and inexact both happen. */
  const number = fc
    .record({
      bits: fc.integer({ min: 1, max: 30 }),
      exponent: fc.integer({ min: -12, max: 2 }),
      x: fc.nat(),
      minus: fc.boolean(),
    })
    .map(({ bits, exponent, x, minus }) => (minus ? -1 : 1) * (x % 2 ** bits) * 2 ** exponent);
  const vectors = fc
    .integer({ min: 1, max: 8 })
    .chain((d) =>
      fc.tuple(
        fc.array(number, { minLength: d, maxLength: d }),
        fc.array(number, { minLength: d, maxLength: d }),
      ),
    );

  test('where it says exact, float64 sums are exact forwards and backwards', () => {
    let exacts = 0;
    let inexacts = 0;
    fc.assert(
      fc.property(vectors, ([q, k]) => {
        if (!exact(q, k)) {
          inexacts++;
          return;
        }
        exacts++;
        const truth = exactDot(q, k, 80);
        for (const order of [q.map((_, c) => c), q.map((_, c) => q.length - 1 - c)]) {
          const dot = order.reduce((sum, c) => sum + q[c]! * k[c]!, 0);
          assert.is(exactDot([dot], [1], 80), truth);
        }
      }),
      { numRuns: 2000 },
    );
    assert.ok(exacts > 200 && inexacts > 200, `${exacts} exact, ${inexacts} not`);
  });

  test('the limit is 53 bits, to the bit', () => {
    const odd = 2 ** 26 + 1;
    assert.ok(exact([odd], [2 ** 26 - 1])); // 2^52 - 1
    assert.ok(exact([2 ** 31, 1], [2 ** 21, 1])); // 2^52 + 1
    assert.not(exact([2 ** 33, 1], [2 ** 21, 1])); // 2^54 + 1
    assert.not(exact([odd], [2 ** 27 + 1]));
  });

  test('what a reduction makes is exact, and one entry off by an ulp is not', () => {
    const attention = hardAttention(41, {
      queries: 20,
      keys: 40,
      pads: 4,
      headDim: 92,
      bound: 12.5,
      bits: 38,
    });
    assert.ok(measureLogits(attention).exactProducts);
    const k: Attention['k'] = {
      ...attention.k,
      read(from, to, into) {
        attention.k.read(from, to, into);
        if (from === 0) into[3] = -12.5 * (1 + 2 ** -52);
      },
    };
    assert.not(measureLogits({ ...attention, k }).exactProducts);
  });

  test('numbers whose products underflow are not exact', () => {
    assert.not(exact([2 ** -600], [2 ** -600]));
    assert.not(exact([5e-324], [1]));
    assert.not(exact([2 ** 40, 2 ** -540], [1, 1]));
  });

  test('zeros, minus zeros and no coordinates at all are exact', () => {
    assert.ok(exact([0, -0], [-0, 0.1]));
    assert.ok(exact([], []));
  });

  test('maxLogit bounds scale·Σ|q·k| and is not loose for one key', () =>
    fc.assert(
      fc.property(vectors, fc.constantFrom(2 ** -50, 1e-15 / 3), ([q, k], scale) => {
        const { maxLogit } = measureLogits(pair(q, k, scale));
        const sum = exactDot(q.map(Math.abs), k.map(Math.abs), 80);
        const { integer, exponent } = dyadic(scale);
        const truth = Number(sum * integer) * 2 ** (exponent - 80);
        assert.ok(maxLogit >= truth && maxLogit <= truth * (1 + 2 ** -30), `${maxLogit} for ${truth}`);
      }),
    ));
});
