import fc from 'fast-check';
import * as assert from 'uvu/assert';
import {
  evaluate,
  inverse,
  isPrime,
  lagrangeBasis,
  multiplyPolynomials,
  primeFrom,
  vanishing,
} from '../../src/problems/finite-field.ts';
import { suite } from '../support/harness.ts';

const primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47];

suite('problems/finite-field', (test) => {
  test('the primes below 50 are these', () => {
    assert.equal(Array.from({ length: 50 }, (_, n) => n).filter(isPrime), primes);
    assert.is(isPrime(2.5), false);
    assert.is(isPrime(49 * 49), false);
    assert.is(primeFrom(0), 2);
    assert.is(primeFrom(24), 29);
    assert.is(primeFrom(29), 29);
  });

  test('x · 1/x = 1 for every x ≠ 0 of every field', () => {
    for (const q of [...primes, 67108859]) {
      const all = q < 50 ? Array.from({ length: q - 1 }, (_, k) => k + 1) : [1, 2, 12345678, q - 1];
      for (const x of all)
        assert.is(Number((BigInt(x) * BigInt(inverse(q, x))) % BigInt(q)), 1, `${x} in F_${q}`);
    }
  });

  const polynomial = fc.array(fc.nat({ max: 46 }), { maxLength: 6 });
  const field = fc.constantFrom(...primes);

  test('evaluation is a ring homomorphism', () => {
    fc.assert(
      fc.property(field, polynomial, polynomial, fc.nat({ max: 46 }), (q, a, b, x) => {
        const [p, r, at] = [a.map((c) => c % q), b.map((c) => c % q), x % q];
        const sum = a.reduce((total, c, k) => total + BigInt(c) * BigInt(at) ** BigInt(k), 0n);
        assert.is(evaluate(q, p, at), Number(sum % BigInt(q)));
        assert.is(
          evaluate(q, multiplyPolynomials(q, p, r), at),
          (evaluate(q, p, at) * evaluate(q, r, at)) % q,
        );
      }),
    );
  });

  test('∏(z − p) vanishes at its points only, and the Lagrange basis is 1 at its own point and 0 at the others', () => {
    for (const q of primes) {
      for (let length = 0; length <= Math.min(q, 6); length++) {
        const points = Array.from({ length }, (_, k) => (k * 5 + 1) % q);
        if (new Set(points).size < length) continue;
        const product = vanishing(q, points);
        for (let x = 0; x < q; x++) assert.is(evaluate(q, product, x) === 0, points.includes(x));
        lagrangeBasis(q, points).forEach((basis, i) => {
          assert.is(basis.length, length);
          points.forEach((point, k) => assert.is(evaluate(q, basis, point), k === i ? 1 : 0));
        });
      }
    }
  });
});
