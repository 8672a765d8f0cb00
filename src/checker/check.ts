/**
 * The independent checker: to `seth decode` what a proof checker is to a SAT solver. It imports nothing and believes
 * nothing: no hash, bound or count of a certificate, and not that the instance is the formula's. What acceptance proves
 * of the formula in the instance's metadata:
 * - SATISFIABLE: the model satisfies every clause. No assumption.
 * - A count N, where UNSATISFIABLE is N = 0: it has exactly N models IF each output y in the first column satisfies
 *   |y − Y| ≤ relative·Y + absolute, Y the exact attention of the file's tensors under the file's scale. Whoever computed
 *   the output claims that; it cannot be checked without computing Y. Whoever checks may grant outputs a larger relative
 *   error: then N must follow for that one, and no answer is believed that needs the claimed one.
 *
 * Why. The variables are split in halves. Q has, for each assignment i of the left half, the rows t_k·a_i and a last
 * coordinate B; K has −B·b_j and 0, then pads 0 and B; V is 1, on pads 0; assignments that falsify a clause of their own
 * half may be missing. All that is compared with the file. ⟨a_i, b_j⟩ counts the clauses that (i, j) falsifies. So with
 * S_i(x) = Σ_j x^⟨a_i,b_j⟩, x_k = exp(−scale·t_k·B) and P = pads·exp(scale·B²), Y is S/(S+P) and S is P·Y/(1−Y). Let
 * r(s) = Σ_k w_k x_k^s + w_one: N_i = #{j : ⟨a_i, b_j⟩ = 0} is within bias = n·max_{s ≤ D} |r(s) − [s = 0]| of
 * Σ_k w_k S_i(x_k) + w_one·n. One integer of 0 … n must lie in the interval for N_i that follows; N = Σ N_i.
 *
 * The files are read as others read them, or not at all: only headers in the one form that leaves nothing open.
 */

/** `reason`: what is proved, or why the certificate is rejected. */
export type Verdict = { readonly accepted: boolean; readonly reason: string };

type Bytes = Uint8Array;

/**
 * Checks the bytes of an instance and of an output, and a certificate's text, for a relative error of at least `error`,
 * from 0 to below 1. Whatever goes wrong is a rejection: nothing in them makes it throw.
 */
export async function check(instance: Bytes, output: Bytes, text: string, error = 0): Promise<Verdict> {
  try {
    return { accepted: true, reason: await proved(instance, output, JSON.parse(text), error) };
  } catch (error) {
    return { accepted: false, reason: (error as Error).message };
  }
}

async function proved(instance: Bytes, output: Bytes, certificate: unknown, least: number): Promise<string> {
  same(certificate, 'format', 1);
  same(certificate, 'instance.sha256', await sha256(instance));
  same(certificate, 'output.sha256', await sha256(output));
  const file = safetensors(instance);
  const metadata = json(text(file.header, '__metadata__.seth'));
  const formula = text(metadata, 'cnf.text');
  const hash = await sha256(new TextEncoder().encode(formula));
  same(certificate, 'formula.sha256', hash);
  const cnf = dimacs(formula);
  const subject = `the formula ${hash} (${cnf.variables} variables, ${cnf.clauses.length} clauses)`;
  if (get(certificate, 'answer') === 'SATISFIABLE') {
    const model = numbers(certificate, 'model');
    need(areAll(model.map(Math.abs), cnf), 'a model of all variables');
    const holds = cnf.clauses.every((clause) => clause.some((l) => model[Math.abs(l) - 1] === l));
    need(holds, 'a model that satisfies every clause');
    if (get(certificate, 'count') === null) return `${subject} is satisfiable`;
  }
  same(file.header, '__metadata__.scale', String(get(metadata, 'scale'))); // others read one or the other
  const [scale, out] = [number(metadata, 'scale'), outputOf(output)];
  const count = String(countModels(file, scale, out, certificate, cnf, least));
  same(certificate, 'count', count);
  same(certificate, 'answer', count === '0' ? 'UNSATISFIABLE' : 'SATISFIABLE');
  const relative = Math.max(number(certificate, 'error.relative'), least);
  const claim = `${relative}·Y + ${number(certificate, 'error.absolute')}`;
  const models = count === '0' ? 'is unsatisfiable' : `has exactly ${count} model${count === '1' ? '' : 's'}`;
  return `${subject} ${models} if each output is within ${claim} of exact attention Y`;
}

/** The number of models, by the argument above, which must follow for both relative errors: `least` and the claimed. */
function countModels(file: File, scale: number, out: Matrix, from: unknown, cnf: Cnf, least: number): bigint {
  const field = (path: string): number => number(from, path);
  const [bound, pads] = [field('bound'), field('pads')];
  const [entries, weights] = [numbers(from, 'readout.scales'), numbers(from, 'readout.weights')];
  need(scale > 0 && bound > 0 && scale * bound * bound <= 120, 'scale and B above 0, scale·B² up to 120');
  const nodes = entries.filter((t) => t >= 0 && t <= bound).length;
  need(nodes > 0 && nodes === entries.length && nodes === weights.length, 'scales up to B, with weights');
  const [q, k, v] = [tensor(file, 'q'), tensor(file, 'k'), tensor(file, 'v')];
  const [last, n, vectors] = [cnf.clauses.length, k.rows - pads, q.rows / nodes];
  need(q.columns === last + 1 && k.columns === last + 1, 'a column for each clause, and one');
  need(Math.min(pads, n, vectors) >= 1 && [n, vectors].every(Number.isInteger), 'whole numbers of vectors');
  need(v.rows === k.rows && out.rows === q.rows && out.columns === v.columns, 'as many rows of v and out');
  const [left, right] = [numbers(from, 'halves.left'), numbers(from, 'halves.right')];
  need(areAll([...left, ...right], cnf), 'halves of all variables');
  const half = Math.max(left.length, right.length, 9);
  need(2 ** half * nodes * Math.max(q.columns, 256) <= 2 ** 29, 'a file that takes at most 2^29 steps');

  const fits = (m: Matrix, row: number, isOpen: (c: number) => boolean, one: number, end: number): boolean =>
    cnf.clauses.every((_, c) => m.at(row, c) === (isOpen(c) ? one : 0)) && m.at(row, last) === end;
  const isQuery: Fits = (i, isOpen) => entries.every((t, e) => fits(q, i * nodes + e, isOpen, t, bound));
  const isKey: Fits = (j, isOpen) => fits(k, j, isOpen, -bound, 0);
  const degree = Math.min(heaviest('q', left, cnf, vectors, isQuery), heaviest('k', right, cnf, n, isKey));
  for (let j = 0; j < k.rows; j++) {
    need(v.at(j, 0) === (j < n ? 1 : 0), `1 in v for key ${j}, or 0 if it is a pad`);
    need(j < n || fits(k, j, () => false, 0, bound), `a pad in row ${j} of k`);
  }

  const logit = (t: number): Interval => times(times(enclose(scale), enclose(t)), enclose(bound));
  const mass = times(exponential(logit(bound)), enclose(pads));
  const x = entries.map((t) => exponential(times(logit(t), [-one, -one])));
  const [w, atOne] = [weights.map(enclose), enclose(field('readout.weightAtOne'))];
  const bias = BigInt(n) * residual(x, w, atOne, degree);
  const [claimed, noise] = [enclose(field('bias'))[0], enclose(field('noise'))[0]];
  need(bias <= claimed && 2n * (claimed + noise) < one, 'the bias, and bias + noise below 1/2');
  const [own, absolute] = [field('error.relative'), enclose(field('error.absolute'))[1]];
  need(Math.min(own, field('error.absolute')) >= 0 && Math.max(own, least) < 1, 'errors from 0, below 1');
  const errors = [...new Set([own, Math.max(own, least)])].map((e): Interval => [enclose(e)[1], absolute]);
  let total = 0n;
  for (let i = 0; i < vectors; i++) {
    const ys = w.map((_, e) => out.at(i * nodes + e, 0));
    for (const y of ys) need(y >= 0 && y <= 1, `outputs from 0 to 1, not ${y}`);
    const [claimedSum, sum = claimedSum] = errors.map((error) => {
      const terms = ys.map((y, e) => times(w[e]!, sumOf(enclose(y), error, mass)));
      return terms.reduce(plus, times(atOne, enclose(n)));
    }) as [Interval, Interval?];
    need(claimedSum[1] - claimedSum[0] <= 2n * noise, `more noise for left vector ${i}`);
    const count = -((bias - sum[0]) >> bits); // the least integer that N_i can be
    need(count << bits <= sum[1] + bias && (count + 1n) << bits > sum[1] + bias, `one count for vector ${i}`);
    need(count >= 0n && count <= BigInt(n), `a count of 0 … ${n} for vector ${i}, not ${count}`);
    total += count;
  }
  return total;
}

/** An upper bound on |r(s) − [s = 0]| for s = 0 … degree. */
function residual(x: readonly Interval[], w: readonly Interval[], atOne: Interval, degree: number): bigint {
  let [terms, worst] = [w, 0n];
  for (let s = 0; s <= degree; s++) {
    const [low, high] = plus(terms.reduce(plus, atOne), s === 0 ? [-one, -one] : [0n, 0n]);
    worst = [worst, -low, high].reduce((a, b) => (a > b ? a : b));
    terms = terms.map((term, e) => times(term, x[e]!));
  }
  return worst;
}

/** S = P·Y/(1−Y), which grows with Y, over every Y that the output y and its error allow; mass is P. */
function sumOf(y: Interval, [relative, absolute]: Interval, mass: Interval): Interval {
  const least = y[0] > absolute ? ((y[0] - absolute) << bits) / (one + relative) : 0n;
  const most = ((y[1] + absolute) << bits) / (one - relative) + 1n;
  need(most < one, 'outputs that stay below 1 with their error');
  return [(mass[0] * least) / (one - least), (mass[1] * most) / (one - most) + 1n];
}

type List = readonly number[];
type Cnf = { readonly variables: number; readonly clauses: readonly List[] };

/** Is a row an assignment's, with an entry for each clause that it leaves open? */
type Fits = (row: number, isOpen: (c: number) => boolean) => boolean;

/**
 * Are rows 0 … rows − 1 the assignments of the half in binary order, all of them or but for those that falsify a clause
 * of their own? Assignment 0 may be there all the same: one is left of a half that has no others. Returns the most ones.
 */
function heaviest(name: string, half: List, { clauses }: Cnf, rows: number, fits: Fits): number {
  const bitsOf = (clause: List, sign: number): number =>
    half.reduce((mask, variable, bit) => (clause.includes(sign * variable) ? mask | (1 << bit) : mask), 0);
  const positive = clauses.map((clause) => bitsOf(clause, 1));
  const negative = clauses.map((clause) => bitsOf(clause, -1));
  const own = [...clauses.keys()].filter((c) => clauses[c]!.every((l) => half.includes(Math.abs(l))));
  let [row, most] = [0, 0];
  for (let assignment = 0; assignment < 2 ** half.length; assignment++) {
    const isOpen = (c: number): boolean => ((assignment & positive[c]!) | (~assignment & negative[c]!)) === 0;
    if (rows < 2 ** half.length && own.some(isOpen) && (assignment > 0 || !fits(0, isOpen))) continue;
    need(row < rows && fits(row, isOpen), `assignment ${assignment} as vector ${row} of ${name}`);
    most = Math.max(most, clauses.filter((_, c) => isOpen(c)).length);
    row++;
  }
  need(row === rows, `${row} vectors in ${name}, not ${rows}`);
  return most;
}

/** In any order. */
const areAll = (found: List, { variables }: Cnf): boolean =>
  found.length === variables && found.toSorted((a, b) => a - b).every((variable, k) => variable === k + 1);

/** DIMACS, comments anywhere, with SATLIB's closing "%" and "0"; the clauses are those that there are. */
function dimacs(text: string): Cnf {
  const lines = text.split('\n').map((line) => (/^\s*p/.test(line) ? line : line.replace(/c.*/s, '')));
  const form = /^\s*p\s+cnf\s+(\d{1,9})\s+\d+[ \t\r]*\n([^%]*)(?:%[\s0]*)?$/;
  const [, variables = '', body] = form.exec(`${lines.join('\n')}\n`) ?? [];
  need(body !== undefined, 'a formula in DIMACS');
  const clauses: number[][] = [[]];
  for (const token of body.split(/\s+/).filter((word) => word !== '')) {
    need(/^(0+|-?0*[1-9]\d{0,8})$/.test(token) && Math.abs(+token) <= +variables, `literals, not "${token}"`);
    if (+token === 0) clauses.push([]);
    else clauses.at(-1)!.push(+token);
  }
  need(clauses.pop()!.length === 0, 'a 0 after the last clause');
  return { variables: +variables, clauses };
}

type Matrix = { readonly rows: number; readonly columns: number; at(row: number, column: number): number };

/** Element `at`, little-endian. Half precision is ±(1024 + f)·2^(e−25), or ±f·2^-24 for e = 0. */
const readers: Readonly<Record<string, (view: DataView, at: number) => number>> = {
  F64: (view, at) => view.getFloat64(at * 8, true),
  F32: (view, at) => view.getFloat32(at * 4, true),
  BF16: (view, at) => new Float32Array(Uint32Array.of(view.getUint16(at * 2, true) << 16).buffer)[0]!,
  F16(view, at) {
    const word = view.getUint16(at * 2, true);
    const [sign, e, f] = [word >> 15 === 0 ? 1 : -1, (word >> 10) & 31, word & 1023];
    return sign * (e === 31 ? NaN : e === 0 ? f * 2 ** -24 : (1024 + f) * 2 ** (e - 25));
  },
};

/** Ones before rows and columns are dropped; a list is a column. */
function matrix(name: string, bytes: Bytes, type: string, shape: List): Matrix {
  const [columns = 0, rows = 1, ...ones] = shape.length === 1 ? [1, ...shape] : shape.toReversed();
  const read = Object.hasOwn(readers, type) ? readers[type] : undefined;
  const fits = columns >= 1 && rows * columns * (Number(type.slice(-2)) / 8) === bytes.length;
  const isMatrix = fits && shape.every(Number.isSafeInteger) && ones.every((one) => one === 1);
  need(read !== undefined && isMatrix, `${name} as a matrix of floats`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { rows, columns, at: (row, column) => read(view, row * columns + column) };
}

/** Only what all readers read alike: what JSON.stringify writes, where no name stands twice, and blanks after it. */
function json(text: string): unknown {
  const value: unknown = JSON.parse(text);
  need(JSON.stringify(value).padEnd(text.length) === text, 'JSON as JSON.stringify writes it');
  return value;
}

type File = { readonly header: unknown; readonly tensors: Readonly<Record<string, Matrix>> };

/** The tensors follow one another in the header's order, from its end to that of the file. */
function safetensors(bytes: Bytes): File {
  const start = 8 + bytes.slice(0, 8).reduceRight((sum, byte) => sum * 256 + byte, 0);
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const header = json(decoder.decode(bytes.subarray(8, start)));
  const [data, tensors] = [bytes.subarray(start), new Map<string, Matrix>()];
  let at = 0;
  for (const [name, entry] of Object.entries(Object(header) as object)) {
    if (name === '__metadata__') continue;
    const [begin, end = 0, ...more] = numbers(entry, 'data_offsets');
    const isNext = begin === at && end >= at && Number.isInteger(end) && more.length === 0;
    need(isNext, `data_offsets of ${name} from ${at}`);
    tensors.set(name, matrix(name, data.subarray(at, end), text(entry, 'dtype'), numbers(entry, 'shape')));
    at = end;
  }
  need(at === data.length, `${at} bytes of tensors, not ${data.length}`);
  return { header, tensors: Object.fromEntries(tensors) };
}

/** The tensor `out`, or the only one, of a safetensors file, or a .npy file (1.0) as NumPy writes it, in C order. */
function outputOf(bytes: Bytes): Matrix {
  if (bytes[0] !== 0x93) {
    const file = safetensors(bytes);
    const [only, ...others] = Object.values(file.tensors);
    return only !== undefined && others.length === 0 ? only : tensor(file, 'out');
  }
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, 10 + bytes[8]! + 256 * bytes[9]!));
  const form =
    /^.NUMPY\cA\0..\{'descr': '<f([248])', 'fortran_order': False, 'shape': \((\d+), ?(\d*)\), \} *\n$/s;
  const [, size, ...shape] = form.exec(head) ?? [];
  const sizes = shape.filter((text) => text !== '').map(Number);
  return matrix('out', bytes.subarray(head.length), `F${Number(size) * 8}`, sizes);
}

function get(from: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => {
    need(typeof value === 'object' && value !== null && Object.hasOwn(value, name), `a field ${path}`);
    return value[name as keyof typeof value];
  }, from);
}

const isNumber = (value: unknown): value is number => Number.isFinite(value);
const isList = (value: unknown): value is number[] => Array.isArray(value) && value.every(isNumber);
const isText = (value: unknown): value is string => typeof value === 'string';

/** Finite, as are numbers. */
const number = (from: unknown, path: string): number => typed(from, path, isNumber, 'a number');
const numbers = (from: unknown, path: string): number[] => typed(from, path, isList, 'numbers');
const text = (from: unknown, path: string): string => typed(from, path, isText, 'a text');
const tensor = (file: File, name: string): Matrix => get(file.tensors, name) as Matrix;

function typed<T>(from: unknown, path: string, is: (value: unknown) => value is T, what: string): T {
  const value = get(from, path);
  need(is(value), `${what} in ${path}`);
  return value;
}

function same(from: unknown, path: string, expected: unknown): void {
  const found = get(from, path);
  need(found === expected, `${path} to be ${String(expected)}, not ${JSON.stringify(found).slice(0, 80)}`);
}

function need(holds: boolean, expected: string): asserts holds {
  if (!holds) throw new Error(`expected ${expected}`);
}

async function sha256(bytes: Bytes): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** [low, high] with the number between them, in units of 2^-320; operations round outward. */
type Interval = readonly [bigint, bigint];

const bits = 320n;
const one = 1n << bits;

/** A finite float64; exactly, where its last bit is worth 2^-320 or more. */
function enclose(x: number): Interval {
  let power = bits;
  for (; !Number.isInteger(x); power--) x *= 2;
  const low = power >= 0n ? BigInt(x) << power : BigInt(x) >> -power;
  return [low, power >= 0n ? low : low + 1n];
}

const plus = (a: Interval, b: Interval): Interval => [a[0] + b[0], a[1] + b[1]];

function times([a, b]: Interval, [c, d]: Interval): Interval {
  const sorted = [a * c, a * d, b * c, b * d].toSorted((x, y) => (x < y ? -1 : 1));
  return [sorted[0]! >> bits, -(-sorted[3]! >> bits)];
}

/** exp(z), |z| ≤ 128: 64 terms at z/256, |z/256| ≤ 1/2 (what follows is below 2^-359), then eight squarings. */
function exponential([low, high]: Interval): Interval {
  const z: Interval = [low >> 8n, (high >> 8n) + 1n];
  let term: Interval = [one, one];
  let sum: Interval = [one - 1n, one + 1n];
  for (let k = 1n; k <= 64n; k++) {
    const [a, b] = times(term, z);
    term = [a / k - 1n, b / k + 1n];
    sum = plus(sum, term);
  }
  for (let squaring = 0; squaring < 8; squaring++) sum = times(sum, sum);
  return sum;
}
