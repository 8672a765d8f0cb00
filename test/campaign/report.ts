/** A campaign's figures from its journal. */
import { writeDimacs } from '../../src/formats/dimacs.ts';
import { dtypes } from '../../src/problems/dtype.ts';
import type { Finding, Line } from './journal.ts';
import { gpuWays, ways } from './ways.ts';

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
  /** As in a line. */
  readonly cells: Readonly<Record<string, Readonly<Record<string, number>>>>;
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
    cells: cellsOf(lines),
    absent: Object.fromEntries(lines.flatMap(({ absent }) => Object.entries(absent))),
    families: added(lines.map(({ family, cases }) => ({ [family]: cases }))),
    slowest: most(({ slowest }) => slowest),
    processor: most(({ processor }) => processor),
    memory: most(({ memory }) => memory),
  };
}

export const cellName = (route: string, oracle: string, dtype: string): string =>
  `${route}, ${oracle}, ${dtype}`;

function cellsOf(lines: readonly Line[]): Record<string, Record<string, number>> {
  const names = new Set(lines.flatMap(({ cells }) => Object.keys(cells)));
  return Object.fromEntries(
    [...names].map((name) => [name, added(lines.map(({ cells }) => cells[name] ?? {}))]),
  );
}

/** Right answers and others of every route, oracle and format; where there is none, why. */
export function tableOf({ cells, absent }: Pick<Report, 'cells' | 'absent'>): string {
  const all = [...ways, ...gpuWays];
  const rows = new Map(all.map(({ oracle, cell: { route } }) => [`${route}, ${oracle}`, { route, oracle }]));
  const cellOf = (route: string, oracle: string, dtype: string): string => {
    const { right = 0, ...others } = cells[cellName(route, oracle, dtype)] ?? {};
    const why = Object.entries(others).toSorted((a, b) => b[1] - a[1]);
    if (right > 0) return String(right);
    if (why.length > 0) return `0: ${why.map(([what, count]) => `${what} ${count}`).join(', ')}`;
    return oracle in absent ? 'not here' : 'had no turn';
  };
  const lines = [...rows.values()].map(
    ({ route, oracle }) =>
      `| ${[route, oracle, ...dtypes.map((dtype) => cellOf(route, oracle, dtype))].join(' | ')} |`,
  );
  const head = `| route | oracle | ${dtypes.join(' | ')} |\n| --- | --- |${' --- |'.repeat(dtypes.length)}`;
  return [head, ...lines.toSorted()].join('\n');
}

/** A formula counts once, however many jobs had it: its first line, or one that found something. */
export function onePerFormula(lines: readonly Line[]): Line[] {
  const known = new Map<number, Line>();
  for (const line of lines) {
    const before = known.get(line.number);
    if (before === undefined || line.findings.length > before.findings.length) known.set(line.number, line);
  }
  return [...known.values()];
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

Right answers by route, oracle and format; where there is none, what there was instead:

${tableOf(report)}
${findings.map(({ way, said, cnf }) => `\n${way}: ${said}\n\n${writeDimacs(cnf, []).replaceAll(/^/gm, '    ')}`).join('')}`;
}
