// A certificate, and what would make an inconclusive decode conclusive.
import { families, openOracle, plainSplit, solveByAttention } from 'seth-attention';

const { cnf } = families.planted.generate({ variables: 14, clauses: 60 }, 1);
const oracle = await openOracle('cpu');
const options = { ...plainSplit, route: 'minimax', scaleName: 'linear', witness: 'scan', memory: 2 ** 30 };

const attempts = {
  'float32, B = 6': { dtype: 'f32', bound: 6 },
  'a wider format': { dtype: 'f64', bound: 6 },
  'a larger B': { dtype: 'f32' }, // the smallest that certifies
};
for (const [what, attempt] of Object.entries(attempts)) {
  const { answer, instance, claimedError } = await solveByAttention(cnf, { ...options, ...attempt }, oracle);
  const { bias, noise, worst } = answer.certificate;
  console.log(`${what}: B = ${instance.bound}, outputs claimed to ${claimedError.toExponential(1)}`);
  console.log(`  bias ${bias.toFixed(3)} + noise ${noise.toPrecision(3)}: ${answer.outcome}`);
  if (answer.outcome === 'inconclusive') console.log(`  ${answer.reason}\n  needs ${answer.remedy}`);
  else console.log(`  ${answer.count} models; the counts were at most ${worst.toFixed(3)} from integers`);
}
await oracle.close();
