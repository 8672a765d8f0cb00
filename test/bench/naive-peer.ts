/** The naive loop as a peer. */
import { naive } from './naive.ts';
import { serve } from './serve.ts';

await serve(async () => ({
  version: `Node ${process.versions.node}`,
  threads: '1',
  sampleRows: 16,
  ways: () => ({
    loop: async ({ q, k, v, task }) => {
      const rows = q.length / task.headDim;
      const output =
        q.slice(0, 0).constructor === Float64Array
          ? new Float64Array(rows * task.valueDim)
          : new Float32Array(rows * task.valueDim);
      return async () => {
        naive(q, k, v, task, output);
        return { output };
      };
    },
  }),
}));
