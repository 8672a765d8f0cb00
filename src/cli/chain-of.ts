/** The chain that the options ask for: a direct route or the paper's, on the formula or on its sparse leaves. */
import type { Cnf } from '../problems/cnf.ts';
import type { Oracle } from '../oracles/oracle.ts';
import { solveByPaperRoute, verifyByPaperRoute, type PaperVerifyOptions } from '../verify/paper-route.ts';
import { solveSparsified, verifySparsified } from '../verify/sparsified.ts';
import { solveByAttention, verifyFormula, type Verified } from '../verify/verify.ts';
import type { SparsifyOptions } from '../../reductions/sparsify.ts';
import { encodeOptions, memoryOf, type EncodingArguments, type ReportArguments } from './options.ts';
import { paperOptions, sparsifyWhereAsked, type SparsifyArguments } from './paper-options.ts';

type Solved = Omit<Verified, 'checks'>;

export interface Chain {
  solve(cnf: Cnf, oracle: Oracle, onProgress: (done: number) => void): Promise<Solved>;
  verify(cnf: Cnf, oracle: Oracle, onProgress: (done: number) => void): Promise<Verified>;
}

/**
 * `announce` is told the size of an instance of the paper's route before it is made. Throws an `InputError` for
 * options that do not fit.
 */
export function chainOf(
  args: EncodingArguments & Pick<ReportArguments, 'json'> & SparsifyArguments,
  announce: (text: string) => void,
): Chain {
  const chain = args.route === 'closest-pair' ? paperChain(args, announce) : directChain(args);
  const sparse = sparsifyWhereAsked(args);
  return sparse === undefined ? chain : overLeaves(chain, sparse);
}

function directChain(args: EncodingArguments): Chain {
  const { route } = args;
  if (route === 'closest-pair') throw new Error('not a direct route');
  const options = { ...encodeOptions({ ...args, route }), memory: memoryOf(args) };
  return {
    async solve(cnf, oracle, onProgress) {
      const { prepared: _, ...solved } = await solveByAttention(cnf, { ...options, onProgress }, oracle);
      return solved;
    },
    verify: (cnf, oracle, onProgress) => verifyFormula(cnf, { ...options, onProgress }, oracle),
  };
}

function paperChain(
  args: EncodingArguments & Pick<ReportArguments, 'json'>,
  announce: (text: string) => void,
): Chain {
  const options: PaperVerifyOptions = {
    ...paperOptions(args),
    memory: memoryOf(args),
    withLedger: args.json,
    onSize: announce,
  };
  return {
    async solve(cnf, oracle, onProgress) {
      const { prepared: _, ...solved } = await solveByPaperRoute(cnf, { ...options, onProgress }, oracle);
      return solved;
    },
    verify: (cnf, oracle, onProgress) => verifyByPaperRoute(cnf, { ...options, onProgress }, oracle),
  };
}

function overLeaves(chain: Chain, options: SparsifyOptions): Chain {
  return {
    solve: (cnf, oracle, onProgress) =>
      solveSparsified(cnf, options, (leaf) => chain.solve(leaf, oracle, onProgress)),
    verify: (cnf, oracle, onProgress) =>
      verifySparsified(cnf, options, (leaf) => chain.solve(leaf, oracle, onProgress)),
  };
}
