import * as assert from 'uvu/assert';
import { mixedHeads, type HeadsMistake } from '../../../src/oracles/command/head-mistakes.ts';
import {
  attend,
  farthest,
  mistakes,
  zeroKeys,
  type Matrices,
} from '../../../src/oracles/command/mistakes.ts';
import { queryOrder, reordered } from '../../../src/oracles/command/order.ts';
import {
  asAsked,
  knownMistakes,
  selfTest,
  tinyInstance,
  type SelfTest,
} from '../../../src/oracles/command/self-test.ts';
import {
  layouts,
  noTemporaryFiles,
  type HeadsCall,
  type Layout,
  type Oracle,
} from '../../../src/oracles/oracle.ts';
import { openOracle } from '../../../src/oracles/oracles.ts';
import { referenceOracle } from '../../../src/oracles/reference.ts';
import { entries, type Attention } from '../../../src/problems/attention.ts';
import { dtypes, isExact, roundTo, type Dtype } from '../../../src/problems/dtype.ts';
import { InputError } from '../../../src/problems/input-error.ts';
import { suite } from '../../support/harness.ts';
import { headFaults, headsProgram } from '../../support/kernels/heads-program.ts';
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
  /** Keys of zeros, beside the others. */
  readonly zeros?: number;
  /** Whether the weight of key j is part of the denominator. */
  readonly counts?: (j: number) => boolean;
  readonly total?: (sum: number) => number;
}

/** A kernel with these habits; with none it is right. */
const kernel = (habits: Habits = {}): Kernel => {
  const { scale = (x) => x, sees = () => true, counts = () => true, total = (sum) => sum } = habits;
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
      for (let j = 0; j < (habits.zeros ?? 0); j++) logits.push(0);
      const weights = logits.map((logit) => weight(logit, Math.max(...logits)));
      const sum = total(weights.reduce((a, b, j) => (counts(j) ? a + b : a), 0));
      for (let c = 0; c < columns; c++) {
        output[out(i, c)] = weights.reduce((y, w, j) => y + w * (j < keys ? memory.v[v(j, c)]! : 0), 0) / sum;
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
  'scale twice': [
    kernel({ scale: (x) => x * x }),
    /the square in place .*; scale queries or logits, not both/,
  ],
  'scale/√d': [kernel({ scale: (x) => x / 2 }), /the kernel divides by √d by itself/],
  'scale 1/d': [kernel({ scale: () => 0.25 }), /with 1\/d = 0\.25 in place/],
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
  'first key': [
    kernel({ sees: (_, j) => j > 0 }),
    /without the first key; look at the start of the loop over the keys/,
  ],
  'sum without the last key': [
    kernel({ counts: (j) => j < keys - 1 }),
    /whose denominator lacks the last key; the weights of all keys add up/,
  ],
  'sum without the first key': [
    kernel({ counts: (j) => j > 0 }),
    /whose denominator lacks the first key; the weights of all keys add up/,
  ],
  zeros: [() => new Float64Array(queries * columns), /zeros only; the output was never written/],
  rows: [
    kernel({ out: (i, c) => ((i + 2) % queries) * columns + c }),
    /its rows in another order; row i of the output is for query i/,
  ],
};

type Known = Pick<HeadsMistake, 'name' | 'outputs'>;

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

/** What a command oracle makes of a kernel that takes the heads of `sources(h)`, one each for q, k and v. */
function headsOf(sources: (h: number) => readonly [q: number, k: number, v: number], run = kernel()): Oracle {
  return {
    ...referenceOracle(),
    async attendHeads({ heads }: HeadsCall) {
      const inFile = heads.map(({ q, k, v }, h) => ({
        q: entries(reordered(q, queryOrder(heads[h]!))),
        k: entries(k),
        v: entries(v),
      }));
      const outputs = heads.map((head, h) => {
        const [q, k, v] = sources(h);
        const { scale } = head;
        const made = run({ q: inFile[q]!.q, k: inFile[k]!.k, v: inFile[v]!.v, scale });
        const values = new Float64Array(made.length);
        queryOrder(head).forEach((row, i) => {
          values.set(made.subarray(i * columns, (i + 1) * columns), row * columns);
        });
        return { rows: queries, columns, values, error: { relative: 1, absolute: 0 } };
      });
      return { outputs, path: '', reason: '', seconds: 1 };
    },
  };
}

/** Of the real program, whose faults are those of `headFaults`. */
async function testHeads(fault: string, layout: Layout): Promise<SelfTest> {
  const oracle = await openOracle(`command-warm:'${process.execPath}' '${headsProgram}' '${fault}'`, {
    error: 1,
  });
  try {
    return await selfTest(oracle, { dtype: 'f32', layout });
  } finally {
    await oracle.close();
  }
}

const test1 = (run: Kernel, dtype: Dtype = 'f32', scale?: number): Promise<SelfTest> =>
  selfTest(commandOf(run, dtype), { dtype, ...(scale !== undefined && { scale }) });

suite('oracles/command/self-test', (test) => {
  /** Weights and their sum in a format. */
  const computesIn = (format: Dtype): Kernel =>
    kernel({
      weight: (x, most) =>
        roundTo(format, Math.exp(roundTo(format, roundTo(format, x) - roundTo(format, most)))),
      total: (sum) => roundTo(format, sum),
    });

  test('attention is attention, in each dtype, in f16 throughout and for bf16 in bf16', async () => {
    for (const dtype of dtypes) {
      assert.equal(await test1(kernel(), dtype), { found: 'attention' });
      assert.equal(await test1(computesIn('f16'), dtype), { found: 'attention' });
    }
    assert.equal(await test1(computesIn('bf16'), 'bf16'), { found: 'attention' });
  });

  test('attention of less precision than the dtype has is not plainly attention', async () => {
    for (const dtype of ['f16', 'f32', 'f64'] as const) {
      const { found, line } = await test1(computesIn('bf16'), dtype);
      assert.is(found, 'coarse');
      assert.match(
        line!,
        /^this is attention to within 0\.\d+% of the largest value, where f\d\d keeps it within 0\.05%: /,
      );
    }
    const scaled = kernel({ total: (sum) => 0.9 * sum });
    for (const dtype of dtypes) assert.is((await test1(scaled, dtype)).found, 'coarse');
  });

  test('zero keys that fill up a tile are recognised, however many, and said how many', async () => {
    for (const [zeros, text] of [
      [1, '1 key'],
      [2, '2 keys'],
      [9, '9 keys'],
      [25, '25 keys'],
      [57, '57 keys'],
      [121, '121 keys'],
      [249, '249 keys'],
    ] as const) {
      for (const dtype of ['f64', 'f32', 'f16'] as const) {
        const { found, line } = await test1(kernel({ zeros }), dtype);
        assert.is(found, 'zero keys', `${zeros}, ${dtype}`);
        assert.ok(
          line!.startsWith(`this is attention to the keys and ${text} of zeros besides; mask the keys`),
          line,
        );
      }
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
    // 1/d is the same there, and is not what such a kernel is told.
    assert.is((await test1(wrong['scale twice']![0], 'f32', 0.5)).found, 'scale twice');
  });

  test('an output that is small is not one that was never written', async () => {
    const { found, line } = await test1((memory) => kernel()(memory).map((y) => y / 100));
    assert.is(found, null);
    assert.match(line!, /^this is no attention, and no mistake that is known here/);
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
    const heads = [0, 1, 2, 3, 4, 5].map((h) => tinyInstance('f64', 0.3, h));
    for (const { q, k, v } of heads) {
      for (const x of [q, k, v].flatMap((matrix) => [...entries(matrix)])) {
        for (const dtype of dtypes) assert.ok(isExact(dtype, x));
      }
    }
    const asked = heads.map(asAsked);
    const unit = Math.max(...asked.flatMap(({ v }) => v.flat()).map(Math.abs));
    const right = (of: readonly Matrices[]): Known => ({
      name: 'attention',
      outputs: of.map((head) => attend(head, 0.3)),
    });
    const padded = (of: readonly Matrices[]): Known[] =>
      [1, 2, 9, 25, 57].map((count) => ({
        name: 'zero keys',
        outputs: of.map((head) => zeroKeys(head, 0.3, count).output),
      }));
    const apart = (a: Known, b: Known): number =>
      Math.max(...a.outputs.map((output, h) => farthest(output, b.outputs[h]!))) / unit;
    const [first] = asked as [Matrices];
    const one = [right([first]), ...padded([first]), ...knownMistakes(right([first]).outputs, [first], 0.3)];
    const several = layouts.map((layout) => [
      right(asked),
      ...padded(asked),
      ...knownMistakes(right(asked).outputs, asked, 0.3, layout),
    ]);
    for (const known of [one, ...several]) {
      known.forEach((a, x) => {
        for (const b of known.slice(x + 1)) {
          // The more zero keys, the nearer to zeros.
          const least = [a.name, b.name].join() === 'zero keys,zeros' ? 0.02 : 0.04;
          if (a.name !== b.name) assert.ok(apart(a, b) > least, `${a.name}, ${b.name}: ${apart(a, b)}`);
        }
      });
    }
    // Nor does another head's q, k or v make anything of them.
    for (const known of several.flat()) {
      const mixed = mixedHeads(known.outputs, asked, 2, 0.3);
      if (known.name !== 'attention')
        assert.ok(mixed === undefined || apart(known, mixed) > 0.04, known.name);
    }
  });

  for (const layout of layouts) {
    test(`several heads in one call: what goes wrong between them is recognised, ${layout}`, async () => {
      assert.equal(await testHeads('none', layout), { found: 'attention' });
      const [swapped, ofFirst, viewed, early] = headFaults;
      assert.equal(await testHeads(swapped, layout), {
        found: 'batch and head swapped',
        line: 'this is attention with batch and head swapped; head h of batch b is number b · 3 + h of the 6; check strides',
      });
      assert.equal(await testHeads(ofFirst, layout), {
        found: 'v of another head',
        line: 'this is attention with v of another head: head 1 (batch 0, head 1) has the v of head 0 (batch 0, head 0); every head has a q, k and v of its own; look at the strides of batch and head',
      });
      const other = layout === 'bhnd' ? 'bnhd' : 'bhnd';
      assert.equal(await testHeads(viewed, layout), {
        found: 'view of k and v',
        line: `this is attention with k and v taken to be in ${other}; the layout is ${layout}: transpose the axes of heads and rows, a view or reshape leaves them where they are`,
      });
      // In bnhd a row too near is the head before.
      const { found, line } = await testHeads(early, layout);
      assert.is(found, layout === 'bhnd' ? null : 'k of another head');
      const alone =
        /off by up to \d+% of the largest value; right are head 0 \(batch 0, head 0\), head 3 \(batch 1, head 0\)$/;
      assert.match(
        line!,
        layout === 'bhnd' ? alone : /head 1 \(batch 0, head 1\) has the k of head 0 \(batch 0, head 0\)/,
      );
    });
  }

  test('several heads in one call: which tensor is of which other head', async () => {
    const found = async (oracle: Oracle): Promise<SelfTest> =>
      selfTest(oracle, { dtype: 'f32', layout: 'bhnd' });
    const mixed = async (sources: (h: number) => readonly [number, number, number]): Promise<SelfTest> =>
      found(headsOf(sources));
    const swap = [0, 2, 4, 1, 3, 5];
    assert.equal(await mixed((h) => [h, h, h]), { found: 'attention' });
    assert.is((await mixed((h) => [h, 0, h])).found, 'k of another head');
    assert.is((await mixed((h) => [0, h, h])).found, 'q of another head');
    for (const order of [swap, swap.map((_, h) => swap.indexOf(h))]) {
      assert.is((await mixed((h) => [order[h]!, order[h]!, order[h]!])).found, 'batch and head swapped');
    }
    assert.is((await mixed((h) => [h, swap[h]!, swap[h]!])).found, 'k and v of another head');
    const grouped = await mixed((h) => [h, h - (h % 3), h - (h % 3)]);
    assert.is(grouped.found, 'k and v of another head');
    assert.match(grouped.line!, /: head 1 \(batch 0, head 1\) has the k of head 0 \(batch 0, head 0\); /);
    const turned = await mixed((h) => [(h + 1) % 6, (h + 1) % 6, (h + 1) % 6]);
    assert.is(turned.found, 'q, k and v of another head');
    assert.match(turned.line!, /: head 0 \(batch 0, head 0\) has the q of head 1 \(batch 0, head 1\); /);
  });

  test('several heads in one call: a mistake that all of them make is recognised as of one', async () => {
    for (const [name, [run]] of Object.entries(wrong)) {
      const oracle = headsOf((h) => [h, h, h], run);
      assert.is((await selfTest(oracle, { dtype: 'f32', layout: 'bnhd' })).found, name);
    }
    const padding = headsOf((h) => [h, h, h], kernel({ zeros: 9 }));
    assert.is((await selfTest(padding, { dtype: 'f32', layout: 'bnhd' })).found, 'zero keys');
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
