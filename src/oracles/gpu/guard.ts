/**
 * WGSL lets a compiler reorder sums and products (section "Reassociation and fusion"). `guard(x)` is x: its bits go
 * through an integer operation whose other operand is a zero that only the caller's uniform knows, so that no compiler
 * can look through it and nothing is reordered across it.
 */
export const guardCode: string = `
fn guard(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) ^ params.zero); }
fn guard4(x: vec4f) -> vec4f { return bitcast<vec4f>(bitcast<vec4u>(x) ^ vec4u(params.zero)); }
`;
