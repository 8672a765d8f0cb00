/**
 * Which bound B, nodes and weights an instance gets. Without a bound from the user it is the smallest B, among
 * numbers of eight significant bits, at which bias + noise certifies every row under the error that whoever will
 * compute the attention claims. A smaller B asks for a larger amplification, so precision is what B is paid with.
 */
import type { OutputError } from '../problems/attention.ts';
import { truncateTo, type Dtype } from '../problems/dtype.ts';
import { InputError } from '../problems/input-error.ts';
import { plannedBoundBits, representableBound } from './entries.ts';
import { chebyshevAmplification, interpolationReadout } from './interpolation.ts';
import { estimateMinimax, minimaxReadout } from './minimax.ts';
import { countNoise, type Pads } from './noise.ts';
import { nodeValues, padMass, padsFor, residual, type Readout, type ReadoutKind } from './readout.ts';
import { thresholdBound, thresholdReadout } from './threshold.ts';

export interface Demand {
  readonly kind: ReadoutKind;
  /** Real keys, n ≥ 1. */
  readonly keys: number;
  /** D, the largest inner product. */
  readonly degree: number;
  /** The number that multiplies QKᵀ: 1/d or 1/√d. */
  readonly scale: number;
  /** d, the columns of Q and K. */
  readonly headDim: number;
  readonly dtype: Dtype;
  /** The error of an output that has `keys` keys (pads included) and logits up to `maxLogit` in absolute value. */
  readonly error: (keys: number, maxLogit: number) => OutputError;
  /** B, if the user wants a particular one; it is rounded down to an entry that the format can hold. */
  readonly bound?: number;
  /**
   * A bound on S_i(x) = Σ_j x^⟨a_i,b_j⟩ for all rows; n without one. It may be an estimate: then the plan is one
   * too, and the certificate of a decode, which uses the S_i that were read, has the last word.
   */
  readonly mass?: (x: number) => number;
}

export interface Plan {
  readonly readout: Readout;
  readonly pads: Pads;
  /** n · max_s |r(s) − [s = 0]|. */
  readonly bias: number;
  /** The most that the claimed error can move a count, under the demand's bound on S. */
  readonly noise: number;
  /** bias + noise < ½: every row will be certified if the claim and the bound on S hold. */
  readonly certified: boolean;
}

/** τ: the bias that a minimax readout is made for. */
export const plannedBias: number = 1 / 8;

/** What bias + noise may come to in a plan; the rest of ½ is left to rounding. */
const ceiling = 0.49;

/** Candidate nodes while B is searched for, and for the readout that is kept. */
const coarse = 33;
const fine = 65;

/**
 * The plan. Throws an `InputError` when no B certifies the demand, saying what error would be small enough, or when
 * the bound asked for is outside what can be represented.
 */
export function plan(demand: Demand): Plan {
  const { keys, scale, headDim, dtype, degree, kind } = demand;
  // At the threshold's bound a minimax readout is hardly more than the threshold itself. Exact interpolation can need
  // more where few keys meet a high degree; with x_min = 1/(4D²) its amplification is below 2.
  const atLeast = kind === 'interpolation' ? Math.max(keys, degree ** 2) : keys;
  const widest = roundedUp(thresholdBound(atLeast, scale));
  if (demand.bound !== undefined)
    return planAt(demand, checkedBound(demand.bound, widest, dtype, headDim), fine);
  const top = planAt(demand, widest, fine);
  if (!top.certified) return refuse(demand, top);
  if (kind === 'threshold') return top;
  const index = searchSmallest(
    indexOf(lowestBound),
    indexOf(widest),
    (i) => {
      const bound = boundAt(i);
      const { bias, noise } = tryPlan(demand, bound);
      return Math.log(noise / Math.max(ceiling - bias, 1e-9));
    },
    (i) => logAmplification(kind, degree, plannedBias / keys, scale, boundAt(i)),
  );
  // With more candidates the readout is another, which can just miss what the coarse one reached.
  for (let i = index; i < indexOf(widest); i++) {
    const found = planAt(demand, boundAt(i), fine);
    if (found.certified) return found;
  }
  return top;
}

/** The plan at one B, whether or not it certifies. */
function planAt(demand: Demand, bound: number, candidates: number): Plan {
  try {
    return evaluatePlan(demand, readoutAt(demand, bound, candidates));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InputError({
      code: 'bound-too-small',
      field: '--bound',
      expected: `a bound that leaves ${demand.degree + 1} powers of its nodes apart`,
      found: `${bound}, for which ${error.message}`,
      hint: 'take a larger --bound, or leave it out to get the smallest that certifies',
    });
  }
}

function readoutAt(demand: Demand, bound: number, candidates: number): Readout {
  const { kind, keys, degree, scale, headDim, dtype } = demand;
  const setting = { degree, bound, scale, headDim, dtype };
  if (kind === 'threshold') return thresholdReadout(degree, bound, scale);
  if (kind === 'interpolation') return interpolationReadout(setting);
  const mass = massBound(demand);
  const { mass: padded } = padsAt(demand, bound);
  const worth = (sum: number): number => sum * (1 + sum / padded);
  const cost = (x: number): number => worth(mass(x)) / worth(keys);
  const tolerance = plannedBias / keys;
  return minimaxReadout({ ...setting, tolerance, candidates, cost });
}

/** What a readout, wherever it comes from, does for a demand: its bias and noise are computed here. */
export function evaluatePlan(demand: Demand, readout: Readout): Plan {
  const { keys, degree, scale, headDim } = demand;
  const { bound } = readout;
  const pads = padsAt(demand, bound);
  const error = demand.error(keys + pads.count, scale * bound * bound * headDim);
  const bias = keys * residual(readout, degree);
  const masses = nodeValues(readout).map(massBound(demand));
  const noise = countNoise(readout, masses, pads.mass, keys, error);
  return { readout, pads, bias, noise, certified: bias + noise <= ceiling };
}

const massBound = ({ keys, mass }: Demand): ((x: number) => number) =>
  mass === undefined ? () => keys : (x) => Math.min(keys, mass(x));

function padsAt({ keys, scale }: Demand, bound: number): Pads {
  const count = padsFor(keys, bound, scale);
  return { count, mass: padMass(count, bound, scale) };
}

/** A plan for the search; one that cannot be made certifies nothing. */
function tryPlan(demand: Demand, bound: number): { bias: number; noise: number } {
  try {
    return planAt(demand, bound, coarse);
  } catch (error) {
    if (error instanceof InputError) return { bias: 0, noise: Infinity };
    throw error;
  }
}

function refuse(demand: Demand, best: Plan): never {
  const { readout, pads, bias, noise } = best;
  const error = demand.error(demand.keys + pads.count, 0);
  const share = Math.max(0, ceiling - bias) / noise;
  throw new InputError({
    code: 'error-too-large',
    field: 'error',
    expected: `a relative error per output ${share > 0 ? `of at most ${(error.relative * share).toPrecision(2)}` : 'far smaller'} for ${demand.keys} keys`,
    found: `${error.relative.toPrecision(2)} (${readout.kind}, ${demand.dtype})`,
    hint: 'take a wider --dtype, a smaller formula, or --prune',
  });
}

function checkedBound(bound: number, widest: number, dtype: Dtype, headDim: number): number {
  const rounded = representableBound(dtype, headDim, bound);
  if (rounded > 0 && Number.isFinite(rounded) && rounded <= 2 * widest) return rounded;
  throw new InputError({
    code: 'bound-out-of-range',
    field: '--bound',
    expected: `a number above 0 and at most ${2 * widest}`,
    found: `${bound}`,
    hint: `beyond ${widest.toPrecision(3)} a larger bound gains nothing; leave --bound out to get the smallest that certifies`,
  });
}

/** The natural logarithm of the amplification to expect; the search only needs its slope. */
function logAmplification(
  kind: ReadoutKind,
  degree: number,
  tolerance: number,
  scale: number,
  bound: number,
): number {
  const xMin = Math.exp(-scale * bound * bound);
  const exact = Math.log(Math.max(1, chebyshevAmplification(degree, xMin)));
  return kind === 'interpolation'
    ? exact
    : Math.min(exact, Math.log(estimateMinimax(xMin, tolerance).amplification));
}

/** The smallest bound that is considered, 2^-4: instances so small are easy anyway. */
const lowestBound = 2 ** -4;

/**
 * The smallest index from `bottom` to `top` where the decreasing function `excess` is ≤ 0; it is at `top`. It calls
 * `excess`, which is dear, few times: `model` has about its shape, and the secant through (model, excess) says where to
 * look next; where that does not halve the interval, the next look is in its middle.
 */
function searchSmallest(
  bottom: number,
  top: number,
  excess: (i: number) => number,
  model: (i: number) => number,
): number {
  let fails = bottom - 1;
  let holds = top;
  let point = { model: model(top), excess: excess(top) };
  let slope = 1;
  let bisect = false;
  while (holds - fails > 1) {
    const width = holds - fails;
    const guess = bisect ? fails + Math.floor(width / 2) : secant();
    const next = { model: model(guess), excess: excess(guess) };
    if (next.excess <= 0) holds = guess;
    else fails = guess;
    bisect = !bisect && holds - fails > width / 2;
    if (!Number.isFinite(next.excess)) continue;
    const rise = (next.excess - point.excess) / (next.model - point.model);
    if (rise > 0.2 && rise < 5) slope = rise;
    point = next;
  }
  return holds;

  /** Where the line through `point` says that excess is 0, inside the interval. */
  function secant(): number {
    const target = point.model - point.excess / slope;
    let guess = holds - 1;
    while (guess > fails + 1 && model(guess - 1) <= target) guess--;
    return guess;
  }
}

/** Numbers of eight significant bits in increasing order: index 128·e + m is (128 + m)·2^(e−7). */
function boundAt(index: number): number {
  const perOctave = 2 ** (plannedBoundBits - 1);
  const octave = Math.floor(index / perOctave);
  return (perOctave + (index - octave * perOctave)) * 2 ** (octave - plannedBoundBits + 1);
}

function indexOf(bound: number): number {
  const perOctave = 2 ** (plannedBoundBits - 1);
  const octave = Math.floor(Math.log2(bound));
  return octave * perOctave + Math.round((bound / 2 ** octave - 1) * perOctave);
}

/** The next number of eight significant bits that is at least `bound`. */
function roundedUp(bound: number): number {
  const down = truncateTo(plannedBoundBits, bound);
  return down === bound ? bound : boundAt(indexOf(down) + 1);
}
