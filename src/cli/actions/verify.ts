/** `seth verify`: each formula through the chain, with every check, as a table or as JSON lines. */
import type { Oracle } from '../../oracles/oracle.ts';
import type { UnitPart } from '../../formats/part.ts';
import { sha256Hex } from '../../formats/sha256.ts';
import { openOracle } from '../../oracles/oracles.ts';
import { chainFault } from '../chain-fault.ts';
import { chainOf, type Chain } from '../chain-of.ts';
import { openOptions } from '../command-options.ts';
import type { VerifyArguments } from '../commands/verify.ts';
import { report, warn } from '../faults.ts';
import { formulasAt, readFormula } from '../formula.ts';
import { noteFound, openJournal, type Journal } from '../journal.ts';
import { usualForm } from '../options.ts';
import { nameOf, requireOneInput } from '../read.ts';
import { openProgress } from '../progress.ts';
import { runIdentity } from '../run-identity.ts';
import { shardOf, unitsOf } from '../shard.ts';
import { largestFigures, sampleOf, spotChecking, type CheckedSample } from '../spot-check.ts';
import { exitOf, worstExit } from '../verify-exit.ts';
import { failedLine, isFailed, verifiedLine, type VerifiedLine, type VerifyLine } from '../verify-line.ts';
import { verifyTable } from '../verify-table.ts';
import { print } from '../write.ts';

export async function verify(args: VerifyArguments): Promise<number> {
  requireOneInput(args.file);
  const shard = shardOf(args.shard);
  const identity = runIdentity('verify', { ...args, form: args.form ?? usualForm });
  // What is kept is kept for either format. The table has the sizes, so that they need not be announced.
  const chain = chainOf({ ...args, json: args.json || args.journal !== undefined }, () => {});
  sampleOf(args); // refused before anything is opened
  const oracle = await openOracle(args.oracle, { force: args.force, ...openOptions(args) });
  const progress = await openProgress(args.progress);
  const all = (await Promise.all(args.file.map(jobsAt))).flat();
  const jobs = unitsOf(all, shard);
  // A journal goes on with more files than it began with; parts belong together only if all were given the same.
  const whole = { ...identity, files: await sha256Hex(JSON.stringify(all.map(({ file }) => file))) };
  const table = verifyTable(jobs.map(({ unit }) => unit.file));
  const ends: number[] = [];
  try {
    const journal = await openJournal<VerifiedLine>(args.journal, identity, shard);
    for (const [done, { unit: job, at }] of jobs.entries()) {
      const onProgress = (share: number): void => progress.update((done + share) / jobs.length, job.file);
      onProgress(0);
      const { line, error } = await run(job, args, chain, oracle, journal, onProgress);
      ends.push(exitOf(line));
      progress.aside(() => {
        if (isFailed(line)) report(error, args.debug === true);
        else remarks(line).forEach(warn);
      });
      const part: UnitPart | undefined = shard && { ...shard, at, units: all.length, run: whole };
      const text = args.json ? `${JSON.stringify({ ...line, shard: part })}\n` : table.row(line);
      await progress.aside(() => print(text));
    }
    progress.stop();
    if (!args.json) await print(table.totals());
    if (!args.json && shard !== undefined)
      warn(`this is shard ${args.shard} only; "seth merge" takes what --json prints`);
    noteFound(journal, jobs.length, 'formulas', args.journal);
    await journal.close();
  } finally {
    progress.stop();
    await oracle.close();
  }
  return worstExit(ends);
}

/** A file to verify, or what is wrong with the path that was given. */
interface Job {
  readonly file: string;
  readonly error?: unknown;
}

async function jobsAt(path: string): Promise<readonly Job[]> {
  try {
    return (await formulasAt(path)).map((file) => ({ file }));
  } catch (error) {
    return [{ file: path, error }];
  }
}

/** A file that failed is not kept in the journal: whatever was wrong may be put right before the next run. */
async function run(
  job: Job,
  args: VerifyArguments,
  chain: Chain,
  oracle: Oracle,
  journal: Journal<VerifiedLine>,
  onProgress: (done: number) => void,
): Promise<{ readonly line: VerifyLine; readonly error?: unknown }> {
  let key: readonly string[];
  let line: VerifiedLine;
  try {
    if (job.error !== undefined) throw job.error;
    const formula = await readFormula(job.file, args.strict);
    key = [job.file, formula.sha256];
    const kept = journal.find(key);
    if (kept !== undefined) return { line: kept };
    const checked: CheckedSample[] = [];
    // Each output has a sample of its own, so that a line that was printed tells nothing of the next.
    const asked =
      args.spotCheck === undefined
        ? oracle
        : spotChecking(
            oracle,
            () => sampleOf(args)!,
            (sample) => checked.push(sample),
          );
    const verified = await chain.verify(formula.cnf, asked, onProgress).catch((error: unknown) => {
      throw chainFault(error, job.file, oracle.name);
    });
    line = verifiedLine(formula, verified, args, oracle.name, largestFigures(checked));
  } catch (error) {
    return { line: failedLine(job.file, error), error };
  }
  await journal.keep(key, line);
  return { line };
}

/** What is worth saying of a file that was read. */
function remarks({ file, answer, warnings = [], reason, remedy }: VerifiedLine): readonly string[] {
  if (answer !== 'UNKNOWN') return warnings;
  return [...warnings, `${nameOf(file)}: ${reason}; needed is ${remedy}`];
}
