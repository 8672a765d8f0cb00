/** Headless Chromium on a page of ours, and what the page posts back. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { notRun } from '../../support/harness.ts';

const programs = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser's path; undefined where there is none. */
export function findChromium(): string | undefined {
  const found = programs.find(existsSync);
  if (found === undefined)
    notRun('the gpu oracle in a browser: no Chromium was found (Debian: apt-get install chromium)');
  return found;
}

/** Seconds that the page has. */
const patience = 240;

/**
 * Runs `script`, a module, on a page that has the files under `root` at /, and gives what it posts to /result. Rejects
 * with what the page's errors say, and when the browser ends or takes too long.
 */
export async function inChromium(program: string, root: string, script: string): Promise<string> {
  const profile = mkdtempSync(join(tmpdir(), 'seth-chromium-'));
  let settle: { resolve: (text: string) => void; reject: (error: Error) => void };
  const result = new Promise<string>((resolve, reject) => (settle = { resolve, reject }));
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    // A shared WebAssembly.Memory is for pages that are isolated from others.
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    const path = normalize(request.url ?? '/');
    if (request.method === 'POST') {
      const parts: Uint8Array[] = [];
      for await (const part of request) parts.push(part as Uint8Array);
      const text = Buffer.concat(parts).toString();
      if (path === '/result') settle.resolve(text);
      else settle.reject(new Error(`the page says: ${text}`));
      response.end();
    } else if (path === '/') {
      response.setHeader('Content-Type', 'text/html').end(pageOf(script));
    } else if (path.endsWith('.js') && existsSync(join(root, path))) {
      response.setHeader('Content-Type', 'text/javascript').end(readFileSync(join(root, path)));
    } else {
      response.writeHead(404).end();
    }
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const browser = spawn(
    program,
    [
      '--headless',
      '--no-sandbox',
      '--disable-dev-shm-usage',
      '--enable-unsafe-webgpu',
      '--use-webgpu-adapter=swiftshader',
      `--user-data-dir=${profile}`,
      `http://127.0.0.1:${port}/`,
    ],
    { stdio: 'ignore', detached: true },
  );
  const ended = new Promise<void>((resolve) => browser.once('exit', () => resolve()));
  browser.once('exit', (code) => settle.reject(new Error(`the browser ended with code ${code}`)));
  const timer = setTimeout(() => settle.reject(new Error(`nothing came in ${patience} s`)), patience * 1000);
  try {
    return await result;
  } finally {
    clearTimeout(timer);
    if (browser.pid !== undefined && browser.exitCode === null) {
      process.kill(-browser.pid, 'SIGKILL'); // its own group: the browser is several processes
      await ended;
    }
    server.close();
    server.closeAllConnections();
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

const pageOf = (script: string): string => `<!doctype html><meta charset="utf-8"><title>seth</title>
<script type="module">
const tell = (error) => fetch('/error', { method: 'POST', body: String(error?.stack ?? error) });
addEventListener('error', (event) => tell(event.error ?? event.message));
addEventListener('unhandledrejection', (event) => tell(event.reason));
try { await (async () => { ${script} })(); } catch (error) { await tell(error); }
</script>`;
