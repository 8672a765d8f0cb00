/** A formula made smaller as long as something stays true of it. */
import type { Cnf } from '../../src/problems/cnf.ts';

/**
 * A formula on which `stays` holds, as it does on `cnf`, of which no clause and no literal can be left out, and in
 * which every variable occurs if that is possible.
 */
export async function shrink(cnf: Cnf, stays: (cnf: Cnf) => Promise<boolean>): Promise<Cnf> {
  let smallest = cnf;
  for (;;) {
    const smaller = await firstOf(candidates(smallest), stays);
    if (smaller === undefined) return smallest;
    smallest = smaller;
  }
}

/** Each is smaller: halves of the clauses first, then single clauses, single literals, and variables renumbered. */
function* candidates({ variables, clauses }: Cnf): Iterable<Cnf> {
  for (let size = Math.ceil(clauses.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < clauses.length; from += size) {
      yield { variables, clauses: clauses.filter((_, c) => c < from || c >= from + size) };
    }
  }
  for (const [c, clause] of clauses.entries()) {
    for (const at of clause.keys()) {
      yield {
        variables,
        clauses: clauses.with(
          c,
          clause.filter((_, l) => l !== at),
        ),
      };
    }
  }
  const used = [...new Set(clauses.flat().map(Math.abs))].toSorted((a, b) => a - b);
  if (used.length < variables) {
    const number = new Map(used.map((variable, k) => [variable, k + 1]));
    const renumbered = clauses.map((clause) => clause.map((l) => Math.sign(l) * number.get(Math.abs(l))!));
    yield { variables: used.length, clauses: renumbered };
    yield { variables: variables - 1, clauses: renumbered };
  }
}

async function firstOf(of: Iterable<Cnf>, holds: (cnf: Cnf) => Promise<boolean>): Promise<Cnf | undefined> {
  for (const one of of) if (await holds(one)) return one;
  return undefined;
}
