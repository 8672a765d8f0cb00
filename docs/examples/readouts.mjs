// Three readouts for one instance, n keys and inner products up to D. r(s) is what a pair with inner product s adds to
// the count: 1 for s = 0 and nearly 0 for the others. n times its largest fault is the bias.
import { amplification, nodeValues, plan, residual } from 'seth-attention';

const [n, D, headDim] = [1024, 20, 60];
const error = () => ({ relative: 2 ** -47, absolute: 0 }); // of each attention output: 64 roundings of float64

for (const kind of ['threshold', 'interpolation', 'minimax']) {
  const demand = { kind, keys: n, degree: D, scale: 1 / headDim, headDim, dtype: 'f64', error };
  const { readout, bias, noise } = plan(demand);
  const nodes = nodeValues(readout);
  const r = (s) => nodes.reduce((sum, x, k) => sum + readout.weights[k] * x ** s, readout.weightAtOne);
  const small = [1, 2, 3].map((s) => Math.abs(n * r(s)).toFixed(3));
  console.log(
    `${kind}: B = ${readout.bound}, ${nodes.length} nodes, the smallest ${Math.min(...nodes).toFixed(4)}`,
  );
  console.log(`  n·|r(s)| for s = 1, 2, 3: ${small.join(', ')}`);
  console.log(`  bias ${(n * residual(readout)).toFixed(3)} = ${bias.toFixed(3)}, noise ${noise.toFixed(3)}`);
  console.log(`  amplification ${amplification(readout).toExponential(1)}`);
}
