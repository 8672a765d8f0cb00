/**
 * jax-js as a peer, its WebAssembly backend under `jit`. In Node it computes on one thread: its threads are Web
 * Workers.
 */
import { openJax, type Tensor } from './jax.ts';
import { peersFolder, serve } from './serve.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Numbers } from './task.ts';

await serve(async () => {
  const jax = await openJax();
  const { version } = JSON.parse(
    readFileSync(join(peersFolder, 'node_modules/@jax-js/jax/package.json'), 'utf8'),
  ) as { version: string };
  const { numpy, nn } = jax;

  return {
    version: `jax-js ${version}`,
    threads: '1',
    sampleRows: 256,
    ways: (dtype) => {
      const type = dtype === 'f64' ? numpy.float64 : numpy.float32;
      const tensor = (data: Numbers, columns: number): Tensor =>
        numpy.array(data, { dtype: type }).reshape([data.length / columns, columns]);
      return Object.fromEntries(
        [64, 256].map((block) => [
          `jit, blocks of ${block}`,
          async ({ q, k, v, task }) => {
            const { headDim: d, valueDim, scale } = task;
            const attend = jax.jit((queries, keys, values) =>
              numpy.matmul(nn.softmax(numpy.matmul(queries, numpy.transpose(keys)), -1), values),
            );
            const keys = tensor(k, d);
            const values = tensor(v, valueDim);
            const rows = q.length / d;
            return async () => {
              const parts: Numbers[] = [];
              for (let i = 0; i < rows; i += block) {
                const scaled = q.slice(i * d, (i + block) * d).map((x) => x * scale); // .mul is in float32
                const queries = tensor(scaled, d);
                parts.push(await attend(queries, keys.ref, values.ref).data());
              }
              const output = new Float64Array(rows * valueDim);
              parts.forEach((part, p) => output.set(part, p * block * valueDim));
              return { output };
            };
          },
        ]),
      );
    },
  };
});
