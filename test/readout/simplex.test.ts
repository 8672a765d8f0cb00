import highsModule from 'highs';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { one, toFixed, toNumber } from '../../src/readout/fixed-point.ts';
import { solveProgram, type Solution } from '../../src/readout/simplex.ts';
import { suite } from '../support/harness.ts';

/** Chebyshev-spaced nodes of [xMin, 1], 1 first. */
const grid = (xMin: number, count: number): number[] =>
  Array.from(
    { length: count },
    (_, k) => (1 + xMin) / 2 + ((1 - xMin) / 2) * Math.cos((Math.PI * k) / (count - 1)),
  );

const amplification = ({ weights }: Solution): number =>
  weights.reduce((sum, [, weight]) => sum + Math.abs(toNumber(weight)), 0);

const solveOn = (nodes: readonly number[], degree: number, tolerance: number): Solution =>
  solveProgram({
    nodes: nodes.map(toFixed),
    costs: nodes.map(() => one),
    degree,
    tolerance: toFixed(tolerance),
  });

/** The optimal Σ|w| as found by HiGHS, in float64 and with a method of its own. */
async function highsOptimum(
  nodes: readonly number[],
  degree: number,
  tolerance: number,
): Promise<number | string> {
  const highs = await (highsModule as unknown as typeof highsModule.default)();
  const lines = ['Minimize', ` obj: ${nodes.map((_, k) => `p${k} + m${k}`).join(' + ')}`, 'Subject To'];
  for (let s = 0; s <= degree; s++) {
    const sum = nodes.map((x, k) => `${x ** s} p${k} - ${x ** s} m${k}`).join(' + ');
    lines.push(
      ` u${s}: ${sum} <= ${(s === 0 ? 1 : 0) + tolerance}`,
      ` l${s}: ${sum} >= ${(s === 0 ? 1 : 0) - tolerance}`,
    );
  }
  const options = {
    output_flag: false,
    primal_feasibility_tolerance: 1e-10,
    dual_feasibility_tolerance: 1e-10,
  };
  try {
    const result = highs.solve([...lines, 'End'].join('\n'), options);
    return result.Status === 'Optimal' ? result.ObjectiveValue : result.Status;
  } catch (error) {
    return String(error);
  }
}

suite('readout/simplex', (test) => {
  test('HiGHS finds the same optimum, as far as float64 carries it', async () => {
    for (const [keys, degree, xMin] of [
      [1024, 47, 0.03],
      [1024, 47, 0.1],
      [1024, 30, 0.2],
      [32768, 60, 0.03],
      [16, 5, 0.4],
      [2, 1, 0.5],
    ] as const) {
      const nodes = grid(xMin, 65);
      const theirs = await highsOptimum(nodes, degree, 1 / (8 * keys));
      assert.type(theirs, 'number', `HiGHS says ${theirs} at ${keys}, ${degree}, ${xMin}`);
      const ours = amplification(solveOn(nodes, degree, 1 / (8 * keys)));
      assert.ok(Math.abs(ours / Number(theirs) - 1) < 2e-3, `${ours} and HiGHS ${theirs} at x = ${xMin}`);
    }
  });

  test('at amplification 10^7 HiGHS finds no optimum, which is why there is a simplex of our own', async () => {
    assert.type(await highsOptimum(grid(0.4, 65), 47, 1 / 8192), 'string');
    assert.ok(Math.abs(amplification(solveOn(grid(0.4, 81), 47, 1 / 8192)) / 1.23e7 - 1) < 0.01);
  });

  test('the optima of an independent 200-bit simplex are met within 1%', () => {
    for (const [xMin, keys, degree, optimum] of [
      [0.03, 1024, 47, 2.67],
      [0.2, 1024, 47, 1.13e3],
      [0.3, 1024, 30, 6.18e4],
      [0.5, 1024, 47, 7.22e9],
      [0.6, 1024, 30, 1.73e12],
      [0.4, 32768, 60, 3.19e10],
    ] as const) {
      const ours = amplification(solveOn(grid(xMin, 81), degree, 1 / (8 * keys)));
      assert.ok(Math.abs(ours / optimum - 1) < 0.01, `${ours} at x = ${xMin}, expected ${optimum}`);
    }
  });

  test('the constraints hold in exact arithmetic, and no small change of the weights costs less', () => {
    const degree = 9;
    const tolerance = 1 / 64;
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 0.8, noNaN: true }), (xMin) => {
        const nodes = grid(xMin, 17).map(toFixed);
        const { weights } = solveProgram({
          nodes,
          costs: nodes.map((_, k) => (k === 0 ? 0n : one)),
          degree,
          tolerance: toFixed(tolerance),
        });
        let tight = 0;
        let terms = weights.map(([, weight]) => weight);
        for (let s = 0; s <= degree; s++) {
          const r = terms.reduce((sum, term) => sum + term, 0n) - (s === 0 ? one : 0n);
          const size = Math.abs(toNumber(r));
          assert.ok(size <= tolerance * (1 + 1e-12), `|r(${s})| = ${size}`);
          if (size > tolerance * (1 - 1e-12)) tight++;
          terms = terms.map((term, k) => (term * nodes[weights[k]![0]]!) >> 256n);
        }
        // A vertex: as many residuals at their limit as there are weights.
        assert.ok(tight >= weights.length, `${tight} tight residuals, ${weights.length} weights`);
        // x^0 … x^D are a Descartes system, so weights alternate in sign; an extremum between two neighbouring nodes
        // can be held at both of them.
        for (const [k, [node, weight]] of weights.entries()) {
          const next = weights[k + 1];
          if (next === undefined || node === 0 || next[0] === node + 1) continue;
          assert.ok(weight > 0n !== next[1] > 0n, `weights at nodes ${node} and ${next[0]} have one sign`);
        }
      }),
      { numRuns: 40 },
    );
  });
});
