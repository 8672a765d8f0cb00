/** A campaign's figures from its journal. */
import { writeDimacs } from '../../src/formats/dimacs.ts';
import type { Finding, Line } from './journal.ts';

export interface Report {
  readonly seed: number;
  readonly formulas: number;
  readonly cases: number;
  readonly right: number;
  readonly inconclusive: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
  readonly solvers: Readonly<Record<string, number>>;
  /** Cases by oracle, and why an oracle took part in none. */
  readonly oracles: Readonly<Record<string, number>>;
  readonly absent: Readonly<Record<string, string>>;
  readonly families: Readonly<Record<string, number>>;
  /** Wall seconds of the slowest case, the most processor time of a case, and the most bytes that a process had. */
  readonly slowest: number;
  readonly processor: number;
  readonly memory: number;
}

export function reportOf(seed: number, lines: readonly Line[]): Report {
  const sum = (of: (line: Line) => number): number => lines.reduce((total, line) => total + of(line), 0);
  const most = (of: (line: Line) => number): number =>
    lines.reduce((top, line) => Math.max(top, of(line)), 0);
  return {
    seed,
    formulas: new Set(lines.map(({ number }) => number)).size,
    cases: sum(({ cases }) => cases),
    right: sum(({ right }) => right),
    inconclusive: sum(({ inconclusive }) => inconclusive),
    refused: added(lines.map(({ refused }) => refused)),
    findings: lines.flatMap(({ findings }) => findings),
    solvers: added(lines.map(({ solvers }) => solvers)),
    oracles: added(lines.map(({ oracles }) => oracles)),
    absent: Object.fromEntries(lines.flatMap(({ absent }) => Object.entries(absent))),
    families: added(lines.map(({ family, cases }) => ({ [family]: cases }))),
    slowest: most(({ slowest }) => slowest),
    processor: most(({ processor }) => processor),
    memory: most(({ memory }) => memory),
  };
}

function added(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const [name, count] of counts.flatMap((one) => Object.entries(one))) {
    total[name] = (total[name] ?? 0) + count;
  }
  return total;
}

export function markdownOf(report: Report): string {
  const { seed, formulas, cases, right, inconclusive, refused, findings, solvers, families, oracles } =
    report;
  const all = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ') || 'none';
  const absent = Object.entries(report.absent).map(([name, why]) => `; ${name} did not run: ${why}`);
  const refusals = Object.values(refused).reduce((sum, count) => sum + count, 0);
  return `| seed ${seed} | |
| --- | --- |
| formulas | ${formulas} |
| differential cases | ${cases} |
| right | ${right} |
| inconclusive | ${inconclusive} |
| refused with a reason | ${refusals} (${all(refused)}) |
| wrong, or crashed | ${findings.length} |
| cases by oracle | ${all(oracles)}${absent.join('')} |
| cases by family | ${all(families)} |
| solvers that agree with brute force | ${all(solvers)} |
| slowest case | ${report.slowest.toFixed(2)} s, of processor time ${report.processor.toFixed(2)} s |
| most memory of a process | ${Math.ceil(report.memory / 2 ** 20)} MiB |
${findings.map(({ way, said, cnf }) => `\n${way}: ${said}\n\n${writeDimacs(cnf, []).replaceAll(/^/gm, '    ')}`).join('')}`;
}
