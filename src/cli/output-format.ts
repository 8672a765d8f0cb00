/** The format of an output, by the name of its file. */
import type { Dtype } from '../problems/dtype.ts';
import { InputError } from '../problems/input-error.ts';

export function formatOf(path: string): 'safetensors' | 'npy' {
  if (path === '-' || path.endsWith('.safetensors')) return 'safetensors';
  if (path.endsWith('.npy')) return 'npy';
  throw new InputError({
    code: 'output-format',
    file: path,
    expected: 'a name that ends in .safetensors or .npy, or - for standard output',
    found: 'another one',
    hint: 'choose the format by the name',
  });
}

/** Throws an `InputError` for a name that is of neither format or of one that does not have `dtype`. */
export function outputFormat(path: string, dtype: Dtype): 'safetensors' | 'npy' {
  const format = formatOf(path);
  if (format === 'safetensors' || dtype !== 'bf16') return format;
  throw new InputError({
    code: 'output-format',
    file: path,
    expected: 'a name that ends in .safetensors',
    found: '.npy, which has no bf16',
    hint: 'write a .safetensors file',
  });
}
