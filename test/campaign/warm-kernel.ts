/**
 * The plainest kernel as a program of its own, for the oracle `command-warm:`: a line with an instance and a place for its
 * output, again and again. It computes in float64 and writes in the format of the instance.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { decodeElements } from '../../src/formats/elements.ts';
import { readInstance } from '../../src/formats/instance.ts';
import { writeOutput } from '../../src/formats/output.ts';

for await (const line of createInterface({ input: process.stdin })) {
  const [path, output] = line.split('\t') as [string, string];
  const { q, k, v, scale = 1 } = readInstance(new Uint8Array(readFileSync(path)));
  const [Q, K, V] = [q, k, v].map(({ dtype, bytes }) => decodeElements(dtype, bytes)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const [[rows, d], [keys, columns]] = [q.shape, v.shape] as [[number, number], [number, number]];
  const values = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const logits = Float64Array.from({ length: keys }, (_, j) => {
      let dot = 0;
      for (let c = 0; c < d; c++) dot += Q[i * d + c]! * K[j * d + c]!;
      return scale * dot;
    });
    const largest = logits.reduce((a, b) => Math.max(a, b));
    const weights = logits.map((logit) => Math.exp(logit - largest));
    const sum = weights.reduce((a, b) => a + b);
    for (let c = 0; c < columns; c++) {
      values[i * columns + c] = weights.reduce((total, w, j) => total + w * V[j * columns + c]!, 0) / sum;
    }
  }
  writeFileSync(output, writeOutput(values, rows, columns, q.dtype, 'safetensors'));
  console.log(`ok ${output}`);
}
