import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from './harness.ts';

/** Runs tests that need an adapter on a machine that seems to have none. */
function withoutAdapter(ci: string): { readonly status: number | null; readonly lines: readonly string[] } {
  const run = fileURLToPath(new URL('../run.js', import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [run, 'oracles/gpu/queue', 'oracles/gpu/browser'], {
    encoding: 'utf8',
    env: { ...process.env, CI: ci, VK_DRIVER_FILES: '/nonexistent' },
  });
  return { status, lines: stdout.trimEnd().split('\n') };
}

suite('support/harness', (test) => {
  test('where tests have no adapter a run says in one line that they did not run and why, and passes', () => {
    const { status, lines } = withoutAdapter('');
    const said = lines.filter((line) => line.includes('not run'));
    assert.is(said.length, 1, lines.join('\n'));
    assert.match(
      said[0]!,
      /^not run: the tests of the gpu oracle: no WebGPU adapter was found; install the driver/,
    );
    assert.match(lines.at(-1)!, /^\d+ passed, 0 failed$/); // what needs none of it runs
    assert.is(status, 0);
  });

  test('under CI that is a failure of each file', () => {
    const { status, lines } = withoutAdapter('true');
    assert.match(
      lines.join('\n'),
      /could not be loaded: Error: the tests of the gpu oracle: no WebGPU adapter/,
    );
    assert.is(lines.at(-1), '0 passed, 2 failed');
    assert.is(status, 1);
  });
});
