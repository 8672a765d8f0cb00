/** What a target of the fuzzer is, and what all of them share. */
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { InputError } from '../../src/problems/input-error.ts';

export interface Target {
  readonly name: string;
  /** Reads the input and checks what came of it. `accepted` or `refused`; throws what is a fault. */
  readonly check: (bytes: Uint8Array) => Promise<Outcome>;
  /** Inputs to begin with, where no corpus is kept yet. */
  readonly seeds: readonly Uint8Array[];
  /** Words of the format, for mutations. */
  readonly words: readonly string[];
  /** Inputs that are nearly right. */
  readonly structured: fc.Arbitrary<Uint8Array>;
  /** The largest allocation that an input of this many bytes may cause. */
  readonly mostBytes: (length: number) => number;
}

export type Outcome = 'accepted' | 'refused';

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Whatever is read is held a few times over at most; 64 KiB are for what does not depend on the input. */
export const bounded = (length: number): number => 65536 + 16 * length;

/** `accepted` when `read` and the checks in it went through. */
export async function readOr(read: () => unknown): Promise<Outcome> {
  try {
    await read();
    return 'accepted';
  } catch (thrown) {
    if (thrown instanceof InputError) {
      requireFault(thrown);
      return 'refused';
    }
    throw thrown;
  }
}

/** A fault says everything, on one line of a bearable length. */
function requireFault({ message, fault }: InputError): void {
  assert.match(fault.code, /^[a-z0-9]+(-[a-z0-9]+)*$/);
  assert.ok(fault.expected !== '' && fault.found !== '' && fault.hint !== '', message);
  assert.ok(message.length < 2000, `a message of ${message.length} characters`);
  assert.not.match(message, /[\n\r]/);
}

/** JSON values that a field should not have. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(2 ** 53, 1e308, -1, 0.5, '', '__proto__', null, [], {}, 'closest-pair', 1, 2),
);

/** `value` with one of its fields, at any depth, replaced. */
export function damaged(value: unknown, path: readonly number[], by: unknown): unknown {
  const [step, ...rest] = path;
  if (typeof value !== 'object' || value === null || step === undefined) return by;
  if (Array.isArray(value)) {
    if (value.length === 0) return by;
    const at = step % value.length;
    return value.with(at, damaged(value[at], rest, by));
  }
  const names = Object.keys(value);
  if (names.length === 0) return by;
  const name = names[step % names.length]!;
  return { ...value, [name]: damaged((value as Record<string, unknown>)[name], rest, by) };
}

/** A place and what is put there. */
export const damageArb: fc.Arbitrary<[path: number[], by: unknown]> = fc.tuple(
  fc.array(fc.nat(99), { maxLength: 4 }),
  hostileValue,
);

/** What only a fault of the checker would say: it expects something, or JSON's parser or the decoder does. */
export const accident: RegExp =
  /is not a function|is not iterable|annot read|undefined|not defined|BigInt|Invalid array|call stack/;
