/**
 * Hard instances through the polynomial oracle: planted formulas, encoded at the bound that the planner takes for exact
 * attention and at multiples of it. The oracle should refuse each with the rank it would need; forced, what it gives must
 * be refuted or inconclusive in the decode, never a wrong answer. Exact attention decodes them.
 */
import { InputError } from '../../problems/input-error.ts';
import { planted } from '../../problems/families/planted.ts';
import type { Cnf } from '../../problems/cnf.ts';
import type { Oracle } from '../../oracles/oracle.ts';
import { polynomialOracle, type PolynomialOracle } from '../../oracles/polynomial/polynomial.ts';
import { carryBack } from '../../verify/carry-back.ts';
import { prepare, type EncodeOptions, type Prepared } from '../../verify/prepare.ts';
import { claimOf } from '../../verify/verify.ts';
import { logRank } from './paper.ts';

export type Verdict = 'yes' | 'no' | 'inconclusive' | 'refuted' | 'refused';

export interface HardRow {
  readonly variables: number;
  readonly queries: number;
  readonly keys: number;
  readonly headDim: number;
  readonly bound: number;
  /** What the polynomial oracle would need for an error of 1/n. */
  readonly degree: number;
  readonly log10Rank: number;
  readonly polynomial: Verdict;
  readonly forced: Verdict;
  readonly exact: Verdict;
}

const options: EncodeOptions = {
  route: 'minimax',
  dtype: 'f64',
  scaleName: 'linear',
  witness: 'scan',
  split: 'order',
  prune: false,
};

/** Multiples of the planner's bound at which each formula is tried as well. */
const multiples = [1, 1.25, 1.5];

/** A row for each number of variables and each bound; satisfiable formulas, so that `no` is wrong. */
export async function runHard(
  sizes: readonly number[],
  seed: number,
  { polynomial, exact }: { readonly polynomial: PolynomialOracle; readonly exact: Oracle },
): Promise<HardRow[]> {
  const forced = polynomialOracle({ force: true });
  const rows: HardRow[] = [];
  try {
    for (const variables of sizes) {
      const { cnf } = planted.generate({ variables, ratio: 4 }, seed);
      const claim = claimOf(exact, options.dtype);
      const { bound: least } = prepare(cnf, options, claim).plan.readout;
      for (const multiple of multiples) {
        const bound = least * multiple;
        const prepared = prepare(cnf, { ...options, bound }, claim);
        const { q, k } = prepared.attention;
        const { degree } = polynomial.plan(prepared.attention);
        rows.push({
          variables,
          queries: q.rows,
          keys: k.rows,
          headDim: q.columns,
          bound: prepared.plan.readout.bound,
          degree,
          log10Rank: logRank(q.columns, degree) / Math.LN10,
          polynomial: await verdict(cnf, prepared, polynomial),
          forced: await verdict(cnf, prepared, forced),
          exact: await verdict(cnf, prepared, exact),
        });
      }
    }
  } finally {
    await forced.close();
  }
  return rows;
}

async function verdict(cnf: Cnf, prepared: Prepared, oracle: Oracle): Promise<Verdict> {
  const attended = await oracle.attend(prepared.attention).catch((error: unknown) => {
    if (error instanceof InputError && error.fault.code.startsWith('polynomial-')) return undefined;
    throw error;
  });
  if (attended === undefined) return 'refused';
  try {
    return carryBack(cnf, attended.output, options, prepared.options).outcome;
  } catch (error) {
    if (error instanceof InputError) return 'refuted';
    throw error;
  }
}
