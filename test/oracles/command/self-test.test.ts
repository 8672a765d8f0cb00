import * as assert from 'uvu/assert';
import { attend, mistakes } from '../../../src/oracles/command/mistakes.ts';
import { queryOrder, reordered } from '../../../src/oracles/command/order.ts';
import { selfTest, tinyInstance, type SelfTest } from '../../../src/oracles/command/self-test.ts';
import { noTemporaryFiles, type Oracle } from '../../../src/oracles/oracle.ts';
import { referenceOracle } from '../../../src/oracles/reference.ts';
import { entries, type Attention } from '../../../src/problems/attention.ts';
import { dtypes, isExact, roundTo, type Dtype } from '../../../src/problems/dtype.ts';
import { InputError } from '../../../src/problems/input-error.ts';
import { suite } from '../../support/harness.ts';
import { faultOf, inPlace } from './support.ts';

/** Matrices as a kernel has them: in memory, row after row. */
interface Memory {
  readonly q: Float64Array;
  readonly k: Float64Array;
  readonly v: Float64Array;
  readonly scale: number;
}

/** 5 × 3 numbers, row after row. */
type Kernel = (memory: Memory) => Float64Array;

const [queries, keys, d, columns] = [5, 7, 4, 3];

interface Habits {
  readonly scale?: (scale: number) => number;
  readonly weight?: (logit: number, most: number) => number;
  readonly sees?: (i: number, j: number) => boolean;
  /** Where entry (row, column) of a matrix stands. */
  readonly q?: (i: number, c: number) => number;
  readonly k?: (j: number, c: number) => number;
  readonly v?: (j: number, c: number) => number;
  readonly out?: (i: number, c: number) => number;
  readonly keys?: number;
  readonly total?: (sum: number) => number;
}

/** A kernel with these habits; with none it is right. */
const kernel = (habits: Habits = {}): Kernel => {
  const { scale = (x) => x, sees = () => true, total = (sum) => sum } = habits;
  const weight = habits.weight ?? ((logit, most) => Math.exp(logit - most));
  const { q = (i, c) => i * d + c, k = (j, c) => j * d + c, v = (j, c) => j * columns + c } = habits;
  const { out = (i, c) => i * columns + c } = habits;
  return (memory) => {
    const output = new Float64Array(queries * columns);
    for (let i = 0; i < queries; i++) {
      const logits: number[] = [];
      for (let j = 0; j < (habits.keys ?? keys); j++) {
        let sum = 0;
        for (let c = 0; c < d; c++) sum += memory.q[q(i, c)]! * memory.k[k(j, c)]!;
        logits.push(sees(i, j) ? sum * scale(memory.scale) : -Infinity);
      }
      const weights = logits.map((logit) => weight(logit, Math.max(...logits)));
      const sum = total(weights.reduce((a, b) => a + b));
      for (let c = 0; c < columns; c++) {
        output[out(i, c)] = weights.reduce((y, w, j) => y + w * memory.v[v(j, c)]!, 0) / sum;
      }
    }
    return output;
  };
};

/** The softmax that goes over queries. */
const overQueries: Kernel = ({ q, k, v, scale }) => {
  const output = new Float64Array(queries * columns);
  for (let j = 0; j < keys; j++) {
    const weights = Array.from({ length: queries }, (_, i) => {
      let sum = 0;
      for (let c = 0; c < d; c++) sum += q[i * d + c]! * k[j * d + c]!;
      return Math.exp(scale * sum);
    });
    const sum = weights.reduce((a, b) => a + b);
    weights.forEach((w, i) => {
      for (let c = 0; c < columns; c++) output[i * columns + c]! += (w / sum) * v[j * columns + c]!;
    });
  }
  return output;
};

const wrong: Readonly<Record<string, readonly [kernel: Kernel, line: RegExp]>> = {
  'scale 1/√d': [
    kernel({ scale: () => 0.5 }),
    /^this is attention with 1\/√d = 0\.5 in place of the file's scale 0\.3; take the scale .*--scale rsqrt/,
  ],
  'scale 1': [kernel({ scale: () => 1 }), /with no scale in place of the file's scale 0\.3; take the scale/],
  'scale 1/d': [kernel({ scale: () => 0.25 }), /with 1\/d = 0\.25 in place/],
  'scale twice': [
    kernel({ scale: (x) => x * x }),
    /the square in place .*; scale queries or logits, not both/,
  ],
  'scale/√d': [kernel({ scale: (x) => x / 2 }), /the kernel divides by √d by itself/],
  'scale·log2 e': [kernel({ scale: (x) => x * Math.LOG2E }), /log2 e times it/],
  'scale·ln 2': [kernel({ weight: (x, most) => 2 ** (x - most) }), /exp2 wants logits times log2 e/],
  'scale 0': [kernel({ scale: () => 0 }), /as if every logit were 0/],
  causal: [kernel({ sees: (i, j) => j <= i }), /a causal mask, query i seeing keys 0 to i; every query sees/],
  'causal from the end': [kernel({ sees: (i, j) => j <= i + 2 }), /the last query seeing all keys/],
  'q by columns': [kernel({ q: (i, c) => c * queries + i }), /a q that was read column after column; /],
  'k by columns': [kernel({ k: (j, c) => c * keys + j }), /a k that was read column after column; /],
  'v by columns': [kernel({ v: (j, c) => c * keys + j }), /a v that was read column after column; /],
  'output by columns': [kernel({ out: (i, c) => c * queries + i }), /written column after column/],
  'softmax over queries': [overQueries, /a softmax over the queries; the weights of a query add up to 1/],
  'no softmax': [kernel({ weight: (x) => x, total: () => 1 }), /scale · q kᵀ v; a softmax is missing/],
  'no division': [kernel({ weight: Math.exp, total: () => 1 }), /divide by the sum/],
  'no division, shifted': [kernel({ total: () => 1 }), /less the largest, times v; divide by the sum/],
  'v reversed': [kernel({ v: (j, c) => (keys - 1 - j) * columns + c }), /row j of v belongs to row j of k/],
  'last key': [kernel({ keys: keys - 1 }), /without the last key; look at the bound of the loop/],
  zeros: [() => new Float64Array(queries * columns), /zeros only; the output was never written/],
  rows: [
    kernel({ out: (i, c) => ((i + 2) % queries) * columns + c }),
    /its rows in another order; row i of the output is for query i/,
  ],
};

/** What a command oracle makes of a kernel: queries in another order, outputs in the dtype. */
function commandOf(run: Kernel, dtype: Dtype): Oracle {
  return {
    ...referenceOracle(),
    async attend(attention: Attention) {
      const { q, k, v, scale } = attention;
      const order = queryOrder(attention);
      const made = run({ q: entries(reordered(q, order)), k: entries(k), v: entries(v), scale });
      const values = new Float64Array(made.length);
      order.forEach((row, i) => {
        for (let c = 0; c < columns; c++) {
          values[row * columns + c] = roundTo(dtype, made[i * columns + c]!);
        }
      });
      const error = { relative: 1, absolute: 0 };
      return { output: { rows: queries, columns, values, error }, path: '', reason: '', seconds: 1 };
    },
  };
}

const test1 = (run: Kernel, dtype: Dtype = 'f32', scale?: number): Promise<SelfTest> =>
  selfTest(commandOf(run, dtype), { dtype, ...(scale !== undefined && { scale }) });

suite('oracles/command/self-test', (test) => {
  test('attention is attention, in each dtype and with logits of eight bits', async () => {
    const coarse = kernel({ weight: (x, most) => Math.exp(roundTo('bf16', x) - roundTo('bf16', most)) });
    for (const dtype of dtypes) {
      assert.equal(await test1(kernel(), dtype), { found: 'attention' });
      assert.equal(await test1(coarse, dtype), { found: 'attention' });
    }
  });

  for (const [name, [run, line]] of Object.entries(wrong)) {
    test(`it recognises ${name}, in each dtype`, async () => {
      for (const dtype of dtypes) {
        const tested = await test1(run, dtype);
        assert.is(tested.found, name);
        assert.match(tested.line!, line);
      }
    });
  }

  test('every mistake that is known has been tried', () => {
    const square = [
      [1, 2],
      [3, 4],
    ];
    const known = mistakes({ q: square, k: square, v: square }, 0.3).map(({ name }) => name);
    assert.equal([...known, 'rows'], Object.keys(wrong));
  });

  test('1/√d is what the file asks for where its scale is 1/√d', async () => {
    assert.equal(await test1(wrong['scale 1/√d']![0], 'f32', 0.5), { found: 'attention' });
    assert.is((await test1(wrong['scale 1']![0], 'f32', 0.5)).found, 'scale 1');
  });

  test('what is none of them is said to be none, with how far it is off', async () => {
    const tested = await test1((memory) => kernel()(memory).map((y, e) => (e === 4 ? y + 1 : y)));
    assert.is(tested.found, null);
    assert.match(
      tested.line!,
      /^this is no attention, and no mistake that is known here: it is off by up to \d+% /,
    );
  });

  test('no two outputs that are known are near each other, and entries are exact in every dtype', () => {
    const { q, k, v } = tinyInstance('f64', 0.3);
    for (const x of [q, k, v].flatMap((matrix) => [...entries(matrix)])) {
      for (const dtype of dtypes) assert.ok(isExact(dtype, x));
    }
    const rows = (matrix: Attention['q']): number[][] =>
      Array.from({ length: matrix.rows }, (_, r) => [
        ...entries(matrix).subarray(r * matrix.columns, (r + 1) * matrix.columns),
      ]);
    const tiny = { q: rows(q), k: rows(k), v: rows(v) };
    const all = [attend(tiny, 0.3), ...mistakes(tiny, 0.3).map(({ output }) => output)].map((y) => y.flat());
    const unit = Math.max(...tiny.v.flat().map(Math.abs));
    all.forEach((a, x) => {
      for (const b of all.slice(x + 1)) {
        assert.ok(Math.max(...a.map((y, e) => Math.abs(y - b[e]!))) > 0.04 * unit);
      }
    });
  });

  test('a program that gives no answer is told so; what is no fault of its ends the test', () =>
    inPlace(async (place) => {
      const crash = await place.open(`command:${place.line('exit 3', 0)}`);
      const { found, line } = await selfTest(crash, { dtype: 'f32' });
      assert.is(found, null);
      assert.match(line!, /^no answer to a tiny instance \(5 queries, 7 keys, d = 4\): .*found exit code 3/);
      const full = commandOf(() => {
        throw new InputError({ code: noTemporaryFiles, expected: 'room', found: 'none', hint: 'make some' });
      }, 'f32');
      assert.is((await faultOf(selfTest(full, { dtype: 'f32' }))).code, noTemporaryFiles);
    }));
});
