/** Clauses as sets of literals, and what one clause's standing inside another allows: the larger can go. */
import type { Clause } from '../src/problems/cnf.ts';

/** The clause as a set: each literal once, in increasing order; null for a tautology, which says nothing. */
export function asSet(clause: Clause): Clause | null {
  const literals = [...new Set(clause)].toSorted((a, b) => a - b);
  return literals.some((literal) => literal > 0 && literals.includes(-literal)) ? null : literals;
}

/**
 * The clauses that contain no other one, each once, shortest first and then in the order given; no assignment tells
 * the difference. Clauses must be sets (`asSet`). A clause is compared with the shorter ones that share a literal.
 */
export function withoutSupersets(clauses: readonly Clause[]): readonly Clause[] {
  const kept: Clause[] = [];
  const containing = new Map<number, Clause[]>(); // by first literal: a subset's first literal is in the superset
  for (const clause of clauses.toSorted((a, b) => a.length - b.length)) {
    const inside = (smaller: Clause): boolean => smaller.every((literal) => clause.includes(literal));
    if (kept[0]?.length === 0) break; // the empty clause stands inside every other
    if (clause.some((literal) => containing.get(literal)?.some(inside) === true)) continue;
    kept.push(clause);
    const first = clause[0];
    if (first === undefined) continue;
    const list = containing.get(first);
    if (list === undefined) containing.set(first, [clause]);
    else list.push(clause);
  }
  return kept;
}
