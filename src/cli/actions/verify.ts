/** `seth verify`: each formula through the chain, with every check, as a table or as JSON lines. */
import { InputError } from '../../problems/input-error.ts';
import type { Oracle } from '../../oracles/oracle.ts';
import { openOracle } from '../../oracles/oracles.ts';
import { answerFields } from '../answers.ts';
import { chainFault } from '../chain-fault.ts';
import { chainOf, type Chain } from '../chain-of.ts';
import { openOptions } from '../command-options.ts';
import type { VerifyArguments } from '../commands/verify.ts';
import { codeOf, describeError, report, warn } from '../faults.ts';
import { formulasAt, readFormula } from '../formula.ts';
import { encodingFields, formulaFields } from '../json-fields.ts';
import { nameOf } from '../read.ts';
import { openProgress } from '../progress.ts';
import { failedExit, verifiedExit, worstExit } from '../verify-exit.ts';
import { verifyTable, type Result, type Success } from '../verify-table.ts';
import { print } from '../write.ts';

export async function verify(args: VerifyArguments): Promise<number> {
  const chain = chainOf(args, () => {}); // the table has the sizes
  const oracle = await openOracle(args.oracle, { force: args.force, ...openOptions(args) });
  const progress = await openProgress(args.progress);
  const jobs = (await Promise.all(args.file.map(jobsAt))).flat();
  const table = verifyTable(jobs.map(({ file }) => file));
  const ends: number[] = [];
  try {
    for (const [at, job] of jobs.entries()) {
      const onProgress = (done: number): void => progress.update((at + done) / jobs.length, job.file);
      onProgress(0);
      const result = await run(job, args.strict, chain, oracle, onProgress);
      ends.push(result.exit);
      progress.aside(() => {
        if ('error' in result) report(result.error, args.debug === true);
        else remarks(result).forEach(warn);
      });
      const line = args.json ? jsonLine(job.file, result, args, oracle) : table.row(result);
      await progress.aside(() => print(line));
    }
    progress.stop();
    if (!args.json) await print(table.totals());
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

async function run(
  job: Job,
  strict: boolean,
  chain: Chain,
  oracle: Oracle,
  onProgress: (done: number) => void,
): Promise<Result> {
  try {
    if (job.error !== undefined) throw job.error;
    const formula = await readFormula(job.file, strict);
    const verified = await chain.verify(formula.cnf, oracle, onProgress).catch((error: unknown) => {
      throw chainFault(error, job.file, oracle.name);
    });
    return { exit: verifiedExit(verified), formula, verified };
  } catch (error) {
    return { exit: failedExit(error), error };
  }
}

/** What is worth saying of a file that was read. */
function remarks({ formula, verified: { answer } }: Success): readonly string[] {
  if (answer.outcome !== 'inconclusive') return formula.warnings;
  const { reason, remedy } = answer;
  return [...formula.warnings, `${nameOf(formula.file)}: ${reason}; needed is ${remedy}`];
}

function jsonLine(file: string, result: Result, args: VerifyArguments, oracle: Oracle): string {
  return `${JSON.stringify('error' in result ? { file, error: errorFields(result.error) } : fields(result))}\n`;

  function fields({ formula, verified }: Success): Record<string, unknown> {
    const { answer, instance, sampled, path, claimedError, checks, seconds, leaves, ledger } = verified;
    return {
      ...formulaFields(formula),
      ...encodingFields(args, instance, oracle.name),
      ...answerFields(answer),
      checks,
      ...(leaves === undefined ? {} : { leaves }),
      sampled,
      path,
      claimedError,
      seconds,
      ...(ledger === undefined ? {} : { ledger }),
    };
  }
}

function errorFields(error: unknown): Record<string, unknown> {
  const { line, field } = error instanceof InputError ? error.fault : {};
  return {
    code: codeOf(error),
    message: describeError(error),
    ...(line === undefined ? {} : { line }),
    ...(field === undefined ? {} : { field }),
  };
}
