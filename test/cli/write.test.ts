import { pbkdf2 } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { removeUnfinished, writeWhole } from '../../src/cli/write.ts';
import { suite } from '../support/harness.ts';
import { inFolder, listing, seth, shell } from './seth.ts';

const formula = 'c a chain of implications: unit propagation sets everything\n';

suite('src/cli/write', (test) => {
  test('a place that cannot be written is said before anything is computed', async () => {
    await inFolder(async (folder) => {
      mkdirSync(join(folder, 'directory'));
      writeFileSync(join(folder, 'file'), '');
      const cases: readonly (readonly [path: string, fault: string])[] = [
        ['directory', 'expected a place for a file, found a directory; name a file in it'],
        [
          'missing/out',
          'expected a file that can be written, found no such file or directory; check the path',
        ],
        [
          'file/out',
          'expected a file that can be written, found a file where the path needs a directory; check the path',
        ],
      ];
      for (const [path, fault] of cases) {
        const { code, stderr } = await seth(['random', 'teaching', '-o', path], { cwd: folder });
        assert.is(stderr, `seth: ${path}: ${fault}\n`);
        assert.is(code, 2);
      }
      assert.equal(listing(folder), ['directory', 'file']);
    });
  });

  test('a run that fails half-way leaves what was there', async () => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'i.safetensors'), 'an older one');
      const input = (await seth('random uniform --variables 30 --seed 1'.split(' '))).bytes;
      const args = 'generate - -o i.safetensors --memory 0.01'.split(' ');
      const { code, stderr } = await seth(args, { input, cwd: folder });
      assert.is(code, 2);
      assert.match(stderr, /^seth: standard input: expected at most \d+ variables with 137 clauses .*\n$/);
      assert.equal(listing(folder), ['i.safetensors']);
      assert.is(readFileSync(join(folder, 'i.safetensors'), 'utf8'), 'an older one');
    });
  });

  test('a file that cannot grow is removed', async () => {
    await inFolder(async (folder) => {
      // 8 blocks of 512 bytes are less than the instance takes; sh counts so.
      const line = 'ulimit -f 8; trap "" XFSZ; seth generate - -o i.safetensors --dtype f64';
      const input = (await seth('random uniform --variables 12 --seed 1'.split(' '))).bytes;
      const { code, stderr } = await shell(line, { input, cwd: folder });
      assert.is(
        stderr,
        'seth: i.safetensors: expected a file that can be written, found a file system that takes no files of this size; write somewhere else\n',
      );
      assert.is(code, 2);
      assert.equal(listing(folder), []);
    });
  });

  test('an older file keeps its permissions, a link stays a link, and a device stays a device', async () => {
    await inFolder(async (folder) => {
      const [file, link] = [join(folder, 'file'), join(folder, 'link')];
      writeFileSync(file, 'old');
      chmodSync(file, 0o600);
      symlinkSync('file', link);
      assert.is((await seth(['random', 'teaching', '-o', link])).code, 0);
      assert.ok(lstatSync(link).isSymbolicLink());
      assert.ok(readFileSync(file, 'utf8').startsWith(formula));
      assert.is(statSync(file).mode & 0o777, 0o600);
      const { code, stdout } = await shell(
        'seth random teaching -o /dev/null; seth random teaching -o /dev/stdout | head -n 1',
      );
      assert.is(code, 0);
      assert.is(stdout, formula);
      assert.ok(lstatSync('/dev/null').isCharacterDevice());
      assert.equal(listing(folder), ['file', 'link']);
    });
  });

  test('a file is on the disk before it has its name', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'out');
      writeFileSync(join(folder, 'other'), '');
      const other = await open(join(folder, 'other'));
      const handles = Object.getPrototypeOf(other) as FileHandle;
      await other.close();
      const sync = Reflect.get<FileHandle, 'sync'>(handles, 'sync');
      const seen: unknown[] = [];
      handles.sync = async function (this: FileHandle): Promise<void> {
        seen.push([listing(folder).includes('out'), (await this.stat()).size]);
        return sync.call(this);
      };
      try {
        await writeWhole(path, (write) => write('whole'));
        await writeWhole('/dev/null', (write) => write('a device has nothing to sync'));
      } finally {
        handles.sync = sync;
      }
      assert.equal(seen, [[false, 5]]);
      assert.is(readFileSync(path, 'utf8'), 'whole');
    });
  });

  test('a file that is removed while its opening waits for a thread is not made again', async () => {
    await inFolder(async (folder) => {
      const written = writeWhole(join(folder, 'o.npy'), (write) => write('whole')).then(
        () => 'written',
        () => 'failed',
      );
      // Node's file operations have four threads: the look at the place has one, and these keep all from the opening.
      const busy = Array.from(
        { length: 4 },
        () => new Promise((resolve) => pbkdf2('a', 'b', 500_000, 64, 'sha512', resolve)),
      );
      while (listing(folder).length === 0) await new Promise((resolve) => setImmediate(resolve));
      removeUnfinished();
      assert.is(await written, 'failed');
      assert.equal(listing(folder), []);
      await Promise.all(busy);
    });
  });
});
