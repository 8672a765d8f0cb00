/** jax-js on its WebAssembly backend, as far as it is used here. An npm package of the peers. */
import { requirePeer } from './serve.ts';

type Numbers = Float64Array | Float32Array;

export interface Tensor {
  /** The tensor once more; each use takes one. */
  readonly ref: Tensor;
  reshape(shape: readonly number[]): Tensor;
  data(): Promise<Numbers>;
}

export interface Jax {
  jit(f: (q: Tensor, k: Tensor, v: Tensor) => Tensor): (q: Tensor, k: Tensor, v: Tensor) => Tensor;
  readonly nn: { softmax(x: Tensor, axis: number): Tensor };
  readonly numpy: {
    array(data: Numbers, options: { dtype: unknown }): Tensor;
    matmul(x: Tensor, y: Tensor): Tensor;
    transpose(x: Tensor): Tensor;
    readonly float64: unknown;
    readonly float32: unknown;
  };
}

/** Throws an Error where the package is not there. */
export async function openJax(): Promise<Jax> {
  // Node 20 has no Float16Array, which jax-js looks at: any type of which no array is one.
  (globalThis as { Float16Array?: unknown }).Float16Array ??= DataView;
  const jax = requirePeer('@jax-js/jax') as Jax & {
    init(device: string): Promise<unknown>;
    defaultDevice(device: string): unknown;
  };
  await jax.init('wasm');
  jax.defaultDevice('wasm');
  return jax;
}
