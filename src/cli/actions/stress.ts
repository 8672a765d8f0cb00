/** `seth stress`: a suite of instances against an attention implementation, with a score. */
import { dtypes } from '../../problems/dtype.ts';
import { InputError } from '../../problems/input-error.ts';
import { openOracle, selfTest, type SelfTest } from '../../oracles/oracles.ts';
import { runRungs, type RungResult } from '../../experiments/stress/run.ts';
import { hasPassed, scoreOf } from '../../experiments/stress/score.ts';
import type { Rung } from '../../experiments/stress/rung.ts';
import {
  rootScaledRungs,
  suiteNames,
  suiteRungs,
  suiteVersion,
  topLevel,
  type RungSpec,
  type SuiteName,
} from '../../experiments/stress/suite.ts';
import { isCommand, openOptions } from '../command-options.ts';
import type { StressArguments } from '../commands/stress.ts';
import { exits, note, UsageError } from '../faults.ts';
import { numberOf } from '../options.ts';
import { noteFound, openJournal, type Journal } from '../journal.ts';
import { makeFolder } from '../make-folder.ts';
import { openProgress } from '../progress.ts';
import { runIdentity } from '../run-identity.ts';
import { requireUnits, shardOf, unitsOf } from '../shard.ts';
import { exportRung } from '../stress-export.ts';
import { stressJunit } from '../stress-junit.ts';
import type { StressOutcome } from '../stress-outcome.ts';
import { stressTable } from '../stress-table.ts';
import { nearest } from '../usage.ts';
import { version } from '../version.ts';
import { print, writeWhole, type Write } from '../write.ts';

export async function stress(args: StressArguments): Promise<number> {
  const onOutput = [args.json, args.junit === '-', args.html === '-'].filter(Boolean).length;
  if (onOutput > 1)
    throw new UsageError('--json, --junit - and --html - all want standard output: name files');
  const all = args.rung === undefined ? ladders(args) : rungsNamed(args.rung, args);
  const asked = [...new Set(all.map(({ dtype }) => dtype))];
  const highest = Math.max(...asked.map((dtype) => topLevel[dtype]));
  const required = numberOf('require', args.require, { min: 0, max: highest, whole: true });
  const exactBelow = numberOf('exact-below', args.exactBelow, { min: 1, whole: true });
  const page = args.html === undefined ? undefined : (await import('../stress-page.ts')).stressPage;
  const draw = await page?.();
  const shard = shardOf(args.shard);
  if (shard !== undefined) requireUnits(shard, all.length, 'rung');
  const specs = unitsOf(all, shard).map(({ unit }) => unit);
  const identity = runIdentity('stress', { ...args, suiteVersion });
  // A journal serves whatever is required of its rungs; "seth merge", which scores anew, has to know it.
  const requiring = { ...identity, options: { ...identity.options, require: required } };
  const told = openOptions(args);
  if (args.layout !== undefined && !isCommand(args.oracle)) {
    throw new UsageError(
      `--layout is for --oracle command:…, and the oracle is ${args.oracle}, which takes one head at a time: leave it out`,
    );
  }
  if (args.export !== undefined) await makeFolder(args.export);
  // What the outputs are worth is judged here, so no claim of a program's filters them.
  const oracle = await openOracle(args.oracle, isCommand(args.oracle) ? { ...told, error: 1 } : told);
  const progress = await openProgress(args.progress);
  const table = stressTable(specs);
  const prints = onOutput === 0;

  /** What a program computes is looked at once, unless all of its rungs are known. */
  const lookAt = async (journal: Journal<RungResult>): Promise<SelfTest | undefined> => {
    if (!isCommand(args.oracle) || specs.every(({ id }) => journal.find([id]) !== undefined))
      return undefined;
    const isRootScaled = specs.every(({ scaleName }) => scaleName === 'rsqrt');
    const tested = await selfTest(oracle, {
      dtype: specs[0]!.dtype,
      layout: args.layout,
      ...(isRootScaled && { scale: 0.5 }), // 1/√d of the tiny instance
    });
    if (tested.line !== undefined) note(`self-test: ${tested.line}`);
    return tested;
  };

  const run = async (): Promise<StressOutcome> => {
    const journal = await openJournal<RungResult>(args.journal, identity, shard);
    const tested = await lookAt(journal);
    const rungs = await runRungs(specs, oracle, {
      layout: args.layout,
      exactBelow,
      known: (rung) => journal.find([rung]),
      ...(args.export !== undefined && {
        onRung: (rung: Rung) => exportRung(rung, args.export!, args.layout),
      }),
      onProgress: (done, rung) => progress.update(done, rung),
      onResult: async (result: RungResult) => {
        // An oracle that gave no answer is asked again by the next run.
        const isNew = journal.find([result.rung]) === undefined;
        if (isNew && result.seconds !== null) await journal.keep([result.rung], result);
        if (prints) await progress.aside(() => print(table.row(result)));
      },
    });
    progress.stop();
    noteFound(journal, specs.length, 'rungs', args.journal);
    await journal.close();
    const scores = scoreOf(rungs, required);
    return {
      tool: `seth-attention ${version()}`,
      suite: args.suite,
      version: suiteVersion,
      ...(args.scale !== undefined && { scale: args.scale }),
      oracle: oracle.name,
      ...(args.layout !== undefined && { layout: args.layout }),
      ...(told.timeout !== undefined && { timeout: told.timeout }),
      ...(exactBelow !== undefined && { exactBelow }),
      ...(tested && { selfTest: tested }),
      passed: hasPassed(scores),
      ...(args.rung !== undefined && { only: specs.map(({ id }) => id) }),
      scores,
      rungs,
      ...(shard && { shard: { ...shard, at: shard.index, units: all.length, run: requiring } }),
    };
  };

  try {
    // The files' places are tried before the suite is run.
    let outcome: StressOutcome | undefined;
    await into(args.junit, (junit) =>
      into(args.html, async (html) => {
        outcome = await run();
        await junit?.(stressJunit(outcome));
        await html?.(draw!(outcome));
      }),
    );
    if (args.json) await print(`${JSON.stringify(outcome)}\n`);
    else if (prints) await print(table.scores(outcome!));
    return outcome!.passed ? exits.ok : exits.disagreement;
  } finally {
    progress.stop();
    await oracle.close();
  }
}

/** The ladders of the dtypes that are asked for. */
function ladders({ suite, dtype, scale }: StressArguments): readonly RungSpec[] {
  const only = dtype === 'all' ? dtypes : [dtype];
  return scale === 'rsqrt' ? rootScaledRungs(suite, only) : suiteRungs(suite, only);
}

/** The rungs that were named, in the suite's order. Throws an `InputError` for a name that is none of them. */
function rungsNamed(typed: string, args: StressArguments): readonly RungSpec[] {
  const whole = (['require', 'shard'] as const).find((name) => args[name] !== undefined);
  if (whole !== undefined) throw new UsageError(`--${whole} is for a whole suite: leave it out with --rung`);
  const names = typed.split(',').map((name) => name.trim());
  const rungsOf = (suite: SuiteName): ReadonlyMap<string, RungSpec> => {
    const scaled = rootScaledRungs(suite);
    const all = args.scale === 'rsqrt' ? scaled : [...suiteRungs(suite), ...scaled];
    return new Map(all.map((spec) => [spec.id, spec]));
  };
  const isMeant = (id: string, name: string): boolean =>
    id === name || (args.scale === 'rsqrt' && id === `${name}+rsqrt`);
  const has = (suite: SuiteName, name: string): boolean =>
    [...rungsOf(suite).keys()].some((id) => isMeant(id, name));
  const unknown = names.find((name) => !has(args.suite, name));
  if (unknown === undefined) {
    return [...rungsOf(args.suite).values()].filter(({ id }) => names.some((name) => isMeant(id, name)));
  }
  const other = suiteNames.find((suite) => has(suite, unknown));
  throw new InputError({
    code: 'rung-unknown',
    field: '--rung',
    expected: `a rung of the ${args.suite} suite, such as ${suiteRungs(args.suite)[0]!.id}`,
    found: JSON.stringify(unknown),
    hint: other === undefined ? nameHint(unknown, [...rungsOf(args.suite).keys()]) : `add --suite ${other}`,
  });
}

function nameHint(typed: string, names: readonly string[]): string {
  const name = nearest(typed, names);
  return name === undefined
    ? 'leave --rung out for a table whose first column has all names'
    : `did you mean ${name}?`;
}

/** Calls `produce` with what writes to `path`; without a path with nothing. */
async function into(
  path: string | undefined,
  produce: (write: Write | undefined) => Promise<void>,
): Promise<void> {
  return path === undefined ? produce(undefined) : writeWhole(path, produce);
}
