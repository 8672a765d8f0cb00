import * as assert from 'uvu/assert';
import { cpuOracle } from '../../src/oracles/cpu/cpu.ts';
import { referenceOracle } from '../../src/oracles/reference.ts';
import { denseMatrix, entries, type Attention } from '../../src/problems/attention.ts';
import { InputError } from '../../src/problems/input-error.ts';
import { suite } from '../support/harness.ts';
import { cook } from './cases.ts';

const good = cook({ queries: 300, keys: 70, headDim: 3, valueDim: 2, q: () => 1, k: () => 2, v: () => 3 });

/** `good` with one entry of one tensor replaced. */
function spoiled(tensor: 'q' | 'k' | 'v', row: number, column: number, x: number): Attention {
  const { rows, columns } = good[tensor];
  const data = entries(good[tensor]);
  data[row * columns + column] = x;
  return { ...good, [tensor]: denseMatrix(rows, columns, data) };
}

const zeros = (rows: number, columns: number) => denseMatrix(rows, columns, new Float64Array(rows * columns));

const refused: readonly (readonly [string, Attention, string, RegExp])[] = [
  ['NaN in a query', spoiled('q', 298, 1, NaN), 'entry-not-finite', /^q: .*NaN in row 298, column 1/],
  [
    'infinity in a key',
    spoiled('k', 69, 2, Infinity),
    'entry-not-finite',
    /^k: .*Infinity in row 69, column 2/,
  ],
  [
    'minus infinity in a value',
    spoiled('v', 0, 1, -Infinity),
    'entry-not-finite',
    /^v: .*-Infinity in row 0, column 1/,
  ],
  ['a value beyond 2^450', spoiled('v', 5, 0, 2 ** 451), 'entry-too-large', /^v: .*row 5, column 0/],
  ['logits beyond 2^30', spoiled('q', 299, 0, 2 ** 31), 'logits-too-large', /^q: .*in row 299/],
  [
    'keys of another head dimension',
    { ...good, k: zeros(70, 4) },
    'shape-mismatch',
    /^k: expected 3 columns.*70 × 4/,
  ],
  [
    'values for another number of keys',
    { ...good, v: zeros(69, 2) },
    'shape-mismatch',
    /^v: expected 70 rows.*69 × 2/,
  ],
  ['no keys', { ...good, k: zeros(0, 3), v: zeros(0, 2) }, 'no-keys', /^k: expected at least one key/],
  ['a negative number of rows', { ...good, q: { ...good.q, rows: -1 } }, 'shape-invalid', /^q: .*-1 × 3/],
  ['half a column', { ...good, v: { ...good.v, columns: 0.5 } }, 'shape-invalid', /^v: .*70 × 0.5/],
  ...[0, -1, NaN, Infinity, 2 ** 501].map(
    (scale) =>
      [`scale ${scale}`, { ...good, scale }, 'scale-invalid', /^scale: expected a positive/] as const,
  ),
];

for (const oracle of [referenceOracle(), cpuOracle({ threads: 2 })]) {
  suite(`oracles/validate (${oracle.name})`, (test) => {
    for (const [what, attention, code, message] of refused) {
      test(`refuses ${what}`, async () => {
        const error = await oracle.attend(attention).then(
          () => new Error('was accepted'),
          (thrown: unknown) => thrown,
        );
        assert.instance(error, InputError);
        assert.is((error as InputError).fault.code, code);
        assert.match((error as InputError).message, message);
      });
    }

    test('takes what is in order, after all that', async () => {
      const { output } = await oracle.attend(good);
      assert.ok(output.values.every((x) => Math.abs(x - 3) <= 3 * output.error.relative));
      assert.is(output.values.length, 600);
    });
  });
}
