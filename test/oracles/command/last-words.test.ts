import { spawnSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { lastWords } from '../../../src/oracles/command/last-words.ts';
import { suite } from '../../support/harness.ts';

/** What Node says about a program that ends in an error. */
const nodeSays = (program: string): string =>
  spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' }).stderr;

suite('oracles/command/last-words', (test) => {
  test('an error of Node is its message, not its properties, however it was printed', () => {
    const read = `require('fs').readFileSync('/no/such/weights.bin')`;
    const message = "Error: ENOENT: no such file or directory, open '/no/such/weights.bin'";
    for (const program of [
      read,
      `try { ${read} } catch (error) { console.error(error); process.exit(1); }`,
      `try { ${read} } catch (error) { console.error(error); console.error('stopped'); process.exit(1); }`,
    ]) {
      const said = lastWords(nodeSays(program));
      assert.match(said, message);
      assert.not.match(said, /syscall:|path:|errno|\}/);
      assert.is(said.includes('stopped'), program.includes('stopped'));
    }
  });

  test('what caused it is said too', () => {
    const said = lastWords(
      nodeSays(`
        const cause = Object.assign(new Error('no such device'), { code: 'ENODEV', more: { deep: [1, 2] } });
        throw Object.assign(new TypeError('loading failed', { cause }), { where: 'gpu' });`),
    );
    assert.match(said, /TypeError: loading failed \| \[cause\]: Error: no such device$/);
  });

  test('a traceback of Python ends in the place, the line and the error', () => {
    const said = lastWords(
      'loading\nTraceback (most recent call last):\n  File "a.py", line 3, in <module>\n    q @ k\n    ~~^~~\nValueError: matmul: bad shape\n',
    );
    assert.is(said, 'File "a.py", line 3, in <module> | q @ k | ValueError: matmul: bad shape');
  });

  test('advice after an error does not push it out', () => {
    const said = lastWords(
      'x\nRuntimeError: CUDA error: out of memory\nCUDA kernel errors might be reported later.\nFor debugging pass CUDA_LAUNCH_BLOCKING=1\nCompile with TORCH_USE_CUDA_DSA\n\n',
    );
    assert.is(
      said,
      'RuntimeError: CUDA error: out of memory | CUDA kernel errors might be reported later. | For debugging pass CUDA_LAUNCH_BLOCKING=1',
    );
  });

  test('of two errors the later is said: the first was dealt with', () => {
    const said = lastWords('ImportError: no flash attention\n1\n2\nRuntimeError: bad shape\n3\n4\n5\n');
    assert.is(said, 'RuntimeError: bad shape | 3 | 4');
  });

  test('without an error it is the last three lines, and long ones are cut', () => {
    assert.is(lastWords('1\n2\n}\n\u001B[31m3\u001B[0m\r\n4\n'), '} | 3 | 4');
    assert.is(lastWords('x'.repeat(200)), `${'x'.repeat(160)}…`);
    assert.is(lastWords('\n \n'), '');
  });
});
