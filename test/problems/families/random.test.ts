import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { InputError } from '../../../src/problems/input-error.ts';
import { random } from '../../../src/problems/families/random.ts';
import { suite } from '../../support/harness.ts';

const seeds = fc.maxSafeNat();

const word = (x: bigint): bigint => BigInt.asUintN(32, x);

/** PractRand's sfc32 and its seeding in arithmetic modulo 2^32 on BigInts. */
function* practRand(seed: bigint): Generator<number> {
  let [a, b, c, counter] = [0n, word(seed), word(seed >> 32n), 1n];
  for (let round = 0; ; round++) {
    const out = word(a + b + counter);
    counter = word(counter + 1n);
    a = b ^ (b >> 9n);
    b = word(c + (c << 3n));
    c = word((word(c << 21n) | (c >> 11n)) + out);
    if (round >= 12) yield Number(out);
  }
}

suite('problems/families/random', (test) => {
  test('the numbers are sfc32, as another implementation publishes them for the seed 12345', () => {
    const draw = random(12345);
    assert.equal(
      Array.from({ length: 10 }, () => draw.next()),
      [
        235160590, 2967261163, 116171463, 2882324903, 362604721, 4227106926, 1933307004, 1608300071,
        2256615412, 2701957640,
      ],
    );
  });

  test('the numbers are sfc32 for any seed, the high half of the seed included', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const expected = practRand(BigInt(seed));
        const draw = random(seed);
        for (let k = 0; k < 20; k++) assert.is(draw.next(), expected.next().value);
      }),
    );
  });

  test('below(n) is a whole number under n, and takes each of few values about as often', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 2 ** 32 }), (seed, n) => {
        const value = random(seed).below(n);
        assert.ok(Number.isInteger(value) && value >= 0 && value < n);
      }),
    );
    const draw = random(7);
    const seen = new Uint32Array(6);
    for (let k = 0; k < 60000; k++) seen[draw.below(6)]!++;
    // Six standard deviations of a binomial with mean 10000.
    assert.ok(
      seen.every((count) => Math.abs(count - 10000) < 6 * Math.sqrt(60000 * (1 / 6) * (5 / 6))),
      seen.join(' '),
    );
  });

  test('below(n) draws again where the remainder would favour small values', () => {
    // Of 2^32 numbers, those from 3·2^30 on are beyond the largest multiple of 3·2^30.
    const n = 3 * 2 ** 30;
    const draws = random(3);
    const again = random(3);
    let redrawn = 0;
    for (let k = 0; k < 100; k++) {
      let expected = again.next();
      for (; expected >= n; expected = again.next()) redrawn++;
      assert.is(draws.below(n), expected);
    }
    assert.ok(redrawn > 0);
  });

  test('a subset has different members in ascending order, and each set is drawn about as often', () => {
    fc.assert(
      fc.property(seeds, fc.nat(20), fc.nat(20), (seed, x, y) => {
        const [size, n] = [Math.min(x, y), Math.max(x, y)];
        const set = random(seed).subset(size, n);
        assert.is(new Set(set).size, size);
        assert.ok(set.every((member, k) => member >= 0 && member < n && (k === 0 || set[k - 1]! < member)));
      }),
    );
    const draw = random(11);
    const seen = new Map<string, number>();
    for (let k = 0; k < 30000; k++) {
      const set = draw.subset(2, 4).join();
      seen.set(set, (seen.get(set) ?? 0) + 1);
    }
    assert.is(seen.size, 6);
    for (const [set, count] of seen) {
      assert.ok(Math.abs(count - 5000) < 6 * Math.sqrt(30000 * (1 / 6) * (5 / 6)), `${set}: ${count}`);
    }
  });

  test('a seed that is not a whole number from 0 to 2^53 - 1 is refused by name', () => {
    for (const seed of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
      assert.throws(
        () => random(seed),
        (error: unknown) => error instanceof InputError && error.fault.field === 'seed',
        String(seed),
      );
    }
  });
});
