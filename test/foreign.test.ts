/**
 * An instance is computed by a program that shares no code with ours: a safetensors header read by hand, the naive
 * loop, an npy file written by hand. What it writes decodes to the right answer.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from './support/harness.ts';

const seth = 'dist/src/cli/main.js';

interface Header {
  readonly [name: string]: { dtype: string; shape: [number, number]; data_offsets: [number, number] };
}

/** Attention by the textbook, in float64 or with every operation rounded to float32; returns an npy file. */
function attend(file: Uint8Array): Uint8Array {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const text = new TextDecoder().decode(file.subarray(8, 8 + length));
  const header = JSON.parse(text) as Header & { __metadata__: { seth: string } };
  const tensor = (name: string): Float64Array => {
    const [from, to] = header[name]!.data_offsets;
    const bytes = file.slice(8 + length + from, 8 + length + to).buffer;
    return header[name]!.dtype === 'F32'
      ? Float64Array.from(new Float32Array(bytes))
      : new Float64Array(bytes);
  };
  const { scale } = JSON.parse(header.__metadata__.seth) as { scale: number };
  const single = header['q']!.dtype === 'F32';
  const round = single ? Math.fround : (x: number): number => x;

  const [q, k, v] = [tensor('q'), tensor('k'), tensor('v')];
  const [queries, d] = header['q']!.shape;
  const keys = header['k']!.shape[0];
  const out = new Float64Array(queries);
  for (let i = 0; i < queries; i++) {
    const logits = new Float64Array(keys);
    for (let j = 0; j < keys; j++) {
      let dot = 0;
      for (let c = 0; c < d; c++) dot = round(dot + round(q[i * d + c]! * k[j * d + c]!));
      logits[j] = round(dot * round(scale));
    }
    const largest = Math.max(...logits);
    let [above, below] = [0, 0];
    for (let j = 0; j < keys; j++) {
      const weight = round(Math.exp(round(logits[j]! - largest)));
      above = round(above + weight * v[j]!);
      below = round(below + weight);
    }
    out[i] = round(above / below);
  }

  const description = `{'descr': '${single ? '<f4' : '<f8'}', 'fortran_order': False, 'shape': (${queries}, 1), }`;
  const padded = `${description}${' '.repeat(63 - ((10 + description.length) % 64))}\n`;
  const prefix = Uint8Array.of(
    0x93,
    ...new TextEncoder().encode('NUMPY'),
    1,
    0,
    padded.length & 255,
    padded.length >> 8,
  );
  const data = new Uint8Array((single ? Float32Array.from(out) : out).buffer);
  return Buffer.concat([prefix, Buffer.from(padded), data]);
}

suite('a program that shares no code with this one', (test) => {
  for (const dtype of ['f64', 'f32']) {
    test(`computes instances in ${dtype} that decode to the right answers and counts`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'seth-foreign-'));
      try {
        const index = JSON.parse(readFileSync('instances/index.json', 'utf8')) as {
          file: string;
          models: string;
        }[];
        const chosen = [
          'random-3sat-12-s1.cnf',
          'random-3sat-14-s6.cnf',
          'pigeonhole-3.cnf',
          'teaching-1.cnf',
        ];
        for (const { file, models } of index.filter((entry) => chosen.includes(entry.file))) {
          const instance = join(folder, 'instance.safetensors');
          const output = join(folder, 'output.npy');
          execFileSync(
            process.execPath,
            [seth, 'generate', `instances/${file}`, '--dtype', dtype, '-o', instance],
            { stdio: 'pipe' },
          );
          writeFileSync(output, attend(new Uint8Array(readFileSync(instance))));
          const decoded = spawnSync(process.execPath, [seth, 'decode', instance, output], {
            encoding: 'utf8',
          });
          assert.is(decoded.status, models === '0' ? 20 : 10, `${file}: ${decoded.stdout}${decoded.stderr}`);
          assert.match(decoded.stdout, new RegExp(`^c s exact arb int ${models}$`, 'm'), file);
        }
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});
