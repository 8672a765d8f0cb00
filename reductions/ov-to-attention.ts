/**
 * From Orthogonal Vectors to attention with entries bounded by B = Θ(√log n), in the manner of Alman and Song,
 * "Fast Attention Requires Bounded Entries" (NeurIPS 2023, arXiv 2302.13214, Section 4), but straight: theirs goes
 * by way of approximate closest pairs, ours lets attention evaluate a polynomial and reads off its value at 0.
 *
 * For a left vector a_i let N_{i,s} = #{j : ⟨a_i, b_j⟩ = s}. A query t·a_i meets the key −B·b_j in the logit
 * −scale·t·B·⟨a_i, b_j⟩, so the softmax sums S_i(x) = Σ_j x^⟨a_i,b_j⟩ = Σ_s N_{i,s} x^s at x = exp(−scale·t·B).
 * Pad keys of known total mass P turn the quotient that attention returns back into that sum: with values 1 on
 * real keys and 0 on pads, y = S/(S+P) and S = P·y/(1−y). A readout (src/readout) combines S_i at a few nodes
 * x_1 … x_K into N_{i,0}, the number of vectors orthogonal to a_i; their sum is the number of orthogonal pairs.
 *
 * Decision, count and witness survive. It costs K queries a left vector, one key a right vector and a few pads, in
 * head dimension d = (dimension of the vectors) + 1. How large K and the entries are is the readout's affair.
 */
import type { Answer, Certificate } from '../src/problems/answer.ts';
import type { Attention, AttentionOutput, Matrix } from '../src/problems/attention.ts';
import type { Dtype } from '../src/problems/dtype.ts';
import { InputError } from '../src/problems/input-error.ts';
import {
  degree,
  isOrthogonal,
  type BitMatrix,
  type OrthogonalVectors,
  type Pair,
} from '../src/problems/orthogonal-vectors.ts';
import { readMass, readShare, roundingAtOne, type Pads } from '../src/readout/noise.ts';
import { amplification, leastPowers, padMass, residual, type Readout } from '../src/readout/readout.ts';
import type { Reduction } from './reduction.ts';

export interface AttentionOptions {
  readonly readout: Readout;
  readonly pads: Pads;
  readonly dtype: Dtype;
  /** `scan`: V has one column and partners are looked up. `columns`: further columns hold the bits of j. */
  readonly witness: 'scan' | 'columns';
}

export const ovToAttention: Reduction<
  OrthogonalVectors,
  Attention,
  AttentionOutput,
  Answer<Pair>,
  AttentionOptions
> = {
  theorem: 'Alman and Song 2023, by evaluation at several temperatures',

  encode({ left, right }, { readout, pads, dtype, witness }) {
    return {
      q: queries(left, readout),
      k: keys(right, readout.bound, pads.count),
      v: values(right.rows, pads.count, witness === 'columns' ? bitsOf(right.rows) : 0),
      scale: readout.scale,
      dtype,
    };
  },

  // Row i's outputs are S_i at the nodes, the readout makes N_{i,0} of them, and N_{i,0} > 0 names a partner.
  decode(vectors, output, options) {
    const { counts, certificate } = countPartners(vectors, output, options);
    let total = 0n;
    let witness: Pair | undefined;
    counts.forEach((count, i) => {
      if (Number.isNaN(count)) return;
      total += BigInt(count);
      if (count > 0) witness ??= partnerOf(i, count, vectors, output, options);
    });
    const open = counts.findIndex(Number.isNaN);
    if (witness !== undefined)
      return { outcome: 'yes', witness, count: open < 0 ? total : null, certificate };
    if (open < 0) return { outcome: 'no', certificate };
    return {
      outcome: 'inconclusive',
      ...whyInconclusive(open, certificate, output.error.relative),
      certificate,
    };
  },

  ledger(vectors, { readout, pads }) {
    const n = vectors.right.rows;
    const d = vectors.left.columns + 1;
    const { bound } = readout;
    return [
      { parameter: 'queries', promised: 'K · n', actual: `${readout.scales.length * vectors.left.rows}` },
      { parameter: 'keys', promised: 'n + pads', actual: `${n} + ${pads.count}` },
      { parameter: 'head dimension', promised: 'O(log n)', actual: `${d}` },
      { parameter: 'B', promised: 'Θ(√log n)', actual: figure(bound) },
      {
        parameter: 'B/√(ln n)',
        promised: 'Θ(1)',
        actual: n > 1 ? figure(bound / Math.sqrt(Math.log(n))) : '-',
      },
      { parameter: 'D', promised: `≤ ${readout.degree}`, actual: `${degree(vectors)}` },
      { parameter: 'amplification', promised: 'n^O(1)', actual: figure(amplification(readout)) },
    ];
  },
};

const figure = (x: number): string => x.toPrecision(4);

/** bias + noise below this certifies: a little below ½, for the roundings of the noise itself. */
const certain = 0.5 - 2 ** -20;

/** What an output says about every left vector. */
export interface Partners {
  /** N_{i,0} for each left vector; NaN where bias + noise ≥ ½ leaves it open. */
  readonly counts: Float64Array;
  readonly certificate: Certificate;
}

/**
 * Reads N_{i,0} of every left vector from an output of K · n rows. Throws an `InputError` for an output of the wrong
 * shape, an entry that is not in [0, 1], or one that contradicts its own claimed error: such an output is refuted,
 * whatever it computes.
 */
export function countPartners(
  { left, right }: OrthogonalVectors,
  output: AttentionOutput,
  { readout, pads, witness }: AttentionOptions,
): Partners {
  const nodes = readout.weights.length;
  const n = right.rows;
  const columns = witness === 'columns' ? 1 + bitsOf(n) : 1;
  checkShape(output, left.rows * nodes, columns);
  const mass = padMass(pads.count, readout.bound, readout.scale);
  // No sum can be larger than n, or smaller than if every inner product were D.
  const most = n / (n + mass);
  const largest = Math.max(readout.degree, degree({ left, right }));
  const least = leastPowers(readout, largest).map((power) => (n * power) / (n * power + mass));

  const bias = n * residual(readout, largest);
  const counts = new Float64Array(left.rows);
  let noise = 0;
  let worst = 0;
  for (let i = 0; i < left.rows; i++) {
    for (let k = 0; k < nodes; k++) {
      const row = i * nodes + k;
      checkPossible(output.values[row * columns]!, least[k]!, most, output, row);
    }
    const { estimate, noise: uncertain } = estimatePartners(i, n, mass, output, readout);
    noise = Math.max(noise, uncertain);
    counts[i] = NaN;
    if (!(bias + uncertain < certain)) continue;
    const count = Math.round(estimate);
    const distance = Math.abs(estimate - count);
    if (distance > bias + uncertain || count < 0 || count > n) {
      throw refuted(
        `row ${i * nodes}`,
        `a count within ${bias + uncertain} of an integer in 0 … ${n}`,
        `${estimate}`,
      );
    }
    counts[i] = count;
    worst = Math.max(worst, distance);
  }
  return { counts, certificate: { bias, noise, worst } };
}

/**
 * N̂_i = Σ_k w_k·S_i(x_k), not rounded, as an output of K rows a left vector gives it, and the most by which the output's
 * claimed error and the decoding itself can have moved it. `n` is the number of right vectors, `mass` that of the pads.
 */
export function estimatePartners(
  i: number,
  n: number,
  mass: number,
  output: AttentionOutput,
  readout: Readout,
): { readonly estimate: number; readonly noise: number } {
  const { weights, weightAtOne } = readout;
  const sum = compensated();
  let noise = roundingAtOne(readout, n);
  for (let k = 0; k < weights.length; k++) {
    const read = readMass(output.values[(i * weights.length + k) * output.columns]!, mass, output.error);
    sum.add(weights[k]! * read.mass);
    noise += Math.abs(weights[k]!) * read.error;
  }
  sum.add(weightAtOne * n);
  return { estimate: sum.value(), noise };
}

/** A partner of left vector i, which has `count` ≥ 1 of them: read from the columns when it is unique, else looked up. */
function partnerOf(
  i: number,
  count: number,
  vectors: OrthogonalVectors,
  output: AttentionOutput,
  options: AttentionOptions,
): Pair {
  const read =
    options.witness === 'columns' && count === 1 ? readPartner(i, vectors, output, options) : undefined;
  if (read !== undefined && isOrthogonal(vectors, { i, j: read })) return { i, j: read };
  const row = `row ${i * options.readout.weights.length}`;
  if (read !== undefined)
    throw refuted(row, `an orthogonal partner at the index its columns give`, `${read}, which is not`);
  for (let j = 0; j < vectors.right.rows; j++) if (isOrthogonal(vectors, { i, j })) return { i, j };
  throw refuted(
    row,
    'no orthogonal partner, as a look at the vectors shows',
    `a certified count of ${count}`,
  );
}

/**
 * The index j of the only partner of i: bit by bit, the number of partners with that bit. Undefined where the claimed
 * error leaves a bit open.
 */
function readPartner(
  i: number,
  vectors: OrthogonalVectors,
  output: AttentionOutput,
  { readout, pads }: AttentionOptions,
): number | undefined {
  const n = vectors.right.rows;
  const { weights, weightAtOne } = readout;
  const mass = padMass(pads.count, readout.bound, readout.scale);
  const bias = n * residual(readout, Math.max(readout.degree, degree(vectors)));
  let j = 0;
  for (let bit = 0; bit < bitsOf(n); bit++) {
    const withBit = countWithBit(n, bit);
    const sum = compensated();
    let uncertain = roundingAtOne(readout, withBit);
    weights.forEach((weight, k) => {
      const at = (i * weights.length + k) * output.columns;
      const read = readShare(output.values[at + 1 + bit]!, output.values[at]!, mass, output.error);
      sum.add(weight * read.mass);
      uncertain += Math.abs(weight) * read.error;
    });
    sum.add(weightAtOne * withBit);
    if (!(bias + uncertain < certain)) return undefined;
    const count = Math.round(sum.value());
    if (Math.abs(sum.value() - count) > bias + uncertain || count < 0 || count > 1) {
      const found = `${sum.value()} partners with bit ${bit} of their index set`;
      throw refuted(`row ${i * weights.length}, column ${1 + bit}`, '0 or 1, of a single partner', found);
    }
    j |= count << bit;
  }
  return j < n ? j : undefined;
}

/** Row i·K + k is t_k·a_i and a last coordinate B: all scales of one vector stand beside each other. */
function queries(left: BitMatrix, { scales, bound }: Readout): Matrix {
  const columns = left.columns + 1;
  const nodes = scales.length;
  return {
    rows: left.rows * nodes,
    columns,
    read(from, to, into) {
      into.fill(0, 0, (to - from) * columns);
      for (let row = from; row < to; row++) {
        const at = (row - from) * columns;
        writePattern(left, Math.floor(row / nodes), scales[row % nodes]!, into, at);
        into[at + columns - 1] = bound;
      }
    },
  };
}

/** Row j is −B·b_j and a last coordinate 0; the pads after them are 0 and B. */
function keys(right: BitMatrix, bound: number, pads: number): Matrix {
  const columns = right.columns + 1;
  return {
    rows: right.rows + pads,
    columns,
    read(from, to, into) {
      into.fill(0, 0, (to - from) * columns);
      for (let row = from; row < to; row++) {
        const at = (row - from) * columns;
        if (row < right.rows) writePattern(right, row, -bound, into, at);
        else into[at + columns - 1] = bound;
      }
    },
  };
}

/** 1 and the bits of j on real keys, 0 on pads. */
function values(real: number, pads: number, bits: number): Matrix {
  const columns = 1 + bits;
  return {
    rows: real + pads,
    columns,
    read(from, to, into) {
      into.fill(0, 0, (to - from) * columns);
      for (let row = from; row < Math.min(to, real); row++) {
        const at = (row - from) * columns;
        into[at] = 1;
        for (let bit = 0; bit < bits; bit++) into[at + 1 + bit] = (row >>> bit) & 1;
      }
    },
  };
}

/** Writes `value` at `at` plus every coordinate where row `row` has a 1. */
function writePattern(matrix: BitMatrix, row: number, value: number, into: Float64Array, at: number): void {
  for (let w = 0; w < matrix.stride; w++) {
    for (let word = matrix.words[row * matrix.stride + w]!; word !== 0; word &= word - 1) {
      into[at + 32 * w + 31 - Math.clz32(word & -word)] = value;
    }
  }
}

/** Bits that an index below n needs. */
const bitsOf = (n: number): number => (n <= 1 ? 0 : 32 - Math.clz32(n - 1));

/** #{j < n : bit `bit` of j is 1}. */
function countWithBit(n: number, bit: number): number {
  const period = 2 ** (bit + 1);
  return Math.floor(n / period) * (period / 2) + Math.max(0, (n % period) - period / 2);
}

/** Neumaier's sum: the error is one rounding of the result and second-order terms. */
function compensated(): { add: (x: number) => void; value: () => number } {
  let sum = 0;
  let lost = 0;
  return {
    add(x) {
      const next = sum + x;
      lost += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum;
      sum = next;
    },
    value: () => sum + lost,
  };
}

function checkShape(output: AttentionOutput, rows: number, columns: number): void {
  if (output.rows === rows && output.columns === columns && output.values.length === rows * columns) return;
  throw new InputError({
    code: 'output-shape',
    expected: `an output of ${rows} × ${columns}`,
    found: `${output.rows} × ${output.columns}`,
    hint: 'give the output of this instance: one row a query, one column a value column',
  });
}

/** Is an output between what the least and the most possible sum give, as far as its claimed error reaches? */
function checkPossible(
  y: number,
  least: number,
  most: number,
  { error }: AttentionOutput,
  row: number,
): void {
  if (!(y >= 0 && y <= 1)) {
    throw new InputError({
      code: 'output-out-of-range',
      field: `out[${row}][0]`,
      expected: 'a number in [0, 1], an average of zeros and ones',
      found: `${y}`,
      hint: 'the attention that computed it has a fault: look at that row',
    });
  }
  const reach = (limit: number): number => limit * (error.relative + 2 ** -50) + error.absolute;
  if (y < least - reach(least) || y > most + reach(most)) {
    throw refuted(
      `row ${row}`,
      `an output between ${least} and ${most}, up to an error of ${error.relative}`,
      `${y}`,
    );
  }
}

const refuted = (field: string, expected: string, found: string): InputError =>
  new InputError({
    code: 'output-refuted',
    field,
    expected,
    found,
    hint: 'the output does not have the error it claims, or belongs to another instance: claim a larger --error or look at that row',
  });

function whyInconclusive(
  open: number,
  { bias, noise }: Certificate,
  claimed: number,
): { reason: string; remedy: string } {
  const needed = (claimed * Math.max(0, 0.49 - bias)) / noise;
  if (bias >= 0.49) {
    return {
      reason: `no left vector can be certified: the readout itself is off by up to ${bias.toPrecision(3)}`,
      remedy: 'an instance with a larger --bound, whose readout fits its vectors',
    };
  }
  return {
    reason: `left vector ${open} cannot be certified: bias ${bias.toPrecision(3)} + noise up to ${noise.toPrecision(3)} is not below 1/2`,
    remedy:
      needed > 0 && Number.isFinite(noise)
        ? `an output with a relative error of at most ${needed.toPrecision(2)} (now ${claimed.toPrecision(2)}), or an instance with a larger --bound`
        : 'an instance with a larger --bound or a wider --dtype',
  };
}
