/**
 * An attention output, n_q × d_v, from any implementation: `.safetensors` (the tensor `out`, or the only one) or
 * `.npy`, told apart by the first bytes. Nothing wrong gets past: shape, NaN, infinities and, where the values say
 * so, entries outside [0, 1] are refused with the first position, written as an index: `out[3, 0]`, or
 * `head 2, out[3, 0]` where the output is that of several heads.
 */
import type { Dtype } from '../problems/dtype.ts';
import { InputError } from '../problems/input-error.ts';
import { decodeElements, encodeElements } from './elements.ts';
import { isNpy, readNpy, writeNpy } from './npy.ts';
import { fieldName } from './quote.ts';
import { readSafetensors, requireSafetensorsStart, writeSafetensors } from './safetensors.ts';
import { matrixShape, shapeText } from './tensor.ts';
import type { Tensor } from './tensor.ts';

export interface ExpectedOutput {
  readonly rows: number;
  readonly columns: number;
  /**
   * For the output of several heads, `rows` of all: the four dimensions of the tensor, in the order of the file, and the
   * rows of each head, which what is returned has head after head.
   */
  readonly heads?: { readonly shape: readonly number[]; readonly rows: number };
}

/** How an entry of an output is called; `head` where it is the output of several. */
export const entryName = (row: number, column: number, head?: number): string =>
  `${head === undefined ? '' : `head ${head}, `}out[${row}, ${column}]`;

export interface ReadOutputOptions {
  /** The values are 0 or 1, so their averages lie in [0, 1]: refuse what doesn't. */
  readonly unitInterval?: boolean;
  /** Row i of the file is row `order[i]` of what is returned, and of what is said to be wrong. */
  readonly order?: Uint32Array;
}

export interface OutputValues {
  readonly dtype: Dtype;
  /** Row after row. */
  readonly values: Float64Array;
}

/** Throws an `InputError` where no output that begins with these bytes, nine or more, can be read. */
export function requireOutputStart(bytes: Uint8Array): void {
  if (!isNpy(bytes)) requireSafetensorsStart(bytes);
}

export function readOutput(
  bytes: Uint8Array,
  expected: ExpectedOutput,
  options: ReadOutputOptions = {},
): OutputValues {
  const { rows, columns, heads } = expected;
  const tensor = isNpy(bytes) ? readNpy(bytes, heads === undefined ? 2 : 4) : outTensor(bytes);
  if (heads !== undefined && shapeText(tensor.shape) !== shapeText(heads.shape)) {
    throw new InputError({
      code: 'output-shape',
      expected: shapeText(heads.shape),
      found: shapeText(tensor.shape),
      hint: 'write the output in the layout of q, with the columns of v',
      field: 'out',
    });
  }
  const found = heads === undefined ? matrixShape(tensor.shape) : [rows, columns];
  if (found === undefined || found[0] !== rows || found[1] !== columns) {
    const isTransposed = found !== undefined && found[0] === columns && found[1] === rows;
    throw new InputError({
      code: 'output-shape',
      expected: `${rows} × ${columns}`,
      found: `${shapeText(tensor.shape)}${isTransposed ? ', the transposed shape' : ''}`,
      hint: isTransposed
        ? 'write the transposed matrix'
        : 'one row for each query, one column for each column of v',
      field: 'out',
    });
  }
  const inFile = decodeElements(tensor.dtype, tensor.bytes);
  const values = options.order === undefined ? inFile : rearranged(inFile, columns, options.order);
  const unit = options.unitInterval === true;
  for (let e = 0; e < values.length; e++) {
    const y = values[e]!;
    if (Number.isFinite(y) && (!unit || (y >= 0 && y <= 1))) continue;
    const row = Math.floor(e / columns);
    const field =
      heads === undefined
        ? entryName(row, e % columns)
        : entryName(row % heads.rows, e % columns, Math.floor(row / heads.rows));
    if (!Number.isFinite(y)) {
      const hint =
        'the implementation overflowed or divided by zero: subtract the row’s largest logit before exp';
      throw new InputError({
        code: 'output-not-finite',
        expected: 'a finite number',
        found: String(y),
        hint,
        field,
      });
    }
    const hint = 'an average of zeros and ones cannot lie outside: check the implementation’s normalisation';
    throw new InputError({
      code: 'output-out-of-range',
      expected: 'a number from 0 to 1',
      found: String(y),
      hint,
      field,
    });
  }
  return { dtype: tensor.dtype, values };
}

/** A whole file. `values` has `rows * columns` entries, row after row; each is rounded to `dtype`. Only safetensors have `metadata`. */
export function writeOutput(
  values: Float64Array,
  rows: number,
  columns: number,
  dtype: Dtype,
  format: 'safetensors' | 'npy',
  metadata?: ReadonlyMap<string, string>,
): Uint8Array {
  const tensor = { dtype, shape: [rows, columns], bytes: encodeElements(dtype, values) };
  return format === 'npy' ? writeNpy(tensor) : writeSafetensors(new Map([['out', tensor]]), metadata);
}

function rearranged(values: Float64Array, columns: number, order: Uint32Array): Float64Array {
  const result = new Float64Array(values.length);
  order.forEach((row, i) => result.set(values.subarray(i * columns, (i + 1) * columns), row * columns));
  return result;
}

function outTensor(bytes: Uint8Array): Tensor {
  const { tensors } = readSafetensors(bytes);
  const only = tensors.size === 1 ? [...tensors.values()][0] : undefined;
  const tensor = tensors.get('out') ?? only;
  if (tensor !== undefined) return tensor;
  const names = [...tensors.keys()].slice(0, 8).map(fieldName).join(', ');
  throw new InputError({
    code: 'output-missing',
    expected: 'a tensor named out, or one tensor only',
    found: names === '' ? 'no tensors' : names,
    hint: names === 'q, k, v' ? 'this looks like an instance: give the output' : 'name the output "out"',
    field: 'out',
  });
}
