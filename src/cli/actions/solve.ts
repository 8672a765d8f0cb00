/** `seth solve`: one formula, its answer. */
import { openOracle } from '../../oracles/oracles.ts';
import { answerExit, answerFields, answerLines } from '../answers.ts';
import { chainFault } from '../chain-fault.ts';
import { chainOf } from '../chain-of.ts';
import { openOptions } from '../command-options.ts';
import type { SolveArguments } from '../commands/solve.ts';
import { note, warn } from '../faults.ts';
import { readFormula } from '../formula.ts';
import { encodingFields, formulaFields } from '../json-fields.ts';
import { openProgress } from '../progress.ts';
import { print } from '../write.ts';

export async function solve(args: SolveArguments): Promise<number> {
  const chain = chainOf(args, args.json ? () => {} : note);
  const oracle = await openOracle(args.oracle, { force: args.force, ...openOptions(args) }); // it starts nothing before it attends
  const formula = await readFormula(args.file, args.strict);
  formula.warnings.forEach(warn);
  const progress = await openProgress(args.progress);
  try {
    const onProgress = (done: number): void => progress.update(done, args.file);
    const solved = await chain.solve(formula.cnf, oracle, onProgress);
    progress.stop();
    const { answer, instance, sampled, path, claimedError, seconds, leaves, ledger } = solved;
    const { encode, attend, decode } = seconds;
    const json = {
      ...formulaFields(formula),
      ...encodingFields(args, instance, oracle.name),
      ...answerFields(answer),
      ...(leaves === undefined ? {} : { leaves }),
      sampled,
      path,
      claimedError,
      seconds: { encode, attend, decode },
      ...(ledger === undefined ? {} : { ledger }),
    };
    await print(args.json ? `${JSON.stringify(json)}\n` : answerLines(answer));
    return answerExit(answer);
  } catch (error) {
    throw chainFault(error, args.file, oracle.name);
  } finally {
    progress.stop();
    await oracle.close();
  }
}
