// The fast side: exp replaced by a polynomial. It pays on small entries, and is refused on a hard instance; forced, its
// error is too large for any decode.
import { denseMatrix, families, openOracle, plainSplit, prepare, carryBack } from 'seth-attention';

/** n rows of d entries in [−B, B], the same on every machine. */
let state = 1;
const uniform = (n, d, B) => {
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 31 - 1;
  return denseMatrix(
    n,
    d,
    Float64Array.from({ length: n * d }, () => B * next()),
  );
};
const [n, d] = [8192, 6];
const attention = {
  q: uniform(n, d, 1),
  k: uniform(n, d, 1),
  v: uniform(n, 1, 1),
  scale: 1 / d,
  dtype: 'f64',
};

const polynomial = await openOracle('polynomial');
const exact = await openOracle('cpu');
const fast = await polynomial.attend(attention);
const slow = await exact.attend(attention);
const worst = fast.output.values.reduce(
  (most, y, i) => Math.max(most, Math.abs(y - slow.output.values[i])),
  0,
);
console.log(`entries up to 1, n = ${n}, d = ${d}: ${fast.reason}`);
console.log(
  `within the claimed error of ${fast.output.error.relative.toExponential(1)}: ${worst <= fast.output.error.relative}`,
);

const { cnf } = families.planted.generate({ variables: 12, clauses: 52 }, 1);
const options = { ...plainSplit, route: 'minimax', dtype: 'f64', scaleName: 'linear', witness: 'scan' };
const claim = (keys, maxLogit, headDim) =>
  exact.claim({ dtype: 'f64', keys, maxLogit, headDim, exactProducts: true, patterns: true });
const hard = prepare(cnf, options, claim);
console.log(
  `a hard instance, ${hard.attention.q.rows} queries, d = ${hard.attention.q.columns}, B = ${hard.options.readout.bound}`,
);
try {
  await polynomial.attend(hard.attention);
} catch ({ fault }) {
  console.log(`  refused (${fault.code}): ${fault.found}`);
}
const forced = await openOracle('polynomial', { force: true });
const { output, reason } = await forced.attend(hard.attention);
console.log(`  forced: ${reason}`);
const answer = carryBack(cnf, output, options, hard.options);
console.log(`  ${answer.outcome}: ${answer.reason ?? ''}`);
const { output: right } = await exact.attend(hard.attention);
console.log(`  exact attention: ${carryBack(cnf, right, options, hard.options).count} models`);
await Promise.all([polynomial, exact, forced].map((oracle) => oracle.close()));
