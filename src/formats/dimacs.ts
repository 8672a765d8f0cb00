/**
 * DIMACS CNF, as SATLIB and the SAT competitions write it.
 *
 * Read as Kissat and CaDiCaL read it when they are asked to be relaxed: comments anywhere, clauses over several
 * lines or several on one, blanks and tabs wherever they separate, CRLF, a byte order mark, no newline at the
 * end, SATLIB's closing `%` and `0`, and a clause count that differs from the header (a warning). What they
 * refuse is refused with its line: no header, two headers, a token that is not a number, a variable beyond the
 * header, a clause without its 0. Comments are dropped; `p wcnf`, XOR clauses and incremental files are not read.
 *
 * The text is walked once by character code and never split into lines, so that a file of 50 MB costs its
 * clauses and nothing else.
 */
import { counted } from '../problems/counted.ts';
import type { Clause, Cnf } from '../problems/cnf.ts';
import { InputError } from '../problems/input-error.ts';
import { quote } from './quote.ts';

export interface DimacsOptions {
  /** Refuse a clause count that differs from the header instead of warning. */
  readonly strict?: boolean;
}

export interface ParsedDimacs {
  readonly cnf: Cnf;
  /** One sentence each, for people. */
  readonly warnings: string[];
}

/**
 * The most variables and clauses that a header may claim. A literal then fits a 32-bit integer with room to
 * double it, and no JavaScript string (fewer than 2^29 characters) holds more clauses than this, since each
 * takes at least the two characters of `0 `. Nothing is ever allocated from the header's numbers.
 */
export const mostVariables: number = 2 ** 28;
export const mostClauses: number = 2 ** 28;

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
const PERCENT = 37;
const MINUS = 45;
const ZERO = 48;
const NINE = 57;
const C = 99;
const P = 112;

interface Header {
  readonly variables: number;
  readonly clauses: number;
  /** Where it stands, counted from 1. */
  readonly line: number;
  /** The character after it. */
  readonly end: number;
}

/**
 * Reads a formula. Throws an `InputError` with the line for whatever SAT solvers refuse.
 *
 * @example
 * parseDimacs('p cnf 2 1\n1 -2 0\n').cnf; // { variables: 2, clauses: [[1, -2]] }
 */
export function parseDimacs(text: string, options: DimacsOptions = {}): ParsedDimacs {
  const header = readHeader(text);
  const clauses = readClauses(text, header);
  const cnf = { variables: header.variables, clauses };
  if (clauses.length === header.clauses) return { cnf, warnings: [] };
  if (options.strict === true) {
    throw new InputError({
      code: 'clause-count',
      expected: counted(header.clauses, 'clause'),
      found: counted(clauses.length, 'clause'),
      hint: `write ${clauses.length} in the header or check that the file is whole`,
      line: header.line,
    });
  }
  const warning = `line ${header.line}: the header says ${counted(header.clauses, 'clause')}, the file has ${clauses.length}`;
  return { cnf, warnings: [warning] };
}

/** The formula in canonical form: comments, `p cnf V C`, then one clause a line. */
export function writeDimacs(cnf: Cnf, comments: readonly string[] = []): string {
  const lines = comments
    .flatMap((comment) => comment.split(/\r\n|\r|\n/))
    .map((line) => `c ${line}`.trimEnd());
  lines.push(`p cnf ${cnf.variables} ${cnf.clauses.length}`);
  for (const clause of cnf.clauses) lines.push(clause.length === 0 ? '0' : `${clause.join(' ')} 0`);
  return `${lines.join('\n')}\n`;
}

/** Skips comments and empty lines up to the header and reads it. */
function readHeader(text: string): Header {
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  let line = 1;
  for (; ; at++) {
    const code = text.charCodeAt(at);
    if (code === P) break;
    if (code === LF) line++;
    else if (code === C) {
      const end = endOfLine(text, at);
      // In a file with old Mac line ends the first comment would hide the header and every clause.
      const alone = loneCarriageReturn(text.slice(at, end));
      if (alone) throw carriageReturn(line);
      at = end - 1;
    } else if (code === CR && text.charCodeAt(at + 1) !== LF) throw carriageReturn(line);
    else if (code !== SPACE && code !== TAB && code !== CR) throw headerMissing(text, at, line);
  }

  const end = endOfLine(text, at);
  const written = text.slice(at, end);
  const found = /^p[ \t]+cnf[ \t]+(\d+)[ \t]+(\d+)[ \t]*\r?$/.exec(written);
  if (found === null) {
    throw new InputError({
      code: 'header-malformed',
      expected: 'the header "p cnf VARIABLES CLAUSES"',
      found: quote(written),
      hint: 'write the two counts in digits, alone on the line',
      line,
    });
  }
  const variables = headerNumber(found[1]!, 'variables', mostVariables, line);
  const clauses = headerNumber(found[2]!, 'clauses', mostClauses, line);
  // Without the newline the last digit may be missing too, so this is no mere difference in the count.
  if (end === text.length && clauses > 0) {
    throw new InputError({
      code: 'file-cut-off',
      expected: `a new line and ${counted(clauses, 'clause')} after the header`,
      found: 'the end of the file',
      hint: 'the file looks cut off: copy or download it again',
      line,
    });
  }
  return { variables, clauses, line, end };
}

function headerNumber(digits: string, what: 'variables' | 'clauses', most: number, line: number): number {
  const value = Number(digits);
  if (value <= most) return value;
  throw new InputError({
    code: `too-many-${what}`,
    expected: `at most ${most} ${what}`,
    found: digits.length > 24 ? `a number of ${digits.length} digits` : digits,
    hint: 'check the header',
    line,
  });
}

/** Everything after the header. */
function readClauses(text: string, header: Header): Clause[] {
  const { variables } = header;
  const clauses: Clause[] = [];
  const open: number[] = []; // literals of the clause being read; reused, so that each clause is kept at its exact size
  let width = 0;
  let firstLine = 0; // of the clause being read
  let lastLine = 0;
  let { line, end: at } = header;
  for (;;) {
    const code = text.charCodeAt(at); // NaN beyond the end
    if (code === SPACE || code === TAB) {
      at++;
    } else if (code === LF) {
      at++;
      line++;
    } else if ((code >= ZERO && code <= NINE) || code === MINUS) {
      const start = at;
      if (code === MINUS) at++;
      const firstDigit = at;
      let variable = 0;
      let digit = text.charCodeAt(at);
      while (digit >= ZERO && digit <= NINE) {
        variable = variable * 10 + (digit - ZERO); // rounded, even infinite, only far beyond any header
        digit = text.charCodeAt(++at);
      }
      if (at === firstDigit || (variable === 0 && code === MINUS) || !endsToken(digit)) {
        throw notALiteral(text, start, line);
      }
      if (variable > variables) throw beyondHeader(text.slice(start, at), header, line);
      if (variable > 0) {
        if (width === 0) firstLine = line;
        lastLine = line;
        open[width++] = code === MINUS ? -variable : variable;
      } else {
        clauses.push(open.slice(0, width));
        width = 0;
      }
    } else if (code === C) {
      at = endOfLine(text, at);
    } else if (code === CR) {
      if (text.charCodeAt(at + 1) !== LF) throw carriageReturn(line);
      at++;
    } else if (code === PERCENT || Number.isNaN(code)) {
      if (width > 0) throw unfinishedClause(firstLine, lastLine);
      if (code === PERCENT) requireNothingAfterPercent(text, at + 1, line);
      return clauses;
    } else if (code === P) {
      throw new InputError({
        code: 'header-twice',
        expected: `one header, the one on line ${header.line}`,
        found: quote(text.slice(at, endOfLine(text, at))),
        hint: 'keep one header; two formulas need two files',
        line,
      });
    } else {
      throw notALiteral(text, at, line);
    }
  }
}

/** SATLIB ends its files in a line `%` and a line `0`. Anything more would be clauses that nobody reads. */
function requireNothingAfterPercent(text: string, at: number, line: number): void {
  const rest = text.slice(at);
  const closing = /^[ \t\r\n]*(?:0[ \t\r\n]*)?/.exec(rest)![0];
  if (closing.length === rest.length) return;
  throw new InputError({
    code: 'text-after-percent',
    expected: 'nothing but a 0 after the closing "%"',
    found: quote(tokenAt(text, at + closing.length)),
    hint: 'remove the "%" line, or what follows it',
    line: line + closing.split('\n').length - 1,
  });
}

const endsToken = (code: number): boolean =>
  code === SPACE || code === LF || code === TAB || code === CR || code === C || Number.isNaN(code);

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
}

/** Does a line (without its newline) hold a carriage return anywhere but at its end? */
function loneCarriageReturn(line: string): boolean {
  const first = line.indexOf('\r');
  return first !== -1 && first !== line.length - 1;
}

function tokenAt(text: string, at: number): string {
  return /^[^ \t\r\n]*/.exec(text.slice(at, at + 64))![0];
}

function headerMissing(text: string, at: number, line: number): InputError {
  const atEnd = at >= text.length;
  return new InputError({
    code: 'header-missing',
    expected: 'the header "p cnf VARIABLES CLAUSES" before anything but comments',
    found: atEnd ? 'the end of the file' : quote(tokenAt(text, at)),
    hint: 'is this a DIMACS CNF file?',
    line: atEnd && line > 1 && text.endsWith('\n') ? line - 1 : line,
  });
}

function notALiteral(text: string, at: number, line: number): InputError {
  return new InputError({
    code: 'not-a-literal',
    expected: 'a literal, a 0 that ends a clause, or a comment',
    found: quote(tokenAt(text, at)),
    hint: 'write literals as whole numbers such as 3 or -3, separated by blanks',
    line,
  });
}

function beyondHeader(literal: string, header: Header, line: number): InputError {
  const { variables } = header;
  return new InputError({
    code: 'literal-out-of-range',
    expected:
      variables === 0 ? 'no literals, for there are no variables' : `a variable from 1 to ${variables}`,
    found: literal.length > 24 ? quote(literal, 24) : literal,
    hint: `correct the literal or the number of variables in the header on line ${header.line}`,
    line,
  });
}

/** Blamed on the line of its last literal, where the 0 is missing. */
function unfinishedClause(firstLine: number, lastLine: number): InputError {
  return new InputError({
    code: 'clause-unfinished',
    expected: 'a 0 at the end of the last clause',
    found:
      firstLine === lastLine
        ? 'the end of the formula'
        : `the end of the formula (the clause begins on line ${firstLine})`,
    hint: 'add the 0, or check that the file is whole',
    line: lastLine,
  });
}

function carriageReturn(line: number): InputError {
  return new InputError({
    code: 'lone-carriage-return',
    expected: 'a new line after each carriage return',
    found: 'a carriage return without one',
    hint: 'convert the line ends, with tr "\\r" "\\n" for instance',
    line,
  });
}
