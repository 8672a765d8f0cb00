/** The table that `seth verify` prints: a row a file as soon as it is known, and a summary under it. */
import { counted } from '../problems/counted.ts';
import type { Check } from '../verify/verify.ts';
import { figure } from './answers.ts';
import { inBytes, peakMemory } from './memory.ts';
import { paint } from './paint.ts';
import { exitOf } from './verify-exit.ts';
import { isFailed, type VerifiedLine, type VerifyLine } from './verify-line.ts';

interface Column {
  readonly title: string;
  readonly width: number;
  readonly cell: (line: VerifiedLine) => string;
  /** Columns with a higher number go first when the terminal is narrow; 0 always stays. */
  readonly expendable: number;
}

const checkNames: readonly Check['name'][] = ['model', 'sat-solver', 'orthogonal-vectors'];

const columns: readonly Column[] = [
  { title: 'vars', width: 4, expendable: 3, cell: ({ variables }) => `${variables}` },
  { title: 'clauses', width: 7, expendable: 3, cell: ({ clauses }) => `${clauses}` },
  { title: 'n', width: 5, expendable: 0, cell: ({ instance }) => `${instance.vectors}` },
  { title: 'd', width: 4, expendable: 4, cell: ({ instance }) => `${instance.headDim}` },
  { title: 'B', width: 6, expendable: 0, cell: ({ instance }) => digits(instance.bound, 4) },
  {
    title: 'B/√ln n',
    width: 7,
    expendable: 2,
    cell: ({ instance }) => instance.boundOverSqrtLog.toFixed(2),
  },
  { title: 'nodes', width: 5, expendable: 5, cell: ({ instance }) => `${instance.nodes}` },
  {
    title: 'amplif.',
    width: 7,
    expendable: 5,
    cell: ({ instance }) => digits(instance.amplification, 3),
  },
  { title: 'answer', width: 6, expendable: 0, cell: ({ answer }) => answers[answer] },
  {
    title: 'models',
    width: 7,
    expendable: 0,
    cell: ({ answer, count }) => count ?? (answer === 'SATISFIABLE' ? '≥ 1' : '?'),
  },
  {
    title: 'bias + noise',
    width: 12,
    expendable: 6,
    cell: ({ certificate }) => `${share(certificate.bias)} + ${share(certificate.noise)}`,
  },
  { title: 'checks', width: 6, expendable: 0, cell: ({ checks }) => ticks(checks) },
  {
    title: 'seconds',
    width: 7,
    expendable: 1,
    cell: ({ seconds }) => (seconds.encode + seconds.attend + seconds.decode + seconds.check).toFixed(2),
  },
];

const answers = { SATISFIABLE: 'SAT', UNSATISFIABLE: 'UNSAT', UNKNOWN: '?' } as const;

export interface VerifyTable {
  /** One row; for a file that failed, nothing but the count of it. */
  row(line: VerifyLine): string;
  totals(): string;
}

/** Where the table goes: how wide it is, if that is known, and whether it shows colour. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** A table for these files. */
export function verifyTable(files: readonly string[], screen: Screen = process.stdout): VerifyTable {
  const { bold, dim, green, red, yellow } = paint(screen);
  const fileWidth = Math.min(48, Math.max(4, ...files.map((file) => file.length)));
  const shown = fitting(screen.columns || Infinity, fileWidth);
  const begun = performance.now();
  const results: VerifyLine[] = [];
  let headed = false;

  const line = (file: string, cells: readonly string[]): string =>
    [file.padEnd(fileWidth), ...cells].join('  ').trimEnd();
  const heading = (): string => {
    if (headed) return '';
    headed = true;
    const titles = line(
      'file',
      shown.map(({ title, width }) => title.padStart(width)),
    );
    return `${bold(titles)}\n${dim('─'.repeat(titles.length))}\n`;
  };

  return {
    row(result) {
      results.push(result);
      if (isFailed(result)) return '';
      const colour = exitOf(result) === 0 ? green : result.answer === 'UNKNOWN' ? yellow : red;
      const cells = shown.map(({ title, width, cell }) => {
        const text = cell(result).padStart(width);
        return title === 'checks' || title === 'answer' ? colour(text) : text;
      });
      return `${heading()}${line(shorten(result.file, fileWidth), cells)}\n`;
    },
    totals() {
      const good = results.filter((result): result is VerifiedLine => !isFailed(result));
      const of = (outcome: keyof typeof answers): number =>
        good.filter(({ answer }) => answer === outcome).length;
      const checks = good.flatMap(({ checks }) => checks);
      const agreeing = checks.filter(({ agrees }) => agrees).length;
      const failed = results.length - good.length;
      const agree = `${agreeing} of ${checks.length} checks agree`;
      const parts = [
        counted(results.length, 'file'),
        `${of('SATISFIABLE')} satisfiable`,
        `${of('UNSATISFIABLE')} unsatisfiable`,
        ...(of('UNKNOWN') > 0 ? [yellow(`${of('UNKNOWN')} inconclusive`)] : []),
        ...(failed > 0 ? [red(`${failed} failed`)] : []),
        agreeing === checks.length ? green(agree) : red(agree),
        `${((performance.now() - begun) / 1000).toFixed(1)} s`,
        `${inBytes(peakMemory())} of memory at most`,
      ];
      const legend = dim(
        'checks: the model satisfies every clause · a SAT solver agrees · brute force over the vectors counts the same',
      );
      const sampled = spotChecked(good);
      return `${headed ? '\n' : ''}${parts.join(' · ')}\n${sampled}${headed ? `${legend}\n` : ''}`;
    },
  };
}

/** How many rows were computed anew, and what escapes that where it is easiest; empty where none were. */
function spotChecked(lines: readonly VerifiedLine[]): string {
  const figures = lines.flatMap(({ spotCheck }) => spotCheck ?? []);
  if (figures.length === 0) return '';
  const [rows, of] = [figures.map(({ rows }) => rows), figures.map(({ of }) => of)].map((counts) =>
    counts.reduce((sum, count) => sum + count, 0),
  );
  const escape = Math.max(...figures.map(({ escapes }) => escapes[0]!.probability));
  return `spot check: ${rows} of ${of} rows computed anew are as claimed · one altered row escapes with probability ${figure(escape)} at most\n`;
}

/** The columns that fit a line of `width` characters beside the file's name. */
function fitting(width: number, fileWidth: number): readonly Column[] {
  let shown = columns;
  const taken = (): number => shown.reduce((sum, column) => sum + 2 + column.width, fileWidth);
  for (let most = 6; most > 0 && taken() > width; most--) {
    shown = shown.filter(({ expendable }) => expendable < most);
  }
  return shown;
}

/** The end of a path says more than its beginning. */
const shorten = (file: string, width: number): string =>
  file.length <= width ? file : `…${file.slice(file.length - width + 1)}`;

function ticks(checks: readonly Check[]): string {
  return checkNames
    .map((name) => checks.find((check) => check.name === name))
    .map((check) => (check === undefined ? '·' : check.agrees ? '✓' : '✗'))
    .join('');
}

/** `count` significant digits, with an exponent where it would be long. */
function digits(x: number, count: number): string {
  if (x !== 0 && (x >= 1e5 || x < 1e-3)) return x.toExponential(1).replace('e+', 'e');
  return x >= 10 ** (count - 1) ? x.toFixed(0) : x.toPrecision(count);
}

/** A part of ½. */
const share = (x: number): string =>
  x === 0 || (x >= 0.01 && x < 100) ? x.toFixed(2) : x.toExponential(0).replace('e+', 'e');
