/**
 * `npm run stress:tables`: the tables of docs/stress.md, measured on this machine; `-- faults` only one. Some minutes. Kernels that are not here
 * are named on standard error and left out: test/bench/install-peers.sh installs the others' ones.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { random } from '../../src/problems/families/random.ts';
import { denseMatrix, type Attention } from '../../src/problems/attention.ts';
import { runRung } from '../../src/experiments/stress/run.ts';
import { scoreOf } from '../../src/experiments/stress/score.ts';
import { buildRung } from '../../src/experiments/stress/rung.ts';
import { suiteRungs } from '../../src/experiments/stress/suite.ts';
import type { Oracle } from '../../src/oracles/oracle.ts';
import { referenceOracle } from '../../src/oracles/reference.ts';
import { catchFaults, caughtTable } from './kernels/caught.ts';
import { tolerated, toleranceTable } from './kernels/tolerance.ts';
import { approximate, known, type Known } from './kernels/known.ts';

const page = 'docs/stress.md';

/** Replaces what stands between `<!-- name -->` and `<!-- end -->`. */
function fill(name: string, lines: readonly string[]): void {
  const text = readFileSync(page, 'utf8');
  const begin = text.indexOf(`<!-- ${name} -->`);
  const end = text.indexOf('<!-- end -->', begin);
  if (begin < 0 || end < 0) throw new Error(`${page} has no place for ${name}`);
  const head = text.slice(0, begin + name.length + 9);
  writeFileSync(page, `${head}\n\n${lines.join('\n')}\n\n${text.slice(end)}`);
}

async function opened<T>(kernel: Known, use: (oracle: Oracle) => Promise<T>): Promise<T | undefined> {
  let oracle: Oracle;
  try {
    oracle = await kernel.open();
  } catch (error) {
    console.error(`${kernel.name} is not here: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
  try {
    return await use(oracle);
  } finally {
    await oracle.close();
  }
}

/** `6 of 6, 22.5 bits`, or where it fell. */
async function climb(oracle: Oracle, dtype: Known['dtypes'][number]): Promise<string> {
  const results = [];
  for (const spec of suiteRungs('quick', [dtype])) {
    const result = await runRung(buildRung(spec), oracle);
    if (!result.passed) console.error(`  ${result.rung}: ${result.reason}`);
    results.push(result);
  }
  const [{ reached, top, bits, firstFailed }] = scoreOf(results) as [ReturnType<typeof scoreOf>[number]];
  return `${reached} of ${top}, ${bits.toFixed(1)} bits${firstFailed === null ? '' : `, fell at \`${firstFailed}\``}`;
}

async function ladders(kernels: readonly Known[], of: Known['dtypes']): Promise<readonly string[]> {
  const lines = [`| kernel | ${of.join(' | ')} |`, `| --- | ${of.map(() => '---').join(' | ')} |`];
  for (const kernel of kernels) {
    console.error(kernel.name);
    const cells = await opened(kernel, async (oracle) => {
      const found = [];
      for (const dtype of of) found.push(kernel.dtypes.includes(dtype) ? await climb(oracle, dtype) : '-');
      return found;
    });
    if (cells !== undefined) lines.push(`| ${kernel.name} | ${cells.join(' | ')} |`);
  }
  return lines;
}

const n = 512;
const d = 16;
const multiples = [0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2];

/** Random entries, uniform in [-B, B]: how far off the approximate methods are as B grows. */
async function bounded(): Promise<readonly string[]> {
  const lines = [
    `| B/√ln n | B | largest logit | ${approximate.map(({ name }) => name).join(' | ')} |`,
    `| --- | --- | --- | ${approximate.map(() => '---').join(' | ')} |`,
  ];
  for (const multiple of multiples) {
    const bound = multiple * Math.sqrt(Math.log(n));
    const draw = random(7);
    const entry = (): number => bound * (draw.next() / 2 ** 31 - 1);
    const matrix = (columns: number, next: () => number): Attention['q'] =>
      denseMatrix(n, columns, Float64Array.from({ length: n * columns }, next));
    // The first query and key stand in the corner of the cube, where logits are largest.
    const corner = (columns: Attention['q']): Attention['q'] => {
      const all = new Float64Array(n * d);
      columns.read(0, n, all);
      return denseMatrix(n, d, all.fill(bound, 0, d));
    };
    const attention: Attention = {
      q: corner(matrix(d, entry)),
      k: corner(matrix(d, entry)),
      v: matrix(1, () => (draw.next() < 2 ** 31 ? 1 : 0)),
      scale: 1 / d,
      dtype: 'f64',
    };
    const { output: exact } = await referenceOracle().attend(attention);
    const cells = [];
    for (const kernel of approximate) {
      const worst = await opened(kernel, async (oracle) => {
        const { output } = await oracle.attend(attention);
        return output.values.reduce((most, y, e) => Math.max(most, Math.abs(y - exact.values[e]!)), 0);
      });
      cells.push(worst! <= 1 / n ? `**${worst!.toExponential(0)}**` : worst!.toExponential(0));
    }
    lines.push(
      `| ${multiple} | ${bound.toFixed(2)} | ${(bound * bound).toFixed(2)} | ${cells.join(' | ')} |`,
    );
  }
  return lines;
}

const tables: Readonly<Record<string, () => Promise<readonly string[]>>> = {
  tolerance: async () => toleranceTable(await tolerated()),
  faults: async () => caughtTable(await catchFaults()),
  bounded,
  approximate: () => ladders(approximate, ['f64']),
  kernels: () => ladders(known, ['f64', 'f32', 'f16', 'bf16']),
};
const wanted = process.argv.slice(2);
for (const [name, make] of Object.entries(tables)) {
  if (wanted.length === 0 || wanted.includes(name)) fill(name, await make());
}
