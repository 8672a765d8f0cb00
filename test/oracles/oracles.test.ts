import * as assert from 'uvu/assert';
import { openOracle, oracleNames, probe } from '../../src/oracles/oracles.ts';
import { InputError } from '../../src/problems/input-error.ts';
import { suite } from '../support/harness.ts';

suite('oracles/oracles', (test) => {
  test('every name opens the oracle of that name', async () => {
    assert.equal(oracleNames, ['cpu', 'cpu:dense', 'cpu:structured', 'reference']);
    for (const name of oracleNames) {
      const oracle = await openOracle(name);
      assert.is(oracle.name, name);
      await oracle.close();
    }
  });

  test('a name that is none is refused with those that are', async () => {
    for (const spec of ['gpu', '', 'CPU', 'toString', '__proto__']) {
      const error = await openOracle(spec).then(
        () => new Error('opened'),
        (thrown: unknown) => thrown,
      );
      assert.instance(error, InputError);
      assert.is((error as InputError).fault.code, 'oracle-unknown');
      assert.match(
        (error as InputError).message,
        /^--oracle: expected one of cpu, cpu:dense, cpu:structured, reference, found "/,
      );
    }
  });

  test('the probe finds all at work and within their claims', async () => {
    const probes = await probe();
    assert.equal(
      probes.map(({ name }) => name),
      oracleNames,
    );
    for (const { name, available, gigaPairsPerSecond, worstError, reason } of probes) {
      assert.ok(available, `${name}: ${reason}`);
      assert.ok(gigaPairsPerSecond! > 0 && worstError! <= 1, name);
    }
    const [cpu] = probes;
    assert.ok(cpu!.simd === true && cpu!.threads! >= 1);
  });
});
