/** What shards of `seth stress` found, put together to the outcome of the whole suite. */
import { InputError } from '../problems/input-error.ts';
import { dtypes } from '../problems/dtype.ts';
import type { UnitPart } from '../formats/part.ts';
import { quoteJson } from '../formats/quote.ts';
import { layouts } from '../oracles/oracle.ts';
import { hasPassed, scoreOf } from '../experiments/stress/score.ts';
import { exits } from './faults.ts';
import { numberOf } from './options.ts';
import { requireEachOnce } from './shard.ts';
import type { PartLine } from './shard-lines.ts';
import type { StressOutcome } from './stress-outcome.ts';

/** The scores are reckoned anew, from the rungs of all parts. */
export function mergeStress(
  lines: readonly PartLine[],
  { of, units, run }: UnitPart,
): { readonly text: string; readonly exit: number } {
  const placed = lines.flatMap(({ name, part, line }) => {
    const { rungs } = line as unknown as StressOutcome;
    const isWhole = Array.isArray(rungs) && rungs.every(isRung);
    if (!isWhole || part.index + (rungs.length - 1) * of >= units) throw notOutcome(name);
    return (rungs as StressOutcome['rungs']).map((rung, k) => ({ name, at: part.index + k * of, rung }));
  });
  requireEachOnce(placed, units, (at) => `rung ${at + 1} of ${units}, of shard ${at % of}/${of}`);
  const rungs = placed.toSorted((a, b) => a.at - b.at).map(({ rung }) => rung);
  for (const field of ['tool', 'suite', 'version', 'oracle'] as const) requireSame(lines, field);
  const { tool, suite, version, oracle } = lines[0]!.line as unknown as StressOutcome;
  const scaled = run.options['scale'] === 'rsqrt' && { scale: 'rsqrt' as const };
  const layout = layouts.find((name) => name === run.options['layout']);
  const inHeads = layout !== undefined && { layout };
  const timeout = numberOf('timeout', run.options['timeout'], {});
  const timed = timeout !== undefined && { timeout };
  const exactBelow = numberOf('exact-below', run.options['exactBelow'], {});
  const exact = exactBelow !== undefined && { exactBelow };
  const scores = scoreOf(rungs, numberOf('require', run.options['require'], {}));
  const passed = hasPassed(scores);
  const outcome: StressOutcome = {
    tool,
    suite,
    version,
    ...scaled,
    oracle,
    ...inHeads,
    ...timed,
    ...exact,
    passed,
    scores,
    rungs,
  };
  return { text: `${JSON.stringify(outcome)}\n`, exit: passed ? exits.ok : exits.disagreement };
}

/** Is the field the same text or number in every part? */
function requireSame(lines: readonly PartLine[], field: 'tool' | 'suite' | 'version' | 'oracle'): void {
  const [{ line, name }] = lines as readonly [PartLine];
  const expected = line[field];
  if (typeof expected !== (field === 'version' ? 'number' : 'string')) throw notOutcome(name, field);
  const other = lines.find((part) => part.line[field] !== expected);
  if (other === undefined) return;
  throw new InputError({
    code: 'parts-differ',
    file: other.name,
    field,
    expected: `${quoteJson(expected)}, as in ${name}`,
    found: quoteJson(other.line[field]),
    hint: 'give the parts of one run',
  });
}

/** Has it what the scores are reckoned from? */
function isRung(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const rung = value as Record<string, unknown>;
  const numbers = ['level', 'wrong', 'rows', 'heads', 'queries', 'keys'];
  return (
    typeof rung['rung'] === 'string' &&
    dtypes.some((dtype) => dtype === rung['dtype']) &&
    typeof rung['passed'] === 'boolean' &&
    (rung['status'] === undefined || rung['status'] === 'not-exercised') &&
    numbers.every((name) => typeof rung[name] === 'number') &&
    ['error', 'seconds', 'pairsPerSecond'].every(
      (name) => rung[name] === null || typeof rung[name] === 'number',
    )
  );
}

const notOutcome = (file: string, field = 'rungs'): InputError =>
  new InputError({
    code: 'not-a-part',
    file,
    field,
    expected: 'the JSON of "seth stress --json --shard"',
    found: 'something else',
    hint: 'give what a run with --shard wrote, unchanged',
  });
