/** ONNX Runtime as an oracle: its fused MultiHeadAttention, which takes only f32, or Gemm, Softmax and MatMul. */
import { fusedModel, plainModel } from '../../bench/onnx-model.ts';
import { requirePeer } from '../../bench/serve.ts';
import { roundTo } from '../../../src/problems/dtype.ts';
import type { Oracle } from '../../../src/oracles/oracle.ts';
import { carefulError } from '../../../src/oracles/careful-kernel.ts';
import { matricesOf } from './kernel.ts';

type Numbers = Float64Array | Float32Array;

interface Session {
  run(feeds: Readonly<Record<string, unknown>>): Promise<{ readonly out: { readonly data: Numbers } }>;
}

interface OnnxRuntime {
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
  readonly Tensor: new (type: string, data: Numbers, shape: readonly number[]) => unknown;
}

/** Throws an Error where the package is not there. */
export function onnxOracle(fused: boolean): Oracle {
  const { InferenceSession, Tensor } = requirePeer('onnxruntime-node') as OnnxRuntime;
  return {
    name: fused ? 'onnx fused' : 'onnx',
    claim: ({ dtype }) => carefulError(dtype),
    async attend(attention) {
      const { q, k, v, queries, keys, headDim, valueDim, scale, dtype } = matricesOf(attention);
      const isDouble = dtype === 'f64';
      const model = fused
        ? fusedModel(scale, headDim, valueDim)
        : plainModel(isDouble ? 'f64' : 'f32', headDim, valueDim);
      const session = await InferenceSession.create(model, { logSeverityLevel: 3 });
      const tensor = (data: Float64Array, shape: readonly number[]): unknown =>
        isDouble ? new Tensor('float64', data, shape) : new Tensor('float32', Float32Array.from(data), shape);
      const batch = fused ? [1] : [];
      const feeds = {
        q: tensor(q, [...batch, queries, headDim]),
        k: tensor(k, [...batch, keys, headDim]),
        v: tensor(v, [...batch, keys, valueDim]),
        ...(fused ? {} : { scale: tensor(Float64Array.of(scale), [1]) }),
      };
      const started = performance.now();
      const { data } = (await session.run(feeds)).out;
      const seconds = (performance.now() - started) / 1000;
      const values = Float64Array.from(data, (y) => roundTo(dtype, y));
      const output = { rows: queries, columns: valueDim, values, error: carefulError(dtype) };
      return {
        output,
        path: fused ? 'MultiHeadAttention' : 'Mul, Gemm, Softmax, MatMul',
        reason: '',
        seconds,
      };
    },
    close: async () => {},
  };
}
