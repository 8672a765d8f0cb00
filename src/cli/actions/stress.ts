/** `seth stress`: a suite of instances against an attention implementation, with a score. */
import { dtypes } from '../../problems/dtype.ts';
import { openOracle } from '../../oracles/oracles.ts';
import { runRungs, type RungResult } from '../../experiments/stress/run.ts';
import { hasPassed, scoreOf } from '../../experiments/stress/score.ts';
import { suiteRungs, suiteVersion, topLevel } from '../../experiments/stress/suite.ts';
import { isCommand, openOptions } from '../command-options.ts';
import type { StressArguments } from '../commands/stress.ts';
import { exits, UsageError } from '../faults.ts';
import { numberOf } from '../options.ts';
import { noteFound, openJournal } from '../journal.ts';
import { openProgress } from '../progress.ts';
import { runIdentity } from '../run-identity.ts';
import { requireUnits, shardOf, unitsOf } from '../shard.ts';
import { stressJunit } from '../stress-junit.ts';
import type { StressOutcome } from '../stress-outcome.ts';
import { stressTable } from '../stress-table.ts';
import { version } from '../version.ts';
import { print, writeWhole, type Write } from '../write.ts';

export async function stress(args: StressArguments): Promise<number> {
  const onOutput = [args.json, args.junit === '-', args.html === '-'].filter(Boolean).length;
  if (onOutput > 1)
    throw new UsageError('--json, --junit - and --html - all want standard output: name files');
  const asked = args.dtype === 'all' ? dtypes : [args.dtype];
  const highest = Math.max(...asked.map((dtype) => topLevel[dtype]));
  const required = numberOf('require', args.require, { min: 0, max: highest, whole: true });
  const page = args.html === undefined ? undefined : (await import('../stress-page.ts')).stressPage;
  const draw = await page?.();
  const all = suiteRungs(args.suite, asked);
  const shard = shardOf(args.shard);
  if (shard !== undefined) requireUnits(shard, all.length, 'rung');
  const specs = unitsOf(all, shard).map(({ unit }) => unit);
  const identity = runIdentity('stress', { ...args, suiteVersion });
  const told = openOptions(args);
  if (args.layout !== undefined && !isCommand(args.oracle)) {
    throw new UsageError(
      `--layout is for --oracle command:…, and the oracle is ${args.oracle}, which takes one head at a time: leave it out`,
    );
  }
  // What the outputs are worth is judged here, so no claim of a program's filters them.
  const oracle = await openOracle(args.oracle, isCommand(args.oracle) ? { ...told, error: 1 } : told);
  const progress = await openProgress(args.progress);
  const table = stressTable(specs);
  const prints = onOutput === 0;

  const run = async (): Promise<StressOutcome> => {
    const journal = await openJournal<RungResult>(args.journal, identity, shard);
    const rungs = await runRungs(specs, oracle, {
      layout: args.layout,
      known: (rung) => journal.find([rung]),
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
      oracle: oracle.name,
      ...(args.layout && { layout: args.layout }),
      passed: hasPassed(scores),
      scores,
      rungs,
      ...(shard && { shard: { ...shard, at: shard.index, units: all.length, run: identity } }),
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

/** Calls `produce` with what writes to `path`; without a path with nothing. */
async function into(
  path: string | undefined,
  produce: (write: Write | undefined) => Promise<void>,
): Promise<void> {
  return path === undefined ? produce(undefined) : writeWhole(path, produce);
}
