/** What `seth verify` says of a file: one JSON object, from which the row of the table and the exit code follow. */
import { InputError } from '../problems/input-error.ts';
import type { Verified } from '../verify/verify.ts';
import { answerFields, type AnswerFields } from './answers.ts';
import { codeOf, describeError } from './faults.ts';
import type { Formula } from './formula.ts';
import { encodingFields, formulaFields, type EncodingFields, type FormulaFields } from './json-fields.ts';
import type { EncodingArguments } from './options.ts';
import type { SpotCheckFigures } from './spot-check.ts';

export type VerifyLine = VerifiedLine | FailedLine;

export interface VerifiedLine
  extends FormulaFields, EncodingFields, AnswerFields, Omit<Verified, 'answer' | 'instance'> {
  /** Of the largest output, where rows were computed anew. */
  readonly spotCheck?: SpotCheckFigures;
}

export interface FailedLine {
  readonly file: string;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly line?: number;
    readonly field?: string;
  };
}

export const isFailed = (line: VerifyLine): line is FailedLine => 'error' in line;

export function verifiedLine(
  formula: Formula,
  { answer, instance, sampled, path, claimedError, checks, seconds, leaves, ledger }: Verified,
  args: Pick<EncodingArguments, 'route' | 'dtype' | 'scale'>,
  oracle: string,
  spotCheck?: SpotCheckFigures,
): VerifiedLine {
  return {
    ...formulaFields(formula),
    ...encodingFields(args, instance, oracle),
    ...answerFields(answer),
    checks,
    ...(leaves === undefined ? {} : { leaves }),
    sampled,
    path,
    claimedError,
    seconds,
    ...(ledger === undefined ? {} : { ledger }),
    ...(spotCheck === undefined ? {} : { spotCheck }),
  };
}

export function failedLine(file: string, error: unknown): FailedLine {
  const { line, field } = error instanceof InputError ? error.fault : {};
  return {
    file,
    error: {
      code: codeOf(error),
      message: describeError(error),
      ...(line === undefined ? {} : { line }),
      ...(field === undefined ? {} : { field }),
    },
  };
}
