/** An answer as text, as JSON and as an exit code. */
import type { Answer, Certificate } from '../problems/answer.ts';
import { toLiterals, type Assignment } from '../problems/cnf.ts';
import { competitionLines } from '../formats/competition.ts';
import { exits } from './faults.ts';

export type AnswerName = 'SATISFIABLE' | 'UNSATISFIABLE' | 'UNKNOWN';

export function answerName({ outcome }: Answer<Assignment>): AnswerName {
  if (outcome === 'yes') return 'SATISFIABLE';
  return outcome === 'no' ? 'UNSATISFIABLE' : 'UNKNOWN';
}

export function answerExit({ outcome }: Answer<Assignment>): number {
  if (outcome === 'yes') return exits.satisfiable;
  return outcome === 'no' ? exits.unsatisfiable : exits.unknown;
}

/** The number of models in decimal; undefined where it is not known. */
export function modelCount(answer: Answer<Assignment>): string | undefined {
  if (answer.outcome === 'no') return '0';
  return answer.outcome === 'yes' && answer.count !== null ? String(answer.count) : undefined;
}

/** What JSON says of an answer. */
export interface AnswerFields {
  readonly answer: AnswerName;
  readonly count?: string;
  readonly model?: readonly number[];
  readonly reason?: string;
  readonly remedy?: string;
  readonly certificate: Certificate;
}

export function answerFields(answer: Answer<Assignment>): AnswerFields {
  const count = modelCount(answer);
  return {
    answer: answerName(answer),
    ...(count === undefined ? {} : { count }),
    ...(answer.outcome === 'yes' ? { model: toLiterals(answer.witness) } : {}),
    ...(answer.outcome === 'inconclusive' ? { reason: answer.reason, remedy: answer.remedy } : {}),
    certificate: answer.certificate,
  };
}

/** The competitions' lines, and the certificate as a comment. */
export function answerLines(answer: Answer<Assignment>): string {
  const { bias, noise, worst } = answer.certificate;
  return `${competitionLines(answer)}c certificate: bias ${figure(bias)}, noise ${figure(noise)}, farthest from an integer ${figure(worst)}\n`;
}

/** Three significant digits. */
export const figure = (x: number): string => String(Number(x.toPrecision(3)));
