/**
 * A readout turns the attention outputs of one vector into the number of its orthogonal partners.
 *
 * Attention evaluates S_i(x) = Σ_j x^⟨a_i,b_j⟩ = Σ_s N_{i,s} x^s at nodes x = exp(−scale · t · B), one for each
 * entry t that a query can have; the number of partners is N_{i,0}. With weights w_k the combination
 * Σ_k w_k S_i(x_k) is Σ_s N_{i,s} r(s) with r(s) = Σ_k w_k x_k^s, which is N_{i,0} when r(s) = [s = 0].
 *
 * The weights come from floating point and from a linear program, and nothing here believes them: the
 * residual |r(s) − [s = 0]| is recomputed from the entries that the matrices really have.
 *
 * Extrapolating a count from several scalings of a kernel is known from kernel density estimation (Alman, Chu,
 * Schild, Song, FOCS 2020, arXiv 2011.02466; Alman and Guan, CCC 2024, arXiv 2407.02372).
 */
import type { Dtype } from '../problems/dtype.ts';
import {
  abs,
  exactProduct,
  exp,
  multiply,
  one,
  roundUp,
  toFixed,
  toNumber,
  type Fixed,
} from './fixed-point.ts';

export type ReadoutKind = 'threshold' | 'interpolation' | 'minimax';

export interface Readout {
  readonly kind: ReadoutKind;
  /** D: the largest inner product that the readout was made for. */
  readonly degree: number;
  /** B: entries of Q and K lie in [−B, B]. */
  readonly bound: number;
  /** The number that multiplies QKᵀ. */
  readonly scale: number;
  /** t_k with 0 < t_k ≤ B: what a 1 of a vector becomes in its k-th query row. Node k is exp(−scale · t_k · B). */
  readonly scales: readonly number[];
  /** w_k, as float64s. */
  readonly weights: readonly number[];
  /** The weight of x = 1, where S_i(1) = n is known and nothing need be asked. */
  readonly weightAtOne: number;
}

/** What a maker of readouts is given: the polynomial's degree, and the entries that Q and K can have. */
export interface ReadoutSetting {
  /** D. */
  readonly degree: number;
  /** B, of few enough bits (entries.ts). */
  readonly bound: number;
  readonly scale: number;
  /** d: sums of so many products are to be exact. */
  readonly headDim: number;
  readonly dtype: Dtype;
}

/** The node exp(−scale · t · B), off by less than 2^-250. */
export const nodeOf = (scale: number, bound: number, t: number): Fixed => exp(-exactProduct(scale, bound, t));

/** x_k for each entry of `scales`, within 1 ulp. */
export const nodeValues = ({ scale, bound, scales }: Readout): number[] =>
  scales.map((t) => toNumber(nodeOf(scale, bound, t)));

/** x_k^D for each entry of `scales`, within 1 ulp: no S_i(x_k) is smaller than n times it. */
export const leastPowers = ({ scale, bound, scales }: Readout, largest: number): number[] =>
  scales.map((t) => toNumber(exp(-exactProduct(scale, bound, t, largest))));

/**
 * An upper bound on |r(s) − [s = 0]| over s = 0 … `upTo` (by default the degree), for the float64 weights and
 * the exact nodes. The fixed-point error is added: nodes off by 2^-250 and products cut to 2^-256 make at most
 * (D + 1)·(Σ|w|·2^-249 + K·2^-256).
 */
export function residual(readout: Readout, upTo: number = readout.degree): number {
  const values = responsesOf(readout, upTo);
  const total = readout.weights.reduce((sum, w) => sum + abs(toFixed(w)), abs(toFixed(readout.weightAtOne)));
  const nodes = readout.weights.length;
  const worst = values.reduce((most, r, s) => {
    const error = abs(r - (s === 0 ? one : 0n));
    return error > most ? error : most;
  }, 0n);
  return roundUp(worst + ((total * BigInt(upTo + 1)) >> 248n) + BigInt((upTo + 1) * (nodes + 1)));
}

/** r(s) = Σ_k w_k x_k^s for s = 0 … `upTo`, off by what `residual` allows for and 1 ulp. */
export const responses = (readout: Readout, upTo: number = readout.degree): number[] =>
  responsesOf(readout, upTo).map(toNumber);

function responsesOf(readout: Readout, upTo: number): Fixed[] {
  const nodes = readout.scales.map((t) => nodeOf(readout.scale, readout.bound, t));
  const atOne = toFixed(readout.weightAtOne);
  const terms = readout.weights.map(toFixed);
  return Array.from({ length: upTo + 1 }, () => {
    const r = terms.reduce((sum, term) => sum + term, atOne);
    nodes.forEach((x, k) => (terms[k] = multiply(terms[k]!, x)));
    return r;
  });
}

/** Σ|w_k| over the nodes that are asked: how much an error of an S_i(x_k) can grow. */
export const amplification = ({ weights }: Readout): number =>
  weights.reduce((sum, weight) => sum + Math.abs(weight), 0);

/**
 * The total mass P of `count` pad keys: each has logit scale · B² against every query. Within 1 ulp.
 */
export const padMass = (count: number, bound: number, scale: number): number =>
  toNumber(BigInt(count) * exp(exactProduct(scale, bound, bound)));

/** The least number of pad keys whose mass is at least `mass`, and at least one. */
export const padsFor = (mass: number, bound: number, scale: number): number =>
  Math.max(1, Math.ceil(mass * Math.exp(-scale * bound * bound) * (1 + 1e-12)));
