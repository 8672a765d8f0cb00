/**
 * One thread a query pattern; a workgroup's threads go through the same 512 keys together, and each has a histogram of
 * its own in workgroup memory: at inner product s it adds 1 to the first plane and the key's words to the others. Then
 * histograms are added to those of the other workgroups that count the same patterns. Integers only.
 */
export const chunkKeys = 512;

/** Planes that one dispatch counts, at most. */
export const mostPlanes = 4;

export interface ExactShape {
  /** 32-bit words a pattern. */
  readonly words: number;
  /** Numbers that an inner product can be: D + 1. */
  readonly size: number;
  /** Counts, and value planes after them. */
  readonly planes: number;
  readonly threads: number;
}

/**
 * Threads a workgroup whose histograms fit in so many bytes: a power of two, `most` at most; 0 if not even one does.
 * SwiftShader takes longer to compile them than in proportion: 3.5 s for 16 threads with 264 numbers each, 0.7 s for 8,
 * which then count half as fast.
 */
export function threadsFor(size: number, planes: number, bytes: number, most = 64): number {
  for (let threads = most; threads >= 1; threads /= 2)
    if (threads * size * planes * 4 <= bytes) return threads;
  return 0;
}

export function exactShader({ words, size, planes, threads }: ExactShape): string {
  // Patterns have an even number of words; they are read as few vectors.
  const lanes = words % 4 === 0 ? 4 : 2;
  const vector = Array.from({ length: words / lanes }, (_, w) => w);
  const sum = (x: string): string =>
    ['x', 'y', 'z', 'w']
      .slice(0, lanes)
      .map((l) => `${x}.${l}`)
      .join(' + ');
  const plane = Array.from({ length: planes }, (_, p) => p);
  return `
struct Params { patterns: u32, keys: u32, planes: u32, firstPlane: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> patterns: array<vec${lanes}u>;
@group(0) @binding(2) var<storage, read> keys: array<vec${lanes}u>;
${planes === 1 ? '' : '@group(0) @binding(3) var<storage, read> values: array<u32>;'}
@group(0) @binding(${planes === 1 ? 3 : 4}) var<storage, read_write> histograms: array<atomic<u32>>;
var<workgroup> counts: array<u32, ${threads * size * planes}>;

@compute @workgroup_size(${threads})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) thread: u32) {
  let pattern = min(id.x, params.patterns - 1u);
  ${vector.map((w) => `let p${w} = patterns[pattern * ${vector.length}u + ${w}u];`).join(' ')}
  let first = id.y * ${chunkKeys}u;
  let last = min(first + ${chunkKeys}u, params.keys);
  for (var key = first; key < last; key++) {
    let ones = ${vector.map((w) => `countOneBits(p${w} & keys[key * ${vector.length}u + ${w}u])`).join(' + ')};
    let s = ${sum('ones')};
    let at = s * ${threads}u + thread;
    ${plane
      .map((p) => {
        const value = p === 0 ? '1u' : `values[key * params.planes + params.firstPlane + ${p - 1}u]`;
        return `counts[at + ${p * size * threads}u] += ${value};`;
      })
      .join('\n    ')}
  }
  if (id.x >= params.patterns) { return; }
  for (var s = 0u; s < ${size}u; s++) {
    ${plane
      .map(
        (p) => `
    let n${p} = counts[(${p * size}u + s) * ${threads}u + thread];
    if (n${p} != 0u) { atomicAdd(&histograms[(${p}u * params.patterns + pattern) * ${size}u + s], n${p}); }`,
      )
      .join('')}
  }
}
`;
}
