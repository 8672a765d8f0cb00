/** What the paper's route would need, from the sizes of the preprocessed formula alone, before anything is allocated. */
import type { Cnf } from '../problems/cnf.ts';
import { counted } from '../problems/counted.ts';
import { InputError } from '../problems/input-error.ts';
import { pcpParameters, pcpSize, type PcpParameters } from '../../reductions/distributed-pcp.ts';
import type { AttentionForm } from '../../reductions/paper-route.ts';

export interface PaperSize {
  readonly pcp: PcpParameters;
  /** q^(ℓ−1): instances of gap Max-IP, one for each of Merlin's messages. */
  readonly messages: number;
  /** q^(T+1): their dimension. */
  readonly dimension: number;
  /** n = 2^⌈v/2⌉. */
  readonly vectors: number;
  readonly queries: number;
  readonly keys: number;
  /** Head columns, at most. */
  readonly headDim: number;
  /** Bytes of memory, at most. */
  readonly bytes: number;
  /** Products that a plain attention multiplies. */
  readonly work: number;
}

/** More products than anyone waits for: about two minutes. */
const mostWork = 2 ** 36;

/** Sizes for v variables and m clauses that are left after preprocessing. All may be Infinity. */
export function paperSize(
  variables: number,
  clauses: number,
  form: AttentionForm,
  given?: PcpParameters,
): PaperSize {
  const pcp = given ?? pcpParameters(clauses);
  const { messages, dimension } = pcpSize(pcp);
  const vectors = 2 ** Math.ceil(variables / 2);
  const direct = form === 'direct' || form === 'direct-published';
  // Padding to one weight at most doubles the dimension, balancing doubles it, and so does the shift or the pads.
  const headDim = direct ? dimension + pcp.field : 8 * dimension;
  const pads = form === 'published' || form === 'direct-published' ? vectors : 0;
  const queries = messages * vectors + pads;
  const keys = 2 * vectors;
  const bits = (messages + 1) * vectors * dimension * (direct ? 1 : 5);
  return {
    pcp,
    messages,
    dimension,
    vectors,
    queries,
    keys,
    headDim,
    bytes: bits / 8 + 2 * keys * headDim * 8 + queries * 8,
    work: queries * keys * headDim,
  };
}

/**
 * Throws an `InputError` when a preprocessed formula needs more than `memory` bytes, as `bytes` counts them, or more
 * patience than there is.
 */
export function requirePaperFeasible(
  { variables, clauses }: Cnf,
  form: AttentionForm,
  memory: number,
  bytes: (size: PaperSize) => number,
  pcp?: PcpParameters,
): PaperSize {
  if (pcp !== undefined && pcp.blocks * pcp.length < clauses.length) {
    throw new InputError({
      code: 'pcp-too-small',
      field: '--pcp',
      expected: `T and ℓ with at least ${clauses.length} places, one for each clause after preprocessing`,
      found: `${pcp.blocks} · ${pcp.length}`,
      hint: 'give larger ones, or none',
    });
  }
  const fits = (size: PaperSize): boolean => bytes(size) <= memory && size.work <= mostWork;
  const size = paperSize(variables, clauses.length, form, pcp);
  if (fits(size)) return size;
  let most = clauses.length;
  while (most > 0 && !fits(paperSize(variables, most, form))) most--;
  throw new InputError({
    code: 'too-large',
    expected: `at most ${counted(most, 'clause')} after preprocessing, for ${counted(variables, 'variable')}`,
    found: `${clauses.length}: ${describePaperSize(size)}, ${power(bytes(size) / 2 ** 30)} GiB and ${power(size.work)} products`,
    hint: 'the distributed PCP is exponential in the clauses at these sizes: the route minimax takes the formula',
  });
}

/** `25 instances of gap Max-IP of dimension 3125 (T = 4, ℓ = 3, q = 5)`. */
export const describePaperSize = ({
  messages,
  dimension,
  pcp: { blocks, length, field },
}: PaperSize): string =>
  `${power(messages)} instance${messages === 1 ? '' : 's'} of gap Max-IP of dimension ${power(dimension)} (T = ${blocks}, ℓ = ${length}, q = ${field})`;

const power = (x: number): string =>
  x < 1e7
    ? String(x >= 100 ? Math.round(x) : Number(x.toPrecision(3)))
    : x.toExponential(1).replace('e+', 'e');
