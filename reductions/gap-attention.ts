/**
 * What the arrows from a gap problem to attention have in common. All of them put √β·a_i in a query and √β·b_j in a
 * key, so that the weights of real keys are exp(c·⟨a_i, b_j⟩) with c = scale·B², and weigh them against as many pad
 * keys with value 0. Two ways to choose the pads:
 *
 * - **shifted**: the keys lie θ below, the pads have weight 1. A row with an inner product ≥ high gives at least
 *   N/(N+1), any other at most 1/(N+1), for any N ≥ n that the entries pay for: decoded at ½, under every additive
 *   error below ½ − 1/(N+1).
 * - **tall**: the pads are heavier than the real keys, by as much as w further columns make them. The output is tiny
 *   and is decoded with relative precision, as Alman and Song's Theorem 4.6 was published.
 */
import type { Answer, Certificate } from '../src/problems/answer.ts';
import type { Attention, AttentionOutput, Matrix } from '../src/problems/attention.ts';
import { roundTo, significantBits, smallestNormal, truncateTo, type Dtype } from '../src/problems/dtype.ts';
import type { GapMaxIp } from '../src/problems/gap-max-ip.ts';
import { InputError } from '../src/problems/input-error.ts';
import { getBit, innerProduct, type BitMatrix, type Pair } from '../src/problems/orthogonal-vectors.ts';

export interface GapAttentionOptions {
  readonly dtype: Dtype;
  /** What multiplies QKᵀ: 1/D or 1/√D, for D head columns. */
  readonly scaleName: 'linear' | 'rsqrt';
  /** Additive error below ½ that the shifted form has to stand; it needs N > 1/(½ − tolerance) − 1. */
  readonly tolerance: number;
}

/** What a row can give: at least `near` with a pair in it, at most `far` without one. */
export interface Gap {
  readonly near: number;
  readonly far: number;
}

/** Parameters of an instance, known before it is made. */
export interface GapAttention {
  readonly attention: Attention;
  readonly gap: Gap;
  /** B, the largest entry. */
  readonly bound: number;
  /** N of the shifted form; n for the tall one. */
  readonly mass: number;
  /** Additive error that decoding stands. */
  readonly additive: number;
}

/** N: at least n, at least 2, and large enough for the tolerance. */
export const massFor = (keys: number, tolerance: number): number =>
  Math.max(2, keys, Math.floor(1 / (0.5 - tolerance)));

/**
 * The shifted form with the shift spread over `spread` ≥ θ columns, each −B·φ: θ = low + (high − low)/3 up to the
 * rounding of φ = θ/spread, and c ≥ 2 ln N/(high − θ), ln N/(θ − low), which for the exact θ is 3 ln N/(high − low).
 * The entries are exact in the format: B takes a third of its bits and φ the rest.
 */
export function shifted(source: GapMaxIp, spread: number, options: GapAttentionOptions): GapAttention {
  const { left, right, high, low } = source;
  const { dtype } = options;
  const n = right.rows;
  const mass = massFor(n, options.tolerance);
  const columns = left.columns + spread;
  const scale = scaleOf(columns, options);
  const bits = significantBits(dtype);
  const ofBound = Math.floor(bits / 3);
  const share = truncateTo(bits - ofBound, (low + (high - low) / 3) / spread);
  const theta = share * spread;
  if (!(theta > low && theta < high)) throw tooCoarse(dtype, low, high);
  const needed = Math.max((2 * Math.log(mass)) / (high - theta), Math.log(mass) / (theta - low));
  const bound = boundAtLeast(Math.sqrt((needed * (1 + 1e-12)) / scale), ofBound, dtype);
  const c = scale * bound * bound;
  const near = 1 / (1 + n * Math.exp(-c * (high - theta)));
  const far = 1 / (1 + Math.exp(c * (theta - low)));
  const attention: Attention = {
    q: patterns(left, bound, spread, bound, { rows: 0, entry: 0 }),
    k: patterns(right, bound, spread, -bound * share, { rows: n, entry: 0 }),
    v: onesThenZeros(n, n),
    scale,
    dtype,
  };
  const additive = 0.5 - Math.max(1 - near, far);
  return { attention, gap: { near, far }, bound, mass, additive };
}

/** How many times more a near row weighs than a far one can: the tall form's margin for relative error. */
const tallRatio = 4;

/**
 * The tall form with w = `height` pad columns: real keys weigh exp(c·⟨a,b⟩), the n pads exp(c·w) each, and
 * c = ln(4n)/(high − low). Throws an `InputError` where its outputs are too small for the format.
 */
export function tall(source: GapMaxIp, height: number, options: GapAttentionOptions): GapAttention {
  const { left, right, high, low } = source;
  const { dtype } = options;
  const n = right.rows;
  const columns = left.columns + height;
  const scale = scaleOf(columns, options);
  const needed = Math.log(tallRatio * Math.max(1, n)) / (high - low);
  const bound = boundAtLeast(Math.sqrt(needed / scale), Math.floor(significantBits(dtype) / 2), dtype);
  const c = scale * bound * bound;
  const near = 1 / (1 + n * Math.exp(c * (height - high)));
  const far = 1 / (1 + Math.exp(c * (height - low)));
  if (far < smallestNormal(dtype) * 1e3) {
    throw new InputError({
      code: 'form-underflows',
      expected: `outputs that ${dtype} can hold`,
      found: `exp(${(-c * (height - low)).toFixed(0)}) to tell from ${tallRatio} times as much`,
      hint: 'take the strengthened form, whose outputs are near 0 and 1',
    });
  }
  const attention: Attention = {
    q: patterns(left, bound, height, bound, { rows: n, entry: bound }),
    k: patterns(right, bound, height, 0, { rows: n, entry: bound }),
    v: onesThenZeros(n, n),
    scale,
    dtype,
  };
  return { attention, gap: { near, far }, bound, mass: n, additive: (near - far) / 2 };
}

/**
 * The instance of a question that is answered already: one column, a row is near where `close` says so. It keeps an
 * arrow total where it solves its source itself.
 */
export function settled(close: readonly boolean[], n: number, options: GapAttentionOptions): GapAttention {
  const { dtype } = options;
  const mass = massFor(n, options.tolerance);
  const bound = boundAtLeast(
    Math.sqrt(Math.log(mass) * (1 + 1e-12)),
    Math.floor(significantBits(dtype) / 2),
    dtype,
  );
  const near = 1 / (1 + Math.exp(-bound * bound));
  const column = (rows: number, entry: (row: number) => number): Matrix => ({
    rows,
    columns: 1,
    read(from, to, into) {
      for (let row = from; row < to; row++) into[row - from] = entry(row);
    },
  });
  const attention: Attention = {
    q: column(close.length, (row) => (close[row]! ? bound : -bound)),
    k: column(2 * n, (row) => (row < n ? bound : 0)),
    v: onesThenZeros(n, n),
    scale: 1,
    dtype,
  };
  return { attention, gap: { near, far: 1 - near }, bound, mass, additive: near - 0.5 };
}

/** exp in float64, and the roundings of the gap's own figures. */
const rounding = 1e-9;

/**
 * Reads every row and finds a partner for the first that is near. Rows beyond `rows` are pads. An output outside
 * what its own claim allows, or between the two sides of the gap, throws an `InputError`: it is refuted, for the
 * source keeps its promise.
 */
export function decodeGap(
  output: AttentionOutput,
  rows: number,
  { attention: { q, v }, gap }: GapAttention,
  partner: (i: number) => number | undefined,
): Answer<Pair> {
  if (output.rows !== q.rows || output.columns !== v.columns) {
    throw new InputError({
      code: 'output-shape',
      expected: `an output of ${q.rows} × ${v.columns}`,
      found: `${output.rows} × ${output.columns}`,
      hint: 'give the output of this instance: one row a query, one column a value column',
    });
  }
  const { relative, absolute } = output.error;
  const { near, far } = gap;
  // Half of the way between the two sides, on the scale that the form is decoded on: additive or by factors.
  const additive = near > 0.5;
  const share = additive
    ? absolute + relative
    : Math.log1p(absolute / Math.sqrt(near * far) + relative) / Math.log(near / far);
  const bias = additive ? Math.max(1 - near, far) : 0;
  let worst = 0;
  let open = -1;
  let found: Pair | undefined;
  for (let i = 0; i < rows; i++) {
    const y = output.values[i]!;
    const least = (y - absolute) / (1 + relative);
    const most = relative < 1 ? (y + absolute) / (1 - relative) : Infinity;
    if (!(most >= 0 && least <= 1 && Number.isFinite(y))) throw outside(i, y, absolute);
    const maybeNear = most >= near * (1 - rounding);
    const maybeFar = least <= far * (1 + rounding);
    if (maybeNear && maybeFar) {
      if (open < 0) open = i;
      continue;
    }
    if (!maybeNear && !maybeFar) throw between(i, y, gap, relative);
    worst = Math.max(worst, Math.min(0.5, additive ? Math.abs(y - (maybeNear ? 1 : 0)) : 0));
    if (!maybeNear || found !== undefined) continue;
    const j = partner(i);
    if (j === undefined) throw noPartner(i, y);
    found = { i, j };
  }
  const certificate: Certificate = { bias, noise: Math.min(share, Number.MAX_VALUE), worst };
  if (found !== undefined) return { outcome: 'yes', witness: found, count: null, certificate };
  if (open < 0) return { outcome: 'no', certificate };
  return {
    outcome: 'inconclusive',
    reason: `row ${open} cannot be told: its output of ${output.values[open]!.toPrecision(3)} ± its error reaches both sides of the gap, ${near.toPrecision(3)} and ${far.toPrecision(3)}`,
    remedy: additive
      ? `an output with an additive error below ${(0.5 - bias).toPrecision(3)}`
      : `an output with a relative error below ${((near - far) / (near + far)).toPrecision(2)}`,
    certificate,
  };
}

/** The first right vector with an inner product of at least `high` with left vector i. */
export function firstPartner(source: GapMaxIp, i: number): number | undefined {
  for (let j = 0; j < source.right.rows; j++) if (innerProduct(source, { i, j }) >= source.high) return j;
  return undefined;
}

const scaleOf = (columns: number, { scaleName }: GapAttentionOptions): number =>
  scaleName === 'linear' ? 1 / columns : 1 / Math.sqrt(columns);

/** The smallest number ≥ x with `bits` significant bits. Throws where the format cannot hold it. */
function boundAtLeast(x: number, bits: number, dtype: Dtype): number {
  const below = truncateTo(bits, x);
  const bound = below >= x ? below : below + 2 ** (Math.floor(Math.log2(x)) - bits + 1);
  if (roundTo(dtype, bound) === bound) return bound;
  throw tooCoarse(dtype, 0, bound);
}

/** Rows B·x with `extra` further columns of `entry`, then pad rows that are 0 but for `pads.entry` there. */
function patterns(
  vectors: BitMatrix,
  bound: number,
  extra: number,
  entry: number,
  pads: { readonly rows: number; readonly entry: number },
): Matrix {
  const columns = vectors.columns + extra;
  return {
    rows: vectors.rows + pads.rows,
    columns,
    read(from, to, into) {
      into.fill(0, 0, (to - from) * columns);
      for (let row = from; row < to; row++) {
        const at = (row - from) * columns;
        const real = row < vectors.rows;
        if (real) {
          for (let c = 0; c < vectors.columns; c++) if (getBit(vectors, row, c) === 1) into[at + c] = bound;
        }
        into.fill(real ? entry : pads.entry, at + vectors.columns, at + columns);
      }
    },
  };
}

const onesThenZeros = (ones: number, zeros: number): Matrix => ({
  rows: ones + zeros,
  columns: 1,
  read(from, to, into) {
    for (let row = from; row < to; row++) into[row - from] = row < ones ? 1 : 0;
  },
});

const tooCoarse = (dtype: Dtype, low: number, high: number): InputError =>
  new InputError({
    code: 'dtype-too-narrow',
    field: 'dtype',
    expected: `a format that can tell ${low} from ${high} times the unit of the instance`,
    found: dtype,
    hint: 'take f64, or the form straight from inner products',
  });

const outside = (row: number, y: number, absolute: number): InputError =>
  new InputError({
    code: 'output-out-of-range',
    field: `out[${row}][0]`,
    expected: `a number in [0, 1], an average of zeros and ones, up to an error of ${absolute}`,
    found: `${y}`,
    hint: 'the attention that computed it has a fault: look at that row',
  });

const refuted = (row: number, expected: string, found: string): InputError =>
  new InputError({
    code: 'output-refuted',
    field: `row ${row}`,
    expected,
    found,
    hint: 'the output does not have the error it claims, or belongs to another instance: claim a larger --error or look at that row',
  });

const between = (row: number, y: number, { near, far }: Gap, relative: number): InputError =>
  refuted(row, `an output ≥ ${near} or ≤ ${far}, up to a relative error of ${relative}`, `${y}`);

const noPartner = (row: number, y: number): InputError =>
  refuted(row, 'a far row, as a look at the vectors shows', `a certified near one, ${y}`);
