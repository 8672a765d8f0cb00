/**
 * One thread a query and a chunk of 256 keys, in integers alone, which WGSL makes exact on every device.
 *
 * - Q and K are integers in balanced limbs of 12 bits, 4096^l each. Products of limbs of the same weight are added up
 *   in one int32: 64 coordinates times five products of at most 2^22. Then carries move up.
 * - The inner product S, in two's complement, becomes sign and magnitude; S' = |S| shifted by the row's own amount, and
 *   z = S'·c·2^-160, with the row's c of 96 bits, is log2 e times the logit: t + f, f of 64 bits.
 * - 2^f = T[f's first 8 bits] · T'[the next 8] · (1 + x + x²/2 + x³/6), x = ln 2 times the rest: a weight w·2^(t-62)
 *   with w of 63 bits.
 * - Sums of w·2^22, and of the upper 64 bits of w·v times 2^23, in integers of 96 bits relative to 2^m, m the largest
 *   exponent so far of that sum.
 *
 * What each step leaves out stands in emulated.ts.
 */
import { ln2In64 } from './binary-exponential.ts';

export const chunkKeys = 256;
export const threads = 64;

/** Keys at once. */
export const tileKeys = 4;

export interface EmulatedShape {
  /** Coordinates, padded to a multiple of four. */
  readonly columns: number;
  readonly queryLimbs: number;
  readonly keyLimbs: number;
  readonly values: number;
}

export function emulatedShader({ columns, queryLimbs, keyLimbs, values }: EmulatedShape): string {
  const each = <T>(n: number, text: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => text(i));
  const sums = queryLimbs + keyLimbs - 1;
  const words = Math.ceil((12 * sums + 32) / 32);
  const vectors = columns / 4;
  const lowLn2 = Number(ln2In64 & 0xffffffffn);
  const highLn2 = Number(ln2In64 >> 32n);
  const keyVectors = keyLimbs * vectors;
  const value = each(values, (c) => c);
  const s = (j: number, k: number): string => `s${j}_${k}`;
  const products = each(tileKeys, (j) =>
    each(keyLimbs, (b) => {
      const key = `k${j}_${b}`;
      const uses = each(queryLimbs, (a) => `${s(j, a + b)} += dot(q${a}, ${key});`);
      return `let ${key} = keys[at + ${j * keyVectors + b * vectors}u]; ${uses.join(' ')}`;
    }).join('\n        '),
  );
  const carries = each(tileKeys, (j) =>
    each(sums, (k) => `${s(j, k + 1)} += ${s(j, k)} >> 12u; ${s(j, k)} &= 4095;`).join(' '),
  );
  return `
struct Params { rows: u32, keys: u32, zero: u32, pad: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> queries: array<vec4i>;
@group(0) @binding(2) var<storage, read> keys: array<vec4i>;
@group(0) @binding(3) var<storage, read> values: array<vec4u>;
@group(0) @binding(4) var<storage, read_write> sums: array<vec4u>;
@group(0) @binding(5) var<storage, read> table: array<vec4u>;

const none = -2147483647;

// a·b as lower and upper word.
fn product(a: u32, b: u32) -> vec2u {
  let al = a & 0xffffu; let ah = a >> 16u;
  let bl = b & 0xffffu; let bh = b >> 16u;
  let low = al * bl;
  let m1 = ah * bl + (low >> 16u);
  let m2 = al * bh + (m1 & 0xffffu);
  return vec2u((m2 << 16u) | (low & 0xffffu), ah * bh + (m1 >> 16u) + (m2 >> 16u));
}
fn upper(a: u32, b: u32) -> u32 { return product(a, b).y; }
fn add64(a: vec2u, b: vec2u) -> vec2u {
  let low = a.x + b.x;
  return vec2u(low, a.y + b.y + select(0u, 1u, low < a.x));
}
// The upper 64 bits of a·b, too small by at most 3.
fn upper64(a: vec2u, b: vec2u) -> vec2u {
  let sum = add64(product(a.y, b.y), vec2u(upper(a.x, b.y), 0u));
  return add64(sum, vec2u(upper(a.y, b.x), 0u));
}
fn add96(a: vec3u, b: vec3u) -> vec3u {
  let x = a.x + b.x;
  let carryX = select(0u, 1u, x < a.x);
  let part = a.y + b.y;
  let y = part + carryX;
  let carryY = select(0u, 1u, part < a.y) + select(0u, 1u, y < part);
  return vec3u(x, y, a.z + b.z + carryY);
}
// x shifted down by n, its sign kept; rounded down.
fn shift96(x: vec3u, n: u32) -> vec3u {
  let fill = u32(i32(x.z) >> 31u);
  var y = x;
  if (n >= 96u) { return vec3u(fill); }
  if ((n & 64u) != 0u) { y = vec3u(y.z, fill, fill); }
  if ((n & 32u) != 0u) { y = vec3u(y.y, y.z, fill); }
  let b = n & 31u;
  if (b == 0u) { return y; }
  let up = 32u - b;
  return vec3u((y.x >> b) | (y.y << up), (y.y >> b) | (y.z << up), (y.z >> b) | (fill << up));
}
fn negate96(x: vec3u) -> vec3u { return add96(~x, vec3u(1u, 0u, 0u)); }
struct Sum { number: vec3u, exponent: i32 }
// Adds x·2^e, x of at most 86 bits and a sign.
fn accumulate(sum: ptr<function, Sum>, x: vec3u, e: i32) {
  if (e > (*sum).exponent) {
    (*sum).number = shift96((*sum).number, u32(e) - u32((*sum).exponent));
    (*sum).exponent = e;
    (*sum).number = add96((*sum).number, x);
  } else {
    (*sum).number = add96((*sum).number, shift96(x, u32((*sum).exponent) - u32(e)));
  }
}
// x·2^n with x of 64 bits, 0 < n < 32.
fn wide(x: vec2u, n: u32) -> vec3u { return vec3u(x.x << n, (x.x >> (32u - n)) | (x.y << n), x.y >> (32u - n)); }

// 2^f for f in units of 2^-64, in units of 2^-62.
fn power(f: vec2u) -> vec2u {
  let first = table[f.y >> 24u].xy;
  let next = table[256u + ((f.y >> 16u) & 255u)].xy;
  let x = upper64(vec2u(f.x << 16u, (f.y << 16u) | (f.x >> 16u)), vec2u(${lowLn2}u, ${highLn2}u)); // units of 2^-80
  let square = upper(x.y, x.y);
  let beyond = (square >> 1u) + (upper(square, x.y) >> 16u) / 6u;
  let y = add64(vec2u((x.x >> 16u) | (x.y << 16u), x.y >> 16u), vec2u(beyond, 0u));
  let a = upper64(first, next);
  return add64(a, upper64(a, y));
}

// One key's weight, from its sums of products, into all sums.
fn weigh(key: u32, row: vec4u, all: ptr<function, Sum>${value.map((c) => `, all${c}: ptr<function, Sum>`).join('')}, dots: ptr<function, array<i32, ${tileKeys * (sums + 1)}>>, dot: u32) {
  ${each(sums + 1, (k) => `let s${k} = (*dots)[dot + ${k}u];`).join(' ')}
  var a: array<u32, ${words + 8}>;
  let isNegative = s${sums} < 0;
  var carry = select(0u, 1u, isNegative);
  let flip = select(0u, 0xffffffffu, isNegative);
  ${each(words, (w) => `let w${w} = (${wordOf(w, sums)}) ^ flip; a[${w + 3}] = w${w} + carry; carry &= select(0u, 1u, w${w} == 0xffffffffu);`).join('\n  ')}
  let shift = i32(row.w);
  let base = u32(3 + (shift >> 5u));
  let b = u32(shift) & 31u;
  let up = (32u - b) & 31u;
  let keep = select(0xffffffffu, 0u, b == 0u);
  let p0 = (a[base] >> b) | ((a[base + 1u] << up) & keep);
  let p1 = (a[base + 1u] >> b) | ((a[base + 2u] << up) & keep);
  let p2 = (a[base + 2u] >> b) | ((a[base + 3u] << up) & keep);
  // (p2 p1 p0)·c, words 3 to 5, the lower half left out.
  let p12 = product(p1, row.z);
  let p21 = product(p2, row.y);
  let p22 = product(p2, row.z);
  var z = vec3u(upper(p0, row.z), 0u, 0u);
  z = add96(z, vec3u(upper(p1, row.y), 0u, 0u));
  z = add96(z, vec3u(upper(p2, row.x), 0u, 0u));
  z = add96(z, vec3u(p12, 0u));
  z = add96(z, vec3u(p21, 0u));
  z = add96(z, vec3u(0u, p22));
  if (isNegative) { z = negate96(z); }
  let t = i32(z.z);
  let w = power(z.xy);
  accumulate(all, wide(w, 22u), t);
  ${value
    .map(
      (c) => `let v${c} = values[key * ${values}u + ${c}u];
  if (v${c}.y != 0u) {
    var x = wide(upper64(w, v${c}.xy), 23u);
    if (v${c}.w != 0u) { x = negate96(x); }
    accumulate(all${c}, x, t + i32(v${c}.z));
  }`,
    )
    .join('\n  ')}
}

@compute @workgroup_size(${threads})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let at_row = min(id.x, params.rows - 1u);
  let first = id.y * ${chunkKeys}u;
  let last = min(first + ${chunkKeys}u, params.keys);
  let row = table[512u + at_row];
  var all = Sum(vec3u(0u), none);
  ${value.map((c) => `var all${c} = Sum(vec3u(0u), none);`).join(' ')}
  var dots: array<i32, ${tileKeys * (sums + 1)}>;
  for (var key = first; key < last; key += ${tileKeys}u) {
    ${each(tileKeys, (j) => each(sums + 1, (k) => `var ${s(j, k)} = 0;`).join(' ')).join('\n    ')}
    for (var slice = 0u; slice < ${vectors}u; slice += 16u) {
      for (var c = slice; c < min(slice + 16u, ${vectors}u); c++) {
        ${each(queryLimbs, (a) => `let q${a} = queries[(c + ${a * vectors}u) * params.rows + at_row];`).join(' ')}
        let at = key * ${keyVectors}u + c;
        ${products.join('\n        ')}
      }
      ${carries.join('\n      ')}
    }
    ${each(tileKeys, (j) => each(sums + 1, (k) => `dots[${j * (sums + 1) + k}] = ${s(j, k)};`).join(' ')).join('\n    ')}
    for (var j = 0u; j < min(${tileKeys}u, last - key); j++) {
      weigh(key + j, row, &all${value.map((c) => `, &all${c}`).join('')}, &dots, j * ${sums + 1}u);
    }
  }
  if (id.x >= params.rows) { return; }
  let at = id.y * ${values + 1}u * params.rows + at_row;
  sums[at] = vec4u(all.number, bitcast<u32>(all.exponent));
  ${value.map((c) => `sums[at + ${c + 1}u * params.rows] = vec4u(all${c}.number, bitcast<u32>(all${c}.exponent));`).join('\n  ')}
}
`;
}

/** Word `w` of Σ_k s_k·4096^k, where all s_k but the last are 12 bits and the last has the sign. */
function wordOf(w: number, last: number): string {
  const parts: string[] = [];
  for (let k = 0; k < last; k++) {
    const up = 12 * k - 32 * w;
    if (up > -12 && up < 32) parts.push(shifted(`u32(s${k})`, up));
  }
  const up = 12 * last - 32 * w;
  if (up >= 32) return parts.join(' | ') || '0u';
  parts.push(up >= 0 ? shifted(`u32(s${last})`, up) : `u32(s${last} >> ${Math.min(31, -up)}u)`);
  return parts.join(' | ');
}

const shifted = (x: string, up: number): string =>
  up === 0 ? x : up > 0 ? `(${x} << ${up}u)` : `(${x} >> ${-up}u)`;
