/**
 * Small loops that do one thing as fast as WebAssembly lets the machine do it, assembled by hand so that nothing but
 * the engine stands between them and the machine. Every function takes a number of iterations and returns an i64
 * that depends on all of its work.
 */

/** What an iteration of each loop does. */
export const perIteration: Readonly<
  Record<'f64' | 'f32' | 'f64Fused' | 'f32Fused' | 'popcount' | 'stream', number>
> = {
  /** Multiply-adds of 12 independent chains in 128-bit lanes, as a product and a sum. */
  f64: 12 * 2,
  f32: 12 * 4,
  /** The same, fused (relaxed SIMD). */
  f64Fused: 12 * 2,
  f32Fused: 12 * 4,
  /** 64-bit words of two operands, ANDed and counted, one of them from the first-level cache. */
  popcount: 8,
  /** Bytes read one after the other from a memory of `streamBytes`, around and around. */
  stream: 128,
};

export type LoopName = keyof typeof perIteration;

/** Far more than a core's own caches hold. */
export const streamBytes: number = 64 * 2 ** 20;

const i32 = 0x7f;
const i64 = 0x7e;
const v128 = 0x7b;

const op = {
  f64: { mul: [0xfd, 0xf2, 0x01], add: [0xfd, 0xf0, 0x01], madd: [0xfd, 0x87, 0x02] },
  f32: { mul: [0xfd, 0xe6, 0x01], add: [0xfd, 0xe4, 0x01], madd: [0xfd, 0x85, 0x02] },
} as const;

const v128Const = [0xfd, 0x0c];
/** i64x2.extract_lane 0 */
const firstLane = [0xfd, 0x1d, 0];

/** The loops of the engine's plain SIMD, and where `fused`, those of relaxed SIMD. They import a memory "m" "m". */
export function assemble(fused: boolean): Uint8Array {
  const loops: Partial<Record<LoopName, readonly number[]>> = {
    f64: multiplyAdd('f64', false),
    f32: multiplyAdd('f32', false),
    popcount: popcount(),
    stream: stream(),
    ...(fused ? { f64Fused: multiplyAdd('f64', true), f32Fused: multiplyAdd('f32', true) } : {}),
  };
  const names = Object.keys(loops);
  const exports = names.map((name, index) => code(text(name), [0x00], leb(index)));
  const bodies = Object.values(loops).map((body) => code(leb(body.length), body));
  return Uint8Array.from(
    code(
      [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      section(1, [[0x60, 1, i32, 1, i64]]),
      section(2, [code(text('m'), text('m'), [0x02, 0x00, 0x01])]),
      section(
        3,
        names.map(() => [0]),
      ),
      section(7, exports),
      section(10, bodies),
    ),
  );
}

/** Does this engine have relaxed SIMD? Node 20 has it behind --experimental-wasm-relaxed-simd. */
export const hasRelaxed = (): boolean => WebAssembly.validate(assemble(true) as BufferSource);

const code = (...parts: readonly (readonly number[])[]): number[] => parts.flat();
const get = (local: number): number[] => code([0x20], leb(local));
const set = (local: number): number[] => code([0x21], leb(local));
const end = [0x0b];

/** Counts parameter 0 down to 0 around `body`: loop, body, local.tee 0 of (local 0 - 1), br_if 0, end. */
const countDown = (body: readonly number[]): number[] =>
  code([0x03, 0x40], body, get(0), [0x41, 1, 0x6b, 0x22, 0, 0x0d, 0], end);

const locals = (...groups: readonly (readonly [count: number, type: number])[]): number[] =>
  code([groups.length], ...groups.map(([count, type]) => code(leb(count), [type])));

/** acc ← acc · c + c in 12 chains, which is what a latency of up to 6 cycles and 2 of each a cycle can use. */
function multiplyAdd(type: 'f64' | 'f32', fused: boolean): number[] {
  const { mul, add, madd } = op[type];
  const halves = type === 'f64' ? new Float64Array(2).fill(0.5) : new Float32Array(4).fill(0.5);
  const factor = 13;
  const chains = Array.from({ length: 12 }, (_, chain) => chain + 1);
  const step = (chain: number): number[] =>
    fused
      ? code(get(chain), get(factor), get(factor), madd, set(chain))
      : code(get(chain), get(factor), mul, get(factor), add, set(chain));
  const xor = [0xfd, 0x51];
  return code(
    locals([13, v128]),
    v128Const,
    [...new Uint8Array(halves.buffer)],
    set(factor),
    countDown(chains.flatMap(step)),
    get(1),
    ...chains.slice(1).map((chain) => code(get(chain), xor)),
    firstLane,
    end,
  );
}

function popcount(): number[] {
  const query = 1;
  const andCountAdd = [0x83, 0x7b, 0x7c];
  const word = (k: number): number[] =>
    code(get(2 + (k % 4)), [0x41, 0], [0x29, 3, 8 * k], get(query), andCountAdd, set(2 + (k % 4))); // i64.load
  return code(
    locals([5, i64]),
    get(0),
    [0xad], // i64.extend_i32_u
    set(query),
    countDown(Array.from({ length: 8 }, (_, k) => word(k)).flat()),
    get(2),
    ...[3, 4, 5].map((sum) => code(get(sum), [0x7c])),
    end,
  );
}

function stream(): number[] {
  const address = 1;
  const add = [0xfd, 0xce, 0x01]; // i64x2.add
  const load = (k: number): number[] =>
    code(get(2 + (k % 4)), get(address), [0xfd, 0x00, 4], leb(16 * k), add, set(2 + (k % 4))); // v128.load
  const loads = Array.from({ length: 8 }, (_, k) => load(k)).flat();
  // address ← (address + 128) & (streamBytes - 1)
  const advance = code(
    get(address),
    [0x41],
    signed(128),
    [0x6a, 0x41],
    signed(streamBytes - 1),
    [0x71],
    set(address),
  );
  return code(
    locals([1, i32], [4, v128]),
    countDown(code(loads, advance)),
    get(2),
    ...[3, 4, 5].map((sum) => code(get(sum), add)),
    firstLane,
    end,
  );
}

const section = (id: number, items: readonly (readonly number[])[]): number[] => {
  const content = code(leb(items.length), ...items);
  return code([id], leb(content.length), content);
};

const text = (name: string): number[] => code([name.length], [...new TextEncoder().encode(name)]);

/** Unsigned LEB128. */
function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)];
}

/** Signed LEB128 of a number that is not negative. */
function signed(value: number): number[] {
  return value < 64 ? [value] : [(value & 127) | 128, ...signed(value >>> 7)];
}
