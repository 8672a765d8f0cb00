/**
 * The library: `import { … } from 'seth-attention'`. Problems are plain data, a reduction is a value with `encode`
 * and `decode`, an oracle answers attention, and `verifyFormula` runs the chain with every check. Each reduction can
 * also be had by itself, as in `seth-attention/reductions/split-and-list`.
 *
 * @example
 * const oracle = await openOracle('cpu');
 * const cnf = { variables: 2, clauses: [[1, 2], [-1]] };
 * const options = { ...plainSplit, route: "minimax", dtype: "f64", scaleName: "linear", witness: "scan", memory: 2 ** 30 };
 * const { answer } = await solveByAttention(cnf, options, oracle);
 * await oracle.close(); // answer.outcome is 'yes', answer.witness [false, true], answer.count 1n
 */
export { mapWitness, type Answer, type Certificate, type Outcome } from './problems/answer.ts';
export {
  denseMatrix,
  entries,
  maxAbs,
  type Attention,
  type AttentionOutput,
  type Matrix,
  type OutputError,
} from './problems/attention.ts';
export {
  firstFalsified,
  holds,
  isModel,
  toLiterals,
  type Assignment,
  type Clause,
  type Cnf,
} from './problems/cnf.ts';
export { bytesOf, dtypes, isExact, roundTo, unitRoundoff, type Dtype } from './problems/dtype.ts';
export { families } from './problems/families/families.ts';
export type { Family, Generated, Known, Parameter, Parameters } from './problems/families/family.ts';
export { InputError, type Fault } from './problems/input-error.ts';
export {
  bitMatrix,
  degree,
  fromOnes,
  getBit,
  innerProduct,
  isOrthogonal,
  maxWeight,
  setBit,
  weight,
  type BitMatrix,
  type OrthogonalVectors,
  type Pair,
} from './problems/orthogonal-vectors.ts';

export { parseDimacs, writeDimacs, type DimacsOptions, type ParsedDimacs } from './formats/dimacs.ts';

export { interpolationReadout } from './readout/interpolation.ts';
export { estimateMinimax, minimaxReadout, type Estimate, type MinimaxOptions } from './readout/minimax.ts';
export { countNoise, readMass, type Pads } from './readout/noise.ts';
export { evaluatePlan, plan, plannedBias, type Demand, type Plan } from './readout/planner.ts';
export {
  amplification,
  nodeValues,
  padMass,
  padsFor,
  residual,
  responses,
  type Readout,
  type ReadoutKind,
} from './readout/readout.ts';
export { thresholdBound, thresholdReadout } from './readout/threshold.ts';

export { compose, type LedgerEntry, type Reduction } from '../reductions/reduction.ts';
export {
  countPartners,
  estimatePartners,
  ovToAttention,
  type AttentionOptions,
  type Partners,
} from '../reductions/ov-to-attention.ts';
export { plainSplit, splitAndList, type SplitOptions } from '../reductions/split-and-list.ts';
export { anyOf, each } from '../reductions/disjunction.ts';
export { preprocess, type PreprocessOptions } from '../reductions/preprocess.ts';
export {
  leavesOf,
  sparsify,
  sparsifyBounds,
  type SparsifyBounds,
  type SparsifyLeaf,
  type SparsifyOptions,
  type SparsifyStep,
} from '../reductions/sparsify.ts';
export {
  distributedPcp,
  merlinsMessages,
  pcpParameters,
  pcpSize,
  type PcpParameters,
  type PcpSize,
} from '../reductions/distributed-pcp.ts';
export { allMessages } from '../reductions/all-messages.ts';
export { maxIpToClosestPair } from '../reductions/max-ip-to-closest-pair.ts';
export type { GapAttentionOptions } from '../reductions/gap-attention.ts';
export { closestPairToAttention } from '../reductions/closest-pair-to-attention.ts';
export { closestPairToTallAttention } from '../reductions/closest-pair-to-tall-attention.ts';
export { maxIpToAttention, maxIpToTallAttention } from '../reductions/max-ip-to-attention.ts';
export {
  attentionForms,
  paperRoute,
  paperRouteAtOnce,
  type AttentionForm,
  type PaperRouteOptions,
} from '../reductions/paper-route.ts';

export type {
  Attended,
  AttendOptions,
  HeadsAttended,
  HeadsCall,
  Layout,
  Oracle,
  Shape,
} from './oracles/oracle.ts';
export { openOracle, oracleNames, probe, type Probe } from './oracles/oracles.ts';

export { hammingDistance, type ClosestPair } from './problems/closest-pair.ts';
export type { GapMaxIp } from './problems/gap-max-ip.ts';

export { carefulError } from './oracles/careful-kernel.ts';
export {
  solveByPaperRoute,
  verifyByPaperRoute,
  type PaperFigures,
  type PaperVerifyOptions,
} from './verify/paper-route.ts';
export { solveSparsified, verifySparsified } from './verify/sparsified.ts';
export { explainDirect, explainFormula, explainPaperRoute, type ExplainedStep } from './verify/explain.ts';
export { carryBack, cnfToAttention } from './verify/carry-back.ts';
export { prepare, type Claim, type EncodeOptions, type Prepared, type ScaleName } from './verify/prepare.ts';
export {
  claimOf,
  solveByAttention,
  verifyFormula,
  type Check,
  type InstanceFigures,
  type Verified,
  type VerifyOptions,
} from './verify/verify.ts';
