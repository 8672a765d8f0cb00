/** `seth generate`: a formula's instance as a file, streamed block by block. */
import { counted } from '../../problems/counted.ts';
import type { OutputError } from '../../problems/attention.ts';
import { bytesOf, type Dtype } from '../../problems/dtype.ts';
import { InputError } from '../../problems/input-error.ts';
import type { InstanceDocument } from '../../formats/instance-document.ts';
import { carefulError } from '../../oracles/careful-kernel.ts';
import { chainBytes, fileBytes, requireFeasible } from '../../verify/limits.ts';
import { prepare, type EncodeOptions, type Prepared } from '../../verify/prepare.ts';
import type { InstanceFigures } from '../../verify/verify.ts';
import { figure } from '../answers.ts';
import type { GenerateArguments } from '../commands/generate.ts';
import { UsageError, warn } from '../faults.ts';
import { readFormula, type Formula } from '../formula.ts';
import { figuresOf } from '../../verify/verify.ts';
import { encodingFields, formulaFields } from '../json-fields.ts';
import { inBytes } from '../memory.ts';
import { encodeOptions, memoryOf, numberOf } from '../options.ts';
import { openProgress } from '../progress.ts';
import { nameOf } from '../read.ts';
import { version } from '../version.ts';
import { print, refuseTerminal, writeWhole } from '../write.ts';
import { writeInstance } from '../write-instance.ts';
import { generatePaperInstance } from './generate-paper.ts';

export async function generate(args: GenerateArguments): Promise<number> {
  if (args.json && args.output === '-') {
    throw new UsageError('--json and -o - both want standard output: write the instance to a file');
  }
  refuseTerminal(args.output);
  refuseNpy(args.output);
  const { route } = args;
  if (route === 'closest-pair') return generatePaperInstance(args);
  const options = encodeOptions({ ...args, route });
  const error = plannedError(args, options.dtype);
  const seed = numberOf('seed', args.seed, { min: 0, max: Number.MAX_SAFE_INTEGER, whole: true }) ?? null;
  const memory = memoryOf(args);
  const formula = await readFormula(args.file, args.strict);
  formula.warnings.forEach(warn);
  const progress = await openProgress(args.progress);
  let prepared: Prepared | undefined;
  let bytes = 0;
  try {
    await writeWhole(args.output, async (write) => {
      prepared = plan(formula, options, error, memory);
      const document = documentOf(prepared, formula, options, error, seed);
      bytes = await writeInstance(prepared.attention, document, write, (share) =>
        progress.update(share, args.output),
      );
    });
  } finally {
    progress.stop();
  }
  const figures = figuresOf(prepared!);
  if (!args.json) {
    process.stderr.write(summary(formula, options, prepared!, figures, error, bytes));
    return 0;
  }
  const { bias, noise, certified } = prepared!.plan;
  const json = {
    ...formulaFields(formula),
    ...encodingFields(args, figures),
    bias,
    noise,
    certified,
    sampled: prepared!.sampled,
    plannedError: error.relative,
    seed,
    bytes,
  };
  await print(`${JSON.stringify(json)}\n`);
  return 0;
}

/** An instance has three matrices and its document, and a .npy one matrix. */
function refuseNpy(path: string): void {
  if (!/\.npy$/i.test(path)) return;
  throw new InputError({
    code: 'output-format',
    file: path,
    expected: 'a name that ends in .safetensors, or - for standard output',
    found: '.npy, which holds one matrix',
    hint: 'write a .safetensors file',
  });
}

/** The error to plan for: of a careful kernel, or with the relative part that was asked for. */
function plannedError(args: GenerateArguments, dtype: Dtype): OutputError {
  const careful = carefulError(dtype);
  const relative = numberOf('error', args.error, { above: 0, max: 1 });
  return relative === undefined ? careful : { ...careful, relative };
}

/** The instance, whose size is checked before anything of it exists. */
function plan({ file, cnf }: Formula, options: EncodeOptions, error: OutputError, memory: number): Prepared {
  const width = bytesOf(options.dtype);
  const needed = (variables: number, clauses: number): number => {
    const columns = options.witness === 'columns' ? 1 + Math.ceil(variables / 2) : 1;
    return Math.max(chainBytes(variables, clauses, columns), fileBytes(variables, clauses, columns, width));
  };
  try {
    requireFeasible(cnf, memory, needed);
    return prepare(cnf, options, () => error);
  } catch (thrown) {
    throw thrown instanceof InputError ? thrown.inFile(nameOf(file)) : thrown;
  }
}

function documentOf(
  { vectors, plan, attention, options: { readout, pads } }: Prepared,
  { text, sha256 }: Formula,
  { route, dtype, scaleName, prune, split, witness }: EncodeOptions,
  error: OutputError,
  seed: number | null,
): InstanceDocument {
  const { scales, weights, weightAtOne, degree, bound } = readout;
  return {
    format: 1,
    tool: `seth-attention ${version()}`,
    route,
    cnf: { text, sha256 },
    encoding: { prune, split, witness },
    scale: attention.scale,
    scaleName,
    dtype,
    vectors: { left: vectors.left.rows, right: vectors.right.rows },
    headDim: attention.q.columns,
    degree,
    bound,
    pads: { count: pads.count, mass: plan.pads.mass },
    readout: { scales, weights, weightAtOne },
    plannedError: error.relative,
    seed,
  };
}

/** What was made and what was traded, in a few lines. */
function summary(
  { file, cnf }: Formula,
  { route, dtype, scaleName, bound }: EncodeOptions,
  { plan, sampled }: Prepared,
  figures: InstanceFigures,
  error: OutputError,
  bytes: number,
): string {
  const { queries, keys, headDim, degree, nodes } = figures;
  const scale = scaleName === 'linear' ? '1/d' : '1/√d';
  const certificate = `bias ${figure(plan.bias)} + noise ${figure(plan.noise)}`;
  const lines = [
    `${nameOf(file)}: ${cnf.variables} variables, ${cnf.clauses.length} clauses`,
    `  instance   ${queries} queries, ${keys} keys, head dimension d = ${headDim}, ${dtype}, scale ${scale}, ${inBytes(bytes)}`,
    `  readout    ${route}, ${counted(nodes, 'node')}, amplification ${figure(figures.amplification)}, D = ${degree}`,
    `  bound      B = ${figures.bound}, B/√(ln n) = ${figure(figures.boundOverSqrtLog)}; ${trade(route, bound)}`,
    plan.certified
      ? `  certified  for outputs with a relative error up to ${figure(error.relative)}: ${certificate} < 1/2`
      : `  uncertain  outputs with a relative error of ${figure(error.relative)} may be inconclusive: ${certificate}`,
    ...(sampled
      ? ['  sampled    the plan rests on a sample of the rows; the certificate of decode decides']
      : []),
  ];
  return `${lines.join('\n')}\n`;
}

function trade(route: EncodeOptions['route'], bound: number | undefined): string {
  if (bound !== undefined) return 'as asked for: a smaller B is paid with amplification of the error';
  if (route === 'threshold') return 'as large as one node needs: nothing is amplified';
  return 'the smallest that the error allows: a smaller B is paid with amplification of the error';
}
