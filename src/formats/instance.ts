/**
 * An attention instance: one safetensors file with the tensors `q`, `k`, `v` and, where this toolkit made it, a
 * document that says how to decode (instance-document.ts). A file without the document is attention all the same.
 */
import { InputError } from '../problems/input-error.ts';
import { parseInstanceDocument } from './instance-document.ts';
import type { AnyDocument } from './instance-document.ts';
import { fieldName, quote } from './quote.ts';
import { readSafetensors } from './safetensors.ts';
import { sha256Hex } from './sha256.ts';
import { shapeText } from './tensor.ts';
import type { Tensor } from './tensor.ts';

/** The metadata entry that holds the document. */
export const documentKey = 'seth';

/** The metadata entry that holds the scale in decimal, the shortest that is exact. */
export const scaleKey = 'scale';

export interface Instance {
  /** Undefined where the file has no document. */
  readonly document: AnyDocument | undefined;
  /** The number that multiplies QKᵀ; undefined where the file does not say. */
  readonly scale: number | undefined;
  /** Queries, n_q × d. */
  readonly q: Tensor;
  /** Keys, n_k × d with n_k ≥ 1. */
  readonly k: Tensor;
  /** Values, n_k × d_v with d_v ≥ 1. */
  readonly v: Tensor;
}

/**
 * Reads an instance; its tensors are views of `bytes`. Throws an `InputError` that names the field when the file is
 * malformed, a tensor is missing, or shapes and formats don't fit each other or the document. Other tensors are
 * left alone. Entries are not looked at, nor is the document's hash (`requireFormulaHash`).
 */
export function readInstance(bytes: Uint8Array): Instance {
  const { tensors, metadata } = readSafetensors(bytes);
  const json = metadata.get(documentKey);
  const document = json === undefined ? undefined : parseInstanceDocument(json);
  const scale = scaleOf(metadata.get(scaleKey), document);
  const q = matrixNamed('q', tensors);
  const k = matrixNamed('k', tensors);
  const v = matrixNamed('v', tensors);
  const [queries, headDim] = q.shape as [number, number];
  const [keys] = k.shape as [number, number];

  if (keys === 0) throw misfit('k', 'at least one key', '0 × d');
  if (headDim === 0) throw misfit('q', 'at least one column', shapeText(q.shape));
  if (v.shape[1] === 0) throw misfit('v', 'at least one column', shapeText(v.shape));
  requireSame('k', 'columns, as q has', headDim, k.shape[1]!);
  requireSame('v', 'rows, one for each key', keys, v.shape[0]!);
  for (const [name, { dtype }] of Object.entries({ k, v })) {
    if (dtype !== q.dtype) throw misfit(name, `${q.dtype}, as q has`, dtype);
  }

  if (document !== undefined) {
    if (document.dtype !== q.dtype) throw misfit('q', `${document.dtype}, as seth.dtype says`, q.dtype);
    requireSame('q', 'columns, as seth.headDim says', document.headDim, headDim);
    if (document.route === 'closest-pair') {
      requireSame('q', 'rows, as seth.queries says', document.queries, queries);
      requireSame('k', 'rows, as seth.keys says', document.keys, keys);
    } else {
      const { vectors, readout, pads } = document;
      requireSame(
        'q',
        'rows, seth.vectors.left times the nodes',
        vectors.left * readout.scales.length,
        queries,
      );
      requireSame('k', 'rows, seth.vectors.right and seth.pads.count', vectors.right + pads.count, keys);
    }
  }
  return { document, scale, q, k, v };
}

/** Is the formula in the document the one that was hashed? Throws an `InputError` where it isn't. */
export async function requireFormulaHash({ cnf }: AnyDocument): Promise<void> {
  const found = await sha256Hex(cnf.text);
  if (found === cnf.sha256) return;
  throw new InputError({
    code: 'formula-hash',
    expected: cnf.sha256,
    found: `${found} for the text in seth.cnf.text`,
    hint: 'the formula was changed after the instance was made: make it again with "seth generate"',
    field: 'seth.cnf.sha256',
  });
}

/** The scale as the document and the metadata say it, which must be the same. */
function scaleOf(text: string | undefined, document: AnyDocument | undefined): number | undefined {
  if (text === undefined) return document?.scale;
  const scale = text.trim() === '' ? NaN : Number(text);
  if (scale > 0 && scale < Infinity && scale === (document?.scale ?? scale)) return scale;
  throw new InputError({
    code: 'metadata-field',
    expected: document === undefined ? 'a number above 0' : `${document.scale}, as seth.scale says`,
    found: quote(text),
    hint: 'it is the number that multiplies QKᵀ: correct it, or leave it out',
    field: `__metadata__.${scaleKey}`,
  });
}

function matrixNamed(name: string, tensors: ReadonlyMap<string, Tensor>): Tensor {
  const tensor = tensors.get(name);
  if (tensor === undefined) {
    const others = [...tensors.keys()].slice(0, 8).map(fieldName).join(', ');
    throw misfit(
      name,
      `a tensor named ${name}`,
      others === '' ? 'no tensors' : `only ${others}`,
      'tensor-missing',
    );
  }
  if (tensor.shape.length !== 2) throw misfit(name, 'rows × columns', shapeText(tensor.shape), 'tensor-rank');
  return tensor;
}

function requireSame(name: string, what: string, expected: number, found: number): void {
  if (expected !== found) throw misfit(name, `${expected} ${what}`, String(found));
}

function misfit(field: string, expected: string, found: string, code = 'tensor-misfit'): InputError {
  const hint = 'an instance has q (queries × d), k (keys × d) and v (keys × values) in one format';
  return new InputError({ code, expected, found, hint, field });
}
