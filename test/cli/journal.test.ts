import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openJournal } from '../../src/cli/journal.ts';
import { runIdentity } from '../../src/cli/run-identity.ts';
import { families } from '../../src/problems/families/families.ts';
import { writeDimacs } from '../../src/formats/dimacs.ts';
import type { RunIdentity } from '../../src/formats/part.ts';
import { sha256Hex } from '../../src/formats/sha256.ts';
import { suite } from '../support/harness.ts';
import { rejectionOf } from '../formats/damage.ts';
import { inFolder, jsonLines, linesOf, listing, mainFile, seth, shell } from './seth.ts';

/** The quickest route: nothing is planned. */
const quick = ['--route', 'threshold'];

const identity = runIdentity('verify', { dtype: 'f64', bound: 8 });

/** Formulas of 6 to 11 variables, named so that they sort. */
function formulasIn(folder: string, count: number): string[] {
  return Array.from({ length: count }, (_, k) => {
    const { cnf } = families['uniform']!.generate({ variables: 6 + (k % 6) }, k + 1);
    const file = join(folder, `f${String(k).padStart(2, '0')}.cnf`);
    writeFileSync(file, writeDimacs(cnf));
    return file;
  });
}

/** Without what differs between any two runs. */
function timeless(text: string): unknown[] {
  return jsonLines(text).map((line) => ({ ...line, seconds: undefined }));
}

interface Entry {
  readonly key: readonly [file: string, sha256: string];
  readonly line: Record<string, unknown>;
}

/** What stands in a journal whose every line is whole. */
const entriesOf = (journal: string): Entry[] =>
  linesOf(readFileSync(journal, 'utf8'))
    .slice(1)
    .map((line) => JSON.parse(line.slice(17)) as Entry);

/** Can a file system be mounted here, out of sight of everybody else? */
const mounts = spawnSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs tmpfs /mnt']).status === 0;

suite('src/cli/journal', (test) => {
  test('cut off after any byte, it has the lines that were whole, and grows to what it was', async () => {
    await inFolder(async (folder) => {
      const file = join(folder, 'verify.journal');
      const all = [1, 2, 3].map((n) => ({ key: [`f${n}`], line: { n, text: 'ü"\n' } }));
      const whole = async (): Promise<Buffer> => {
        const journal = await openJournal(folder, identity);
        for (const { key, line } of all) if (journal.find(key) === undefined) await journal.keep(key, line);
        await journal.close();
        return readFileSync(file);
      };
      const bytes = await whole();
      const header = bytes.indexOf('\n') + 1;
      for (let length = header; length <= bytes.length; length++) {
        writeFileSync(file, bytes.subarray(0, length));
        const journal = await openJournal(folder, identity);
        const kept = all.filter(({ key }) => journal.find(key) !== undefined);
        assert.is(kept.length, bytes.subarray(header, length).filter((byte) => byte === 0x0a).length);
        for (const { key, line } of kept) assert.equal(journal.find(key), line);
        await journal.close();
        assert.equal(await whole(), bytes);
      }
      assert.equal(listing(folder), ['verify.journal']);
    });
  });

  test('a last line that was overwritten is dropped, and damage anywhere else is refused with its line', async () => {
    await inFolder(async (folder) => {
      const file = join(folder, 'verify.journal');
      const journal = await openJournal(folder, identity);
      for (const n of [1, 2, 3]) await journal.keep([`${n}`], { n });
      await journal.close();
      const lines = linesOf(readFileSync(file, 'utf8'));
      const damaged = (at: number): void => {
        const changed = lines.map((line, k) => (k === at ? line.replace('"n":', '"n":1') : line));
        writeFileSync(file, `${changed.join('\n')}\n`);
      };
      damaged(3);
      const again = await openJournal(folder, identity);
      assert.equal(again.find(['2']), { n: 2 });
      assert.is(again.find(['3']), undefined);
      await again.close();
      for (const at of [1, 2]) {
        damaged(at);
        const { code, line } = await rejectionOf(openJournal(folder, identity));
        assert.equal([code, line], ['journal-damaged', at + 1]);
      }
    });
  });

  test('a line whose sum somebody reckoned anew and that is no entry is refused, and a header that is none', async () => {
    await inFolder(async (folder) => {
      const file = join(folder, 'verify.journal');
      const summed = async (value: unknown): Promise<string> => {
        const text = JSON.stringify(value);
        return `${(await sha256Hex(text)).slice(0, 16)} ${text}\n`;
      };
      const header = await summed({ journal: 1, run: identity });
      for (const entry of [
        null,
        0.5,
        [],
        {},
        { key: 'a', line: {} },
        { key: ['a'] },
        { key: ['a'], line: 1 },
      ]) {
        writeFileSync(file, `${header}${await summed({ key: ['b'], line: {} })}${await summed(entry)}`);
        const { code, line } = await rejectionOf(openJournal(folder, identity));
        assert.equal([code, line], ['journal-damaged', 3], JSON.stringify(entry));
      }
      for (const run of [undefined, null, 1, {}, { ...identity, options: null }]) {
        writeFileSync(file, await summed({ journal: 1, run }));
        assert.is((await rejectionOf(openJournal(folder, identity))).code, 'not-a-journal');
      }
      const options = { ...identity.options, dtype: '', 'a\nb': 1 };
      writeFileSync(file, await summed({ journal: 1, run: { ...identity, options } }));
      const { found, field } = await rejectionOf(openJournal(folder, identity));
      assert.ok(found !== '' && !/\n/.test(`${found}${field}`), `${field}: ${found}`);
      assert.equal(listing(folder), ['verify.journal']);
    });
  });

  test('a journal of other options, of another version, or another file is refused and left as it is', async () => {
    await inFolder(async (folder) => {
      const file = join(folder, 'verify.journal');
      await (await openJournal(folder, identity)).close();
      const before = readFileSync(file, 'utf8');
      const others: readonly (readonly [RunIdentity, string, string, string])[] = [
        [runIdentity('verify', { dtype: 'f32', bound: 8 }), '--dtype', 'f64', 'f32'],
        [runIdentity('verify', { dtype: 'f64' }), '--bound', '8', 'nothing'],
        [runIdentity('verify', { dtype: 'f64', bound: 8, prune: true }), '--prune', 'nothing', 'true'],
        [{ ...identity, tool: 'seth-attention 9.0.0' }, 'tool', identity.tool, 'seth-attention 9.0.0'],
      ];
      for (const [run, field, expected, found] of others) {
        const fault = await rejectionOf(openJournal(folder, run));
        assert.equal([fault.code, fault.field], ['run-differs', field]);
        assert.equal([fault.expected, fault.found], [expected, found]);
        assert.is(readFileSync(file, 'utf8'), before);
      }
      for (const text of ['p cnf 1 1\n1 0\n', 'one line without its end', '{}\n{}\n']) {
        writeFileSync(file, text);
        assert.is((await rejectionOf(openJournal(folder, identity))).code, 'not-a-journal');
        assert.is(readFileSync(file, 'utf8'), text);
      }
    });
  });

  test('where results go and how they are shown is not an option of the run', () => {
    const shown = {
      json: true,
      file: ['a'],
      journal: 'j',
      progress: 'never',
      debug: true,
      $0: 'seth',
      _: [],
    };
    assert.equal(runIdentity('verify', { dtype: 'f64', bound: 8, ...shown }), identity);
  });

  test('a shard has a journal of its own, and a second process on a journal is refused', async () => {
    await inFolder(async (folder) => {
      const journal = await openJournal(folder, identity);
      const shard = await openJournal(folder, identity, { index: 0, of: 2 });
      await shard.close();
      const fault = await rejectionOf(openJournal(folder, identity));
      assert.is(fault.code, 'journal-in-use');
      assert.is(fault.found, `process ${process.pid} at work on it`);
      await journal.close();
      await (await openJournal(folder, identity)).close();
      assert.equal(listing(folder), ['verify-0-of-2.journal', 'verify.journal']);
    });
  });

  test('a second process, to which the lock of the first is of another machine, cuts off nothing that the first keeps', async () => {
    await inFolder(async (folder) => {
      const all = Array.from({ length: 40 }, (_, n) => ({ key: [`f${n}`], line: { n } }));
      const first = await openJournal(folder, identity);
      await first.keep(['begun'], { n: -1 });
      rmSync(join(folder, 'verify.lock'));
      symlinkSync('1:1@another-machine', join(folder, 'verify.lock'));
      let isOpen = false;
      const opening = openJournal(folder, identity).finally(() => (isOpen = true));
      const kept = new Set<string>();
      for (const { key, line } of all) {
        await first.keep(key, line);
        kept.add(key[0]!);
        if (isOpen) break;
      }
      const second = await opening;
      await second.keep(['of the second'], { n: 99 });
      await first.keep(['after that'], { n: 100 });
      await second.close();
      await first.close();
      const journal = await openJournal(folder, identity);
      for (const name of ['begun', ...kept, 'of the second', 'after that'])
        assert.ok(journal.find([name]), name);
      await journal.close();
    });
  });

  test('killed at random moments until it ends, a run has each file once and says what it would have said', async () => {
    await inFolder(async (folder) => {
      const files = formulasIn(folder, 30);
      const uninterrupted = await seth(['verify', folder, '--json', ...quick]);
      assert.is(uninterrupted.code, 0);
      const journal = join(folder, 'j', 'verify.journal');
      const args = ['verify', folder, '--json', ...quick, '--journal', join(folder, 'j')];
      let seed = 1;
      const chance = (): number => (seed = (seed * 48271) % 2147483647) / 2147483647;
      const sizeOf = (): number => statSync(journal, { throwIfNoEntry: false })?.size ?? 0;
      let kept: Entry[] = [];
      let killed = 0;
      for (;;) {
        const ended = await killedAfter(args, Math.floor(600 + 4000 * chance()), 30 * chance(), sizeOf);
        if (ended) break;
        killed++;
        const text = readFileSync(journal, 'utf8');
        // What was kept once stays as it is, times included: nothing that was done is done again.
        const now = linesOf(text.slice(0, text.lastIndexOf('\n') + 1)).slice(1);
        const entries = now.map((line) => JSON.parse(line.slice(17)) as Entry);
        assert.equal(entries.slice(0, kept.length), kept);
        kept = entries;
      }
      assert.ok(killed >= 3, `killed ${killed} times`);
      assert.equal(
        entriesOf(journal).map(({ key }) => key[0]),
        files,
      );
      const resumed = await seth(args);
      assert.is(resumed.code, 0);
      assert.match(
        resumed.stderr,
        /^\d+ of \d+ formulas were kept in \S+ from an earlier run and were not asked again\n$/,
      );
      assert.equal(timeless(resumed.stdout), timeless(uninterrupted.stdout));
      assert.equal(
        jsonLines(resumed.stdout),
        entriesOf(journal).map(({ line }) => line),
      );
      const table = async (extra: readonly string[]): Promise<string[]> =>
        linesOf((await seth(['verify', folder, ...extra])).stdout).map((line) =>
          line.replace(/ +\d+\.\d\d$/, '').replace(/ · [\d.]+ s · .*/, ''),
        );
      assert.equal(await table(args.slice(3)), await table(quick));
      assert.equal(listing(join(folder, 'j')), ['verify.journal']);
    });
  });

  test('a file that changed is done again, and so is one that failed', async () => {
    await inFolder(async (folder) => {
      const args = ['verify', 'a.cnf', 'b.cnf', '--json', '--journal', 'j', ...quick];
      writeFileSync(join(folder, 'a.cnf'), 'p cnf 1 1\n1 0\n');
      writeFileSync(join(folder, 'b.cnf'), 'p cnf 1 1\n1 x\n');
      const first = await seth(args, { cwd: folder });
      assert.is(first.code, 2);
      writeFileSync(join(folder, 'a.cnf'), 'p cnf 2 1\n1 2 0\n');
      writeFileSync(join(folder, 'b.cnf'), 'p cnf 1 1\n1 0\n');
      const second = await seth(args, { cwd: folder });
      assert.is(second.code, 0);
      assert.equal(
        jsonLines(second.stdout).map(({ count }) => count),
        ['3', '1'],
      );
      const { code, stderr } = await seth([...args, '--prune'], { cwd: folder });
      assert.is(code, 2);
      assert.is(
        stderr,
        'seth: j/verify.journal, --prune: expected false, found true; a journal goes on only as it began: take these options, or another folder\n',
      );
    });
  });

  test('Ctrl-C leaves the journal and nothing else, and says how to go on', async () => {
    await inFolder(async (folder) => {
      formulasIn(folder, 12);
      const args = ['verify', '.', ...quick, '--journal', 'of the night'];
      const journal = join(folder, 'of the night', 'verify.journal');
      const child = spawn(process.execPath, [mainFile, ...args], { cwd: folder });
      let stderr = '';
      child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      child.stdout.resume();
      const ended = new Promise((resolve) => child.on('close', (_, by) => resolve(by)));
      await until(() => (statSync(journal, { throwIfNoEntry: false })?.size ?? 0) > 2000);
      child.kill('SIGINT');
      assert.is(await ended, 'SIGINT');
      assert.is(stderr, "Go on with: seth verify . --route threshold --journal 'of the night'\n");
      assert.equal(listing(join(folder, 'of the night')), ['verify.journal']);
      assert.equal(
        listing(folder).filter((name) => name.startsWith('.')),
        [],
      );
      const [, ...words] = linesOf(stderr)[0]!.split('Go on with: ');
      assert.is((await shell(words[0]!, { cwd: folder })).code, 0);
    });
  });

  test('a disk that is full is said, keeps what was done, and the run goes on when there is room', async () => {
    await inFolder(async (folder) => {
      formulasIn(folder, 20);
      // Sixteen files' lines are more than the room that is left in either case.
      const full = mounts
        ? 'mount -t tmpfs -o size=64k tmpfs j; head -c 49152 /dev/zero >j/filler; "$0" "$@"; code=$?; rm j/filler; cp j/* kept; exit $code'
        : 'ulimit -f 32; trap "" XFSZ; "$0" "$@"; code=$?; cp j/* kept; exit $code';
      const args = [mainFile, 'verify', '.', '--json', ...quick, '--journal', 'j'];
      const line = ['sh', '-c', `mkdir j kept; ${full}`, process.execPath, ...args];
      const [program, ...rest] = mounts ? ['unshare', '-m', ...line] : line;
      const { status, stdout, stderr } = spawnSync(program!, rest, { cwd: folder, encoding: 'utf8' });
      const fault = mounts ? 'no space left on the device' : 'a file system that takes no files of this size';
      assert.is(status, 2, stderr);
      assert.match(stderr, `seth: j/verify.journal: expected a file that can be written, found ${fault}; `);
      assert.match(stderr, /\nGo on with: seth verify \. --json --route threshold --journal j\n$/);
      assert.equal(listing(join(folder, 'kept')), ['verify.journal']);
      const done = entriesOf(join(folder, 'kept', 'verify.journal'));
      assert.ok(done.length > 3 && done.length < 20, `${done.length} were done`);
      assert.equal(
        jsonLines(stdout),
        done.map(({ line }) => line),
      );
      const again = await seth(['verify', '.', '--json', ...quick, '--journal', 'kept'], { cwd: folder });
      assert.is(again.code, 0);
      assert.equal(jsonLines(again.stdout).slice(0, done.length), jsonLines(stdout));
      assert.is(jsonLines(again.stdout).length, 20);
    });
  });

  test('a folder that cannot be written is said before anything is computed', async () => {
    await inFolder(async (folder) => {
      formulasIn(folder, 1);
      mkdirSync(join(folder, 'j'), { mode: 0o555 });
      chmodSync(folder, 0o755);
      const command = [process.execPath, mainFile, 'verify', '.', '--json', '--journal', 'j'];
      // Root may write anywhere but in a file system that is read-only.
      const otherwise = mounts
        ? ['unshare', '-m', 'sh', '-c', 'mount -t tmpfs -o ro tmpfs j; "$0" "$@"']
        : ['setpriv', '--reuid', '65534', '--clear-groups'];
      const [program, ...rest] = [...(process.getuid?.() === 0 ? otherwise : []), ...command];
      const { status, stdout, stderr } = spawnSync(program!, rest, { cwd: folder, encoding: 'utf8' });
      assert.is(status, 2, stderr);
      assert.is(stdout, '');
      assert.match(
        stderr,
        /^seth: j\/verify\.journal: expected a file that can be written, found (a read-only file system|no permission); .*\n$/,
      );
    });
  });
});

/** Kills the command once the journal has grown by `bytes` and `delay` milliseconds more. True when it ended before. */
async function killedAfter(
  args: readonly string[],
  bytes: number,
  delay: number,
  sizeOf: () => number,
): Promise<boolean> {
  const before = sizeOf();
  const child = spawn(process.execPath, [mainFile, ...args], { stdio: 'ignore' });
  let ended = false;
  const end = new Promise<void>((resolve) => {
    child.on('close', (_, signal) => {
      ended = signal === null;
      resolve();
    });
  });
  await Promise.race([end, until(() => ended || sizeOf() > before + bytes)]);
  await Promise.race([end, new Promise((resolve) => setTimeout(resolve, delay))]);
  child.kill('SIGKILL');
  await end;
  return ended;
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!holds() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 2));
}
