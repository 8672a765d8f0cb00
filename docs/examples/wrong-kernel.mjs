// Wrong kernels that a tolerance lets pass. The formula has few models, so few of the outputs matter.
import { carefulError, carryBack, entries, families, isModel, plainSplit, prepare } from 'seth-attention';

const { cnf, known } = families.planted.generate({ variables: 16, clauses: 76 }, 2);

/** Attention over the keys that `keep` keeps. */
const attend = ({ q, k, v, scale }, keep = () => true) => {
  const [Q, K, V, d] = [entries(q), entries(k), entries(v), q.columns];
  return Float64Array.from({ length: q.rows }, (_, i) => {
    let [above, below] = [0, 0];
    for (let j = 0; j < k.rows; j++) {
      if (!keep(j)) continue;
      let logit = 0;
      for (let c = 0; c < d; c++) logit += Q[i * d + c] * K[j * d + c];
      const weight = Math.exp(scale * logit);
      above += weight * V[j];
      below += weight;
    }
    return above / below;
  });
};
const kernels = {
  right: (attention) => attend(attention),
  'returns zeros': ({ q }) => new Float64Array(q.rows),
  'forgets the last block of keys': (attention) => attend(attention, (j) => j < 256 - 32 || j >= 256),
  'keeps every fourth key': (attention) => attend(attention, (j) => j % 4 === 0),
  'is off by one row': (attention) => attend(attention).map((_, i, all) => all[Math.max(0, i - 1)]),
};

const claim = carefulError('f64');
for (const route of ['threshold', 'minimax']) {
  const options = { ...plainSplit, route, dtype: 'f64', scaleName: 'linear', witness: 'scan' };
  const { attention, options: given } = prepare(cnf, options, () => claim);
  const right = attend(attention);
  console.log(
    `${route}, ${right.length} rows; the planted assignment is a model: ${isModel(cnf, known.planted)}`,
  );
  for (const [name, kernel] of Object.entries(kernels)) {
    const values = kernel(attention);
    const close = values.filter((y, i) => Math.abs(y - right[i]) <= 0.01).length;
    let verdict;
    try {
      const answer = carryBack(
        cnf,
        { rows: values.length, columns: 1, values, error: claim },
        options,
        given,
      );
      verdict = answer.outcome === 'yes' ? `satisfiable, ${answer.count} models` : 'unsatisfiable';
    } catch ({ fault }) {
      verdict = `${fault.code}, ${fault.field}`;
    }
    console.log(
      `  ${name.padEnd(30)} ${((100 * close) / values.length).toFixed(2)}% of rows within 0.01; ${verdict}`,
    );
  }
}
