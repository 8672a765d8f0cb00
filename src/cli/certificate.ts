/**
 * A certificate: what an independent checker (src/checker) needs to go the way from an instance and an output to the
 * answer again, and the bounds that it has to arrive at. Everything in it is checked; docs/under-fire.md describes it.
 */
import type { Answer } from '../problems/answer.ts';
import type { OutputError } from '../problems/attention.ts';
import { toLiterals, type Assignment, type Cnf } from '../problems/cnf.ts';
import type { InstanceDocument } from '../formats/instance-document.ts';
import { sha256Hex } from '../formats/sha256.ts';
import { chooseHalves } from '../../reductions/halves.ts';
import { answerName, modelCount } from './answers.ts';
import { version } from './version.ts';

/** What an answer was read from. */
export interface CertifiedRun {
  readonly instance: Uint8Array;
  readonly output: Uint8Array;
  readonly document: InstanceDocument;
  readonly cnf: Cnf;
  /** What the output was decoded for. */
  readonly error: OutputError;
}

/** The certificate as JSON, in one line; undefined for an answer that certifies nothing. */
export async function certificateOf(
  answer: Answer<Assignment>,
  run: CertifiedRun,
): Promise<string | undefined> {
  if (answer.outcome === 'inconclusive') return undefined;
  const { document, cnf, error } = run;
  const count = modelCount(answer);
  const { scales, weights, weightAtOne } = document.readout;
  const certificate = {
    format: 1,
    tool: `seth-attention ${version()}`,
    instance: { sha256: await sha256Hex(run.instance) },
    output: { sha256: await sha256Hex(run.output) },
    formula: { sha256: document.cnf.sha256 },
    answer: answerName(answer),
    ...(answer.outcome === 'yes' ? { model: toLiterals(answer.witness) } : {}),
    count: count ?? null,
    ...(count === undefined
      ? {}
      : {
          error: { relative: error.relative, absolute: error.absolute },
          halves: chooseHalves(cnf, document.encoding),
          bound: document.bound,
          pads: document.pads.count,
          readout: { scales, weights, weightAtOne },
          bias: outward(answer.certificate.bias),
          noise: outward(answer.certificate.noise),
        }),
  };
  return `${JSON.stringify(certificate)}\n`;
}

/** A bound, with room for what computing it in float64 may have rounded. */
const outward = (x: number): number => x * (1 + 2 ** -40) + 2 ** -200;
