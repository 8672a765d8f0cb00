/** The kernels that docs/stress.md measures: ours, others' and approximate ones. */
import { openOracle } from '../../../src/oracles/oracles.ts';
import type { Oracle } from '../../../src/oracles/oracle.ts';
import { dtypes, type Dtype } from '../../../src/problems/dtype.ts';
import { eightBitKernel, performerKernel, taylorKernel } from './approximate.ts';
import { jaxOracle } from './jax-js.ts';
import { kernelOracle } from './kernel.ts';
import { onnxOracle } from './onnx.ts';
import { plainKernel } from './plain.ts';

export interface Known {
  readonly name: string;
  readonly dtypes: readonly Dtype[];
  /** Rejects where this machine does not have it. */
  readonly open: () => Promise<Oracle> | Oracle;
}

/** What `seth stress --oracle` takes. */
const named = (oracle: string, name: string = oracle, of: readonly Dtype[] = dtypes): Known => ({
  name,
  dtypes: of,
  open: () => openOracle(oracle),
});

const python = '/usr/bin/python3 docs/adapters';

export const known: readonly Known[] = [
  named('reference', '`reference`'),
  named('cpu', '`cpu`'),
  named('cpu:dense', '`cpu:dense`'),
  named('gpu', '`gpu`'),
  named('gpu:f32', '`gpu:f32`'),
  named('gpu:f64-emulated', '`gpu:f64-emulated`'),
  named('polynomial', '`polynomial`'),
  {
    name: 'plain JavaScript, half precision in float32',
    dtypes,
    open: () => kernelOracle('plain', plainKernel()),
  },
  named(`command-warm:${python}/numpy_attention.py --warm`, 'numpy, half precision in float32', dtypes),
  named(`command-warm:${python}/torch_attention.py --backend explicit`, 'PyTorch, softmax(QKᵀ)V', [
    'f64',
    'f32',
    'bf16',
  ]),
  named(
    `command-warm:${python}/torch_attention.py --backend private`,
    "PyTorch, torch 1.13's private function",
    ['f64', 'f32', 'bf16'],
  ),
  { name: 'ONNX Runtime, Gemm and Softmax', dtypes: ['f64', 'f32'], open: () => onnxOracle(false) },
  { name: 'ONNX Runtime, MultiHeadAttention', dtypes: ['f32'], open: () => onnxOracle(true) },
  { name: 'jax-js', dtypes: ['f64', 'f32'], open: jaxOracle },
];

/** Approximate by design; in float64. */
export const approximate: readonly Known[] = [
  {
    name: 'linear attention, Taylor 2',
    dtypes: ['f64'],
    open: () => kernelOracle('taylor', taylorKernel(2)),
  },
  {
    name: 'linear attention, Taylor 8',
    dtypes: ['f64'],
    open: () => kernelOracle('taylor', taylorKernel(8)),
  },
  {
    name: 'Performer, 256 features',
    dtypes: ['f64'],
    open: () => kernelOracle('performer', performerKernel(256, 1)),
  },
  { name: 'logits of 8 bits', dtypes: ['f64'], open: () => kernelOracle('eight bits', eightBitKernel) },
];
