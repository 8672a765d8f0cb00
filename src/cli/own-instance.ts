/**
 * Is an instance what its own document makes of its own formula? A decoder reads counts out of numbers that the
 * document says were asked for, so a file in which the two differ would be answered wrongly, and is refused.
 */
import { maxAbs, type Matrix } from '../problems/attention.ts';
import type { Cnf } from '../problems/cnf.ts';
import { isPrime } from '../problems/finite-field.ts';
import { InputError } from '../problems/input-error.ts';
import { degree, type OrthogonalVectors } from '../problems/orthogonal-vectors.ts';
import type { Instance } from '../formats/instance.ts';
import type { AnyDocument, InstanceDocument, PaperDocument } from '../formats/instance-document.ts';
import { tensorMatrix } from '../formats/tensor.ts';
import { padMass } from '../readout/readout.ts';
import { ovToAttention, type AttentionOptions } from '../../reductions/ov-to-attention.ts';
import { fieldFor } from '../../reductions/distributed-pcp.ts';
import type { PaperRouteOptions } from '../../reductions/paper-route.ts';
import { preprocess } from '../../reductions/preprocess.ts';
import { splitAndList } from '../../reductions/split-and-list.ts';
import { preparePaperRoute } from '../verify/paper-route.ts';

/** scale · B² is at most this: what the fixed-point exponential is good for, and far more than a planner chooses. */
const largestLogit = 100;

/** What the decoder needs of the document. */
export function attentionOptions({
  route,
  degree,
  bound,
  scale,
  readout,
  pads,
  dtype,
  encoding: { witness },
}: InstanceDocument): AttentionOptions {
  return { readout: { kind: route, degree, bound, scale, ...readout }, pads, dtype, witness };
}

/** What the paper's route was given. The document's error is the tolerance that the entries pay for. */
export const paperOptionsOf = ({
  encoding: { pure, prune, split },
  form,
  dtype,
  scaleName,
  pcp,
  plannedError,
}: PaperDocument): PaperRouteOptions => ({
  pure,
  prune,
  split,
  form,
  dtype,
  scaleName,
  pcp,
  tolerance: plannedError,
});

/**
 * Throws an `InputError` with the first field or entry that does not follow from the formula, or when making it
 * again would take more than `memory` bytes.
 */
export function requireOwnInstance(
  instance: Instance,
  document: AnyDocument,
  cnf: Cnf,
  memory: number = Infinity,
): void {
  if (document.route === 'closest-pair') requireOwnPaperInstance(instance, document, cnf, memory);
  else requireOwnDirectInstance(instance, document, cnf);
}

function requireOwnPaperInstance(
  { q, k, v }: Instance,
  document: PaperDocument,
  cnf: Cnf,
  memory: number,
): void {
  const options = paperOptionsOf(document);
  const { blocks, length, field } = document.pcp;
  const clauses = preprocess.encode(cnf, options).clauses.length;
  const least = `at least ${clauses} places, T · ℓ,`;
  requireField('pcp.blocks', blocks, (x) => x * length >= clauses && x <= 64, least);
  requireField('pcp.length', length, (x) => x <= 64, 'at most 64');
  const leastField = fieldFor(blocks, length);
  requireField('pcp.field', field, (x) => isPrime(x) && x >= leastField, `a prime from ${leastField}`);
  const { attention: made } = preparePaperRoute(cnf, { ...options, memory });
  requireField('headDim', document.headDim, (x) => x === made.q.columns, made.q.columns);
  requireField('scale', document.scale, (x) => x === made.scale, made.scale);
  const bound = maxAbs(made.k);
  requireField('bound', document.bound, (x) => x === bound, bound);
  requireEqual('q', made.q, tensorMatrix(q));
  requireEqual('k', made.k, tensorMatrix(k));
  requireEqual('v', made.v, tensorMatrix(v));
}

function requireOwnDirectInstance({ q, k, v }: Instance, document: InstanceDocument, cnf: Cnf): void {
  const vectors = splitAndList.encode(cnf, document.encoding);
  requireFields(document, vectors);
  const made = ovToAttention.encode(vectors, attentionOptions(document));
  requireEqual('q', made.q, tensorMatrix(q));
  requireEqual('k', made.k, tensorMatrix(k));
  requireEqual('v', made.v, tensorMatrix(v));
}

function requireFields(document: InstanceDocument, vectors: OrthogonalVectors): void {
  const { bound, scale, scaleName, headDim, pads, readout } = document;
  const dimension = vectors.left.columns;
  const least = degree(vectors);
  requireField('vectors.left', document.vectors.left, (x) => x === vectors.left.rows, vectors.left.rows);
  requireField('vectors.right', document.vectors.right, (x) => x === vectors.right.rows, vectors.right.rows);
  requireField('headDim', headDim, (x) => x === dimension + 1, dimension + 1);
  requireField('degree', document.degree, (x) => x >= least && x <= Math.max(least, dimension), least);
  const named = scaleName === 'linear' ? 1 / headDim : 1 / Math.sqrt(headDim);
  requireField('scale', scale, (x) => x === named, `${named}, which is ${scaleName}`);
  const widest = Math.sqrt(largestLogit / scale);
  requireField('bound', bound, (x) => x > 0 && x <= widest, `a number above 0 and at most ${widest}`);
  readout.scales.forEach((t, at) => {
    requireField(
      `readout.scales.${at}`,
      t,
      (x) => x > 0 && x <= bound,
      `a number above 0 and at most ${bound}`,
    );
  });
  requireField('pads.count', pads.count, (x) => x >= 1, 'at least 1');
  const mass = padMass(pads.count, bound, scale);
  requireField('pads.mass', pads.mass, (x) => Math.abs(x - mass) <= 1e-12 * mass, mass);
}

function requireField(
  name: string,
  found: number,
  fits: (x: number) => boolean,
  expected: number | string,
): void {
  if (!fits(found)) throw inconsistent(`seth.${name}`, `${expected}, as its formula says`, String(found));
}

/** Compares block by block: matrices of the same shape, as `readInstance` has made sure for all but v's columns. */
function requireEqual(name: string, expected: Matrix, found: Matrix): void {
  const { rows, columns } = expected;
  if (found.rows !== rows || found.columns !== columns) {
    throw inconsistent(name, `${rows} × ${columns}`, `${found.rows} × ${found.columns}`);
  }
  const step = Math.max(1, Math.floor(65536 / columns));
  const ours = new Float64Array(Math.min(rows, step) * columns);
  const theirs = new Float64Array(ours.length);
  for (let from = 0; from < rows; from += step) {
    const to = Math.min(rows, from + step);
    expected.read(from, to, ours);
    found.read(from, to, theirs);
    for (let e = 0; e < (to - from) * columns; e++) {
      if (ours[e] === theirs[e]) continue;
      const place = `${name}[${from + Math.floor(e / columns)}, ${e % columns}]`;
      throw inconsistent(place, `${ours[e]}, as its document says`, `${theirs[e]}`);
    }
  }
}

const inconsistent = (field: string, expected: string, found: string): InputError =>
  new InputError({
    code: 'instance-inconsistent',
    field,
    expected,
    found,
    hint: 'the instance was changed after it was made: make it again with "seth generate"',
  });
