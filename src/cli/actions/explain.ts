/** `seth explain`: every step of a chain on one formula, as text or as JSON. */
import { openOracle } from '../../oracles/oracles.ts';
import {
  explainDirect,
  explainFormula,
  explainPaperRoute,
  type ExplainedStep,
} from '../../verify/explain.ts';
import { chainFault } from '../chain-fault.ts';
import { openOptions } from '../command-options.ts';
import type { ExplainArguments } from '../commands/explain.ts';
import { exits, warn } from '../faults.ts';
import { readFormula } from '../formula.ts';
import { formulaFields } from '../json-fields.ts';
import { encodeOptions, memoryOf } from '../options.ts';
import { paint } from '../paint.ts';
import { paperOptions, sparsifyWhereAsked } from '../paper-options.ts';
import { print } from '../write.ts';

export async function explain(args: ExplainArguments): Promise<number> {
  const { route } = args;
  const memory = memoryOf(args);
  const sparse = sparsifyWhereAsked(args);
  const paper = route === 'closest-pair' ? { ...paperOptions(args), memory } : undefined;
  const direct = route === 'closest-pair' ? undefined : { ...encodeOptions({ ...args, route }), memory };
  const oracle = await openOracle(args.oracle, openOptions(args));
  const formula = await readFormula(args.file, args.strict);
  formula.warnings.forEach(warn);
  const { cnf } = formula;
  try {
    const chain =
      direct === undefined
        ? await explainPaperRoute(cnf, paper!, oracle)
        : await explainDirect(cnf, direct, oracle);
    const steps = [...explainFormula(cnf, sparse), ...chain];
    await print(
      args.json
        ? `${JSON.stringify({ ...formulaFields(formula), route, steps })}\n`
        : `${steps.map(textOf).join('\n')}${ledgerOf(steps)}`,
    );
    return exits.ok;
  } catch (error) {
    throw chainFault(error, args.file, oracle.name);
  } finally {
    await oracle.close();
  }
}

function textOf({ title, theorem, lines }: ExplainedStep, at: number): string {
  const { bold, dim } = paint(process.stdout);
  const head = `${bold(`${at + 1}. ${title}`)}${theorem === '' ? '' : `  ${dim(theorem)}`}`;
  return [head, ...lines.map((line) => `   ${line}`), ''].join('\n');
}

/** What each theorem promises beside what there is, step by step. */
function ledgerOf(steps: readonly ExplainedStep[]): string {
  const { bold, dim } = paint(process.stdout);
  const rows = steps.flatMap(({ title, ledger }) =>
    ledger.map(({ parameter, promised, actual }) => [title, parameter, promised, actual]),
  );
  const head = ['step', 'parameter', 'promised', 'here'];
  const widths = head.map((name, c) => Math.max(name.length, ...rows.map((row) => row[c]!.length)));
  const line = (row: readonly string[]): string =>
    `   ${row.map((cell, c) => cell.padEnd(widths[c]!)).join('  ')}`.trimEnd();
  return `\n${[bold('The ledger'), dim(line(head)), ...rows.map(line), ''].join('\n')}`;
}
