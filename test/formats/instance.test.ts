import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { writeInstanceDocument } from '../../src/formats/instance-document.ts';
import type { InstanceDocument } from '../../src/formats/instance-document.ts';
import { readInstance, requireFormulaHash } from '../../src/formats/instance.ts';
import { writeSafetensors } from '../../src/formats/safetensors.ts';
import type { Tensor } from '../../src/formats/tensor.ts';
import { bytesOf } from '../../src/problems/dtype.ts';
import type { Dtype } from '../../src/problems/dtype.ts';
import { suite } from '../support/harness.ts';
import { damageArb, faultOf, readsOrRefuses, rejectionOf } from './damage.ts';
import { exampleDocument } from './example-document.ts';

const zeros = (dtype: Dtype, ...shape: number[]): Tensor => ({
  dtype,
  shape,
  bytes: new Uint8Array(shape.reduce((product, size) => product * size, bytesOf(dtype))),
});

const fitting = { q: zeros('f32', 8, 3), k: zeros('f32', 7, 3), v: zeros('f32', 7, 1) };

function file(tensors: Readonly<Record<string, Tensor>>, document?: InstanceDocument): Uint8Array {
  const metadata = document === undefined ? [] : [['seth', writeInstanceDocument(document)] as const];
  return writeSafetensors(new Map(Object.entries(tensors)), new Map(metadata));
}

const hint = 'an instance has q (queries × d), k (keys × d) and v (keys × values) in one format';

suite('src/formats/instance', (test) => {
  test('an instance is its document and its three tensors', () => {
    const instance = readInstance(file({ ...fitting, other: zeros('f64', 2) }, exampleDocument));
    assert.equal(instance.document, exampleDocument);
    assert.equal([instance.q.shape, instance.k.shape, instance.v.shape], [[8, 3], [7, 3], [7, 1]]); // prettier-ignore
  });

  test('a file without a document is attention of any fitting shapes', () => {
    const instance = readInstance(
      file({ q: zeros('f16', 0, 5), k: zeros('f16', 2, 5), v: zeros('f16', 2, 9) }),
    );
    assert.is(instance.document, undefined);
    assert.equal(instance.q.shape, [0, 5]);
  });

  test('tensors that do not fit each other are refused with their name', () => {
    const { q, k, v } = fitting;
    const cases: readonly (readonly [tensors: Readonly<Record<string, Tensor>>, message: string])[] = [
      [{ q, k }, `v: expected a tensor named v, found only q, k; ${hint}`],
      [{}, `q: expected a tensor named q, found no tensors; ${hint}`],
      [{ q: zeros('f32', 1, 8, 3), k, v }, `q: expected rows × columns, found 1 × 8 × 3; ${hint}`],
      [{ q, k, v: zeros('f32', 7) }, `v: expected rows × columns, found 7; ${hint}`],
      [{ q, k: zeros('f32', 7, 4), v }, `k: expected 3 columns, as q has, found 4; ${hint}`],
      [{ q, k, v: zeros('f32', 6, 1) }, `v: expected 7 rows, one for each key, found 6; ${hint}`],
      [{ q, k: zeros('f64', 7, 3), v }, `k: expected f32, as q has, found f64; ${hint}`],
      [{ q, k, v: zeros('bf16', 7, 1) }, `v: expected f32, as q has, found bf16; ${hint}`],
      [
        { q, k: zeros('f32', 0, 3), v: zeros('f32', 0, 1) },
        `k: expected at least one key, found 0 × d; ${hint}`,
      ],
      [
        { q: zeros('f32', 8, 0), k: zeros('f32', 7, 0), v },
        `q: expected at least one column, found 8 × 0; ${hint}`,
      ],
      [{ q, k, v: zeros('f32', 7, 0) }, `v: expected at least one column, found 7 × 0; ${hint}`],
    ];
    for (const [tensors, message] of cases)
      assert.is(faultOf(() => readInstance(file(tensors))).message, message);
  });

  test('tensors that do not fit the document are refused with the field', () => {
    const { vectors, readout, pads } = exampleDocument;
    const cases: readonly (readonly [change: Partial<InstanceDocument>, message: string])[] = [
      [{ dtype: 'f64' }, `q: expected f64, as seth.dtype says, found f32; ${hint}`],
      [{ headDim: 4 }, `q: expected 4 columns, as seth.headDim says, found 3; ${hint}`],
      [
        { vectors: { ...vectors, left: 5 } },
        `q: expected 10 rows, seth.vectors.left times the nodes, found 8; ${hint}`,
      ],
      [
        { readout: { ...readout, scales: [1], weights: [1] } },
        `q: expected 4 rows, seth.vectors.left times the nodes, found 8; ${hint}`,
      ],
      [
        { pads: { ...pads, count: 0 } },
        `k: expected 4 rows, seth.vectors.right and seth.pads.count, found 7; ${hint}`,
      ],
      [
        { vectors: { ...vectors, right: 5 } },
        `k: expected 8 rows, seth.vectors.right and seth.pads.count, found 7; ${hint}`,
      ],
    ];
    for (const [change, message] of cases) {
      assert.is(
        faultOf(() => readInstance(file(fitting, { ...exampleDocument, ...change }))).message,
        message,
      );
    }
  });

  test('a formula that is not the one that was hashed is refused', async () => {
    await requireFormulaHash(exampleDocument);
    const { cnf } = exampleDocument;
    const { code, field } = await rejectionOf(
      requireFormulaHash({ ...exampleDocument, cnf: { ...cnf, text: `${cnf.text}c\n` } }),
    );
    assert.equal([code, field], ['formula-hash', 'seth.cnf.sha256']);
  });

  test('a damaged instance is read or refused', () => {
    const whole = file(fitting, exampleDocument);
    fc.assert(
      fc.property(damageArb, (damage) => void readsOrRefuses(() => readInstance(damage(whole)))),
      { numRuns: 1000 },
    );
  });
});
