/**
 * Counts bit-sliced, as in the cpu's kernel (../cpu/assembly/counts.ts): a slice holds one column's bits of 128 keys,
 * the slices of a pattern's columns are added up in binary by carry-save adders, ANDs of the planes tell the keys of
 * each inner product apart, and popcounts count them. One thread takes one pattern through a run of blocks of 128 keys
 * and has counts of its own. About 400 operations on 32 bits for 32 pairs and 50 columns.
 *
 * Layout: `lists` begins with how many eights of columns each pattern has, then the first column of each pattern, then
 * the second, …; `slices` has the slices of all columns of a block and one of zeros, which fills lists up to eights.
 */

/** Keys of a block. */
export const sliceKeys = 128;

/** The largest inner product that seven planes hold. */
export const mostSliced = 127;

/** Threads a workgroup. */
export const slicedThreads = 32;

/**
 * Its only shader, so that it is compiled once and the self-test is of the very code that is used. Counts are added to
 * `histograms`, those of missing keys to inner product 0. The groups of eight inner products are a loop, not written
 * out: SwiftShader compiles that three times as fast and runs it no slower.
 */
export function slicedShader(): string {
  const upper = [3, 4, 5, 6];
  const load = (k: number): string => `let x${k} = slices[base + lists[at + ${k}u * params.patterns]];`;
  /** A carry-save adder: plane `p` and two bits of its weight to the plane and `carry`, of twice the weight. */
  const add = (p: number, a: string, b: string, carry: string): string =>
    `let u${carry} = p${p} ^ ${a}; let ${carry} = (p${p} & ${a}) | (u${carry} & ${b}); p${p} = u${carry} ^ ${b};`;
  return `
struct Params { patterns: u32, blocks: u32, run: u32, slices: u32, size: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> lists: array<u32>;
@group(0) @binding(2) var<storage, read> slices: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> histograms: array<atomic<u32>>;

fn ones(those: vec4u) -> u32 {
  let n = countOneBits(those);
  return n.x + n.y + n.z + n.w;
}

@compute @workgroup_size(${slicedThreads})
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.patterns) { return; }
  let pattern = id.x;
  let eights = lists[pattern];
  let first = id.y * params.run;
  let last = min(first + params.run, params.blocks);
  var counts: array<u32, ${mostSliced + 1}>;
  for (var block = first; block < last; block++) {
    let base = block * params.slices;
    ${[0, 1, 2, ...upper].map((p) => `var p${p} = vec4u(0u);`).join(' ')}
    var at = params.patterns + pattern;
    for (var e = 0u; e < eights; e++) {
      ${Array.from({ length: 8 }, (_, k) => load(k)).join('\n      ')}
      at += 8u * params.patterns;
      ${add(0, 'x0', 'x1', 'twosA')}
      ${add(0, 'x2', 'x3', 'twosB')}
      ${add(1, 'twosA', 'twosB', 'foursA')}
      ${add(0, 'x4', 'x5', 'twosC')}
      ${add(0, 'x6', 'x7', 'twosD')}
      ${add(1, 'twosC', 'twosD', 'foursB')}
      ${add(2, 'foursA', 'foursB', 'carry3')}
      ${upper.map((p) => `let carry${p + 1} = p${p} & carry${p}; p${p} ^= carry${p};`).join(' ')}
    }
    for (var s = 0u; s < params.size; s += 8u) {
      let those = ${upper.map((p) => `(p${p} ^ vec4u(((s >> ${p}u) & 1u) - 1u))`).join(' & ')};
      if (all(those == vec4u(0u))) { continue; }
      let low = those & ~p2;
      let high = those & p2;
      let s01 = low & ~p1;
      let s23 = low & p1;
      let s45 = high & ~p1;
      let s67 = high & p1;
      ${['s01', 's23', 's45', 's67']
        .map(
          (pair, k) =>
            `counts[s + ${2 * k}u] += ones(${pair} & ~p0); counts[s + ${2 * k + 1}u] += ones(${pair} & p0);`,
        )
        .join('\n      ')}
    }
  }
  for (var s = 0u; s < params.size; s++) {
    if (counts[s] != 0u) { atomicAdd(&histograms[pattern * params.size + s], counts[s]); }
  }
}
`;
}
