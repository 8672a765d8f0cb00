// Break a bf16 kernel. All of these take bf16 and return bf16, and claim what a careful kernel reaches; what differs is
// what they round in between.
import { carefulError, carryBack, entries, families, plainSplit, prepare, roundTo } from 'seth-attention';

const bf16 = (x) => roundTo('bf16', x);
const exact = (x) => x;

/** softmax(scale · QKᵀ)V with a rounding for the logits, the weights exp(logit), and each partial sum over keys. */
const kernel =
  ({ logits = exact, weights = exact, sums = exact }) =>
  ({ q, k, v, scale }) => {
    const [Q, K, V, d] = [entries(q), entries(k), entries(v), q.columns];
    return Float64Array.from({ length: q.rows }, (_, i) => {
      const logit = Array.from({ length: k.rows }, (_, j) => {
        let sum = 0;
        for (let c = 0; c < d; c++) sum += Q[i * d + c] * K[j * d + c];
        return logits(scale * sum);
      });
      const largest = Math.max(...logit);
      let [above, below] = [0, 0];
      logit.forEach((z, j) => {
        const weight = weights(Math.exp(z - largest));
        above = sums(above + weight * V[j]);
        below = sums(below + weight);
      });
      return bf16(above / below);
    });
  };
const kernels = {
  careful: kernel({}),
  'weights in bf16': kernel({ weights: bf16 }),
  'logits in bf16': kernel({ logits: bf16 }),
  'sums in bf16': kernel({ sums: bf16 }),
};
const formulas = {
  'ladder, 15 variables': families.ladder.generate({ size: 8 }, 1),
  'parity, 16 variables': families.parity.generate({ length: 9 }, 1),
  'planted, 16 variables': families.planted.generate({ variables: 16, clauses: 69 }, 3),
};

const claim = carefulError('bf16'); // relative error 2⁻⁷
const options = { ...plainSplit, route: 'minimax', dtype: 'bf16', scaleName: 'linear', witness: 'scan' };
for (const [formula, { cnf }] of Object.entries(formulas)) {
  const { attention, options: given } = prepare(cnf, options, () => claim);
  console.log(
    `${formula}: ${attention.q.rows} queries, ${attention.k.rows} keys, B = ${given.readout.bound}`,
  );
  const right = kernels.careful(attention);
  for (const [name, attend] of Object.entries(kernels)) {
    const values = attend(attention);
    const close = values.filter((y, i) => Math.abs(y - right[i]) <= 0.02).length;
    let verdict;
    try {
      const answer = carryBack(
        cnf,
        { rows: values.length, columns: 1, values, error: claim },
        options,
        given,
      );
      verdict = answer.outcome === 'yes' ? `satisfiable, ${answer.count} models` : answer.outcome;
    } catch ({ fault }) {
      verdict = `${fault.code}, ${fault.field}`;
    }
    const share = `${((100 * close) / values.length).toFixed(1)}%`;
    console.log(`  ${name.padEnd(15)}  ${share.padStart(6)} of rows within 0.02  ${verdict}`);
  }
}
