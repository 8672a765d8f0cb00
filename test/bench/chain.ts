/**
 * `npm run bench`: what each step of the chain costs, by number of variables, and what each route and format asks
 * for. Uniform random 3-SAT at the threshold, seed 1. Prints two tables; `--json FILE` writes the figures.
 * With `--gpu` the gpu oracle's modes beside the cpu's instead (gpu.ts), by default for 12, 16 and 20 variables; `--mode
 * gpu:exact` takes one of them.
 * Figures are medians of `--runs` runs (3) after one that is not counted; `--variables 16,20` picks the sizes.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openOracle } from '../../src/oracles/oracles.ts';
import type { Dtype } from '../../src/problems/dtype.ts';
import { families } from '../../src/problems/families/families.ts';
import type { Cnf } from '../../src/problems/cnf.ts';
import { plainSplit } from '../../reductions/split-and-list.ts';
import { carefulError } from '../../src/oracles/careful-kernel.ts';
import { benchGpu } from './gpu.ts';
import { prepare, type EncodeOptions } from '../../src/verify/prepare.ts';
import { solveByAttention, type VerifyOptions } from '../../src/verify/verify.ts';

const { values: flags } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    variables: { type: 'string' },
    gpu: { type: 'boolean', default: false },
    mode: { type: 'string' },
    oracle: { type: 'string', default: 'cpu' },
    json: { type: 'string' },
  },
});
const runs = Number(flags.runs);
const sizes = (flags.variables ?? (flags.gpu ? '12,16,20' : '16,20,24,26')).split(',').map(Number);
if (flags.gpu) {
  await benchGpu(sizes, runs, flags.mode);
  process.exit();
}

const formula = (variables: number): Cnf =>
  families['uniform']!.generate({ variables, clauses: Math.round(4.27 * variables), width: 3 }, 1).cnf;

const plain: VerifyOptions = {
  ...plainSplit,
  route: 'minimax',
  dtype: 'f64',
  scaleName: 'linear',
  witness: 'scan',
  memory: 2 ** 34,
};

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

const oracle = await openOracle(flags.oracle);
const steps = [];
for (const variables of sizes) {
  const cnf = formula(variables);
  const seconds = { encode: [] as number[], attend: [] as number[], decode: [] as number[] };
  let last = await solveByAttention(cnf, plain, oracle);
  for (let run = 0; run < runs; run++) {
    last = await solveByAttention(cnf, plain, oracle);
    for (const step of ['encode', 'attend', 'decode'] as const) seconds[step].push(last.seconds[step]);
  }
  const { queries, keys, headDim } = last.instance;
  const attend = median(seconds.attend);
  steps.push({
    variables,
    clauses: cnf.clauses.length,
    n: last.instance.vectors,
    queries,
    keys,
    d: headDim,
    'file MiB': Math.round(((queries + keys) * headDim * 8 + keys * 8) / 2 ** 20),
    'encode s': round(median(seconds.encode)),
    'attend s': round(attend),
    'decode s': round(median(seconds.decode)),
    'giga-pairs/s': round((queries * keys) / attend / 1e9),
    models: last.answer.outcome === 'yes' ? String(last.answer.count) : last.answer.outcome,
    'peak MiB': Math.round(process.resourceUsage().maxRSS / 1024),
  });
}
await oracle.close();
console.log(
  `Steps: minimax, f64, oracle ${flags.oracle}, median of ${runs} runs with a readout that is cached`,
);
console.table(steps);

const routes = [];
for (const variables of sizes) {
  const cnf = formula(variables);
  for (const dtype of ['f64', 'f32', 'f16', 'bf16'] as const satisfies readonly Dtype[]) {
    for (const route of ['minimax', 'interpolation', 'threshold'] as const) {
      routes.push({ variables, dtype, route, ...planned(cnf, { ...plain, dtype, route }) });
    }
  }
}
console.log('What each route and format asks for, planned for a careful kernel of the format');
console.table(routes);
if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify({ steps, routes }, null, 2)}\n`);

function planned(cnf: Cnf, options: EncodeOptions): Record<string, number | string> {
  const started = performance.now();
  try {
    const { plan, sampled, attention, vectors } = prepare(cnf, options, () => carefulError(options.dtype));
    const bytes = (attention.q.rows + attention.k.rows) * attention.q.columns;
    const amplification = plan.readout.weights.reduce((sum, weight) => sum + Math.abs(weight), 0);
    return {
      n: vectors.left.rows,
      D: plan.readout.degree,
      B: plan.readout.bound,
      'B/√ln n': round(plan.readout.bound / Math.sqrt(Math.log(vectors.right.rows))),
      nodes: plan.readout.scales.length,
      pads: plan.pads.count,
      amplification: amplification.toPrecision(3),
      plan: sampled ? 'from a sample' : 'for every row',
      'entries M': round(bytes / 1e6),
      seconds: round((performance.now() - started) / 1000),
    };
  } catch (error) {
    return { plan: error instanceof Error ? error.message : String(error) };
  }
}

function round(x: number): number {
  return Number(x.toPrecision(3));
}
