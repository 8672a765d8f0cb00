// Your own arrow: 3-colouring to CNF. It composes with those of the package, so attention colours a graph.
import {
  compose,
  ovToAttention,
  plainSplit,
  prepare,
  mapWitness,
  openOracle,
  splitAndList,
} from 'seth-attention';

/** A graph, { vertices, edges }, to a CNF: variable 3v + c + 1 says that vertex v has colour c. */
const colouringToCnf = {
  theorem: 'Karp 1972',

  encode({ vertices, edges }) {
    const has = (v, c) => 3 * v + c + 1;
    const oneColour = Array.from({ length: vertices }, (_, v) => [
      [has(v, 0), has(v, 1), has(v, 2)],
      ...[[0, 1], [0, 2], [1, 2]].map(([c, e]) => [-has(v, c), -has(v, e)]), // prettier-ignore
    ]);
    const different = edges.flatMap(([u, v]) => [0, 1, 2].map((c) => [-has(u, c), -has(v, c)]));
    return { variables: 3 * vertices, clauses: [...oneColour.flat(), ...different] };
  },

  // Exactly one of a vertex's variables is true: models are the proper colourings, one for one.
  decode: ({ vertices }, answer) =>
    mapWitness(answer, (model) =>
      Array.from({ length: vertices }, (_, v) => model.indexOf(true, 3 * v) - 3 * v),
    ),

  ledger: ({ vertices, edges }) => [
    { parameter: 'variables', promised: '3n', actual: `${3 * vertices}` },
    { parameter: 'clauses', promised: '4n + 3m', actual: `${4 * vertices + 3 * edges.length}` },
  ],
};

const toAttention = compose(colouringToCnf, compose(splitAndList, ovToAttention));
console.log(toAttention.theorem);

const oracle = await openOracle('cpu');
const claim = (keys, maxLogit, headDim) =>
  oracle.claim({ dtype: 'f64', keys, maxLogit, headDim, exactProducts: true, patterns: true });
const cycle = [[0, 1], [1, 2], [2, 3], [3, 4], [4, 0]]; // prettier-ignore
const graphs = {
  'a cycle of five': { vertices: 5, edges: cycle },
  'a complete graph of four': { vertices: 4, edges: [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]] }, // prettier-ignore
};
for (const [name, graph] of Object.entries(graphs)) {
  const choice = { ...plainSplit, route: 'minimax', dtype: 'f64', scaleName: 'linear', witness: 'scan' };
  const { options } = prepare(colouringToCnf.encode(graph, undefined), choice, claim);
  const given = [undefined, [plainSplit, options]];
  const { output } = await oracle.attend(toAttention.encode(graph, given));
  const answer = toAttention.decode(graph, output, given);
  const found =
    answer.outcome === 'yes' ? `${answer.count} colourings, one is ${answer.witness.join(' ')}` : 'none';
  console.log(`${name}: ${found}`);
}
await oracle.close();
