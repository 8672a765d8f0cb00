/**
 * Counts bit-sliced, as in the cpu's kernel (../cpu/assembly/counts.ts): a slice holds one column's bits of 128 keys,
 * the slices of a pattern's columns are added up in binary by carry-save adders, ANDs of the planes tell the keys of
 * each inner product apart, and popcounts count them.
 *
 * Neighbouring patterns of a reduction differ in few columns: a variable's value was flipped. So one thread takes a
 * group of them: the columns that all have are added up once, and each pattern's own on top of that. A thread takes its
 * group through a run of blocks of 128 keys and has counts of its own, two in a word: a run has fewer than 2^16 keys.
 * About 250 operations on 32 bits for 32 pairs, 40 columns and 48 inner products.
 *
 * Layout: `lists` as `columnLists` (slices.ts) makes it; `slices` has the slices of all columns of a block and one of
 * zeros, which fills lists up to eights.
 */

/** Keys of a block. */
export const sliceKeys = 128;

/** The largest inner product that seven planes hold. */
export const mostSliced = 127;

/** Blocks of a run, at most. */
export const mostRun = 511;

/** Threads a workgroup. */
export const slicedThreads = 32;

/** Patterns of a group: more share more, but counts are memory of a thread, of which a card has little. */
export const slicedTogether = (software: boolean): number => (software ? 4 : 2);

const planes = [0, 1, 2, 3, 4, 5, 6];
const upper = planes.slice(3);

/**
 * One shader a device, so that it is compiled once and the self-test is of the very code that is used. Counts are added
 * to `histograms`, those of missing keys to inner product 0. The groups of eight inner products are a loop, not written
 * out: SwiftShader compiles that three times as fast and runs it no slower.
 */
export function slicedShader(together: number): string {
  /** Columns, and whether the last group is full, are data: `base`, `at` and the planes p0 … p6 are in scope. */
  const addEights = (eights: string): string => `
    for (var e = 0u; e < ${eights}; e++) {
      ${Array.from({ length: 8 }, (_, k) => load(k)).join('\n      ')}
      at += 8u * params.groups;
      ${add(0, 'x0', 'x1', 'twosA')}
      ${add(0, 'x2', 'x3', 'twosB')}
      ${add(1, 'twosA', 'twosB', 'foursA')}
      ${add(0, 'x4', 'x5', 'twosC')}
      ${add(0, 'x6', 'x7', 'twosD')}
      ${add(1, 'twosC', 'twosD', 'foursB')}
      ${add(2, 'foursA', 'foursB', 'carry3')}
      ${upper.map((p) => `let carry${p + 1} = p${p} & carry${p}; p${p} ^= carry${p};`).join(' ')}
    }`;
  return `
struct Params {
  patterns: u32, groups: u32, blocks: u32, run: u32, slices: u32, size: u32, sharedEights: u32, ownEights: u32
}
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
  let patterns = id.x;
  if (patterns >= params.groups) { return; }
  let members = min(${together}u, params.patterns - ${together}u * patterns);
  let first = id.y * params.run;
  let last = min(first + params.run, params.blocks);
  var counts: array<u32, ${(together * (mostSliced + 1)) / 2}>;
  for (var block = first; block < last; block++) {
    let base = block * params.slices;
    ${planes.map((p) => `var p${p} = vec4u(0u);`).join(' ')}
    var at = ${1 + together}u * params.groups + patterns;
    ${addEights('lists[patterns]')}
    ${planes.map((p) => `let shared${p} = p${p};`).join(' ')}
    for (var member = 0u; member < members; member++) {
      ${planes.map((p) => `p${p} = shared${p};`).join(' ')}
      at = (${1 + together}u + 8u * (params.sharedEights + params.ownEights * member)) * params.groups + patterns;
      ${addEights('lists[(1u + member) * params.groups + patterns]')}
      let into = ${(mostSliced + 1) / 2}u * member;
      for (var s = 0u; s < params.size; s += 8u) {
        let those = ${upper.map((p) => `(p${p} ^ vec4u(((s >> ${p}u) & 1u) - 1u))`).join(' & ')};
        if (all(those == vec4u(0u))) { continue; }
        let low = those & ~p2;
        let high = those & p2;
        ${['low & ~p1', 'low & p1', 'high & ~p1', 'high & p1']
          .map(
            (pair, k) =>
              `let pair${k} = ${pair}; counts[into + s / 2u + ${k}u] += ones(pair${k} & ~p0) | (ones(pair${k} & p0) << 16u);`,
          )
          .join('\n        ')}
      }
    }
  }
  for (var member = 0u; member < members; member++) {
    let into = (${together}u * patterns + member) * params.size;
    for (var s = 0u; s < params.size; s++) {
      let n = (counts[(${mostSliced + 1}u * member + s) / 2u] >> (16u * (s & 1u))) & 0xffffu;
      if (n != 0u) { atomicAdd(&histograms[into + s], n); }
    }
  }
}
`;
}

const load = (k: number): string => `let x${k} = slices[base + lists[at + ${k}u * params.groups]];`;

/** A carry-save adder: plane `p` and two bits of its weight to the plane and `carry`, of twice the weight. */
const add = (p: number, a: string, b: string, carry: string): string =>
  `let u${carry} = p${p} ^ ${a}; let ${carry} = (p${p} & ${a}) | (u${carry} & ${b}); p${p} = u${carry} ^ ${b};`;
