/**
 * ONNX Runtime as a peer: `onnx-peer.js THREADS`. In f32 its fused operator is tried beside the plain three, in f64
 * there are only these.
 */
import { fusedModel, plainModel } from './onnx-model.ts';
import { requirePeer, serve, type Matrices, type Run } from './serve.ts';
import type { Numbers } from './task.ts';

interface Session {
  run(feeds: Readonly<Record<string, unknown>>): Promise<{ readonly out: { readonly data: Numbers } }>;
}

interface OnnxRuntime {
  readonly env: { readonly versions: { readonly node?: string; readonly common?: string } };
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
  readonly Tensor: new (type: string, data: Numbers, shape: readonly number[]) => unknown;
}

const threads = Number(process.argv[2] ?? 2);

await serve(async () => {
  const { InferenceSession, Tensor, env } = requirePeer('onnxruntime-node') as OnnxRuntime;
  const open = async (model: Uint8Array): Promise<Session> =>
    InferenceSession.create(model, { intraOpNumThreads: threads, interOpNumThreads: 1, logSeverityLevel: 3 });
  const tensor = (data: Numbers, shape: readonly number[]): unknown =>
    new Tensor(data instanceof Float64Array ? 'float64' : 'float32', data, shape);

  const fused = async ({ q, k, v, task }: Matrices): Promise<Run> => {
    const { headDim: d, valueDim, keys, scale } = task;
    const session = await open(fusedModel(scale, d, valueDim));
    const feeds = {
      q: tensor(q, [1, q.length / d, d]),
      k: tensor(k, [1, keys, d]),
      v: tensor(v, [1, keys, valueDim]),
    };
    return async () => ({ output: (await session.run(feeds)).out.data });
  };

  const plain = async (block: number, { q, k, v, task }: Matrices): Promise<Run> => {
    const { headDim: d, valueDim, keys, scale, dtype } = task;
    const session = await open(plainModel(dtype, d, valueDim));
    const factor = dtype === 'f64' ? Float64Array.of(scale) : Float32Array.of(scale);
    const fixed = { k: tensor(k, [keys, d]), v: tensor(v, [keys, valueDim]), scale: tensor(factor, [1]) };
    const rows = q.length / d;
    return async () => {
      const output = dtype === 'f64' ? new Float64Array(rows * valueDim) : new Float32Array(rows * valueDim);
      for (let i = 0; i < rows; i += block) {
        const to = Math.min(rows, i + block);
        const queries = tensor(q.subarray(i * d, to * d), [to - i, d]);
        output.set((await session.run({ q: queries, ...fixed })).out.data, i * valueDim);
      }
      return { output };
    };
  };

  const plainWays = Object.fromEntries(
    [64, 256, 1024].map((block) => [
      `Mul, Gemm, Softmax, MatMul, blocks of ${block}`,
      (matrices: Matrices) => plain(block, matrices),
    ]),
  );
  return {
    version: `onnxruntime-node ${env.versions.node ?? env.versions.common}`,
    threads: String(threads),
    sampleRows: 1024,
    ways: (dtype) => (dtype === 'f32' ? { MultiHeadAttention: fused, ...plainWays } : plainWays),
  };
});
