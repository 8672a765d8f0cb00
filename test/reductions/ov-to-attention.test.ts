import fc from 'fast-check';
import * as assert from 'uvu/assert';
import {
  countPartners,
  estimatePartners,
  ovToAttention,
  type AttentionOptions,
} from '../../reductions/ov-to-attention.ts';
import type { Reduction } from '../../reductions/reduction.ts';
import { referenceOracle } from '../../src/oracles/reference.ts';
import type { Answer } from '../../src/problems/answer.ts';
import {
  entries,
  type Attention,
  type AttentionOutput,
  type OutputError,
} from '../../src/problems/attention.ts';
import { isExact } from '../../src/problems/dtype.ts';
import { InputError } from '../../src/problems/input-error.ts';
import {
  fromOnes,
  innerProduct,
  isOrthogonal,
  setBit,
  type BitMatrix,
  type OrthogonalVectors,
  type Pair,
} from '../../src/problems/orthogonal-vectors.ts';
import { divide, exactProduct, exp, multiply, one, toNumber } from '../../src/readout/fixed-point.ts';
import { interpolationReadout } from '../../src/readout/interpolation.ts';
import { nodeOf, padMass, residual } from '../../src/readout/readout.ts';
import { allOrthogonalPairs, countOrthogonalPairs } from '../../src/solvers/orthogonal-pairs.ts';
import { carefulError } from '../../src/oracles/careful-kernel.ts';
import { orthogonalVectorsArb } from '../support/arbitraries.ts';
import { choiceArb, optionsFor, type Choice } from '../support/choices.ts';
import { suite } from '../support/harness.ts';
import { reductionLaw } from '../support/laws.ts';

const reference = referenceOracle();

const vectorsArb = orthogonalVectorsArb({ maxVectors: 20, maxDimension: 40 }).filter(
  ({ left, right }) => left.rows > 0 && right.rows > 0,
);

/** The same vectors with a one in coordinate 0 of all of them: no two are orthogonal. */
function withSharedOne({ left, right }: OrthogonalVectors): OrthogonalVectors {
  const shared = (side: BitMatrix): BitMatrix => {
    const copy = { ...side, words: side.words.slice() };
    for (let row = 0; row < side.rows; row++) setBit(copy, row, 0);
    return copy;
  };
  return left.columns === 0 ? { left, right } : { left: shared(left), right: shared(right) };
}

/** Both kinds often enough, so that no run of the law can miss one by chance. */
const bothKinds = fc.oneof(
  { arbitrary: vectorsArb, weight: 3 },
  { arbitrary: vectorsArb.map(withSharedOne), weight: 1 },
);

/** The arrow with its planner, so that a choice of options can be drawn before the vectors are known. */
const planned: Reduction<OrthogonalVectors, Attention, AttentionOutput, Answer<Pair>, Choice> = {
  theorem: ovToAttention.theorem,
  encode: (vectors, choice) => ovToAttention.encode(vectors, optionsFor(vectors, choice)),
  decode: (vectors, output, choice) => ovToAttention.decode(vectors, output, optionsFor(vectors, choice)),
  ledger: (vectors, choice) => ovToAttention.ledger(vectors, optionsFor(vectors, choice)),
};

const attend = async (attention: Attention): Promise<AttentionOutput> =>
  (await reference.attend(attention)).output;

/** Twenty-four vectors a side of dimension 30, sparse enough for a few orthogonal pairs, the same in every run. */
const fixed: OrthogonalVectors = (() => {
  const side = (seed: number): number[][] =>
    Array.from({ length: 24 }, (_, r) =>
      Array.from({ length: 30 }, (_, c) => c).filter((c) => ((r + 3) * (c + seed) * 2654435761) % 97 < 24),
    );
  return { left: fromOnes(30, side(5)), right: fromOnes(30, side(11)) };
})();

/** Att for every row and node, from exact inner products and 256-bit sums: within an ulp or so. */
function trueOutput(vectors: OrthogonalVectors, { readout, pads }: AttentionOptions): Float64Array {
  const { scale, bound, scales } = readout;
  const padded = BigInt(pads.count) * exp(exactProduct(scale, bound, bound));
  const nodes = scales.map((t) => nodeOf(scale, bound, t));
  const values: number[] = [];
  for (let i = 0; i < vectors.left.rows; i++) {
    for (const x of nodes) {
      let sum = 0n;
      for (let j = 0; j < vectors.right.rows; j++) {
        let power = one;
        for (let s = innerProduct(vectors, { i, j }); s > 0; s--) power = multiply(power, x);
        sum += power;
      }
      values.push(toNumber(divide(sum, sum + padded)));
    }
  }
  return Float64Array.from(values);
}

/** The output with every entry moved by `share` of its claim, towards more partners (sign 1) or fewer (-1). */
function pushed(
  output: AttentionOutput,
  error: OutputError,
  { readout }: AttentionOptions,
  share: number,
): AttentionOutput {
  const nodes = readout.weights.length;
  const values = output.values.map((y, at) => {
    const direction = Math.sign(readout.weights[Math.floor(at / output.columns) % nodes]!);
    return Math.max(0, y + share * direction * (error.relative * y + error.absolute));
  });
  return { ...output, values, error };
}

suite('reductions/ov-to-attention', (test) => {
  test('what attention returns decodes to the decision, the count and a pair, for every readout, format and scale', () =>
    reductionLaw(
      {
        reduction: planned,
        sources: bothKinds,
        given: choiceArb,
        answers: async (attention) => [await attend(attention)],
        solutions: allOrthogonalPairs,
        isSolution: isOrthogonal,
        everyWitness: false,
        keepsCount: true,
      },
      { numRuns: 200 },
    ));

  test('entries are at most B in absolute value, exact in the format, and B is reached', () => {
    fc.assert(
      fc.property(vectorsArb, choiceArb, (vectors, choice) => {
        const options = optionsFor(vectors, choice);
        const { q, k, v } = ovToAttention.encode(vectors, options);
        const most = [q, k].map((matrix) =>
          entries(matrix).reduce((largest, entry) => {
            assert.ok(isExact(choice.dtype, entry) && !Object.is(entry, -0));
            return Math.max(largest, Math.abs(entry));
          }, 0),
        );
        assert.equal(most, [options.readout.bound, options.readout.bound]);
        assert.ok(entries(v).every((entry) => entry === 0 || entry === 1));
      }),
      { numRuns: 60 },
    );
  });

  test('rows read in blocks are the rows read at once', () => {
    const { q, k, v } = ovToAttention.encode(
      fixed,
      optionsFor(fixed, { kind: 'minimax', dtype: 'f64', witness: 'columns', scaleName: 'linear' }),
    );
    for (const matrix of [q, k, v]) {
      const whole = entries(matrix);
      const block = new Float64Array(7 * matrix.columns).fill(NaN);
      for (let from = 0; from + 7 <= matrix.rows; from += 7) {
        matrix.read(from, from + 7, block);
        assert.equal(block, whole.slice(from * matrix.columns, (from + 7) * matrix.columns));
      }
    }
  });

  test('counts are right under the error that was planned for, with every sign at its worst', async () => {
    const { perRow, count } = countOrthogonalPairs(fixed);
    assert.ok(count > 5n && count < 300n, `${count} pairs`);
    for (const kind of ['threshold', 'interpolation', 'minimax'] as const) {
      for (const relative of [1e-13, 1e-9, 1e-6, 1e-4]) {
        const error = { relative, absolute: 1e-300 };
        const options = optionsFor(
          fixed,
          { kind, dtype: 'f64', witness: 'columns', scaleName: 'linear' },
          error,
        );
        const output = await attend(ovToAttention.encode(fixed, options));
        for (const share of [-0.99, 0.5, 0.99]) {
          const noisy = pushed(output, error, options, share);
          const { counts, certificate } = countPartners(fixed, noisy, options);
          assert.equal([...counts], [...perRow], `${kind} at ${relative}, ${share}`);
          assert.ok(certificate.worst <= certificate.bias + certificate.noise);
        }
      }
    }
  });

  test('whatever an honest output does within its claim, it is never refused and never decoded wrongly', () => {
    const seen = { certified: 0, open: 0 };
    const claims = [2 ** -50, 2 ** -47, 2 ** -40, 2 ** -24, 2 ** -18, 2 ** -11, 2 ** -5, 0.1];
    fc.assert(
      fc.property(
        orthogonalVectorsArb({ maxVectors: 6, maxDimension: 30 }).filter(
          ({ left, right }) => left.rows > 0 && right.rows > 0,
        ),
        choiceArb,
        fc.constantFrom(...claims),
        fc.constantFrom(...claims),
        fc.constantFrom(0, 2 ** -1022, 2 ** -60, 2 ** -24),
        fc.constantFrom<'worst' | 'best' | 'turns'>('worst', 'best', 'turns'),
        (vectors, choice, plannedFor, relative, absolute, signs) => {
          let options;
          try {
            options = optionsFor(vectors, { ...choice, witness: 'scan' }, { relative: plannedFor, absolute });
          } catch (error) {
            assert.is((error as InputError).fault.code, 'error-too-large');
            return;
          }
          const { weights } = options.readout;
          const direction = (at: number): number =>
            signs === 'turns'
              ? (at % 2) * 2 - 1
              : (signs === 'worst' ? 1 : -1) * Math.sign(weights[at % weights.length]!);
          const values = trueOutput(vectors, options).map((y, at) => {
            // A hair inside the claim, for the rounding of the true output and of this very expression.
            const reach = (relative * y + absolute) * (1 - 2 ** -20) - 2 ** -51 * y;
            return Math.min(1, Math.max(0, y + direction(at) * Math.max(0, reach)));
          });
          const output = { rows: values.length, columns: 1, values, error: { relative, absolute } };
          const { counts } = countPartners(vectors, output, options);
          const { perRow } = countOrthogonalPairs(vectors);
          counts.forEach((count, i) => {
            seen[Number.isNaN(count) ? 'open' : 'certified']++;
            if (!Number.isNaN(count)) assert.is(count, perRow[i]);
          });
        },
      ),
      { numRuns: 400 },
    );
    assert.ok(seen.certified > 100 && seen.open > 100, JSON.stringify(seen));
  });

  test('a readout of too small a degree is found out: its bias is counted up to the inner products there are', async () => {
    const vectors: OrthogonalVectors = {
      left: fromOnes(4, [[0, 1, 2, 3]]),
      right: fromOnes(4, [[], [0, 1, 2, 3]]),
    };
    const good = optionsFor(vectors, { kind: 'minimax', dtype: 'f64', witness: 'scan', scaleName: 'linear' });
    const readout = interpolationReadout({
      degree: 1,
      bound: 2,
      scale: good.readout.scale,
      headDim: 5,
      dtype: 'f64',
    });
    const options = { ...good, readout, pads: { count: 2, mass: padMass(2, 2, readout.scale) } };
    const output = await attend(ovToAttention.encode(vectors, options));
    const answer = ovToAttention.decode(
      vectors,
      { ...output, error: { relative: 1e-13, absolute: 0 } },
      options,
    );
    assert.is(answer.outcome, 'inconclusive');
    assert.match(answer.outcome === 'inconclusive' ? answer.reason : '', /the readout itself is off/);
  });

  test('a count between two integers is refused, even where it is between 0 and n', async () => {
    // A threshold readout: the one output of row i is moved so that its count is near 2.5.
    const error = { relative: 1e-9, absolute: 0 };
    const options = optionsFor(
      fixed,
      { kind: 'threshold', dtype: 'f64', witness: 'scan', scaleName: 'linear' },
      error,
    );
    const output = await attend(ovToAttention.encode(fixed, options));
    const values = output.values.slice();
    values[3] = 2.5 / (2.5 + options.pads.mass);
    assert.throws(
      () => countPartners(fixed, { ...output, values, error }, options),
      /row 3: expected a count within .* of an integer in 0 … 24, found 2\.[45]/,
    );
  });

  test('more noise than was planned for, honestly claimed, leaves rows open and never a wrong count', async () => {
    const { perRow } = countOrthogonalPairs(fixed);
    let open = 0;
    let right = 0;
    for (const kind of ['interpolation', 'minimax'] as const) {
      const plannedFor = { relative: 1e-7, absolute: 1e-300 };
      const options = optionsFor(
        fixed,
        { kind, dtype: 'f64', witness: 'scan', scaleName: 'rsqrt' },
        plannedFor,
      );
      const output = await attend(ovToAttention.encode(fixed, options));
      for (const factor of [1, 2, 4, 8, 16, 64, 1024]) {
        const error = { ...plannedFor, relative: plannedFor.relative * factor };
        for (const share of [-0.99, 0.99]) {
          const { counts } = countPartners(fixed, pushed(output, error, options, share), options);
          counts.forEach((count, i) => {
            if (Number.isNaN(count)) open++;
            else assert.is(count, perRow[i], `${kind} × ${factor}, row ${i}`);
            if (count === perRow[i]) right++;
          });
        }
      }
    }
    assert.ok(open > 100 && right > 100, `${open} open, ${right} right`);
  });

  test('an open row makes the answer inconclusive, with the error that would do, or leaves a found pair uncounted', async () => {
    const options = optionsFor(
      fixed,
      { kind: 'minimax', dtype: 'f64', witness: 'scan', scaleName: 'linear' },
      { relative: 1e-7, absolute: 0 },
    );
    const output = await attend(ovToAttention.encode(fixed, options));
    const vague = ovToAttention.decode(fixed, { ...output, error: { relative: 1e-2, absolute: 0 } }, options);
    assert.is(vague.outcome, 'inconclusive');
    assert.match(vague.outcome === 'inconclusive' ? vague.remedy : '', /a relative error of at most \d/);
    // At a claim where only some rows are certified, one of those with partners still proves that there is a pair.
    for (let relative = 1e-7; relative < 1e-2; relative *= 1.2) {
      const answer = ovToAttention.decode(fixed, { ...output, error: { relative, absolute: 0 } }, options);
      if (answer.outcome !== 'yes' || answer.count !== null) continue;
      assert.ok(isOrthogonal(fixed, answer.witness));
      return;
    }
    assert.unreachable('no claim left some rows open and others certified');
  });

  test('an output that cannot be one is refused, with the row', async () => {
    const options = optionsFor(fixed, {
      kind: 'minimax',
      dtype: 'f64',
      witness: 'scan',
      scaleName: 'linear',
    });
    const output = await attend(ovToAttention.encode(fixed, options));
    const changed = (change: (values: Float64Array) => void): AttentionOutput => {
      const values = output.values.slice();
      change(values);
      return { ...output, values, error: carefulError('f64') };
    };
    const nodes = options.readout.weights.length;
    const cases: readonly (readonly [string, AttentionOutput, RegExp])[] = [
      ['NaN', changed((y) => (y[5] = NaN)), /out\[5\]\[0\].*\[0, 1\].*NaN/],
      ['infinite', changed((y) => (y[6] = Infinity)), /out\[6\]\[0\].*Infinity/],
      ['negative', changed((y) => (y[7] = -1e-9)), /out\[7\]\[0\].*-1e-9/],
      ['above 1', changed((y) => (y[8] = 1.5)), /out\[8\]\[0\].*1\.5/],
      ['all zeros', changed((y) => y.fill(0)), /row 0: expected an output between/],
      ['all ones', changed((y) => y.fill(1)), /row 0: expected an output between/],
      ['one row of another vector', changed((y) => y.copyWithin(0, nodes * 3, nodes * 3 + 1)), /row 0/],
      [
        'one bit in the middle of a number',
        changed((y) => (y[nodes] = y[nodes]! * (1 + 2 ** -16))),
        /row \d+/,
      ],
      [
        'a row too few',
        { ...output, rows: output.rows - 1, values: output.values.slice(1) },
        /expected an output of/,
      ],
      [
        'transposed',
        { ...output, rows: 1, columns: output.rows },
        /expected an output of \d+ × 1, found 1 × \d+/,
      ],
    ];
    for (const [name, bad, message] of cases) {
      try {
        ovToAttention.decode(fixed, bad, options);
      } catch (error) {
        assert.instance(error, InputError, name);
        assert.match((error as InputError).fault.code, /^output-/, name);
        assert.match((error as Error).message, message, name);
        continue;
      }
      assert.unreachable(`${name} was believed`);
    }
  });

  test('the least and the most that a sum can be are not refused', async () => {
    // All inner products are D, or all are 0: outputs at the very ends of what is possible.
    for (const dimension of [1, 7, 30, 47, 64]) {
      const all = Array.from({ length: dimension }, (_, c) => c);
      for (const ones of [all, []]) {
        const vectors: OrthogonalVectors = {
          left: fromOnes(dimension, [all, all]),
          right: fromOnes(dimension, [ones, ones, ones, all]),
        };
        for (const kind of ['minimax', 'threshold', 'interpolation'] as const) {
          const options = optionsFor(vectors, {
            kind,
            dtype: 'f64',
            witness: 'columns',
            scaleName: 'linear',
          });
          const answer = ovToAttention.decode(
            vectors,
            await attend(ovToAttention.encode(vectors, options)),
            options,
          );
          assert.is(answer.outcome === 'yes' ? answer.count : 0n, ones.length === 0 ? 6n : 0n);
        }
      }
    }
  });

  test('an output that claims less error than it has is refuted', async () => {
    const options = optionsFor(fixed, {
      kind: 'minimax',
      dtype: 'f64',
      witness: 'scan',
      scaleName: 'linear',
    });
    const output = await attend(ovToAttention.encode(fixed, options));
    const noise = (at: number): number => Math.sin(at * 12.9898) * 1e-9; // far above the planned 1e-14
    const noisy = { ...output, values: output.values.map((y, at) => y * (1 + noise(at))) };
    assert.throws(() => ovToAttention.decode(fixed, noisy, options), /larger --error/);
  });

  test('there are as many columns of bits as an index needs', () => {
    for (const [n, bits] of [
      [1, 0],
      [2, 1],
      [3, 2],
      [8, 3],
      [9, 4],
      [16, 4],
      [17, 5],
    ] as const) {
      const vectors = {
        left: fromOnes(2, [[0]]),
        right: fromOnes(
          2,
          Array.from({ length: n }, () => [0]),
        ),
      };
      const choice = { kind: 'threshold', dtype: 'f64', witness: 'columns', scaleName: 'linear' } as const;
      assert.is(ovToAttention.encode(vectors, optionsFor(vectors, choice)).v.columns, 1 + bits, `${n} keys`);
    }
  });

  test('what a large weight at x = 1 loses in rounding is counted as noise', () => {
    const { readout } = optionsFor(fixed, {
      kind: 'interpolation',
      dtype: 'f64',
      witness: 'scan',
      scaleName: 'linear',
    });
    const output = { rows: 0, columns: 1, values: new Float64Array(0), error: { relative: 0, absolute: 0 } };
    const only = { ...readout, scales: [], weights: [], weightAtOne: -1e13 };
    const { estimate, noise } = estimatePartners(0, 24, 1, output, only);
    assert.is(estimate, -24e13);
    assert.ok(noise >= 24e13 * 2 ** -53 && noise < 24e13 * 2 ** -44, `${noise}`);
    // Nothing more is lost: a small term between two large ones of opposite signs counts. Half of the mass is 1 here.
    const between = { ...readout, scales: [1, 1, 1], weights: [1e16, 1, -1e16], weightAtOne: 0 };
    const halves = { ...output, rows: 3, values: Float64Array.of(0.5, 0.5, 0.5) };
    assert.is(estimatePartners(0, 24, 1, halves, between).estimate, 1);
  });

  test('whatever honest outputs with columns do within their claim, a single partner is named right or looked up', async () => {
    // Of the first vector the only partner is the sixth; all others have ten ones in common with it, or one.
    const all = Array.from({ length: 10 }, (_, c) => c);
    const far = [all, all, all, all, all, [10], all, [0], all, all, all, all];
    const vectors: OrthogonalVectors = { left: fromOnes(11, [all]), right: fromOnes(11, far) };
    let named = 0;
    for (const kind of ['interpolation', 'minimax'] as const) {
      const choice = { kind, dtype: 'f64', witness: 'columns', scaleName: 'linear' } as const;
      const options = optionsFor(vectors, choice, { relative: 1e-9, absolute: 0 });
      const nodes = options.readout.weights.length;
      const output = await attend(ovToAttention.encode(vectors, options));
      for (let relative = 1e-10; relative < 1e-5; relative *= 1.25) {
        for (const [total, bits] of [
          [0, 0.999],
          [0, -0.999],
          [-0.999, 0.999],
          [0.999, -0.999],
          [0.999, 0.999],
          [-0.999, -0.999],
        ] as const) {
          const values = output.values.map((y, at) => {
            const sign = Math.sign(options.readout.weights[Math.floor(at / output.columns) % nodes]!);
            return y * (1 + sign * relative * (at % output.columns === 0 ? total : bits));
          });
          const noisyOutput = { ...output, values, error: { relative, absolute: 0 } };
          const answer = ovToAttention.decode(vectors, noisyOutput, options);
          assert.is.not(answer.outcome, 'no');
          if (answer.outcome !== 'yes') continue;
          named++;
          assert.equal(answer.witness, { i: 0, j: 5 });
        }
      }
    }
    assert.ok(named > 60, `${named}`);
  });

  test('vectors with more in common than the readout was made for: bits are read with the bias that this has', async () => {
    const ones = (count: number): number[] => Array.from({ length: count }, (_, c) => c);
    const vectorsOf = (common: number): OrthogonalVectors => ({
      left: fromOnes(40, [ones(common)]),
      right: fromOnes(
        40,
        Array.from({ length: 16 }, (_, j) => (j === 5 ? [39] : ones(common))),
      ),
    });
    let seen = 0;
    for (const common of [18, 22, 26, 30, 34]) {
      const vectors = vectorsOf(common);
      const choice = { kind: 'minimax', dtype: 'f32', witness: 'columns', scaleName: 'linear' } as const;
      const options = { ...optionsFor(vectorsOf(common - 1), choice), dtype: 'f64' } as const;
      const [own, here] = [residual(options.readout), residual(options.readout, common)];
      if (!(16 * here < 0.45 && here > 1.5 * own)) continue;
      seen++;
      const output = await attend(ovToAttention.encode(vectors, options));
      const answer = ovToAttention.decode(vectors, output, options);
      assert.equal(answer.outcome === 'yes' && answer.witness, { i: 0, j: 5 }, `${common} in common`);
    }
    assert.ok(seen > 1, `${seen} readouts are off by more`);
  });

  test('the columns name the partner of a vector that has one', async () => {
    const single: OrthogonalVectors = {
      left: fromOnes(6, [[0], [1, 2, 3, 4, 5], [0, 1, 2]]),
      right: fromOnes(6, [[0, 1], [0, 2], [0, 3], [0, 4], [0, 1], [0, 5], [0]]),
    };
    const options = optionsFor(single, {
      kind: 'minimax',
      dtype: 'f64',
      witness: 'columns',
      scaleName: 'linear',
    });
    const { output } = await reference.attend(ovToAttention.encode(single, options));
    assert.is(output.columns, 1 + 3);
    const answer = ovToAttention.decode(single, output, options);
    assert.equal(answer.outcome === 'yes' && answer.witness, { i: 1, j: 6 });
    // The bits of two keys changed places: what they name is looked at, and is none.
    const attention = ovToAttention.encode(single, options);
    const { rows, columns } = attention.v;
    const swap = (row: number): number => (row === 6 ? 2 : row === 2 ? 6 : row);
    const read = (from: number, to: number, into: Float64Array): void => {
      const all = entries(attention.v);
      for (let row = from; row < to; row++)
        into.set(all.subarray(swap(row) * columns, (swap(row) + 1) * columns), (row - from) * columns);
    };
    const misled = await attend({ ...attention, v: { rows, columns, read } });
    assert.throws(
      () => ovToAttention.decode(single, misled, options),
      /an orthogonal partner at the index its columns give, found 2/,
    );
    // Not by looking the partner up: columns that name another are found out.
    const swapped = output.values.slice();
    for (let row = 0; row < output.rows; row++) swapped[row * 4 + 2] = 0; // bit 1 of j
    assert.throws(
      () => ovToAttention.decode(single, { ...output, values: swapped }, options),
      /row \d+, column 2.*0 or 1/,
    );
  });
});
