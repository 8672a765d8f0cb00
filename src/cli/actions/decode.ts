/** `seth decode`: from an instance and an output of it, whoever computed that, to the answer. */
import type { Attention, AttentionOutput } from '../../problems/attention.ts';
import type { Cnf } from '../../problems/cnf.ts';
import { unitRoundoff, type Dtype } from '../../problems/dtype.ts';
import { InputError } from '../../problems/input-error.ts';
import { parseDimacs } from '../../formats/dimacs.ts';
import { readInstance, requireFormulaHash, type Instance } from '../../formats/instance.ts';
import type { AnyDocument } from '../../formats/instance-document.ts';
import { tensorMatrix } from '../../formats/tensor.ts';
import { readOutput, requireOutputStart } from '../../formats/output.ts';
import { carryBack } from '../../verify/carry-back.ts';
import { carryBackPaperRoute } from '../../verify/paper-route.ts';
import { underflow } from '../../oracles/careful-kernel.ts';
import { chainBytes, requireFeasible } from '../../verify/limits.ts';
import { answerExit, answerFields, answerLines } from '../answers.ts';
import type { DecodeArguments } from '../commands/decode.ts';
import { certificateOf } from '../certificate.ts';
import { RefusedOutput, UsageError, warn } from '../faults.ts';
import { inFile, readInstanceBytes } from '../instance-input.ts';
import { memoryOf, numberOf } from '../options.ts';
import { attentionOptions, paperOptionsOf, requireOwnInstance } from '../own-instance.ts';
import { nameOf, readBytes } from '../read.ts';
import { checkSample, sampleOf, spotCheckFigures, spotCheckLines } from '../spot-check.ts';
import { print, writeWhole } from '../write.ts';

export async function decode(args: DecodeArguments): Promise<number> {
  if (args.instance === '-' && args.output === '-') {
    throw new UsageError('the instance and the output cannot both come from standard input');
  }
  const claimed = numberOf('error', args.error, { min: 0, max: 1 });
  const sample = sampleOf(args);
  const memory = memoryOf(args);
  const instanceBytes = await readInstanceBytes(args.instance, memory);
  const instance = inFile(args.instance, () => readInstance(instanceBytes));
  const document = inFile(args.instance, () => documentOf(instance));
  await requireFormulaHash(document).catch((error: unknown) => inFile(args.instance, () => rethrow(error)));
  const cnf = inFile(args.instance, () => formulaOf(instance, document, memory));
  if (args.certificate !== undefined) requireCertifiable(document, args.certificate);
  const bytes = await readBytes(args.output, memory, (start) => {
    try {
      requireOutputStart(start);
    } catch (error) {
      throw refused(args.output, error);
    }
  });
  const output = await refusing(args.output, () =>
    outputOf(bytes, instance, document, claimed ?? document.plannedError),
  );
  const checked =
    sample &&
    (await refusing(args.output, () => checkSample(attentionOf(instance, document), output, sample)));
  const answer = await refusing(args.output, () =>
    document.route === 'closest-pair'
      ? carryBackPaperRoute(cnf, output, paperOptionsOf(document))
      : carryBack(cnf, output, document.encoding, attentionOptions(document)),
  );
  if (args.certificate !== undefined && document.route !== 'closest-pair') {
    const run = { instance: instanceBytes, output: bytes, document, cnf, error: output.error };
    const certificate = await certificateOf(answer, run);
    if (certificate === undefined) warn('no certificate was written, because nothing is certified');
    else await writeWhole(args.certificate, (write) => write(certificate));
  }
  const spotCheck = checked && spotCheckFigures(checked);
  await print(
    args.json
      ? `${JSON.stringify({ ...answerFields(answer), ...(spotCheck && { spotCheck }) })}\n`
      : `${answerLines(answer)}${spotCheck ? spotCheckLines(spotCheck) : ''}`,
  );
  return answerExit(answer);
}

/** Refuses to certify what the checker cannot check, before anything is computed. */
function requireCertifiable({ route }: AnyDocument, path: string): void {
  if (path === '-') throw new UsageError('the certificate cannot go to standard output: name a file');
  if (route !== 'closest-pair') return;
  throw new InputError({
    code: 'certificate-route',
    field: '--certificate',
    expected: 'an instance of the route minimax, interpolation or threshold',
    found: 'one of closest-pair, which the checker does not know',
    hint: 'leave --certificate out, or generate the instance by another --route',
  });
}

function documentOf({ document }: Instance): AnyDocument {
  if (document !== undefined) return document;
  throw new InputError({
    code: 'metadata-missing',
    field: '__metadata__.seth',
    expected: 'the document that says how to decode',
    found: 'none',
    hint: 'give an instance that "seth generate" made',
  });
}

const attentionOf = ({ q, k, v }: Instance, { scale, dtype }: AnyDocument): Attention => ({
  q: tensorMatrix(q),
  k: tensorMatrix(k),
  v: tensorMatrix(v),
  scale,
  dtype,
});

/** The formula in the document, when the whole instance follows from it. */
function formulaOf(instance: Instance, document: AnyDocument, memory: number): Cnf {
  const { cnf } = inField('seth.cnf.text', () => parseDimacs(document.cnf.text));
  if (document.route !== 'closest-pair') {
    requireFeasible(cnf, memory, (variables, clauses) => chainBytes(variables, clauses, 1));
  }
  requireOwnInstance(instance, document, cnf, memory);
  return cnf;
}

/**
 * The output with the error to decode it for: what it claims, and where its format is narrower than the
 * instance's the rounding to it as well. Where an instance is decoded at ½ the claim is an additive error, and an
 * output may leave [0, 1] by as much.
 */
function outputOf(
  bytes: Uint8Array,
  { q, v }: Instance,
  document: AnyDocument,
  claimed: number,
): AttentionOutput {
  const [rows, columns] = [q.shape[0]!, v.shape[1]!];
  const additive =
    document.route === 'closest-pair' && (document.form === 'strengthened' || document.form === 'direct');
  const { dtype, values } = readOutput(bytes, { rows, columns }, { unitInterval: !additive });
  const isNarrower = unitRoundoff(dtype) > unitRoundoff(document.dtype);
  const rounding = isNarrower ? unitRoundoff(dtype) : 0;
  const least = Math.max(...[dtype, document.dtype].map((format: Dtype) => underflow(format)));
  const error = additive
    ? { relative: rounding, absolute: claimed + least }
    : { relative: claimed + rounding * (1 + claimed), absolute: least };
  return { rows, columns, values, error };
}

async function refusing<T>(path: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw refused(path, error);
  }
}

const refused = (path: string, error: unknown): unknown =>
  error instanceof InputError ? new RefusedOutput({ ...error.fault, file: nameOf(path) }) : error;

function inField<T>(field: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof InputError ? new InputError({ ...error.fault, field }) : error;
  }
}

function rethrow(error: unknown): never {
  throw error;
}
