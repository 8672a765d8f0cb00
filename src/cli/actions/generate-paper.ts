/** `seth generate --route closest-pair`: all of Merlin's messages in one instance. */
import { bytesOf } from '../../problems/dtype.ts';
import type { PaperDocument } from '../../formats/instance-document.ts';
import type { PaperSize } from '../../verify/paper-limits.ts';
import { paperFigures, paperLedger, preparePaperRoute, type PaperFigures } from '../../verify/paper-route.ts';
import { figure } from '../answers.ts';
import type { GenerateArguments } from '../commands/generate.ts';
import { note, warn } from '../faults.ts';
import { readFormula, type Formula } from '../formula.ts';
import { inFile } from '../instance-input.ts';
import { encodingFields, formulaFields } from '../json-fields.ts';
import { inBytes } from '../memory.ts';
import { memoryOf, numberOf } from '../options.ts';
import { paperOptions, usualTolerance } from '../paper-options.ts';
import { openProgress } from '../progress.ts';
import { nameOf } from '../read.ts';
import { version } from '../version.ts';
import { print, writeWhole } from '../write.ts';
import { writeInstance } from '../write-instance.ts';

/** The largest additive error that can be asked for: N, and with it the entries, grow as it comes near ½. */
const mostTolerance = 0.4999;

export async function generatePaperInstance(args: GenerateArguments): Promise<number> {
  const tolerance = numberOf('error', args.error, { min: 0, max: mostTolerance }) ?? usualTolerance;
  const options = { ...paperOptions(args, tolerance), memory: memoryOf(args) };
  const seed = numberOf('seed', args.seed, { min: 0, max: Number.MAX_SAFE_INTEGER, whole: true }) ?? null;
  const formula = await readFormula(args.file, args.strict);
  formula.warnings.forEach(warn);
  const width = bytesOf(options.dtype);
  const needed = ({ queries, keys, headDim, bytes }: PaperSize): number =>
    Math.max(bytes, (queries + keys) * headDim * width);
  const onSize = args.json ? (): void => {} : note;
  const prepared = inFile(args.file, () => preparePaperRoute(formula.cnf, { ...options, onSize }, needed));
  const figures = paperFigures(prepared);
  const { attention, size } = prepared;
  const document: PaperDocument = {
    format: 1,
    tool: `seth-attention ${version()}`,
    route: 'closest-pair',
    form: options.form,
    cnf: { text: formula.text, sha256: formula.sha256 },
    encoding: { pure: options.pure, prune: options.prune, split: options.split },
    scale: attention.scale,
    scaleName: options.scaleName,
    dtype: options.dtype,
    pcp: size.pcp,
    queries: figures.queries,
    keys: figures.keys,
    headDim: figures.headDim,
    bound: figures.bound,
    plannedError: tolerance,
    seed,
  };
  const progress = await openProgress(args.progress);
  let bytes = 0;
  try {
    await writeWhole(args.output, async (write) => {
      bytes = await writeInstance(attention, document, write, (share) => progress.update(share, args.output));
    });
  } finally {
    progress.stop();
  }
  if (!args.json) {
    process.stderr.write(summary(formula, document, figures, bytes));
    return 0;
  }
  const json = {
    ...formulaFields(formula),
    ...encodingFields(args, figures),
    plannedError: tolerance,
    seed,
    bytes,
    ledger: paperLedger(formula.cnf, options),
  };
  await print(`${JSON.stringify(json)}\n`);
  return 0;
}

function summary(
  { file, cnf }: Formula,
  { dtype, form, scaleName, plannedError }: PaperDocument,
  { queries, keys, headDim, bound, boundOverSqrtLog }: PaperFigures,
  bytes: number,
): string {
  const additive = form === 'strengthened' || form === 'direct';
  return [
    `${nameOf(file)}: ${cnf.variables} variables, ${cnf.clauses.length} clauses`,
    `  instance   ${queries} queries, ${keys} keys, head dimension d = ${headDim}, ${dtype}, scale ${scaleName === 'linear' ? '1/d' : '1/√d'}, ${inBytes(bytes)}`,
    `  form       ${form}`,
    `  bound      B = ${bound}, B/√(ln n) = ${figure(boundOverSqrtLog)}`,
    `  decodes    outputs with ${additive ? 'an additive' : 'a relative'} error up to ${plannedError}`,
    '',
  ].join('\n');
}
