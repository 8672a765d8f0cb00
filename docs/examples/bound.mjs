// What B does. The same formula at smaller and smaller entries, and float32 outputs that are right to one rounding: below
// some multiple of √(ln n) the decode cannot certify its counts any more, and says so.
import { families, openOracle, plainSplit, solveByAttention } from 'seth-attention';

const { cnf } = families.planted.generate({ variables: 16, clauses: 72 }, 1);
const oracle = await openOracle('cpu');
const options = {
  ...plainSplit,
  route: 'minimax',
  dtype: 'f32',
  scaleName: 'linear',
  witness: 'scan',
  memory: 2 ** 30,
};

console.log('    B  B/√ln n  amplification  bias + noise  answer');
for (const bound of [20, 16, 12, 11, 10, 9, 8, 7]) {
  const { answer, instance } = await solveByAttention(cnf, { ...options, bound }, oracle);
  const { bias, noise } = answer.certificate;
  console.log(
    String(instance.bound).padStart(5),
    instance.boundOverSqrtLog.toFixed(2).padStart(8),
    instance.amplification.toExponential(1).padStart(14),
    (bias + noise).toPrecision(2).padStart(13),
    ` ${answer.outcome}${answer.outcome === 'yes' ? `, ${answer.count ?? 'not all'} models` : ''}`,
  );
}
await oracle.close();
