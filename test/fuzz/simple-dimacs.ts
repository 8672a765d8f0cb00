/**
 * A second reader of DIMACS, which shares nothing with the first: it splits into lines and words. It is asked only
 * for what files mean that the first accepts, so it checks nothing.
 */
import type { Cnf } from '../../src/problems/cnf.ts';

export function simpleDimacs(text: string): Cnf {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const header = lines.findIndex((line) => /^\s*p/.test(line));
  const [, , variables] = lines[header]!.trim().split(/\s+/);
  const clauses: number[][] = [];
  let clause: number[] = [];
  for (const line of lines.slice(header + 1)) {
    // After the header a c can only begin a comment, even right behind a literal.
    for (const word of line.replace(/c.*/s, '').split(/\s+/)) {
      if (word === '') continue;
      if (word.startsWith('%')) return { variables: Number(variables), clauses };
      if (/^0+$/.test(word)) {
        clauses.push(clause);
        clause = [];
      } else clause.push(parseInt(word, 10));
    }
  }
  return { variables: Number(variables), clauses };
}
