/**
 * What a part of a run says of itself, so that parts are put together again only if nothing is missing, nothing is
 * there twice and everything comes from one run. A part of an attention output says it in its metadata under the key
 * `seth-part`; a JSON line in its field `shard`.
 */
import * as v from 'valibot';
import { InputError } from '../problems/input-error.ts';
import { parseJson, type Json } from './json.ts';
import { quoteJson } from './quote.ts';
import { object } from './schema-object.ts';

/** What the results of a run depend on besides its input. */
export interface RunIdentity {
  /** Name and version of the program. */
  readonly tool: string;
  readonly command: string;
  /** The options that bear on results, as they were typed or by default. */
  readonly options: Readonly<Record<string, unknown>>;
  /** SHA-256 of the names of all files of the run, in order, where its units are files. */
  readonly files?: string | undefined;
}

export interface Shard {
  /** 0 … of − 1. */
  readonly index: number;
  readonly of: number;
}

/** One unit of work, such as a file. */
export interface UnitPart extends Shard {
  /** The unit's number in the whole run, and how many units that has. */
  readonly at: number;
  readonly units: number;
  readonly run: RunIdentity;
}

/** Rows of the output of one instance. */
export interface RowsPart extends Shard {
  /** SHA-256 of the instance's file. */
  readonly instance: string;
  /** Rows `from` … `to - 1` of `rows`. */
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  /** The relative error that the oracle claims for these rows. */
  readonly claimedError: number;
  readonly run: RunIdentity;
}

/** The metadata entry that holds a `RowsPart`. */
export const partKey = 'seth-part';

const count = v.pipe(
  v.number('a whole number'),
  v.safeInteger('a whole number'),
  v.minValue(0, 'a number from 0'),
);
const shard = { index: count, of: count };
const run = object({
  tool: v.string('a string'),
  command: v.string('a string'),
  options: v.record(v.string(), v.unknown(), 'an object'),
  files: v.optional(v.string('a string')),
});

const unitSchema = object({ ...shard, at: count, units: count, run });
const rowsSchema = object({
  ...shard,
  instance: v.pipe(v.string('a string'), v.regex(/^[0-9a-f]{64}$/, '64 lower-case hexadecimal digits')),
  from: count,
  to: count,
  rows: count,
  claimedError: v.pipe(v.number('a number'), v.minValue(0, 'a number from 0')),
  run,
});

/** The field `shard` of a line. Throws an `InputError` that names what is wrong in it. */
export function readUnitPart(value: Json | undefined): UnitPart {
  const part = read(unitSchema, value, 'shard');
  requireFits('shard.at', part, part.at < part.units && part.at % part.of === part.index);
  return part;
}

/** The metadata of a part of an output. Throws an `InputError` that names what is wrong in it. */
export function readRowsPart(json: string): RowsPart {
  const part = read(rowsSchema, parseJson(json, partKey), partKey);
  const { from, to } = rowsOfShard(part.rows, part);
  requireFits(`${partKey}.from`, part, part.from === from && part.to === to);
  return part;
}

/** The rows of a shard: neighbours, and as many in each as divides best. */
export function rowsOfShard(
  rows: number,
  { index, of }: Shard,
): { readonly from: number; readonly to: number } {
  return { from: Math.floor((rows * index) / of), to: Math.floor((rows * (index + 1)) / of) };
}

function read<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  name: string,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  throw wrong(path === null ? name : `${name}.${path}`, issue.message, quoteJson(issue.input));
}

function requireFits(field: string, part: Shard, fits: boolean): void {
  if (part.index >= part.of)
    throw wrong(field.replace(/\.\w+$/, '.index'), `below ${part.of}`, String(part.index));
  if (!fits) throw wrong(field, `what shard ${part.index}/${part.of} has`, 'something else');
}

const wrong = (field: string, expected: string, found: string): InputError =>
  new InputError({
    code: 'part-field',
    field,
    expected,
    found,
    hint: 'give what a run with --shard wrote, unchanged',
  });
