// Attention counts models. Formulas whose number of models is known in closed form, and what comes back.
import { families, openOracle, plainSplit, solveByAttention } from 'seth-attention';

const formulas = {
  parity: { length: 8, parity: 1 },
  ladder: { size: 8 },
  sequential: { size: 8 },
  colouring: { vertices: 5, edges: 5, colours: 3 },
  pigeonhole: { holes: 3 },
};
const oracle = await openOracle('cpu');
const options = {
  ...plainSplit,
  route: 'minimax',
  dtype: 'f64',
  scaleName: 'linear',
  witness: 'scan',
  memory: 2 ** 30,
};

for (const [family, parameters] of Object.entries(formulas)) {
  const { cnf, known } = families[family].generate(parameters, 1);
  const { answer } = await solveByAttention(cnf, options, oracle);
  const count = answer.outcome === 'yes' ? answer.count : 0n;
  const { bias, noise } = answer.certificate;
  console.log(
    `${family}: ${cnf.variables} variables, ${cnf.clauses.length} clauses, ${count} models (known: ${known.models}),`,
    `bias + noise ${(bias + noise).toFixed(2)}`,
  );
}
await oracle.close();
