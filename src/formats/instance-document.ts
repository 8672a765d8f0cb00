/**
 * The document in an instance's metadata: what a decoder needs besides the matrices, as JSON under the key `seth`.
 * Whoever decodes may be another program, years later, so it says everything, and a reader believes nothing: each
 * field is checked, and the result is built anew from the checked values.
 */
import * as v from 'valibot';
import { dtypes } from '../problems/dtype.ts';
import type { Dtype } from '../problems/dtype.ts';
import { InputError } from '../problems/input-error.ts';
import { parseJson } from './json.ts';
import { quoteJson } from './quote.ts';
import { object } from './schema-object.ts';

export interface InstanceDocument {
  readonly format: 1;
  /** Name and version of the program that wrote it: `seth-attention 0.1.0`. */
  readonly tool: string;
  readonly route: 'minimax' | 'interpolation' | 'threshold';
  readonly cnf: {
    /** The formula in DIMACS, the very text that was read. */
    readonly text: string;
    /** SHA-256 of the text's UTF-8 bytes, 64 lower-case hexadecimal digits. */
    readonly sha256: string;
  };
  /** How the formula became vectors. */
  readonly encoding: {
    readonly prune: boolean;
    readonly split: 'order' | 'weight';
    readonly witness: 'scan' | 'columns';
  };
  /** The number that multiplies QKᵀ, and what it is called. */
  readonly scale: number;
  readonly scaleName: 'linear' | 'rsqrt';
  readonly dtype: Dtype;
  /** How many vectors a_i and b_j there are. */
  readonly vectors: { readonly left: number; readonly right: number };
  readonly headDim: number;
  /** D: no inner product exceeds it. */
  readonly degree: number;
  /** B: no entry of Q and K exceeds it in absolute value. */
  readonly bound: number;
  /** How many pad keys there are, and P, their mass together. */
  readonly pads: { readonly count: number; readonly mass: number };
  readonly readout: {
    /** t_k ≥ 0, one for each node that is queried; row i·K + k of Q is t_k·a_i. */
    readonly scales: readonly number[];
    /** w_k, one for each of them. */
    readonly weights: readonly number[];
    /** The weight of the node x = 1, which needs no query. */
    readonly weightAtOne: number;
  };
  /** The relative error of an output that the readout was planned for. */
  readonly plannedError: number;
  readonly seed: number | null;
}

/** The document of an instance of the paper's own route, which has no readout: what its arrows were given. */
export interface PaperDocument {
  readonly format: 1;
  readonly tool: string;
  readonly route: 'closest-pair';
  /** The last steps: by closest pairs or straight from inner products, decoded at ½ or as published. */
  readonly form: 'strengthened' | 'published' | 'direct' | 'direct-published';
  readonly cnf: InstanceDocument['cnf'];
  /** How the formula became vectors; `pure`: whether pure literals were made true first. */
  readonly encoding: {
    readonly pure: boolean;
    readonly prune: boolean;
    readonly split: 'order' | 'weight';
  };
  readonly scale: number;
  readonly scaleName: 'linear' | 'rsqrt';
  readonly dtype: Dtype;
  /** T, ℓ and q of the distributed PCP. */
  readonly pcp: { readonly blocks: number; readonly length: number; readonly field: number };
  readonly queries: number;
  readonly keys: number;
  readonly headDim: number;
  readonly bound: number;
  /** The error of an output that the instance stands: additive where it is decoded at ½, else relative. */
  readonly plannedError: number;
  readonly seed: number | null;
}

export type AnyDocument = InstanceDocument | PaperDocument;

/** More nodes than any readout has use for; a longer list is a mistake or an attack. */
const mostNodes = 4096;

const text = v.string('a string');
const flag = v.boolean('true or false');
const number = v.pipe(v.number('a number'), v.finite('a finite number'));
const atLeastZero = v.pipe(number, v.minValue(0, 'a number from 0'));
const positive = v.pipe(number, v.gtValue(0, 'a number above 0'));
const whole = v.pipe(v.number('a whole number'), v.safeInteger('a whole number below 2^53'));
const count = v.pipe(whole, v.minValue(0, 'a whole number from 0'));
const nodesOf = <Item extends v.GenericSchema>(item: Item) =>
  v.pipe(v.array(item, 'a list'), v.maxLength(mostNodes, `a list of at most ${mostNodes}`));
const oneOf = <const Options extends readonly string[]>(options: Options) =>
  v.picklist(options, `one of ${options.join(', ')}`);

const formula = object({
  text,
  sha256: v.pipe(text, v.regex(/^[0-9a-f]{64}$/, '64 lower-case hexadecimal digits')),
});

const schema = object({
  format: v.literal(1, 'the number 1'),
  tool: text,
  route: oneOf(['minimax', 'interpolation', 'threshold', 'closest-pair']),
  cnf: formula,
  encoding: object({ prune: flag, split: oneOf(['order', 'weight']), witness: oneOf(['scan', 'columns']) }),
  scale: positive,
  scaleName: oneOf(['linear', 'rsqrt']),
  dtype: oneOf(dtypes),
  vectors: object({ left: count, right: count }),
  headDim: v.pipe(whole, v.minValue(1, 'a whole number from 1')),
  degree: count,
  bound: atLeastZero,
  pads: object({ count, mass: atLeastZero }),
  readout: object({ scales: nodesOf(atLeastZero), weights: nodesOf(number), weightAtOne: number }),
  plannedError: v.pipe(atLeastZero, v.maxValue(1, 'a number from 0 to 1')),
  seed: v.nullable(whole),
});

const atLeastOne = v.pipe(whole, v.minValue(1, 'a whole number from 1'));

const paperSchema = object({
  format: v.literal(1, 'the number 1'),
  tool: text,
  route: v.literal('closest-pair', 'closest-pair'),
  form: oneOf(['strengthened', 'published', 'direct', 'direct-published']),
  cnf: formula,
  encoding: object({ pure: flag, prune: flag, split: oneOf(['order', 'weight']) }),
  scale: positive,
  scaleName: oneOf(['linear', 'rsqrt']),
  dtype: oneOf(dtypes),
  pcp: object({ blocks: atLeastOne, length: atLeastOne, field: atLeastOne }),
  queries: count,
  keys: count,
  headDim: atLeastOne,
  bound: atLeastZero,
  plannedError: v.pipe(atLeastZero, v.ltValue(0.5, 'a number from 0 and below 0.5')),
  seed: v.nullable(whole),
});

/**
 * Reads the document. Throws an `InputError` whose field is the path of what is wrong, such as
 * `seth.readout.weights`. Fields that it does not know are left out.
 */
export function parseInstanceDocument(json: string): AnyDocument {
  const value = parseJson(json, 'seth');
  const format = isObject(value) ? value['format'] : undefined;
  if (typeof format === 'number' && format > 1) {
    throw new InputError({
      code: 'metadata-from-the-future',
      expected: 'format 1',
      found: `format ${format}, written by a newer version`,
      hint: 'update seth-attention',
      field: 'seth.format',
    });
  }
  return validated(value);
}

/** The document as JSON. Throws an `InputError`, as the reader would, for one that could not be read back. */
export function writeInstanceDocument(document: AnyDocument): string {
  return JSON.stringify(validated(document));
}

function validated(value: unknown): AnyDocument {
  if (isObject(value) && value['route'] === 'closest-pair') return read(paperSchema, value);
  const { route, ...document } = read(schema, value);
  const { scales, weights } = document.readout;
  if (scales.length !== weights.length) {
    throw wrong(
      'seth.readout.weights',
      `${scales.length} numbers, as many as scales`,
      String(weights.length),
    );
  }
  return { ...document, route: route as InstanceDocument['route'] };
}

function read<Schema extends v.GenericSchema>(schema: Schema, value: unknown): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  throw wrong(path === null ? 'seth' : `seth.${path}`, issue.message, quoteJson(issue.input));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(field: string, expected: string, found: string): InputError {
  return new InputError({
    code: 'metadata-field',
    expected,
    found,
    hint: 'make the instance again with "seth generate"',
    field,
  });
}
