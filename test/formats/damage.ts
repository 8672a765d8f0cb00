/** Damage to files, and the one thing that may happen then. */
import * as fc from 'fast-check';
import { InputError } from '../../src/problems/input-error.ts';

/** One change to a file: bytes overwritten, the end cut off, or bytes put in. */
export type Damage = (bytes: Uint8Array) => Uint8Array;

/** One to four changes. Positions are often in the first bytes, where headers are. */
export const damageArb: fc.Arbitrary<Damage> = fc
  .array(
    fc.record({
      kind: fc.constantFrom('overwrite', 'cut', 'insert'),
      at: fc.oneof(fc.nat({ max: 300 }), fc.nat()),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((changes) => (bytes) => {
    let result: Uint8Array = bytes;
    for (const change of changes) {
      const at = change.at % (result.length + 1);
      const after = change.kind === 'overwrite' ? at + change.bytes.length : at;
      const tail = change.kind === 'cut' ? [] : result.subarray(after);
      const middle = change.kind === 'cut' ? [] : change.bytes;
      result = Uint8Array.from([...result.subarray(0, at), ...middle, ...tail]);
    }
    return result;
  });

/** Does `read` return or throw an `InputError`, and nothing else? Rethrows anything else. */
export function readsOrRefuses(read: () => unknown): 'read' | 'refused' {
  try {
    read();
    return 'read';
  } catch (thrown) {
    if (thrown instanceof InputError) return 'refused';
    throw thrown;
  }
}

/** The fault that `read` throws. Fails when it throws something else, or nothing. */
export function faultOf(read: () => unknown): InputError['fault'] & { readonly message: string } {
  try {
    read();
  } catch (thrown) {
    if (thrown instanceof InputError) return { ...thrown.fault, message: thrown.message };
    throw thrown;
  }
  throw new Error('expected an InputError, but nothing was thrown');
}

/** The same for a promise. */
export async function rejectionOf(
  reading: Promise<unknown>,
): Promise<InputError['fault'] & { readonly message: string }> {
  const outcome = await reading.then(
    () => undefined,
    (thrown: unknown) => ({ thrown }),
  );
  return faultOf(() => {
    if (outcome !== undefined) throw outcome.thrown;
  });
}
