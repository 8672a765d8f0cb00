/**
 * Faults put into attention outputs, and what a decode makes of them. A fault within the claimed error must not change
 * an answer; one beyond it breaks the assumption of the certificate, and what then happens is counted, not promised.
 */
import type { OutputError } from '../../src/problems/attention.ts';
import type { Cnf } from '../../src/problems/cnf.ts';
import { isModel } from '../../src/problems/cnf.ts';
import { InputError } from '../../src/problems/input-error.ts';
import { innerProduct } from '../../src/problems/orthogonal-vectors.ts';
import type { Random } from '../../src/problems/families/random.ts';
import { referenceOracle } from '../../src/oracles/reference.ts';
import { nodeValues } from '../../src/readout/readout.ts';
import { countModels } from '../../src/solvers/brute-force.ts';
import { carryBack } from '../../src/verify/carry-back.ts';
import { carefulError } from '../../src/oracles/careful-kernel.ts';
import { prepare, type EncodeOptions, type Prepared } from '../../src/verify/prepare.ts';

/** A formula, its instance, and the instance's true output, off by less than a quarter of the claimed error. */
export interface Subject {
  readonly cnf: Cnf;
  readonly models: bigint;
  readonly options: EncodeOptions;
  readonly prepared: Prepared;
  readonly exact: Float64Array;
  /** What outputs claim: the error that the instance was planned for. */
  readonly claim: OutputError;
  /** How far `exact` may be off itself, relatively. */
  readonly slack: number;
}

export async function subjectOf(cnf: Cnf, options: EncodeOptions): Promise<Subject> {
  const claim = carefulError(options.dtype);
  const prepared = prepare(cnf, options, () => claim);
  const { output } = await referenceOracle().attend({ ...prepared.attention, dtype: 'f64' });
  const slack = output.error.relative + 2 ** -50;
  return { cnf, models: countModels(cnf), options, prepared, exact: output.values, claim, slack };
}

export interface Fault {
  readonly name: string;
  /** True where the output stays within the error that it claims. */
  readonly within: boolean;
  /** An output of `subject` with the fault; `other` is an instance of another formula of the same sizes, or itself. */
  readonly inject: (subject: Subject, draw: Random, other: Subject) => Float64Array;
}

/** `times` the claimed error, less what the true output is off by itself, in a direction for each row. */
const noise =
  (times: number, sign: (subject: Subject, row: number, draw: Random) => number) =>
  (subject: Subject, draw: Random): Float64Array => {
    const size = times * subject.claim.relative - subject.slack;
    return subject.exact.map((y, row) => y * (1 + size * sign(subject, row, draw)));
  };

const random = (_: Subject, __: number, draw: Random): number => draw.next() / 2 ** 31 - 1;
const randomSign = (_: Subject, __: number, draw: Random): number => (draw.below(2) === 0 ? 1 : -1);

/** Every output of a vector moves its count the same way; which way differs from vector to vector. */
const worstSign = ({ prepared }: Subject, row: number): number => {
  const { weights } = prepared.options.readout;
  return (
    (weights[row % weights.length]! > 0 ? 1 : -1) * (Math.floor(row / weights.length) % 2 === 0 ? 1 : -1)
  );
};

/** Rows of one left vector. */
const block = ({ prepared }: Subject): number => prepared.options.readout.weights.length;

const flipped =
  (from: number, bits: number) =>
  (subject: Subject, draw: Random): Float64Array => {
    const values = subject.exact.slice();
    const words = new BigUint64Array(values.buffer);
    words[draw.below(values.length)]! ^= 1n << BigInt(from + draw.below(bits));
    return values;
  };

/** Two different left vectors, at random; the same one where there is only one. */
function twoVectors(subject: Subject, draw: Random): readonly [number, number] {
  const vectors = subject.prepared.vectors.left.rows;
  const first = draw.below(vectors);
  return [first, vectors === 1 ? first : (first + 1 + draw.below(vectors - 1)) % vectors];
}

function copied(values: Float64Array, size: number, from: number, to: number): void {
  values.copyWithin(to * size, from * size, (from + 1) * size);
}

/**
 * The output of an instance in which `change` of a left vector's partners falsify one clause instead of none: what
 * somebody sends who knows the formula and the readout. Every sum is one that attention could have.
 */
function forged(subject: Subject, change: (partners: number, vector: number) => number): Float64Array {
  const { vectors, options } = subject.prepared;
  const { pads, readout } = options;
  const x = nodeValues(readout);
  const values = subject.exact.slice();
  for (let i = 0; i < vectors.left.rows; i++) {
    let partners = 0;
    for (let j = 0; j < vectors.right.rows; j++) if (innerProduct(vectors, { i, j }) === 0) partners++;
    const moved = change(partners, i);
    if (moved === 0) continue;
    x.forEach((node, k) => {
      const at = i * x.length + k;
      const sum = (pads.mass * values[at]!) / (1 - values[at]!) - moved * (1 - node);
      values[at] = sum / (sum + pads.mass);
    });
  }
  return values;
}

export const faults: readonly Fault[] = [
  { name: 'none', within: true, inject: ({ exact }) => exact },
  { name: 'noise of half the claim, random', within: true, inject: noise(0.5, random) },
  { name: 'noise at the claim, random signs', within: true, inject: noise(1, randomSign) },
  { name: 'noise at the claim, worst signs', within: true, inject: noise(1, worstSign) },
  { name: 'a low bit of one output flipped', within: true, inject: flipped(0, 2) },
  { name: 'noise of 10 claims, random signs', within: false, inject: noise(10, randomSign) },
  { name: 'noise of 10 claims, worst signs', within: false, inject: noise(10, worstSign) },
  { name: 'noise of 1,000 claims, random signs', within: false, inject: noise(1e3, randomSign) },
  { name: 'noise of 1,000 claims, worst signs', within: false, inject: noise(1e3, worstSign) },
  { name: 'noise of 10⁶ claims, random signs', within: false, inject: noise(1e6, randomSign) },
  {
    name: 'slow drift, to 100 claims at the last row',
    within: false,
    inject: (subject) => drifted(subject, 100),
  },
  {
    name: 'slow drift, to 10⁶ claims at the last row',
    within: false,
    inject: (subject) => drifted(subject, 1e6),
  },
  { name: 'any bit of one output flipped', within: false, inject: flipped(0, 64) },
  { name: 'a high bit of one output flipped', within: false, inject: flipped(40, 24) },
  {
    name: 'the rows of two vectors exchanged',
    within: false,
    inject(subject, draw) {
      const [a, b] = twoVectors(subject, draw);
      const values = subject.exact.slice();
      copied(values, block(subject), a, b);
      values.set(subject.exact.subarray(b * block(subject), (b + 1) * block(subject)), a * block(subject));
      return values;
    },
  },
  {
    name: "a vector's rows twice, another's never",
    within: false,
    inject(subject, draw) {
      const [a, b] = twoVectors(subject, draw);
      const values = subject.exact.slice();
      copied(values, block(subject), a, b);
      return values;
    },
  },
  {
    name: 'two neighbouring rows exchanged',
    within: false,
    inject({ exact }, draw) {
      const values = exact.slice();
      const at = draw.below(Math.max(1, values.length - 1));
      values.set([exact[at + 1] ?? exact[at]!, exact[at]!].slice(0, values.length - at), at);
      return values;
    },
  },
  {
    name: 'a row dropped, the others moved up',
    within: false,
    inject({ exact }, draw) {
      const values = exact.slice();
      const at = draw.below(values.length);
      values.copyWithin(at, at + 1);
      return values;
    },
  },
  { name: 'a row missing', within: false, inject: ({ exact }) => exact.slice(1) },
  { name: 'a stale output, of another formula', within: false, inject: (_, __, other) => other.exact },
  { name: 'zeros', within: false, inject: ({ exact }) => exact.map(() => 0) },
  {
    name: 'the last quarter of the rows never written',
    within: false,
    inject: ({ exact }) => exact.map((y, row) => (row < 0.75 * exact.length ? y : 0)),
  },
  {
    name: 'forged: all models denied',
    within: false,
    inject: (subject) => forged(subject, (partners) => partners),
  },
  {
    name: 'forged: one model denied',
    within: false,
    inject(subject) {
      let left = 1;
      return forged(subject, (partners) => (partners > 0 && left-- > 0 ? 1 : 0));
    },
  },
  {
    name: 'forged: a model invented',
    within: false,
    inject: (subject) => forged(subject, (_, vector) => (vector === 0 ? -1 : 0)),
  },
];

const drifted = ({ exact, claim }: Subject, most: number): Float64Array =>
  exact.map((y, row) => y * (1 + (most * claim.relative * row) / exact.length));

/** Rows that are off by more than the claim: what a spot check can find. */
export const alteredRows = ({ exact, claim }: Subject, values: Float64Array): number =>
  exact.reduce((sum, y, row) => sum + (Math.abs(values[row]! - y) <= claim.relative * y ? 0 : 1), 0);

export type Outcome = 'right' | 'inconclusive' | 'refused' | 'wrong';

/** Decodes `values` as an output of the subject's instance that makes the subject's claim. */
export function outcomeOf(subject: Subject, values: Float64Array): Outcome {
  const { cnf, models, options, prepared, claim } = subject;
  try {
    const output = { rows: values.length, columns: 1, values, error: claim };
    const answer = carryBack(cnf, output, options, prepared.options);
    if (answer.outcome === 'inconclusive') return 'inconclusive';
    if (answer.outcome === 'no') return models === 0n ? 'right' : 'wrong';
    if (!isModel(cnf, answer.witness)) return 'wrong';
    return answer.count === null || answer.count === models ? 'right' : 'wrong';
  } catch (error) {
    if (error instanceof InputError) return 'refused';
    throw error;
  }
}
