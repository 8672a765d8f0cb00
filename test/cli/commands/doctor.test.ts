import * as assert from 'uvu/assert';
import { probedNames, type Probe } from '../../../src/oracles/oracles.ts';
import { suite } from '../../support/harness.ts';
import { seth, sethProcess } from '../seth.ts';

suite('src/cli/commands/doctor', (test) => {
  test('--json has the machine and an entry for every oracle, with a reason for one that does not run', async () => {
    const { code, stdout } = await sethProcess(['doctor', '--json']);
    const { node, threads, simd, memory, usableMemory, oracles } = JSON.parse(stdout) as Record<
      string,
      unknown
    >;
    assert.is(code, 0);
    assert.is(node, process.versions.node);
    assert.ok((threads as number) >= 1);
    assert.is(simd, 'relaxed'); // every Node that the package allows has it, 20 behind a flag that the command sets
    assert.ok((usableMemory as number) > 0 && (usableMemory as number) < (memory as number));
    assert.equal(
      (oracles as Probe[]).map(({ name }) => name),
      probedNames,
    );
    for (const { name, available, reason, gigaPairsPerSecond, seconds } of oracles as Probe[]) {
      assert.ok(available ? (name === 'command' ? seconds! : gigaPairsPerSecond!) > 0 : reason !== undefined);
    }
    assert.ok((oracles as Probe[]).at(-1)!.available, 'a program can be run');
  });

  test('where there is no folder for temporary files the line of the command oracle says so, and the others run', async () => {
    const { code, stdout } = await seth(['doctor'], { env: { TMPDIR: '/nowhere/at/all' } });
    assert.is(code, 0);
    assert.match(
      stdout,
      /^command +✗ \/nowhere\/at\/all: expected a folder with room for temporary files, /m,
    );
    assert.match(stdout, /^cpu +✓ /m);
  });

  test('the table names every oracle', async () => {
    const { code, stdout } = await seth(['doctor']);
    assert.is(code, 0);
    for (const name of probedNames) assert.match(stdout, new RegExp(`^${name} +[✓✗] `, 'm'));
  });
});
