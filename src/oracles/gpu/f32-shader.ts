/**
 * One thread eight queries and a chunk of 256 keys, eight keys at a time: of 64 inner products in registers, every
 * coordinate of a query and of a key is loaded once for eight. Q and K stand in groups of eight rows, coordinate after
 * coordinate, so that neighbouring threads read neighbouring words; all threads of a workgroup read the same keys.
 *
 * A weight is exp(scale·s) = 2^t·exp(scale·r) with s = ⟨q,k⟩ = t·L + r, L = ln 2/scale; sums are kept relative to
 * 2^m, m the largest t so far, and lifted by 2^80, so that a weight is lost only below 2^-206 of the largest. Multiplying
 * by powers of two is exact. What each step rounds by stands in f32.ts.
 */
import { guardCode } from './guard.ts';

/** Keys a tile of the shader, queries a thread, keys a chunk, and threads a workgroup. */
export const tileKeys = 8;
export const threadRows = 8;
export const chunkKeys = 256;
export const threads = 32;

/** The power of two that sums are multiplied by. */
export const lift = 80;

/** The shader for `values` value columns, whatever the head dimension. */
export function f32Shader(values: number): string {
  const rows = Array.from({ length: threadRows }, (_, i) => i);
  const value = Array.from({ length: values }, (_, c) => c);
  const each = (text: (i: number) => string, between = '\n'): string => rows.map(text).join(between);
  const query = (i: number): string => `q${i >> 2}.${'xyzw'[i % 4]}`;
  return `
struct Params {
  rows: u32, keys: u32, zero: u32, headDim: u32,
  perL: f32, lHi: f32, lLo: f32, scale: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> queries: array<vec4f>;
@group(0) @binding(2) var<storage, read> keys: array<vec4f>;
@group(0) @binding(3) var<storage, read> values: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> sums: array<vec2u>;
${guardCode}
const none = -1048576;
// 2^e, or 0 below the normal numbers; e at most 127.
fn power(e: i32) -> f32 { return select(0.0, bitcast<f32>(u32(e + 127) << 23u), e >= -126); }
fn power4(e: vec4i) -> vec4f {
  return select(vec4f(0.0), bitcast<vec4f>(vec4u(e + 127) << vec4u(23u)), e >= vec4i(-126));
}
// x·2^e for e from -252 to 0, in two steps so that only the result can underflow.
fn lower(x: f32, e: i32) -> f32 {
  let half = max(e, -126);
  return guard(guard(x * power(half)) * power(max(e - half, -127)));
}
// Horner's rule; a guard a step, so that no product is distributed over a sum.
fn exponential(x: vec4f) -> vec4f {
  var h = guard4(x * ${float(1 / 5040)} + vec4f(${float(1 / 720)}));
  ${[120, 24, 6, 2, 1, 1].map((f) => `h = guard4(x * h + vec4f(${float(1 / f)}));`).join('\n  ')}
  return h;
}
fn total(x: vec4f) -> f32 { return (x.x + x.y) + (x.z + x.w); }
fn highest(a: vec4i, b: vec4i) -> i32 {
  let tops = max(a, b);
  return max(max(tops.x, tops.y), max(tops.z, tops.w));
}

@compute @workgroup_size(${threads})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let groups = (params.rows + ${threadRows - 1}u) / ${threadRows}u;
  let group = min(id.x, groups - 1u);
  let first = id.y * ${chunkKeys}u;
  let last = min(first + ${chunkKeys}u, params.keys);
  ${each((i) => `var m${i} = none; ${[...value.map((c) => `_${c}`), ''].map((c) => `var all${i}${c} = 0.0; var run${i}${c} = 0.0;`).join(' ')}`)}
  var tile = 0u;
  for (var key = first; key < last; key += ${tileKeys}u) {
    ${each((i) => `var a${i} = vec4f(0.0); var b${i} = vec4f(0.0);`, ' ')}
    var at = 2u * group;
    let begin = (key >> 2u) * params.headDim;
    for (var k = begin; k < begin + 2u * params.headDim; k += 2u) {
      let k0 = keys[k]; let k1 = keys[k + 1u];
      let q0 = queries[at]; let q1 = queries[at + 1u];
      at += 2u * groups;
      ${each((i) => `a${i} += k0 * ${query(i)}; b${i} += k1 * ${query(i)};`)}
    }
    let isA = vec4u(key) + vec4u(0u, 1u, 2u, 3u) < vec4u(last);
    let isB = vec4u(key) + vec4u(4u, 5u, 6u, 7u) < vec4u(last);
    tile++;
    ${each(
      (i) => `{
      let sa = guard4(a${i}); let sb = guard4(b${i});
      let na = round(sa * params.perL); let nb = round(sb * params.perL);
      let ra = guard4(guard4(sa - na * params.lHi) - na * params.lLo);
      let rb = guard4(guard4(sb - nb * params.lHi) - nb * params.lLo);
      let ta = select(vec4i(none), vec4i(na), isA); let tb = select(vec4i(none), vec4i(nb), isB);
      let top = max(m${i}, highest(ta, tb));
      if (top > m${i}) {
        let e = max(m${i} - top, -252);
        ${['', ...value.map((c) => `_${c}`)].map((c) => `all${i}${c} = lower(all${i}${c}, e); run${i}${c} = lower(run${i}${c}, e);`).join(' ')}
        m${i} = top;
      }
      let wa = guard4(exponential(guard4(ra * params.scale)) * power4(ta - m${i} + ${lift}));
      let wb = guard4(exponential(guard4(rb * params.scale)) * power4(tb - m${i} + ${lift}));
      run${i} = guard(run${i} + guard(total(guard4(wa + wb))));
      ${value.map((c) => `run${i}_${c} = guard(run${i}_${c} + guard(total(guard4(wa * values[(key >> 2u) * ${values}u + ${c}u] + wb * values[((key >> 2u) + 1u) * ${values}u + ${c}u]))));`).join('\n      ')}
    }`,
    )}
    if ((tile & 7u) == 0u) {
      ${each((i) => ['', ...value.map((c) => `_${c}`)].map((c) => `all${i}${c} = guard(all${i}${c} + run${i}${c}); run${i}${c} = 0.0;`).join(' '))}
    }
  }
  ${each(
    (i) => `if (${threadRows}u * id.x + ${i}u < params.rows) {
    let at = id.y * ${values + 1}u * params.rows + ${threadRows}u * id.x + ${i}u;
    let power = bitcast<u32>(m${i} - ${lift});
    ${['', ...value.map((c) => `_${c}`)].map((c, x) => `sums[at + ${x}u * params.rows] = vec2u(bitcast<u32>(all${i}${c} + run${i}${c}), power);`).join(' ')}
  }`,
  )}
}
`;
}

/** A float32 as WGSL reads it, exactly. */
const float = (x: number): string => `bitcast<f32>(${new Uint32Array(Float32Array.of(x).buffer)[0]}u)`;
