/** How much the code under test asks for at once: typed arrays and buffers are counted when they are made. */

const kinds = [
  'ArrayBuffer', 'SharedArrayBuffer', 'Uint8Array', 'Uint16Array', 'Uint32Array', 'Int8Array', 'Int32Array',
  'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array', 'Array',
] as const; // prettier-ignore

let largest = 0;

/** Puts a counter before the constructors of this thread. Views of a buffer that is there cost nothing and do not count. */
export function countAllocations(): void {
  const globals = globalThis as unknown as Record<string, new (...args: unknown[]) => object>;
  for (const kind of kinds) {
    const real = globals[kind]!;
    const size = (real as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? (kind === 'Array' ? 8 : 1);
    const count = (length: unknown): void => {
      if (typeof length === 'number') largest = Math.max(largest, length * size);
    };
    globals[kind] = new Proxy(real, {
      construct(target, args: unknown[], newTarget) {
        count(args[0]);
        return Reflect.construct(target, args, newTarget) as object;
      },
      // Array is made without new, too.
      apply(target, self, args: unknown[]) {
        count(args[0]);
        return Reflect.apply(target as unknown as () => object, self, args as []);
      },
    });
  }
}

/** Bytes of the largest since this was last asked. */
export function largestAllocation(): number {
  const bytes = largest;
  largest = 0;
  return bytes;
}
