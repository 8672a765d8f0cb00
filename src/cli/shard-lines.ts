/** JSON lines of shards, put together to those of the whole run. */
import { InputError } from '../problems/input-error.ts';
import { parseJson, type Json, type JsonObject } from '../formats/json.ts';
import { readUnitPart, type UnitPart } from '../formats/part.ts';
import { requireSameRun } from './run-identity.ts';
import { requireEachOnce } from './shard.ts';
import type { PartFile } from './shard-rows.ts';
import { mergeStress } from './shard-stress.ts';
import { exitOf, worstExit } from './verify-exit.ts';
import type { VerifyLine } from './verify-line.ts';

export interface PartLine {
  readonly name: string;
  readonly part: UnitPart;
  readonly line: JsonObject;
}

/**
 * The lines in the order of the whole run, or the one of a whole suite, and the exit code. Throws an `InputError` when
 * a unit is missing, there twice or of another run, or a file ends in the middle of a line.
 */
export function mergeLines(files: readonly PartFile[]): { readonly text: string; readonly exit: number } {
  const lines = files.flatMap(readLines);
  const [first] = lines;
  if (first === undefined) {
    throw new InputError({
      code: 'parts-empty',
      expected: 'JSON lines',
      found: 'none in any part',
      hint: 'give what runs with --json and --shard printed',
    });
  }
  const { of, units, run } = first.part;
  for (const { name, part } of lines) {
    requireSameRun(name, run, part.run, `give the parts of one run, such as ${first.name}`);
    if (part.of === of && part.units === units) continue;
    throw new InputError({
      code: 'parts-differ',
      file: name,
      field: 'shard',
      expected: `a line of ${of} shards of ${units} units, as in ${first.name}`,
      found: `one of ${part.of} of ${part.units}`,
      hint: 'give the parts of one run',
    });
  }
  return run.command === 'stress' ? mergeStress(lines, first.part) : mergeFiles(lines, first.part);
}

function mergeFiles(
  lines: readonly PartLine[],
  { of, units }: UnitPart,
): { readonly text: string; readonly exit: number } {
  requireEachOnce(
    lines.map(({ name, part }) => ({ name, at: part.at })),
    units,
    (at) => `file ${at + 1} of ${units}, of shard ${at % of}/${of}`,
  );
  const whole = lines
    .toSorted((a, b) => a.part.at - b.part.at)
    .map(({ line }) => JSON.stringify({ ...line, shard: undefined }));
  const ends = lines.map(({ line }) => exitOf(line as unknown as VerifyLine));
  return { text: `${whole.join('\n')}\n`, exit: worstExit(ends) };
}

function readLines({ name, bytes }: PartFile): PartLine[] {
  const texts = new TextDecoder().decode(bytes).split('\n');
  if (texts.pop() !== '') {
    throw new InputError({
      code: 'part-cut-off',
      file: name,
      line: texts.length + 1,
      expected: 'a whole line',
      found: 'the end of the file',
      hint: 'its run was cut off: run this shard again',
    });
  }
  return texts.map((text, at) => {
    try {
      const line = parseJson(text, 'part');
      const part = readUnitPart(isObject(line) ? line['shard'] : undefined);
      if (part.run.command !== 'stress') requireResult(line as JsonObject);
      return { name, part, line: line as JsonObject };
    } catch (error) {
      throw error instanceof InputError
        ? new InputError({ ...error.fault, file: name, line: at + 1 })
        : error;
    }
  });
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What the exit code of a file follows from has to be there. */
function requireResult(line: JsonObject): void {
  const { answer, checks, error } = line;
  const agrees = (check: Json): boolean => isObject(check) && typeof check['agrees'] === 'boolean';
  const isResult =
    'error' in line
      ? isObject(error!) && typeof error['code'] === 'string'
      : typeof answer === 'string' && Array.isArray(checks) && checks.every(agrees);
  if (isResult) return;
  throw new InputError({
    code: 'not-a-part',
    field: 'checks',
    expected: 'the checks of a file, or its error',
    found: 'neither',
    hint: 'give what a run with --shard wrote, unchanged',
  });
}
