/**
 * The plain notation: clauses as one says them, with names for variables.
 *
 *     (a or not b) and (b or c)      # words, or the signs ∨ | ¬ ! ~ - ∧ &
 *     not a or c                     # a line by itself is a clause
 *
 * Clauses are joined by `and` or by the end of a line; a clause is literals joined by `or`, in parentheses where an
 * `and` stands beside it. Whatever is no CNF, or could be read in two ways, is refused with its line. A name is a letter
 * and then letters, digits, _ or '. Variables are numbered as they first occur, except that where every name is x and
 * a number, as in what `writePlain` writes, that number counts. `()` is the empty clause, false. `#` begins a comment.
 */
import { InputError, type Clause, type Cnf } from 'seth-attention';
import type { Span } from './spans.ts';

export interface Named {
  readonly cnf: Cnf;
  /** The name of variable `k + 1` at `k`. */
  readonly names: readonly string[];
}

/** A formula as it was read, and where in the text each clause stands. */
export interface Read extends Named {
  readonly spans: readonly Span[];
}

interface Token {
  readonly kind: 'name' | 'and' | 'or' | 'not' | '(' | ')' | 'line' | 'end';
  readonly text: string;
  readonly line: number;
  /** Where its characters begin. */
  readonly start: number;
}

const words: Readonly<Record<string, Token['kind']>> = { and: 'and', or: 'or', not: 'not' };
const signs: Readonly<Record<string, Token['kind']>> = {
  '∧': 'and',
  '&': 'and',
  '∨': 'or',
  '|': 'or',
  '¬': 'not',
  '!': 'not',
  '~': 'not',
  '-': 'not',
  '(': '(',
  ')': ')',
};

/**
 * Reads a formula in the plain notation. Throws an `InputError` with the line of what is no clause.
 *
 * @example
 * parsePlain('(a or not b) and (b or c)').cnf; // { variables: 3, clauses: [[1, -2], [2, 3]] }
 */
export function parsePlain(text: string): Read {
  const tokens = tokensOf(text);
  const read = readClauses(tokens);
  const clauses = read.map(({ literals }) => literals);
  const written = tokens.filter(({ kind }) => kind === 'name').map(({ text }) => text);
  const numbered = written.length > 0 && written.every((name) => /^x[1-9]\d{0,2}$/.test(name));
  const names = numbered
    ? Array.from({ length: Math.max(...written.map(numberIn)) }, (_, k) => `x${k + 1}`)
    : [...new Set(written)];
  const numberOf = new Map(names.map((name, k) => [name, k + 1]));
  return {
    cnf: {
      variables: names.length,
      clauses: clauses.map((clause) =>
        clause.map(({ name, negated }) => (negated ? -numberOf.get(name)! : numberOf.get(name)!)),
      ),
    },
    names,
    spans: read.map(({ span }) => span),
  };
}

/**
 * The formula in the plain notation, one clause a line, variables named x1, x2, … or by `names`. A variable that no clause
 * has is declared by a clause that always holds, so that the models stay the same in number.
 */
export function writePlain(cnf: Cnf, names: readonly string[] = defaultNames(cnf.variables)): string {
  const used = new Set(cnf.clauses.flat().map(Math.abs));
  const free = names.flatMap((_, k): Clause[] => (used.has(k + 1) ? [] : [[k + 1, -(k + 1)]]));
  const lines = [...cnf.clauses, ...free].map(
    (clause) => `(${clause.map((literal) => literalText(literal, names)).join(' or ')})`,
  );
  return lines.map((line) => `${line}\n`).join('');
}

export const defaultNames = (variables: number): string[] =>
  Array.from({ length: variables }, (_, k) => `x${k + 1}`);

const literalText = (literal: number, names: readonly string[]): string =>
  `${literal < 0 ? 'not ' : ''}${names[Math.abs(literal) - 1]!}`;

const numberIn = (name: string): number => Number(name.slice(1));

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const breaks = [...text.matchAll(/\r\n|\r|\n/g)];
  let start = 0;
  text.split(/\r\n|\r|\n/).forEach((content, at) => {
    const line = at + 1;
    const code = content.replace(/#.*/, '');
    for (const { 0: found, index } of code.matchAll(/[\p{L}_][\p{L}\p{N}_']*|\S/gu)) {
      const kind =
        words[found.toLowerCase()] ?? signs[found] ?? (/^[\p{L}_]/u.test(found) ? 'name' : undefined);
      if (kind === undefined) {
        throw fault('plain-character', line, 'a name, and, or, not or a parenthesis', JSON.stringify(found), {
          hint: 'write names that begin with a letter, or choose DIMACS',
        });
      }
      tokens.push({ kind, text: found, line, start: start + index });
    }
    start += content.length;
    tokens.push({ kind: 'line', text: 'the end of the line', line, start });
    start += breaks[at]?.[0].length ?? 0;
  });
  tokens.push({ kind: 'end', text: 'the end of the formula', line: tokens.at(-1)?.line ?? 1, start });
  return tokens;
}

interface Literal {
  readonly name: string;
  readonly negated: boolean;
}

interface ReadClause {
  readonly literals: readonly Literal[];
  readonly span: Span;
}

function readClauses(tokens: readonly Token[]): ReadClause[] {
  const clauses: ReadClause[] = [];
  let at = 0;
  const skipLines = (): void => {
    while (tokens[at]!.kind === 'line') at++;
  };
  const literal = (): Literal => {
    let negated = false;
    for (; tokens[at]!.kind === 'not'; at++) negated = !negated;
    const { kind, text, line } = tokens[at]!;
    if (kind !== 'name') {
      throw fault('plain-literal', line, 'a literal, such as a or not a', quoted(tokens[at]!), {
        hint: kind === '(' ? 'write clauses only: (a or b) and (not c or d)' : 'write a name there',
      });
    }
    at++;
    return { name: text, negated };
  };
  /** Literals joined by `or`; inside parentheses lines do not count. */
  const clause = (inside: boolean): Literal[] => {
    const found = [literal()];
    for (;;) {
      const before = at;
      skipLines();
      if (tokens[at]!.kind !== 'or') {
        if (!inside) at = before;
        return found;
      }
      at++;
      skipLines();
      found.push(literal());
    }
  };

  let joined: Token | undefined; // the `and` before this clause
  for (;;) {
    skipLines();
    const first = tokens[at]!;
    if (first.kind === 'end') {
      if (joined !== undefined)
        throw fault('plain-clause', joined.line, 'a clause after "and"', quoted(first));
      return clauses;
    }
    let bare = false;
    let literals: readonly Literal[];
    if (first.kind === '(') {
      at++;
      skipLines();
      literals = tokens[at]!.kind === ')' ? [] : clause(true);
      skipLines();
      const close = tokens[at]!;
      if (close.kind !== ')') {
        throw fault('plain-parenthesis', close.line, 'or, or the ) of this clause', quoted(close), {
          hint: `close the ( on line ${first.line}; a clause has only "or" inside`,
        });
      }
      at++;
    } else {
      literals = clause(false);
      bare = literals.length > 1;
    }
    const end = tokens[at - 1]!;
    clauses.push({ literals, span: { start: first.start, end: end.start + end.text.length } });
    const before = tokens[at]!;
    skipLines();
    const next = tokens[at]!;
    if (bare && (joined !== undefined || next.kind === 'and')) {
      throw fault(
        'plain-ambiguous',
        first.line,
        'parentheses around a clause beside "and"',
        '"or" without them',
        {
          hint: 'write (a or b) and (c or d), or one clause a line',
        },
      );
    }
    if (next.kind === 'and') {
      joined = next;
      at++;
    } else if (before.kind === 'line' || next.kind === 'end') joined = undefined;
    else throw fault('plain-clause', next.line, '"and" or a new line after a clause', quoted(next));
  }
}

const quoted = ({ kind, text }: Token): string =>
  kind === 'line' || kind === 'end' ? text : JSON.stringify(text);

const fault = (
  code: string,
  line: number,
  expected: string,
  found: string,
  { hint = 'clauses are literals joined by "or", and are joined by "and" or new lines' } = {},
): InputError => new InputError({ code, line, expected, found, hint });
