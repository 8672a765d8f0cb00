/**
 * One of our oracles as a peer: `seth-peer.js SPEC`. A call is the whole call, with checks, detection and packing,
 * on matrices that stand in memory as float64.
 */
import { availableThreads } from '../../src/oracles/cpu/threads.ts';
import { openOracle } from '../../src/oracles/oracles.ts';
import { denseMatrix } from '../../src/problems/attention.ts';
import { serve } from './serve.ts';

const spec = process.argv[2] ?? 'cpu';

await serve(async () => {
  const oracle = await openOracle(spec);
  return {
    version: `Node ${process.versions.node}`,
    threads: String(await availableThreads()),
    sampleRows: 0,
    ways: () => ({
      whole: async ({ q, k, v, task }) => {
        const { headDim, valueDim, keys, scale, dtype } = task;
        const attention = {
          q: denseMatrix(q.length / headDim, headDim, Float64Array.from(q)),
          k: denseMatrix(keys, headDim, Float64Array.from(k)),
          v: denseMatrix(keys, valueDim, Float64Array.from(v)),
          scale,
          dtype,
        };
        return async () => {
          const { output, path } = await oracle.attend(attention);
          return { output: output.values, path };
        };
      },
    }),
  };
});
