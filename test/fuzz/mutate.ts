/** Changes to bytes: the usual ones of fuzzers, and words of the format. */

/** A number in [0, 1). */
export type Chance = () => number;

/** Mulberry32: 32 bits of state, as good as a fuzzer needs. */
export function chanceOf(seed: number): Chance {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const below = (chance: Chance, limit: number): number => Math.floor(chance() * limit);

export const pick = <T>(chance: Chance, items: readonly T[]): T => items[below(chance, items.length)]!;

/** Numbers at which something tends to overflow. */
const numbers = [
  '0', '-0', '1', '-1', '127', '128', '255', '256', '32767', '65535', '65536', '2147483647', '2147483648',
  '4294967295', '4294967296', '9007199254740991', '9007199254740993', '18446744073709551615', '1e308', '1e999',
  '99999999999999999999999999', '00', '0x10', '1.5', 'NaN', 'Infinity',
]; // prettier-ignore

/** No input grows beyond this. */
const longest = 65536;

/** One to eight changes to `bytes`; `other` is what may be spliced in, `words` are of the format. */
export function mutate(
  bytes: Uint8Array,
  other: Uint8Array,
  words: readonly string[],
  chance: Chance,
): Uint8Array {
  let result = bytes;
  for (let left = 1 + below(chance, below(chance, 8) + 1); left > 0; left--) {
    result = changed(result, other, words, chance);
  }
  return result.subarray(0, longest);
}

function changed(bytes: Uint8Array, other: Uint8Array, words: readonly string[], chance: Chance): Uint8Array {
  // Headers are short and stand first: half of the changes are there.
  const at = below(chance, (chance() < 0.5 ? Math.min(bytes.length, 64) : bytes.length) + 1);
  const length = 1 + below(chance, Math.min(32, bytes.length - at + 1));
  switch (below(chance, 9)) {
    case 0: // a bit
      return at === bytes.length ? bytes : spliced(bytes, at, 1, [bytes[at]! ^ (1 << below(chance, 8))]);
    case 1: // a byte
      return spliced(bytes, at, 1, [below(chance, 256)]);
    case 2: // bytes put in
      return spliced(
        bytes,
        at,
        0,
        Array.from({ length: 1 + below(chance, 8) }, () => below(chance, 256)),
      );
    case 3: // bytes taken out
      return spliced(bytes, at, length, []);
    case 4: // bytes doubled
      return spliced(bytes, at, 0, bytes.subarray(at, at + length));
    case 5: // a word of the format
      return spliced(bytes, at, below(chance, 2) * length, Buffer.from(pick(chance, words)));
    case 6: {
      // another number where one is
      const text = Buffer.from(bytes).toString('latin1');
      const found = [...text.matchAll(/\d+/g)];
      if (found.length === 0) return spliced(bytes, at, 0, Buffer.from(pick(chance, numbers)));
      const number = pick(chance, found);
      return spliced(bytes, number.index, number[0].length, Buffer.from(pick(chance, numbers)));
    }
    case 7: {
      // a piece of another input
      const from = below(chance, other.length + 1);
      return spliced(bytes, at, below(chance, 2) * length, other.subarray(from, from + below(chance, 64)));
    }
    default: // the end cut off
      return bytes.subarray(0, at);
  }
}

function spliced(bytes: Uint8Array, at: number, removed: number, put: ArrayLike<number>): Uint8Array {
  const tail = bytes.subarray(Math.min(bytes.length, at + removed));
  const result = new Uint8Array(at + put.length + tail.length);
  result.set(bytes.subarray(0, at));
  result.set(put, at);
  result.set(tail, at + put.length);
  return result;
}

/** The shortest input that is found by taking bytes out while `fails` holds. */
export async function shrunk(
  bytes: Uint8Array,
  fails: (bytes: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array> {
  let best = bytes;
  for (let length = Math.ceil(best.length / 2); length >= 1;) {
    let at = 0;
    let shorter = false;
    while (at < best.length) {
      const candidate = spliced(best, at, length, []);
      if (await fails(candidate)) {
        best = candidate;
        shorter = true;
      } else at += length;
    }
    if (!shorter || length > best.length) length = length === 1 ? 0 : Math.ceil(length / 2);
  }
  return best;
}
