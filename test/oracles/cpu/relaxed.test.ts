import { spawnSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { hasRelaxedSimd } from '../../../src/oracles/cpu/kernel.ts';
import { suite } from '../../support/harness.ts';

/** Node 20 has relaxed SIMD behind a flag, later ones have it without. */
const flags = hasRelaxedSimd() ? [] : ['--experimental-wasm-relaxed-simd'];

/** Runs a script in a process whose engine has relaxed SIMD, with both builds and the cases at hand. */
function relaxed(script: string): string {
  const at = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  const prelude = `
    const { openDense } = await import(${at('../../../src/oracles/cpu/dense.js')});
    const { hasRelaxedSimd } = await import(${at('../../../src/oracles/cpu/kernel.js')});
    const { adversarial, cook, distance, numbers } = await import(${at('../cases.js')});
    const open = (relaxed, threads = 2) => openDense({ threads, threadsFrom: 0, relaxed });`;
  const run = spawnSync(process.execPath, [...flags, '--input-type=module', '-e', prelude + script], {
    timeout: 60000,
  });
  assert.is(run.status, 0, run.stderr.toString());
  return run.stdout.toString();
}

suite('oracles/cpu/relaxed', (test) => {
  test('where the engine has relaxed SIMD it is used, and on adversarial inputs as right as the plain build', () => {
    const out = relaxed(`
      const dense = openDense({ threads: 2, threadsFrom: 0 });
      const plain = open(false);
      const sizes = ({ v, ...rest }) => {
        const read = (from, to, into) => (v.read(from, to, into), into.forEach((x, e) => (into[e] = Math.abs(x))));
        return { ...rest, v: { ...v, read } };
      };
      let cases = 0;
      for (const dtype of ['f64', 'f32']) {
        for (const [name, attention] of adversarial(dtype)) {
          const attended = await dense.attend(attention);
          if (!attended.reason.includes('relaxed SIMD')) console.log(name, attended.reason);
          const { output } = await plain.attend(attention);
          const { values: magnitudes } = (await plain.attend(sizes(attention))).output;
          const { relative, absolute } = attended.output.error;
          const far = output.values.findIndex((x, e) => {
            const allowed = 2.1 * (relative * magnitudes[e] + absolute);
            return !(Math.abs(x - attended.output.values[e]) <= allowed);
          });
          if (far >= 0) console.log(dtype, name, far);
          cases++;
        }
      }
      await dense.close();
      await plain.close();
      console.log(hasRelaxedSimd(), cases > 80);`);
    assert.is(out, 'true true\n');
  });

  test('within its claim of the truth where weights and sums round most', () => {
    const out = relaxed(`
      const dense = openDense({ threads: 2, threadsFrom: 0 });
      const next = numbers(72);
      const signed = () => 2 * next() - 1;
      for (const dtype of ['f64', 'f32']) for (const valueDim of [1, 4]) {
        const q = (r) => (1 + r) * Math.floor(512 * next()) / 512;
        const shape = { queries: 6, keys: 200, headDim: 9, valueDim, dtype };
        const attention = cook({ ...shape, q, k: () => Math.floor(16 * signed()), v: signed });
        console.log(distance(attention, await dense.attend(attention)).share <= 1);
      }
      await dense.close();`);
    assert.is(out, 'true\n'.repeat(4));
  });

  test('the same bits on 1, 2 and 3 threads, and both builds within their claims of each other', () => {
    const out = relaxed(`
      const next = numbers(71);
      const signed = () => 2 * next() - 1;
      for (const dtype of ['f64', 'f32']) for (const valueDim of [1, 5]) {
        const recipe = { queries: 300, keys: 333, headDim: 17, valueDim, dtype, q: () => 9 * signed(), k: signed };
        const attention = cook({ ...recipe, v: next });
        const runs = [];
        for (const [relaxed, threads] of [[true, 1], [true, 2], [true, 3], [false, 2]]) {
          const dense = open(relaxed, threads);
          runs.push((await dense.attend(attention)).output);
          await dense.close();
        }
        const [one, two, three, plain] = runs;
        const same = (a, b) => a.values.every((x, e) => Object.is(x, b.values[e]));
        const near = one.values.every((x, e) => Math.abs(x - plain.values[e]) <= 2.1 * plain.error.relative * x);
        console.log(same(one, two), same(one, three), near);
      }`);
    assert.is(out, 'true true true\n'.repeat(4));
  });
});
