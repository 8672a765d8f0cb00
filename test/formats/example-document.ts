/** A document with every field, for a formula of two clauses. It belongs to q 8 × 3, k 7 × 3. */
import type { InstanceDocument } from '../../src/formats/instance-document.ts';

export const exampleDocument: InstanceDocument = {
  format: 1,
  tool: 'seth-attention 0.1.0',
  route: 'minimax',
  cnf: {
    text: 'p cnf 2 2\n1 2 0\n-1 0\n',
    sha256: '692abccfa73cd9ea6d7c1b2176af178a8bd97ebe697abfc0bb4b2481402d1c21',
  },
  encoding: { prune: false, split: 'weight', witness: 'scan' },
  scale: 1 / 3,
  scaleName: 'linear',
  dtype: 'f32',
  vectors: { left: 4, right: 4 },
  headDim: 3,
  degree: 2,
  bound: 3.5,
  pads: { count: 3, mass: 4.25 },
  readout: { scales: [0.5, 2.25], weights: [-1.5, 2.5], weightAtOne: -0.125 },
  plannedError: 1e-6,
  seed: null,
};
