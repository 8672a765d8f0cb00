/**
 * The chain on one formula, from its vectors to the verdict, as data to draw. It runs in a worker: planning a readout
 * takes tens of milliseconds at 12 variables. Readouts are kept by what they depend on, so that a slider that comes back
 * to a place finds its readout there.
 */
import {
  amplification,
  carryBack,
  degree,
  entries,
  estimateMinimax,
  estimatePartners,
  innerProduct,
  InputError,
  interpolationReadout,
  minimaxReadout,
  nodeValues,
  ovToAttention,
  padMass,
  padsFor,
  plainSplit,
  plannedBias,
  residual,
  responses,
  roundTo,
  splitAndList,
  thresholdBound,
  thresholdReadout,
  unitRoundoff,
  type Attended,
  type AttentionOutput,
  type BitMatrix,
  type Certificate,
  type Cnf,
  type Dtype,
  type Oracle,
  type OrthogonalVectors,
  type OutputError,
  type Pads,
  type Readout,
  type ReadoutKind,
} from 'seth-attention';

export interface Settings {
  readonly route: ReadoutKind;
  readonly dtype: Dtype;
  /** Which of `boundsFor`; null is the smallest that certifies every count. */
  readonly position: number | null;
  /** Each output is multiplied by 1 + noise·u, u in [−1, 1]. */
  readonly noise: number;
  /** Does the claimed error include that noise? */
  readonly admitted: boolean;
}

export type Verdict =
  | { readonly kind: 'yes'; readonly model: readonly boolean[]; readonly count: number | null }
  | { readonly kind: 'no' }
  | { readonly kind: 'inconclusive'; readonly reason: string; readonly remedy: string }
  | { readonly kind: 'refused'; readonly message: string };

/** Everything that the views draw. */
export interface Snapshot {
  readonly left: BitMatrix;
  readonly right: BitMatrix;
  /** ⟨a_i, b_j⟩, row after row. */
  readonly products: Uint8Array;
  /** How many pairs have each inner product 0 … D. */
  readonly histogram: readonly number[];
  readonly degree: number;
  readonly headDim: number;
  readonly dtype: Dtype;
  /** The places of B's slider, the one taken, and B there. */
  readonly bounds: readonly number[];
  readonly position: number;
  readonly readout: Readout;
  readonly nodes: readonly number[];
  /** r(s) for s = 0 … D. */
  readonly responses: readonly number[];
  readonly amplification: number;
  readonly pads: Pads;
  readonly q: Float32Array;
  readonly k: Float32Array;
  /**
   * Softmax weights to draw: the square root as a share of the largest's, 0 … 255; a row a query, a column a key, pads
   * last. Keys and pads have a largest each: for large B one pad outweighs every model.
   */
  readonly levels: Uint8Array;
  readonly largest: { readonly key: number; readonly pad: number };
  /** The attention output, one number a query. */
  readonly output: Float64Array;
  readonly claimed: OutputError;
  /** N̂_i as read, and bias + noise of each. */
  readonly estimates: Float64Array;
  readonly margins: Float64Array;
  readonly certificate: Certificate;
  readonly verdict: Verdict;
  /** How the attention was computed, and how long that took, in seconds. */
  readonly path: string;
  readonly seconds: number;
}

/** Places of B's slider. */
const places = 96;

/** Candidate nodes of the linear program: a coarse grid, whose optimum is within 10% of the planner's. */
const candidates = 33;

/** A formula's vectors, and readouts for them as they are needed. */
export interface Chain {
  readonly cnf: Cnf;
  readonly vectors: OrthogonalVectors;
  readonly products: Uint8Array;
  readonly headDim: number;
  readonly degree: number;
  readonly bounds: readonly number[];
  readonly readouts: Map<string, Readout>;
}

export function openChain(cnf: Cnf): Chain {
  const vectors = splitAndList.encode(cnf, plainSplit);
  const { left, right } = vectors;
  const products = new Uint8Array(left.rows * right.rows);
  for (let i = 0; i < left.rows; i++)
    for (let j = 0; j < right.rows; j++) products[i * right.rows + j] = innerProduct(vectors, { i, j });
  const headDim = left.columns + 1;
  const D = degree(vectors);
  return {
    cnf,
    vectors,
    products,
    headDim,
    degree: D,
    bounds: boundsFor(right.rows, headDim, D),
    readouts: new Map(),
  };
}

/**
 * From where no format decodes to where the threshold readout works, in equal ratios, each of eight significant bits so
 * that it is a number in every format.
 */
export function boundsFor(keys: number, headDim: number, D: number): number[] {
  const top = 1.05 * thresholdBound(keys, 1 / headDim);
  let bottom = top / 2;
  while (bottom > top / 2 ** 10 && logAmplification(keys, headDim, D, bottom) < hopeless) bottom *= 0.95;
  return Array.from({ length: places + 1 }, (_, at) =>
    roundTo('bf16', top * (bottom / top) ** (1 - at / places)),
  );
}

/** ln 10^19: what float64 outputs of relative error 10^-16 cannot decode. */
const hopeless = 19 * Math.LN10;

/**
 * About the logarithm of a minimax readout's amplification: the geometric mean of the logarithm for exact interpolation,
 * which is too large, and of the estimate, which for small B is too small. It only sets a slider's lower end.
 */
function logAmplification(keys: number, headDim: number, D: number, bound: number): number {
  const xMin = Math.exp(-(bound ** 2) / headDim);
  const exact = D * Math.acosh((1 + xMin) / (1 - xMin));
  const estimate = Math.log(estimateMinimax(xMin, plannedBias / keys).amplification);
  return Math.sqrt(exact * Math.max(0, Math.min(exact, estimate)));
}

/** The readout for one place of the slider; from memory where it can be. Throws an `InputError` where there is none. */
export function readoutAt(chain: Chain, settings: Settings, position: number): Readout {
  const known = chain.readouts.get(keyOf(settings, position));
  if (known !== undefined) return known;
  const made = makeReadout(chain, settings.route, settings.dtype, chain.bounds[position]!);
  keepReadout(chain, settings, position, made);
  return made;
}

/** Puts a readout where `readoutAt` finds it. */
export const keepReadout = (chain: Chain, settings: Settings, position: number, readout: Readout): void =>
  void chain.readouts.set(keyOf(settings, position), readout);

const keyOf = ({ route, dtype }: Settings, position: number): string => `${route} ${dtype} ${position}`;

function makeReadout(chain: Chain, kind: ReadoutKind, dtype: Dtype, bound: number): Readout {
  const { headDim } = chain;
  const setting = { degree: chain.degree, bound, scale: 1 / headDim, headDim, dtype };
  if (kind === 'threshold') return thresholdReadout(setting.degree, bound, setting.scale);
  if (kind === 'interpolation') return interpolationReadout(setting);
  try {
    return minimaxReadout({ ...setting, tolerance: plannedBias / chain.vectors.right.rows, candidates });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InputError({
      code: 'bound-too-small',
      field: 'B',
      expected: `a bound that leaves ${chain.degree + 1} powers of its nodes apart`,
      found: `${bound}, for which ${error.message}`,
      hint: 'take a larger B',
    });
  }
}

/** Attention for one place of the slider, as the oracle and the noise give it. */
async function attendAt(chain: Chain, settings: Settings, position: number, oracle: Oracle): Promise<Run> {
  const readout = readoutAt(chain, settings, position);
  const { scale, bound } = readout;
  const count = padsFor(chain.vectors.right.rows, bound, scale);
  const pads = { count, mass: padMass(count, bound, scale) };
  const options = { readout, pads, dtype: settings.dtype, witness: 'scan' } as const;
  const attention = ovToAttention.encode(chain.vectors, options);
  const attended = await oracle.attend(attention);
  return { position, options, attention, attended, output: disturbed(attended.output, settings) };
}

interface Run {
  readonly position: number;
  readonly options: Parameters<typeof ovToAttention.encode>[1];
  readonly attention: ReturnType<typeof ovToAttention.encode>;
  readonly attended: Attended;
  readonly output: AttentionOutput;
}

/** The output with the noise of the slider on it, rounded to its format; the same noise for the same place. */
export function disturbed(output: AttentionOutput, { noise, dtype, admitted }: Settings): AttentionOutput {
  if (noise === 0) return output;
  let state = 1;
  const values = output.values.map((y) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.min(1, roundTo(dtype, y * (1 + noise * (state / 2 ** 31 - 1))));
  });
  const { relative, absolute } = output.error;
  const grown = (1 + relative) * (1 + noise) * (1 + unitRoundoff(dtype)) - 1;
  return { ...output, values, error: admitted ? { relative: grown, absolute: 2 * absolute } : output.error };
}

function decide(chain: Chain, { output, options }: Run): { verdict: Verdict; certificate: Certificate } {
  const { bias, noise } = worstMargins(chain, output, options);
  try {
    const answer = carryBack(chain.cnf, output, plainSplit, options);
    const { certificate } = answer;
    if (answer.outcome === 'no') return { certificate, verdict: { kind: 'no' } };
    if (answer.outcome === 'inconclusive') {
      const { reason, remedy } = answer;
      return { certificate, verdict: { kind: 'inconclusive', reason, remedy } };
    }
    const count = answer.count === null ? null : Number(answer.count);
    return { certificate, verdict: { kind: 'yes', model: answer.witness, count } };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const { field, expected, found } = error.fault;
    const message = `${field ?? 'the output'} contradicts the error it claims: expected ${expected}, found ${found}`;
    return { certificate: { bias, noise, worst: NaN }, verdict: { kind: 'refused', message } };
  }
}

function worstMargins(
  { vectors }: Chain,
  output: AttentionOutput,
  { readout, pads }: Run['options'],
): { bias: number; noise: number; estimates: Float64Array; margins: Float64Array } {
  const n = vectors.right.rows;
  const bias = n * residual(readout);
  const estimates = new Float64Array(vectors.left.rows);
  const margins = new Float64Array(vectors.left.rows);
  let noise = 0;
  for (let i = 0; i < vectors.left.rows; i++) {
    const read = estimatePartners(i, n, pads.mass, output, readout);
    estimates[i] = read.estimate;
    margins[i] = bias + read.noise;
    noise = Math.max(noise, read.noise);
  }
  return { bias, noise, estimates, margins };
}

/** Was every count certified? */
export const allCertain = (verdict: Verdict): boolean =>
  verdict.kind === 'no' || (verdict.kind === 'yes' && verdict.count !== null);

/** Does every count at this place come out certified? */
async function certifies(
  chain: Chain,
  settings: Settings,
  position: number,
  oracle: Oracle,
): Promise<boolean> {
  try {
    const { verdict } = decide(chain, await attendAt(chain, settings, position, oracle));
    return allCertain(verdict);
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

/**
 * The first place from which every count is certified, by halving; null where not even the last one is. Admitted noise
 * counts. `breathe` is awaited between two looks and stops the search by answering false.
 */
export async function smallestPosition(
  chain: Chain,
  settings: Settings,
  oracle: Oracle,
  breathe: () => Promise<boolean> = () => Promise.resolve(true),
): Promise<number | null> {
  let holds = chain.bounds.length - 1;
  if (!(await certifies(chain, settings, holds, oracle))) return null;
  for (let fails = -1; holds - fails > 1;) {
    if (!(await breathe())) return null;
    const middle = Math.floor((holds + fails) / 2);
    if (await certifies(chain, settings, middle, oracle)) holds = middle;
    else fails = middle;
  }
  return holds;
}

/** The whole picture. Throws an `InputError` where there is no readout for this place. */
export async function takeSnapshot(chain: Chain, settings: Settings, oracle: Oracle): Promise<Snapshot> {
  const { vectors, products, bounds } = chain;
  const position =
    settings.position ?? (await smallestPosition(chain, settings, oracle)) ?? bounds.length - 1;
  const run = await attendAt(chain, settings, position, oracle);
  const { readout, pads } = run.options;
  const nodes = nodeValues(readout);
  const { estimates, margins } = worstMargins(chain, run.output, run.options);
  const histogram = Array<number>(chain.degree + 1).fill(0);
  for (const product of products) histogram[product]!++;
  return {
    ...vectors,
    products,
    histogram,
    degree: chain.degree,
    headDim: chain.headDim,
    dtype: settings.dtype,
    bounds,
    position,
    readout,
    nodes,
    responses: responses(readout),
    amplification: amplification(readout),
    pads,
    q: Float32Array.from(entries(run.attention.q)),
    k: Float32Array.from(entries(run.attention.k)),
    ...levelsOf(softmaxWeights(vectors, products, nodes, pads), vectors.right.rows, pads.count),
    output: run.output.values,
    claimed: run.output.error,
    estimates,
    margins,
    ...decide(chain, run),
    path: `${oracle.name}, ${run.attended.path}`,
    seconds: run.attended.seconds,
  };
}

/** A_{(i,k),j} = x_k^⟨a_i,b_j⟩ / (S_i(x_k) + P), to draw: the oracle never forms them. */
export function softmaxWeights(
  { left, right }: OrthogonalVectors,
  products: Uint8Array,
  nodes: readonly number[],
  pads: Pads,
): Float32Array {
  const keys = right.rows + pads.count;
  const weights = new Float32Array(left.rows * nodes.length * keys);
  const powers = nodes.map((x) => Float64Array.from({ length: 256 }, (_, s) => x ** s));
  for (let i = 0; i < left.rows; i++) {
    powers.forEach((power, k) => {
      const at = (i * nodes.length + k) * keys;
      let sum = pads.mass;
      for (let j = 0; j < right.rows; j++) sum += power[products[i * right.rows + j]!]!;
      for (let j = 0; j < right.rows; j++) weights[at + j] = power[products[i * right.rows + j]!]! / sum;
      weights.fill(pads.mass / pads.count / sum, at + right.rows, at + keys);
    });
  }
  return weights;
}

function levelsOf(weights: Float32Array, keys: number, pads: number): Pick<Snapshot, 'levels' | 'largest'> {
  const columns = keys + pads;
  const levels = new Uint8Array(weights.length);
  const scaled = (from: number, to: number): number => {
    let most = 0;
    for (let row = 0; row < weights.length; row += columns)
      for (let at = row + from; at < row + to; at++) most = Math.max(most, weights[at]!);
    const scale = most === 0 ? 0 : 255 / Math.sqrt(most);
    for (let row = 0; row < weights.length; row += columns)
      for (let at = row + from; at < row + to; at++) levels[at] = Math.round(Math.sqrt(weights[at]!) * scale);
    return most;
  };
  return { largest: { key: scaled(0, keys), pad: scaled(keys, columns) }, levels };
}
