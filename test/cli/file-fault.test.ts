/** What a user gets who names the wrong place: a line that says so, and exit 2; never an end that does not come. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { fileFault } from '../../src/cli/file-fault.ts';
import { InputError } from '../../src/problems/input-error.ts';
import { suite } from '../support/harness.ts';
import { inFolder, listing, mainFile, seth } from './seth.ts';

const formula = 'p cnf 2 1\n1 2 0\n';

suite('src/cli/file-fault', (test) => {
  test('a place of the wrong kind is said, and nothing is written', async () => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'a.cnf'), formula);
      writeFileSync(join(folder, 'old'), 'old');
      const server = createServer().listen(join(folder, 'socket'));
      await once(server, 'listening');
      const cases: readonly (readonly [command: string, message: string])[] = [
        [
          'verify a.cnf --journal old',
          'old: expected a folder that is there or can be made, found a file; take another name',
        ],
        [
          'verify a.cnf --journal old/j',
          'old/j: expected a folder that is there or can be made, found a file where the path needs a directory; check the path',
        ],
        [
          'transition --quick --out old',
          'old: expected a folder that is there or can be made, found a file; take another name',
        ],
        [
          'reduce a.cnf --to sparse -o old',
          'old: expected a folder that is there or can be made, found a file; take another name',
        ],
        [
          'solve socket',
          'socket: expected a file that can be read, found a socket, or a device that is not there; name a file',
        ],
        [
          'generate a.cnf -o socket',
          'socket: expected a file that can be written, found a socket, or a device that is not there; name a file',
        ],
      ];
      for (const [command, message] of cases) {
        const { code, stdout, stderr } = await seth(command.split(' '), { cwd: folder });
        assert.is(stderr, `seth: ${message}\n`, command);
        assert.equal([code, stdout], [2, ''], command);
      }
      const none = await seth(['solve', ''], { cwd: folder });
      assert.equal(
        [none.code, none.stderr],
        [2, 'seth: "": expected a file that can be read, found no such file or directory; check the path\n'],
      );
      server.close();
      await once(server, 'close');
      assert.equal(listing(folder), ['a.cnf', 'old']);
      assert.is(readFileSync(join(folder, 'old'), 'utf8'), 'old');
    });
  });

  test('a folder is made with those above it, and one that the file system will not have is refused at once', async () => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'a.cnf'), formula);
      for (const place of ['new', 'new', 'new/two/three', './new/two/']) {
        const { code, stderr } = await seth(['reduce', 'a.cnf', '--to', 'sparse', '-o', place], {
          cwd: folder,
        });
        assert.is(code, 0, stderr);
        assert.ok(existsSync(join(folder, place, 'leaf-000001.cnf')));
      }
      if (process.platform !== 'linux') return;
      for (const args of [
        ['verify', 'a.cnf', '--journal', '/proc/nope'],
        ['transition', '--quick', '--out', '/proc/nope/deep'],
        ['stress', '--dtype', 'bf16', '--rung', 'bf16/1/plain', '--export', '/proc/nope/deep'],
        ['reduce', 'a.cnf', '--to', 'sparse', '-o', '/proc/nope'],
      ]) {
        const { status, stderr } = spawnSync(process.execPath, [mainFile, ...args], {
          cwd: folder,
          encoding: 'utf8',
          timeout: 60_000,
        });
        assert.match(
          stderr,
          /^seth: \/proc\/nope[^\n]*: expected a folder that is there or can be made, found [^\n]*\n$/,
        );
        assert.is(status, 2);
      }
    });
  });

  test('whatever the system says is told in words, and what does not come from it is left as it is', () => {
    const from = (code: string): NodeJS.ErrnoException =>
      Object.assign(new Error(code), { code, errno: -1, syscall: 'open' });
    for (const code of ['EEXIST', 'ENXIO', 'ETXTBSY', 'EBUSY', 'ESTALE', 'EINVAL', 'ENOTEMPTY', 'ENOENT']) {
      const fault = fileFault(from(code), 'f', 'a file');
      assert.instance(fault, InputError);
      assert.not.match((fault as InputError).message, code);
    }
    const { message } = fileFault(from('EWHAT'), 'f', 'a file') as InputError;
    assert.is(message, 'f: expected a file, found the error EWHAT of open; check the path and its device');
    for (const error of [
      new Error('EEXIST'),
      Object.assign(new Error('x'), { code: 'ERR_ASSERTION' }),
      'EEXIST',
    ]) {
      assert.is(fileFault(error, 'f', 'a file'), error);
    }
  });
});

suite('src/cli/journal: the lock', (test) => {
  test('what is no lock is neither removed nor waited for', async () => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'a.cnf'), formula);
      mkdirSync(join(folder, 'j'));
      const lock = join(folder, 'j', 'verify.lock');
      const run = (): ReturnType<typeof spawnSync> =>
        spawnSync(process.execPath, [mainFile, 'verify', 'a.cnf', '--journal', 'j'], {
          cwd: folder,
          encoding: 'utf8',
          timeout: 60_000,
        });
      const refused =
        'seth: j/verify.lock: expected the lock of a journal, which is a symbolic link, or nothing, found something else; move it away, or name another folder\n';
      writeFileSync(lock, 'precious');
      const file = run();
      assert.equal([file.status, file.stderr], [2, refused]);
      assert.is(readFileSync(lock, 'utf8'), 'precious');

      spawnSync('rm', [lock]);
      mkdirSync(lock);
      const directory = run();
      assert.equal([directory.status, directory.stderr], [2, refused]);
      assert.equal(listing(join(folder, 'j')), ['verify.lock']);

      spawnSync('rmdir', [lock]);
      symlinkSync('1:1@another-machine', lock);
      const stale = run();
      assert.is(stale.status, 0, String(stale.stderr));
      assert.equal(listing(join(folder, 'j')), ['verify.journal']);
    });
  });
});
