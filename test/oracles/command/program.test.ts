/** A program by itself: what is kept of what it says, how it is stopped, and what is said of one that cannot be started. */
import { chmodSync, writeFileSync } from 'node:fs';
import { getEventListeners } from 'node:events';
import { delimiter, join } from 'node:path';
import * as assert from 'uvu/assert';
import { limited, requireProgram, requireSuccess, start } from '../../../src/oracles/command/program.ts';
import { suite } from '../../support/harness.ts';
import { faultOf, inFolder, isGone } from './support.ts';

/** Runs a program's text in Node until it ends; what its standard error ends in. */
async function said(text: string): Promise<string> {
  const program = start([process.execPath, '-e', text], 'silent');
  await program.ended;
  return program.said();
}

suite('oracles/command/program', (test) => {
  test('of a long standard error the end is kept, also what is read after the program has ended', async () => {
    const lines = `'${'x'.repeat(99)}\\n'.repeat(600)`; // fills a pipe
    assert.match(
      await said(`fs.writeSync(2, ${lines}); fs.writeSync(2, 'ValueError: late\\n'); process.exit(3)`),
      /ValueError: late$/,
    );
    assert.not.match(
      await said(`fs.writeSync(2, 'ValueError: early\\n'); fs.writeSync(2, ${lines})`),
      'early',
    );
  });

  test('a signal that said no before the program was waited for ends it, and none is left with a listener', async () => {
    const program = start(['sleep', '1000'], 'silent');
    const stopped = { timeout: 100, signal: AbortSignal.abort(new Error('not any more')) };
    await limited(program, program.ended, stopped).then(
      () => assert.unreachable(),
      (error: Error) => assert.is(error.message, 'not any more'),
    );
    assert.ok(isGone(program.child.pid!));
    const { signal } = new AbortController();
    const quick = start(['true'], 'silent');
    assert.equal(await limited(quick, quick.ended, { timeout: 100, signal }), { code: 0 });
    assert.equal(getEventListeners(signal, 'abort'), []);
  });

  test('what a program said before its time was up is told', async () => {
    const program = start(['sh', '-c', 'echo "waiting for the card" >&2; exec sleep 1000'], 'silent');
    while (program.said() === '') await new Promise((resolve) => setTimeout(resolve, 5));
    const { code, message } = await faultOf(
      limited(program, program.ended, { timeout: 0.01, signal: undefined }),
    );
    assert.is(code, 'command-timeout');
    assert.match(message, /the program was killed, after it said "waiting for the card"; allow more/);
    assert.ok(isGone(program.child.pid!));
  });

  test('one that has closed its standard input can be written to all the same, and its end tells', async () => {
    const program = start(['sh', '-c', 'exec <&-; echo closed >&2; sleep 0.1; exit 3'], 'talking');
    while (program.said() === '') await new Promise((resolve) => setTimeout(resolve, 5));
    program.child.stdin!.write('instance\toutput\n');
    assert.equal(await program.ended, { code: 3 });
  });

  test('a file without permission to be run, or a folder, is told from a program that is there, on its path or on PATH', () =>
    inFolder(async (folder) => {
      const script = join(folder, 'kernel');
      writeFileSync(script, '#!/bin/sh\n', { mode: 0o644 });
      const before = process.env['PATH'];
      try {
        process.env['PATH'] = `${join(folder, 'missing')}${delimiter}${folder}`;
        for (const name of [script, 'kernel', folder]) {
          const { code, message } = await faultOf(requireProgram(name));
          assert.is(code, 'command-not-found');
          assert.match(
            message,
            /; check the name; a script needs its interpreter before it, as in "python3 my_attention\.py", or \.\/ and permission to be run$/,
          );
        }
        chmodSync(script, 0o755);
        for (const name of [script, 'kernel']) await requireProgram(name);
      } finally {
        process.env['PATH'] = before;
      }
    }));

  test('an interpreter that may not be run is a question of permissions, one that is missing of the #! line', () =>
    inFolder(async (folder) => {
      const [script, interpreter] = [join(folder, 'kernel'), join(folder, 'python')];
      writeFileSync(script, `#!${interpreter}\n`, { mode: 0o755 });
      const faultNow = async (): Promise<string> => {
        const program = start([script], 'silent');
        const end = await program.ended;
        const { code, message } = await faultOf(Promise.resolve().then(() => requireSuccess(program, end)));
        assert.is(code, 'command-start');
        return message;
      };
      assert.match(
        await faultNow(),
        /found spawn .* ENOENT; the file is there, so the interpreter on its #! line is not/,
      );
      writeFileSync(interpreter, '', { mode: 0o644 });
      assert.match(await faultNow(), /found spawn .* EACCES; check its permissions$/);
    }));
});
