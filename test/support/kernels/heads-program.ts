/**
 * A program for `command-warm:` that takes tensors of four dimensions, with one of the faults that only several heads in one
 * call show. Its argument is the fault's name, or `none`. Given matrices it is right, and `only bhnd` refuses what is not in
 * that layout. `y = NUMBER` writes that number into the last row of the last head. It
 * computes as plainKernel does, with `in float64` in float64 whatever the format.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { decodeElements, encodeElements } from '../../../src/formats/elements.ts';
import { readSafetensors, writeSafetensors } from '../../../src/formats/safetensors.ts';
import { plainKernel } from './plain.ts';

/** Where row `row` of a head begins, in rows of a tensor. */
type Place = (batch: number, head: number, row: number, rows: number) => number;

export const headFaults = [
  'batch and head swapped',
  'V of head 0 for all',
  'read in the other layout',
  'heads of K one row too near',
] as const;

/** No fault: float32 loses more than a careful kernel may where a head has thousands of coordinates, as on the paper's route. */
export const inFloat64 = 'in float64';

export const headsProgram: string = fileURLToPath(import.meta.url);

function compute(fault: string, instance: string, output: string): void {
  const { tensors, metadata } = readSafetensors(readFileSync(instance));
  const layout = metadata.get('layout');
  if (fault.startsWith('only ') && fault !== `only ${layout}`) throw new Error(`${layout} is not for me`);
  const scale = Number(metadata.get('scale'));
  const shapes = ['q', 'k', 'v'].map((name) => {
    const { shape } = tensors.get(name)!;
    return layout === undefined
      ? [1, 1, ...shape]
      : layout === 'bhnd'
        ? shape
        : [0, 2, 1, 3].map((e) => shape[e]!);
  });
  const [[batches, heads, queries, headDim], [, , keys], [, , , valueDim]] = shapes as [
    number[],
    number[],
    number[],
  ];
  const bhnd: Place = (b, h, row, rows) => (b * heads! + h) * rows + row;
  const bnhd: Place = (b, h, row, rows) => (b * rows + row) * heads! + h;
  const place = layout === 'bnhd' ? bnhd : bhnd;
  const other = layout === 'bnhd' ? bhnd : bnhd;

  const places: Record<string, Place> = { q: place, k: place, v: place };
  if (layout !== undefined && fault === headFaults[0]) {
    for (const name of ['q', 'k', 'v']) {
      places[name] = (b, h, row, rows) => {
        const at = h * batches! + b;
        return place(Math.floor(at / heads!), at % heads!, row, rows);
      };
    }
  }
  if (layout !== undefined && fault === headFaults[1])
    places['v'] = (_b, _h, row, rows) => place(0, 0, row, rows);
  if (layout !== undefined && fault === headFaults[2]) places['k'] = places['v'] = other;
  if (layout !== undefined && fault === headFaults[3]) {
    places['k'] = (b, h, row, rows) => place(b, h, row, rows) - (h === 0 ? 0 : 1);
  }

  const { dtype } = tensors.get('q')!;
  const out = new Float64Array(batches! * heads! * queries! * valueDim!);
  const kernel = plainKernel();
  const data = Object.fromEntries(
    [...tensors].map(([name, { bytes }]) => [name, decodeElements(dtype, bytes)]),
  );
  for (let b = 0; b < batches!; b++) {
    for (let h = 0; h < heads!; h++) {
      const read = (name: string, rows: number, columns: number): Float64Array => {
        const matrix = new Float64Array(rows * columns);
        for (let row = 0; row < rows; row++) {
          const at = places[name]!(b, h, row, rows) * columns;
          matrix.set(data[name]!.subarray(at, at + columns), row * columns);
        }
        return matrix;
      };
      const q = read('q', queries!, headDim!);
      const k = read('k', keys!, headDim!);
      const v = read('v', keys!, valueDim!);
      const sizes = { queries: queries!, keys: keys!, headDim: headDim!, valueDim: valueDim! };
      const arithmetic = fault === inFloat64 ? 'f64' : dtype;
      const values = kernel({ q, k, v, ...sizes, scale, dtype: arithmetic });
      for (let row = 0; row < queries!; row++) {
        out.set(
          values.subarray(row * valueDim!, (row + 1) * valueDim!),
          place(b, h, row, queries!) * valueDim!,
        );
      }
    }
  }
  const [rows, columns] = [queries!, valueDim!];
  if (fault.startsWith('y = ')) {
    out[place(batches! - 1, heads! - 1, rows - 1, rows) * columns] = Number(fault.slice(4));
  }
  const shape =
    layout === undefined
      ? [rows, columns]
      : layout === 'bhnd'
        ? [batches!, heads!, rows, columns]
        : [batches!, rows, heads!, columns];
  const written = fault === 'writes a matrix' ? [batches! * heads! * rows, columns] : shape;
  writeFileSync(
    output,
    writeSafetensors(new Map([['out', { dtype, shape: written, bytes: encodeElements(dtype, out) }]])),
  );
}

if (process.argv[1] === headsProgram) {
  for await (const line of createInterface({ input: process.stdin })) {
    const [instance, output] = line.split('\t') as [string, string];
    compute(process.argv[2]!, instance, output);
    console.log(`ok ${output}`);
  }
}
