import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { suite } from '../../support/harness.ts';
import { mainFile, sethProcess } from '../seth.ts';

suite('src/cli/commands/lab', (test) => {
  test('it serves the page on a free port of this machine, isolated and nothing but the site, until it is interrupted, which is no failure', async () => {
    const child = spawn(process.execPath, [mainFile, 'lab', '--port', '0', '--no-open']);
    const ended = once(child, 'exit') as Promise<[number]>;
    try {
      const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
      await assertServesTheSite(chunk.toString().trim());
    } finally {
      child.kill('SIGINT');
    }
    assert.is((await ended)[0], 0);
  });

  test('--json has the address in an object', async () => {
    const child = spawn(process.execPath, [mainFile, 'lab', '--port', '0', '--no-open', '--json']);
    const ended = once(child, 'exit');
    try {
      const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
      const { url, ...more } = JSON.parse(chunk.toString()) as Record<string, string>;
      assert.equal(more, {});
      assert.is((await fetch(url!)).status, 200);
    } finally {
      child.kill('SIGINT');
    }
    await ended;
  });

  test('a port that is taken or none is refused in one line', async () => {
    const taken = createServer().listen(0, 'localhost');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const { code, stdout, stderr } = await sethProcess(['lab', '--no-open', '--port', String(port)]);
    taken.close();
    assert.is(code, 2);
    assert.is(stdout, '');
    assert.match(
      stderr,
      /^seth: --port: expected a port that can be listened on, found \d+ \(in use\); give another --port, or none\n$/,
    );
    const wrong = await sethProcess(['lab', '--no-open', '--port', '70000']);
    assert.is(wrong.code, 2);
    assert.is(wrong.stderr.split('\n').length, 2);
  });
});

async function assertServesTheSite(url: string): Promise<void> {
  assert.match(url, /^http:\/\/localhost:\d+\/lab\/$/);
  const page = await fetch(url);
  assert.is(page.status, 200);
  assert.match(await page.text(), /<title>The lab/);
  assert.is(page.headers.get('cross-origin-opener-policy'), 'same-origin');
  assert.is(page.headers.get('cross-origin-embedder-policy'), 'require-corp');
  assert.match(await (await fetch(new URL('/', url))).text(), /href="[^"]*lab\//);
  assert.is((await fetch(new URL('/lab/transition.html', url))).status, 200);
  for (const path of ['/..%2f..%2fpackage.json', '/%2e%2e/src/index.js', '/absent.html']) {
    assert.is((await fetch(new URL(path, url))).status, 404, path);
  }
}
