import * as assert from 'uvu/assert';
import { gpuOracle, type GpuMode } from '../../../src/oracles/gpu/gpu.ts';
import { entries, type Attention } from '../../../src/problems/attention.ts';
import { suite } from '../../support/harness.ts';
import { cook, distance, hardAttention, numbers } from '../cases.ts';
import { hasAdapter } from './adapter.ts';
import { countedBy } from './counted.ts';
import { findChromium, inChromium } from './chromium.ts';
import { patternAttention } from './patterns.ts';

/** What the page makes of each attention: the same modules, and outputs as JavaScript prints numbers, exactly. */
const script = (attentions: readonly (readonly [GpuMode, Attention])[]): string => `
const { gpuOracle } = await import('/src/oracles/gpu/gpu.js');
const { cpuOracle } = await import('/src/oracles/cpu/cpu.js');
const { countedBy } = await import('/test/oracles/gpu/counted.js');
const { denseMatrix } = await import('/src/problems/attention.js');
const matrix = ({ rows, columns, data }) => denseMatrix(rows, columns, Float64Array.from(data));
const results = [];
for (const { mode, q, k, v, scale, dtype } of ${JSON.stringify(
  attentions.map(([mode, { q, k, v, scale, dtype }]) => {
    const plain = (matrix: Attention['q']) => ({ ...matrix, data: [...entries(matrix)] });
    return { mode, q: plain(q), k: plain(k), v: plain(v), scale, dtype };
  }),
)}) {
  const oracle = gpuOracle({ mode });
  const attention = { q: matrix(q), k: matrix(k), v: matrix(v), scale, dtype };
  const { output, path, reason } = await oracle.attend(attention);
  const result = { path, reason, error: output.error, values: [...output.values] };
  if (mode === 'exact') {
    result.counted = await countedBy(attention);
    const structured = await cpuOracle({ threads: 1, path: 'structured' }).attend(attention);
    result.structured = [...structured.output.values];
  }
  results.push(result);
  await oracle.close();
}
await fetch('/result', { method: 'POST', body: JSON.stringify(results) });
`;

interface Result {
  readonly path: string;
  readonly reason: string;
  readonly error: { readonly relative: number; readonly absolute: number };
  readonly values: readonly number[];
  /** Of exact: what was counted, and what cpu:structured gives on the same page. */
  readonly counted?: readonly number[];
  readonly structured?: readonly number[];
}

const program = hasAdapter ? findChromium() : undefined;

if (program !== undefined) {
  suite('oracles/gpu/browser', (test) => {
    test('in Chromium exact counts what it counts in Node and gives the bits of cpu:structured, f64-emulated the bits that it gives in Node, and f32 is within its claim', async () => {
      const next = numbers(8);
      const entry = (): number => 4 * next() - 2;
      const exact = patternAttention({
        vectors: 9,
        keys: 600,
        pads: 4,
        dimension: 70,
        scales: 3,
        columns: 2,
        largestValue: 9000,
        seed: 5,
      });
      const plain = { queries: 9, keys: 300, headDim: 5, valueDim: 1 };
      const emulated = cook({ ...plain, q: entry, k: entry, v: entry });
      const single = hardAttention(3, {
        queries: 7,
        keys: 280,
        pads: 9,
        headDim: 30,
        bound: 12,
        bits: 8,
        dtype: 'f32',
      });
      const page = script([
        ['exact', exact],
        ['f64-emulated', emulated],
        ['f32', single],
      ]);
      const results = JSON.parse(await inChromium(program, 'dist', page)) as readonly Result[];
      assert.equal(
        results.map(({ path }) => path),
        ['exact', 'f64-emulated', 'f32'],
      );
      const [counted, integers, floats] = results;
      // Not the outputs in Node: engines' Math.exp differ in the last bit, for every tenth weight or so.
      assert.equal(counted!.counted, await countedBy(exact));
      assert.equal(counted!.values, counted!.structured);
      const node = gpuOracle({ mode: 'f64-emulated' });
      assert.equal(integers!.values, [...(await node.attend(emulated)).output.values]);
      await node.close();
      const { values, error, path, reason } = floats!;
      const output = { rows: 7, columns: 1, values: Float64Array.from(values), error };
      const { share } = distance(single, { output, path, reason, seconds: 0 });
      assert.ok(share <= 1, `${share} of the claim`);
    });
  });
}
