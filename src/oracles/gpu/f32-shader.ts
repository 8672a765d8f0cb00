/**
 * One thread a query and a chunk of 256 keys; 16 keys at a time. Q is stored by columns (four a vector) and then rows,
 * so that neighbouring threads read neighbouring words; all threads of a workgroup read the same keys.
 *
 * A weight is exp(scale·s) = 2^t·exp(scale·r) with s = ⟨q,k⟩ = t·L + r, L = ln 2/scale; sums are kept relative to
 * 2^m, m the largest t so far, and lifted by 2^80, so that a weight is lost only below 2^-206 of the largest. Multiplying
 * by powers of two is exact. What each step rounds by stands in f32.ts.
 */
import { guardCode } from './guard.ts';

/** Keys a tile of the shader, keys a chunk, and threads a workgroup. */
export const tileKeys = 16;
export const chunkKeys = 256;
export const threads = 64;

/** The power of two that sums are multiplied by. */
export const lift = 80;

/** The shader for `columns` coordinates, padded to a multiple of four, and `values` value columns. */
export function f32Shader(columns: number, values: number): string {
  const keys = Array.from({ length: tileKeys }, (_, j) => j);
  const fours = [0, 1, 2, 3];
  const each = (text: (j: number) => string): string => keys.map(text).join('\n');
  const group = (name: string, g: number): string =>
    `vec4f(${fours.map((l) => `${name}${4 * g + l}`).join(', ')})`;
  const value = Array.from({ length: values }, (_, c) => c);
  return `
struct Params {
  rows: u32, keys: u32, zero: u32, pad: u32,
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
fn exponential(x: vec4f) -> vec4f {
  var h = guard4(x * ${float(1 / 5040)}) + vec4f(${float(1 / 720)});
  ${[120, 24, 6, 2, 1, 1].map((f) => `h = guard4(guard4(x * guard4(h)) + vec4f(${float(1 / f)}));`).join('\n  ')}
  return h;
}
fn total(x: vec4f) -> f32 { return (x.x + x.y) + (x.z + x.w); }

@compute @workgroup_size(${threads})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = min(id.x, params.rows - 1u);
  let first = id.y * ${chunkKeys}u;
  let last = min(first + ${chunkKeys}u, params.keys);
  var m = none;
  var all = 0.0;
  var run = 0.0;
  ${value.map((c) => `var all${c} = 0.0; var run${c} = 0.0;`).join(' ')}
  var tile = 0u;
  for (var key = first; key < last; key += ${tileKeys}u) {
    ${each((j) => `var s${j} = 0.0;`)}
    for (var c = 0u; c < ${columns / 4}u; c++) {
      let q = queries[c * params.rows + row];
      var at = key * ${columns / 4}u + c;
      ${each((j) => `s${j} += dot(q, keys[at + ${(j * columns) / 4}u]);`)}
    }
    ${fours
      .map(
        (g) => `
    let dots${g} = guard4(${group('s', g)});
    let near${g} = round(guard4(dots${g} * params.perL));
    let rest${g} = guard4(guard4(dots${g} - near${g} * params.lHi) - guard4(near${g} * params.lLo));
    let isKey${g} = vec4u(key + ${4 * g}u) + vec4u(0u, 1u, 2u, 3u) < vec4u(last);
    let t${g} = select(vec4i(none), vec4i(near${g}), isKey${g});
    let e${g} = exponential(guard4(rest${g} * params.scale));`,
      )
      .join('')}
    let tops = max(max(t0, t1), max(t2, t3));
    let top = max(m, max(max(tops.x, tops.y), max(tops.z, tops.w)));
    if (top > m) {
      let e = max(m - top, -252);
      all = lower(all, e);
      run = lower(run, e);
      ${value.map((c) => `all${c} = lower(all${c}, e); run${c} = lower(run${c}, e);`).join(' ')}
      m = top;
    }
    ${fours.map((g) => `let w${g} = guard4(e${g} * power4(t${g} - m + ${lift}));`).join('\n    ')}
    run = guard(run + guard(total(guard4((w0 + w1) + (w2 + w3)))));
    ${value
      .map((c) => {
        const products = fours.map((g) => `w${g} * values[((key >> 2u) + ${g}u) * ${values}u + ${c}u]`);
        return `run${c} = guard(run${c} + guard(total(guard4(${products.join(' + ')}))));`;
      })
      .join('\n    ')}
    tile++;
    if ((tile & 3u) == 0u) {
      all = guard(all + run);
      run = 0.0;
      ${value.map((c) => `all${c} = guard(all${c} + run${c}); run${c} = 0.0;`).join(' ')}
    }
  }
  if (id.x >= params.rows) { return; }
  let at = id.y * ${values + 1}u * params.rows + row;
  let power = bitcast<u32>(m - ${lift});
  sums[at] = vec2u(bitcast<u32>(all + run), power);
  ${value.map((c) => `sums[at + ${c + 1}u * params.rows] = vec2u(bitcast<u32>(all${c} + run${c}), power);`).join('\n  ')}
}
`;
}

/** A float32 as WGSL reads it, exactly. */
const float = (x: number): string => `bitcast<f32>(${new Uint32Array(Float32Array.of(x).buffer)[0]}u)`;
