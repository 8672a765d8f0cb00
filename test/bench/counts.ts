/**
 * Every formula with a published count, by every route: `node dist/test/bench/counts.js [--oracle cpu] [--prune]
 * [--only minimax-f64,…] [--files uf20-01,uf20-02] FOLDER`, where FOLDER has a counts.tsv (file, variables, clauses, models).
 * Prints a line a combination, with the bounds that the planner chose, and exits 1 unless every answer is the
 * published one and conclusive.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { plainSplit } from '../../reductions/split-and-list.ts';
import { parseDimacs } from '../../src/formats/dimacs.ts';
import { openOracle } from '../../src/oracles/oracles.ts';
import type { Dtype } from '../../src/problems/dtype.ts';
import type { ReadoutKind } from '../../src/readout/readout.ts';
import { countWithLogicSolver } from '../../src/solvers/logic-solver.ts';
import { solveByAttention } from '../../src/verify/verify.ts';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    oracle: { type: 'string', default: 'cpu' },
    prune: { type: 'boolean', default: false },
    only: {
      type: 'string',
      default: 'minimax-f64,minimax-f32,interpolation-f64,threshold-f64,threshold-f32',
    },
    files: { type: 'string', default: '' },
  },
});
const folder = positionals[0] ?? '../shared/cnf';
const rows = readFileSync(join(folder, 'counts.tsv'), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split('\t') as [file: string, variables: string, clauses: string, models: string]);
// The list ends at uf20-089; the rest of that family has no published count, and a SAT solver enumerates it.
const listed = new Set(rows.map(([file]) => file));
for (const name of readdirSync(join(folder, 'uf20-91'))) {
  const file = `uf20-91/${name}`;
  if (listed.has(file)) continue;
  const { cnf } = parseDimacs(readFileSync(join(folder, file), 'utf8'));
  rows.push([
    file,
    String(cnf.variables),
    String(cnf.clauses.length),
    String(countWithLogicSolver(cnf, 100_000)),
  ]);
}
const wanted = rows.filter(
  ([file, variables]) =>
    flags.files.split(',').some((part) => file.includes(part)) && Number(variables) <= 20,
);

const oracle = await openOracle(flags.oracle);
let wrong = 0;
let answered = 0;
for (const combination of flags.only.split(',')) {
  const [route, dtype] = combination.split('-') as [ReadoutKind, Dtype];
  const started = performance.now();
  const bounds: number[] = [];
  let largestSum = 0;
  for (const [file, , , models] of wanted) {
    const { cnf } = parseDimacs(readFileSync(join(folder, file), 'utf8'));
    const { answer, instance } = await solveByAttention(
      cnf,
      {
        ...plainSplit,
        prune: flags.prune,
        route,
        dtype,
        scaleName: 'linear',
        witness: 'scan',
        memory: 2 ** 33,
      },
      oracle,
    );
    const found =
      answer.outcome === 'yes' ? String(answer.count) : answer.outcome === 'no' ? '0' : answer.outcome;
    if (found !== models) {
      wrong++;
      console.log(`${file}: ${found}, published ${models}`);
    }
    answered++;
    if (file.startsWith('uf20')) bounds.push(instance.bound);
    largestSum = Math.max(largestSum, answer.certificate.bias + answer.certificate.noise);
  }
  const range = bounds.length === 0 ? '' : `, B on uf20-91 ${Math.min(...bounds)} to ${Math.max(...bounds)}`;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `${flags.oracle} ${combination}: ${wanted.length} formulas${range}, bias + noise at most ${largestSum.toFixed(3)}, ${seconds} s`,
  );
}
await oracle.close();
console.log(`${answered - wrong} passed, ${wrong} failed`);
if (wrong > 0 || answered === 0) process.exitCode = 1;
