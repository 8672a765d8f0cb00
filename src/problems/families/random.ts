/**
 * Seeded random integers: sfc32 of Chris Doty-Humphrey's PractRand, version 4, seeded and warmed up as PractRand
 * does it from a 64-bit seed. 32-bit integer arithmetic only, so a seed gives the same formula on every machine.
 */
import { InputError } from '../input-error.ts';

export interface Random {
  /** The next 32 bits, 0 … 2^32 − 1. */
  next(): number;
  /** A whole number 0 … `n` − 1, each equally likely; 1 ≤ n ≤ 2^32. */
  below(n: number): number;
  /** `size` different numbers from 0 … `n` − 1 in ascending order, each set equally likely; size ≤ n. */
  subset(size: number, n: number): number[];
}

/** A generator for a seed 0 … 2^53 − 1; any other number is an `InputError`. */
export function random(seed: number): Random {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new InputError({
      code: 'bad-seed',
      field: 'seed',
      expected: 'a whole number from 0 to 2^53 - 1',
      found: String(seed),
      hint: 'give another seed, such as 1',
    });
  }
  let a = 0;
  let b = seed | 0;
  let c = Math.floor(seed / 2 ** 32) | 0;
  let counter = 1;

  const next = (): number => {
    const out = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + out) | 0;
    return out >>> 0;
  };
  for (let round = 0; round < 12; round++) next();

  // The remainders of numbers below the largest multiple of n are equally likely; the rest is drawn again.
  const below = (n: number): number => {
    const limit = 2 ** 32 - (2 ** 32 % n);
    let draw = next();
    while (draw >= limit) draw = next();
    return draw % n;
  };

  // Robert Floyd's sampling without replacement: `size` draws whatever n is.
  const subset = (size: number, n: number): number[] => {
    const chosen = new Set<number>();
    for (let top = n - size; top < n; top++) {
      const draw = below(top + 1);
      chosen.add(chosen.has(draw) ? top : draw);
    }
    return [...chosen].toSorted((x, y) => x - y);
  };

  return { next, below, subset };
}
