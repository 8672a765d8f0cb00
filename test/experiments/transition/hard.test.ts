import * as assert from 'uvu/assert';
import { runHard } from '../../../src/experiments/transition/hard.ts';
import { cpuOracle } from '../../../src/oracles/cpu/cpu.ts';
import type { Oracle } from '../../../src/oracles/oracle.ts';
import { rankOf } from '../../../src/oracles/polynomial/monomials.ts';
import { polynomialOracle } from '../../../src/oracles/polynomial/polynomial.ts';
import { maxAbs, type Attention } from '../../../src/problems/attention.ts';
import { InputError } from '../../../src/problems/input-error.ts';
import { suite } from '../../support/harness.ts';

suite('experiments/transition/hard', (test) => {
  test('24 formulas at the planner’s bound and above are refused; forced, none is answered; exact attention answers all', async () => {
    const oracles = { polynomial: polynomialOracle(), exact: cpuOracle({ path: 'dense', threads: 1 }) };
    const rows = [];
    for (let seed = 1; seed <= 8; seed++) rows.push(...(await runHard([6, 7, 8], seed, oracles)));
    await Promise.all([oracles.polynomial.close(), oracles.exact.close()]);
    assert.is(rows.length, 72);
    for (const row of rows) {
      const of = `${row.variables} variables, B = ${row.bound}`;
      assert.is(row.polynomial, 'refused', of);
      assert.ok(row.forced === 'inconclusive' || row.forced === 'refuted', `${of}: ${row.forced}`);
      assert.is(row.exact, 'yes', of);
      assert.ok(row.log10Rank > 2, of);
    }
    // Each formula at the planner's bound and at 1.25 and 1.5 times it, but for the bits that a bound is rounded to.
    for (let at = 0; at < rows.length; at += 3) {
      const [least, ...larger] = rows.slice(at, at + 3).map(({ bound }) => bound) as [number, number, number];
      larger.forEach((bound, k) => assert.ok(Math.abs(bound / least / [1.25, 1.5][k]! - 1) < 0.01));
    }
    for (const { headDim, degree, log10Rank } of rows) {
      assert.ok(Math.abs(log10Rank - Math.log10(rankOf(headDim, degree))) < 1e-9 * log10Rank);
    }
  });

  test('a seed draws its own formulas, every oracle gets the same matrices, a row is of these, and only a polynomial refusal is one', async () => {
    const cpu = cpuOracle({ path: 'dense', threads: 1 });
    const polynomial = polynomialOracle();
    const asked: number[] = [];
    const sizes: unknown[] = [];
    const sums = (attention: Attention): number => {
      const entries = new Float64Array(attention.q.rows * attention.q.columns);
      attention.q.read(0, attention.q.rows, entries);
      return entries.reduce((sum, x, e) => sum + x * (e + 1), 0);
    };
    const recording: Oracle = {
      ...cpu,
      attend(attention) {
        asked.push(sums(attention));
        const { q, k } = attention;
        sizes.push([q.rows, k.rows, q.columns, Math.max(maxAbs(q), maxAbs(k))]);
        return cpu.attend(attention);
      },
    };
    const rows = [];
    for (const seed of [1, 1, 2]) rows.push(...(await runHard([6], seed, { polynomial, exact: recording })));
    // What a row says of its instance is what the oracle was given.
    assert.equal(
      rows.map(({ queries, keys, headDim, bound }) => [queries, keys, headDim, bound]),
      sizes,
    );
    assert.equal(asked.slice(3, 6), asked.slice(0, 3));
    assert.is.not(asked[6], asked[0]);

    const refusing = (code: string): Oracle => ({
      ...cpu,
      attend: () => Promise.reject(new InputError({ code, expected: 'a', found: 'b', hint: 'c' })),
    });
    for (const [code, expected] of [
      ['polynomial-slower', 'refused'],
      ['not-finite', 'thrown'],
    ]) {
      const found = await runHard([6], 1, { polynomial, exact: refusing(code!) }).then(
        (rows) => rows[0]!.exact,
        () => 'thrown',
      );
      assert.is(found, expected, code);
    }

    // An output that cannot be one is refuted, and one that claims nothing is inconclusive.
    for (const [value, relative, expected] of [
      [2, 0, 'refuted'],
      [1e-9, 1, 'inconclusive'],
    ] as const) {
      const answering: Oracle = {
        ...cpu,
        async attend(attention) {
          const attended = await cpu.attend(attention);
          const values = attended.output.values.map((y) => Math.max(y, value));
          return { ...attended, output: { ...attended.output, values, error: { relative, absolute: 0 } } };
        },
      };
      const [row] = await runHard([6], 1, { polynomial, exact: answering });
      assert.is(row!.exact, expected);
    }
    await Promise.all([cpu.close(), polynomial.close()]);
  });
});
