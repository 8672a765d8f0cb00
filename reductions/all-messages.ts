/**
 * The distributed PCP with all of Merlin's messages in one instance. b̃ is the same for every message, and gap
 * Maximum Inner Product asks for one large pair anywhere, so the left vectors of all instances can stand one message
 * under the other: row μ·n + i is ã_μ of vector i. One attention instance then answers a formula, with q^(ℓ−1) times
 * as many queries as keys; the OR over the messages becomes the OR over the rows.
 *
 * Decision, witness and count survive. What it gives up is laziness: all rows are in memory, as bits.
 */
import { mapWitness, type Answer } from '../src/problems/answer.ts';
import type { GapMaxIp } from '../src/problems/gap-max-ip.ts';
import type { BitMatrix, OrthogonalVectors, Pair } from '../src/problems/orthogonal-vectors.ts';
import { distributedPcp, pcpSize, type PcpParameters } from './distributed-pcp.ts';
import type { Reduction } from './reduction.ts';

export const allMessages: Reduction<
  OrthogonalVectors,
  GapMaxIp,
  Answer<Pair>,
  Answer<Pair>,
  PcpParameters
> = {
  theorem: distributedPcp.theorem,

  encode(vectors, parameters) {
    const { messages, dimension } = pcpSize(parameters);
    const stride = Math.ceil(dimension / 32);
    const n = vectors.left.rows;
    const words = new Uint32Array(messages * n * stride);
    let instance: GapMaxIp | undefined;
    let at = 0;
    for (instance of distributedPcp.encode(vectors, parameters)) {
      words.set(instance.left.words, at);
      at += n * stride;
    }
    const left: BitMatrix = { rows: messages * n, columns: dimension, stride, words };
    return { ...instance!, left };
  },

  // Row μ·n + i is vector i, whatever the message μ.
  decode: (vectors, answer) => mapWitness(answer, ({ i, j }) => ({ i: i % vectors.left.rows, j })),

  ledger: (vectors, parameters) => distributedPcp.ledger(vectors, parameters),
};
