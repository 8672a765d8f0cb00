/**
 * What a decode makes of faulty outputs, counted: `node dist/test/campaign/fault-table.js [--formulas 40] [--seed 1]`
 * prints a table in Markdown, and exits 1 if an output within its claim was answered wrongly or refused.
 */
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';
import { planted } from '../../src/problems/families/planted.ts';
import { random } from '../../src/problems/families/random.ts';
import { uniform } from '../../src/problems/families/uniform.ts';
import type { EncodeOptions } from '../../src/verify/prepare.ts';
import { escapeProbability } from '../../src/verify/spot-check.ts';
import {
  alteredRows,
  faults,
  outcomeOf,
  subjectOf,
  type Fault,
  type Outcome,
  type Subject,
} from './faults.ts';
import { plain } from '../checker/made.ts';

export interface FaultRow extends Record<Outcome, number> {
  readonly fault: Fault;
  /** Runs in which the fault altered anything. */
  runs: number;
  /** The probability, averaged over wrong runs, that a spot check of a tenth of the rows sees nothing. */
  escaped: number;
}

const settings: readonly Partial<EncodeOptions>[] = [
  { route: 'threshold' },
  { route: 'minimax' },
  { route: 'interpolation' },
  { route: 'minimax', dtype: 'f32' },
  { route: 'threshold', dtype: 'f32', prune: true },
];

/** Formulas of 6 to 8 variables near the ratio where half are satisfiable, planted ones among them, in pairs of a size. */
async function subjects(formulas: number, seed: number): Promise<readonly (readonly [Subject, Subject])[]> {
  const pairs: (readonly [Subject, Subject])[] = [];
  for (let k = 0; k < formulas; k++) {
    const variables = 6 + (k % 3);
    const size = { variables, clauses: Math.round(variables * 4.5) };
    const options = { ...plain, ...settings[k % settings.length] };
    const family = k % 4 === 3 ? planted : uniform;
    const subject = await subjectOf(family.generate(size, seed * 1000 + k).cnf, options);
    let other = subject;
    for (let attempt = 1; attempt <= 20; attempt++) {
      other = await subjectOf(uniform.generate(size, seed * 1000 + k + 500 * attempt).cnf, options);
      if (other.exact.length === subject.exact.length) break;
    }
    pairs.push([subject, other]);
  }
  return pairs;
}

/** Every fault on every formula, `repeats` times. */
export async function faultTable(
  formulas: number,
  repeats: number,
  seed: number,
): Promise<readonly FaultRow[]> {
  const pairs = await subjects(formulas, seed);
  return faults.map((fault) => {
    const row: FaultRow = { fault, runs: 0, right: 0, inconclusive: 0, refused: 0, wrong: 0, escaped: 0 };
    pairs.forEach(([subject, other], k) => {
      for (let repeat = 0; repeat < repeats; repeat++) {
        const values = fault.inject(subject, random(seed + 7919 * (k * repeats + repeat)), other);
        const altered = alteredRows(subject, values);
        if (altered === 0 && !fault.within) continue; // there was nothing to alter
        const outcome = outcomeOf(subject, values);
        row.runs++;
        row[outcome]++;
        if (outcome !== 'wrong') continue;
        const rows = values.length;
        row.escaped += escapeProbability(rows, altered, Math.ceil(rows / 10));
      }
    });
    row.escaped /= Math.max(1, row.wrong);
    return row;
  });
}

export function tableText(rows: readonly FaultRow[]): string {
  const lines = rows.map(
    ({ fault, runs, right, inconclusive, refused, wrong, escaped }) =>
      `| ${fault.name} | ${fault.within ? 'yes' : 'no'} | ${runs} | ${right} | ${refused} | ${inconclusive} | ${wrong} | ${wrong === 0 ? '-' : escaped.toPrecision(2)} |`,
  );
  return [
    '| fault | within the claim | runs | right | refused | inconclusive | wrong | of these, past a spot check of 10% |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}

/** What the table comes to, in a sentence or two. */
function summaryText(rows: readonly FaultRow[]): string {
  const sum = (of: 'runs' | 'right' | 'refused' | 'wrong', among: readonly FaultRow[]): number =>
    among.reduce((total, row) => total + row[of], 0);
  const [within, beyond] = [true, false].map((is) => rows.filter(({ fault }) => fault.within === is)) as [
    FaultRow[],
    FaultRow[],
  ];
  const forged = beyond.filter(({ fault }) => fault.name.startsWith('forged'));
  const shown = (count: number): string => count.toLocaleString('en');
  const share = (count: number): string =>
    `${shown(count)} (${Math.round((100 * count) / sum('runs', beyond))}%)`;
  return [
    `Within the claim: ${shown(sum('runs', within))} runs, ${shown(sum('right', within))} right. Beyond it, where the certificate's`,
    `assumption is broken, ${shown(sum('runs', beyond))} runs, of which ${share(sum('refused', beyond))} were refused and`,
    `${share(sum('wrong', beyond))} answered wrongly, ${shown(sum('wrong', forged))} of these by the three forgers.`,
  ].join(' ');
}

/** Wrong or refused though within the claim: a fault of ours. */
export const broken = (rows: readonly FaultRow[]): readonly FaultRow[] =>
  rows.filter(({ fault, wrong, refused }) => fault.within && wrong + refused > 0);

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: { formulas: { type: 'string', default: '40' }, seed: { type: 'string', default: '1' } },
  });
  const rows = await faultTable(Number(values.formulas), 5, Number(values.seed));
  console.log(`${tableText(rows)}\n\n${summaryText(rows)}`);
  if (broken(rows).length > 0) process.exitCode = 1;
}
