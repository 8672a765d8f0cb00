import * as assert from 'uvu/assert';
import { requireOwnInstance } from '../../src/cli/own-instance.ts';
import { encodeElements } from '../../src/formats/elements.ts';
import type { Instance } from '../../src/formats/instance.ts';
import type { InstanceDocument } from '../../src/formats/instance-document.ts';
import type { Tensor } from '../../src/formats/tensor.ts';
import { entries, type Matrix } from '../../src/problems/attention.ts';
import type { Cnf } from '../../src/problems/cnf.ts';
import { carefulError } from '../../src/oracles/careful-kernel.ts';
import { prepare } from '../../src/verify/prepare.ts';
import { faultOf } from '../formats/damage.ts';
import { suite } from '../support/harness.ts';

const cnf: Cnf = {
  variables: 4,
  clauses: [
    [1, 2],
    [-1, 3],
    [-2, -4],
    [2, 3, 4],
  ],
};

const tensorOf = (matrix: Matrix): Tensor => ({
  dtype: 'f64',
  shape: [matrix.rows, matrix.columns],
  bytes: encodeElements('f64', entries(matrix)),
});

/** What `generate` makes of the formula. */
function made(): { instance: Instance; document: InstanceDocument } {
  const encoding = { prune: false, split: 'order', witness: 'columns' } as const;
  const options = { ...encoding, route: 'minimax', dtype: 'f64', scaleName: 'linear' } as const;
  const { vectors, plan, attention, options: given } = prepare(cnf, options, () => carefulError('f64'));
  const { kind, degree, bound, scale, ...readout } = given.readout;
  const document: InstanceDocument = {
    format: 1,
    tool: 'test',
    route: kind,
    cnf: { text: '', sha256: '' },
    encoding,
    scale,
    scaleName: 'linear',
    dtype: 'f64',
    degree,
    bound,
    readout,
    plannedError: 1e-15,
    seed: null,
    vectors: { left: vectors.left.rows, right: vectors.right.rows },
    headDim: attention.q.columns,
    pads: plan.pads,
  };
  const [q, k, v] = [tensorOf(attention.q), tensorOf(attention.k), tensorOf(attention.v)];
  return { instance: { document, scale: document.scale, q, k, v }, document };
}

suite('src/cli/own-instance', (test) => {
  test('an instance that follows from its formula is accepted', () => {
    const { instance, document } = made();
    requireOwnInstance(instance, document, cnf);
  });

  test('a field that does not follow from the formula is named', () => {
    const { instance, document } = made();
    const { bound, headDim, vectors, pads, readout } = document;
    const [first = 0, ...others] = readout.scales;
    const altered: readonly (readonly [field: string, change: Partial<InstanceDocument>])[] = [
      ['vectors.left', { vectors: { ...vectors, left: 8 } }],
      ['vectors.right', { vectors: { ...vectors, right: 3 } }],
      ['headDim', { headDim: headDim + 1 }],
      ['degree', { degree: document.degree - 1 }],
      ['degree', { degree: 2 ** 40 }],
      ['scale', { scale: document.scale * 2 }],
      ['scale', { scaleName: 'rsqrt' }],
      ['bound', { bound: 0 }],
      ['bound', { bound: 1e300 }],
      ['readout.scales.0', { readout: { ...readout, scales: [2 * bound, ...others] } }],
      ['readout.scales.0', { readout: { ...readout, scales: [0, ...others] } }],
      ['pads.count', { pads: { ...pads, count: 0 } }],
      ['pads.mass', { pads: { ...pads, mass: pads.mass * 1.001 } }],
      ['vectors.left', { encoding: { ...document.encoding, prune: true } }],
    ];
    assert.ok(first > 0);
    for (const [field, change] of altered) {
      const fault = faultOf(() => requireOwnInstance(instance, { ...document, ...change }, cnf));
      assert.is(fault.code, 'instance-inconsistent');
      assert.is(fault.field, `seth.${field}`);
    }
  });

  test('an entry that the document does not make is named, in each tensor', () => {
    for (const name of ['q', 'k', 'v'] as const) {
      const { instance, document } = made();
      const { bytes, shape } = instance[name];
      const last = bytes.length - 8;
      new DataView(bytes.buffer).setFloat64(last, 0.3, true);
      const fault = faultOf(() => requireOwnInstance(instance, document, cnf));
      assert.is(fault.field, `${name}[${shape[0]! - 1}, ${shape[1]! - 1}]`);
      assert.is(fault.found, '0.3');
      new DataView(bytes.buffer).setFloat64(last, NaN, true);
      assert.is(faultOf(() => requireOwnInstance(instance, document, cnf)).found, 'NaN');
    }
  });

  test('a document with other nodes than Q was made for is refused by the first entry that differs', () => {
    const { instance, document } = made();
    const [first, ...others] = document.readout.scales;
    const readout = { ...document.readout, scales: [first! / 2, ...others] };
    const fault = faultOf(() => requireOwnInstance(instance, { ...document, readout }, cnf));
    assert.match(fault.field!, /^q\[0, \d+\]$/);
    assert.is(fault.found, `${first}`);
  });
});
