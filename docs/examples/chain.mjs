// The whole chain in ten lines: formula, vectors, attention, output, answer.
import { countPartners, openOracle, ovToAttention, plainSplit, prepare, splitAndList } from 'seth-attention';

const cnf = { variables: 4, clauses: [[1, 3], [-1, 2], [-2, -3, 4], [-4, 1]] }; // prettier-ignore
const oracle = await openOracle('reference');
const claim = (keys, maxLogit, headDim) =>
  oracle.claim({ dtype: 'f64', keys, maxLogit, headDim, exactProducts: true });

const options = { ...plainSplit, route: 'minimax', dtype: 'f64', scaleName: 'linear', witness: 'scan' };
const { vectors, options: given } = prepare(cnf, options, claim); // the readout, which decides about B
const attention = ovToAttention.encode(vectors, given); // Q, K, V
const { output } = await oracle.attend(attention); // softmax(scale · QKᵀ)V
const answer = splitAndList.decode(cnf, ovToAttention.decode(vectors, output, given), plainSplit);

const { q, k } = attention;
console.log(`Q is ${q.rows} × ${q.columns}, K is ${k.rows} × ${k.columns}, B = ${given.readout.bound}`);
console.log('partners of each left vector:', countPartners(vectors, output, given).counts.join(' '));
console.log(answer.outcome, answer.witness, `${answer.count} models`);
await oracle.close();
