import * as assert from 'uvu/assert';
import { openOracle, oracleNames, probe, probedNames } from '../../src/oracles/oracles.ts';
import { InputError } from '../../src/problems/input-error.ts';
import { isHardwareAdapter } from '../../src/oracles/gpu/device.ts';
import { hasAdapter } from './gpu/adapter.ts';
import { suite } from '../support/harness.ts';

suite('oracles/oracles', (test) => {
  test('every name opens the oracle of that name', async () => {
    const gpu = ['gpu', 'gpu:exact', 'gpu:f32', 'gpu:f64-emulated'];
    assert.equal(oracleNames, [
      'cpu',
      'cpu:dense',
      'cpu:structured',
      ...gpu,
      'reference',
      'polynomial',
      'auto',
    ]);
    assert.equal(probedNames, [...oracleNames.filter((name) => name !== 'auto'), 'command']);
    for (const name of oracleNames.filter((one) => one !== 'auto')) {
      const oracle = await openOracle(name);
      assert.is(oracle.name, name);
      await oracle.close();
    }
  });

  test('a name that is none is refused with those that are', async () => {
    for (const spec of ['tpu', '', 'CPU', 'toString', '__proto__']) {
      const error = await openOracle(spec).then(
        () => new Error('opened'),
        (thrown: unknown) => thrown,
      );
      assert.instance(error, InputError);
      assert.is((error as InputError).fault.code, 'oracle-unknown');
      assert.match(
        (error as InputError).message,
        /^--oracle: expected one of cpu, cpu:dense, cpu:structured, gpu, .*, reference, polynomial, auto, found "/,
      );
    }
  });

  test('auto is the gpu only where there is a graphics card that is no software', async () => {
    const isHardware = await isHardwareAdapter().catch(() => false);
    const oracle = await openOracle('auto');
    assert.is(oracle.name, isHardware ? 'gpu' : 'cpu');
    await oracle.close();
  });

  test('the probe finds all at work and within their claims', async () => {
    const probes = await probe();
    assert.equal(
      probes.map(({ name }) => name),
      probedNames,
    );
    for (const { name, available, reason, seconds, ...traits } of probes) {
      const { gigaPairsPerSecond, worstError, limits, selfTests } = traits;
      if (name === 'command') {
        assert.ok(available && seconds! > 0, reason);
        continue;
      }
      if (name.startsWith('gpu') && !hasAdapter) {
        assert.ok(!available && /WebGPU adapter|package webgpu/.test(reason!), reason);
        continue;
      }
      if (name.startsWith('gpu'))
        assert.ok(limits!.maxBufferSize > 0 && Object.keys(selfTests!).length === 0);
      assert.ok(available, `${name}: ${reason}`);
      assert.ok(gigaPairsPerSecond! > 0 && worstError! <= 1, name);
    }
    const [cpu] = probes;
    assert.ok(cpu!.simd === true && cpu!.threads! >= 1);
  });
});
