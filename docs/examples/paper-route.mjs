// The paper's own route, arrow by arrow, on a formula of four clauses: Orthogonal Vectors, gap Maximum Inner Product by
// the distributed PCP, gap Hamming closest pair, attention.
import {
  allMessages,
  closestPairToAttention,
  innerProduct,
  isModel,
  maxIpToClosestPair,
  openOracle,
  pcpParameters,
  pcpSize,
  plainSplit,
  splitAndList,
} from 'seth-attention';

const cnf = { variables: 4, clauses: [[1, 3], [-1, 2, 4], [-2, -3], [-4, 1]] }; // prettier-ignore

const vectors = splitAndList.encode(cnf, plainSplit);
console.log(`vectors: ${vectors.left.rows} + ${vectors.right.rows}, dimension ${vectors.left.columns}`);

const pcp = pcpParameters(vectors.left.columns);
const { messages, dimension, high, low } = pcpSize(pcp);
console.log(
  `PCP: T, ℓ, q = ${pcp.blocks}, ${pcp.length}, ${pcp.field}; ${messages} messages of Merlin's, dimension ${dimension}`,
);
const maxIp = allMessages.encode(vectors, pcp);
const seen = new Set();
for (let i = 0; i < maxIp.left.rows; i++) {
  for (let j = 0; j < maxIp.right.rows; j++) seen.add(innerProduct(maxIp, { i, j }));
}
console.log(
  `  inner products: ${[...seen].toSorted((x, y) => x - y).join(', ')}; promised: ${high}, or at most ${low}`,
);

const pair = maxIpToClosestPair.encode(maxIp, undefined);
console.log(`closest pair: dimension ${pair.left.columns}, distances ≤ ${pair.near} or ≥ ${pair.far}`);

const options = { dtype: 'f64', scaleName: 'linear', tolerance: 0.4 }; // stands an additive error of 0.4
const attention = closestPairToAttention.encode(pair, options);
console.log(`attention: ${attention.q.rows} queries, ${attention.k.rows} keys, d = ${attention.q.columns}`);
for (const { parameter, actual } of closestPairToAttention.ledger(pair, options)) {
  if (/^(B|a|additive)/.test(parameter)) console.log(`  ${parameter}: ${actual}`);
}

const oracle = await openOracle('cpu');
const { output } = await oracle.attend(attention);
const answer = splitAndList.decode(
  cnf,
  allMessages.decode(
    vectors,
    maxIpToClosestPair.decode(maxIp, closestPairToAttention.decode(pair, output, options), undefined),
    pcp,
  ),
  plainSplit,
);
console.log(
  answer.outcome,
  answer.witness.map(Number).join(' '),
  'is a model:',
  isModel(cnf, answer.witness),
);
await oracle.close();
