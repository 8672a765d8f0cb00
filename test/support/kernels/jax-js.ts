/** jax-js as an oracle: its WebAssembly backend under `jit`, in f64 or f32. An npm package of the bench's peers. */
import { openJax, type Tensor } from '../../bench/jax.ts';
import { roundTo } from '../../../src/problems/dtype.ts';
import type { Oracle } from '../../../src/oracles/oracle.ts';
import { carefulError } from '../../../src/oracles/careful-kernel.ts';
import { matricesOf } from './kernel.ts';

/** Throws an Error where the package is not there. */
export async function jaxOracle(): Promise<Oracle> {
  const jax = await openJax();
  const { nn, numpy } = jax;
  return {
    name: 'jax-js',
    claim: ({ dtype }) => carefulError(dtype),
    async attend(attention) {
      const { q, k, v, queries, keys, headDim, valueDim, scale, dtype } = matricesOf(attention);
      const started = performance.now();
      const isDouble = dtype === 'f64';
      const tensor = (data: Float64Array, rows: number, columns: number): Tensor =>
        numpy
          .array(isDouble ? data : Float32Array.from(data), {
            dtype: isDouble ? numpy.float64 : numpy.float32,
          })
          .reshape([rows, columns]);
      const attend = jax.jit((x, y, z) =>
        numpy.matmul(nn.softmax(numpy.matmul(x, numpy.transpose(y)), -1), z),
      );
      const scaled = q.map((x) => x * scale); // its own multiplication by a number is in float32
      const out = await attend(
        tensor(scaled, queries, headDim),
        tensor(k, keys, headDim),
        tensor(v, keys, valueDim),
      ).data();
      const values = Float64Array.from(out, (y) => roundTo(dtype, y));
      const seconds = (performance.now() - started) / 1000;
      const output = { rows: queries, columns: valueDim, values, error: carefulError(dtype) };
      return { output, path: 'wasm', reason: 'jit', seconds };
    },
    close: async () => {},
  };
}
