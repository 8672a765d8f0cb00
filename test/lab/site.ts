/** The built site in headless Chromium, served as any static host would, without headers of its own. */
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import sirv from 'sirv';
import { notRun } from '../support/harness.ts';

const programs = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The folder that `npm run site` writes. */
export const siteFolder = 'dist/site';

/** The browser's path; undefined where there is none. */
export function findBrowser(): string | undefined {
  const found = programs.find(existsSync);
  if (found === undefined)
    notRun('the lab in a browser: no Chromium was found (Debian: apt-get install chromium)');
  return found;
}

export interface Site {
  readonly url: string;
  close(): Promise<void>;
}

/** A static host on a free port. Throws where the site was not built. */
export async function openSite(): Promise<Site> {
  if (!existsSync(`${siteFolder}/lab/index.html`)) throw new Error('the site is not there: npm run site');
  const files = sirv(siteFolder);
  const server = createServer((request, response) =>
    files(request, response, () => void response.writeHead(404).end()),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const openBrowser = (program: string, gpu: boolean): Promise<Browser> =>
  chromium.launch({
    executablePath: program,
    args: [
      '--no-sandbox',
      '--disable-dev-shm-usage',
      ...(gpu
        ? ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader']
        : ['--disable-features=WebGPU']),
    ],
  });

export interface Watched {
  readonly page: Page;
  /** Errors of the console and of the page, and requests that left this machine. */
  readonly complaints: string[];
}

/** A page in a fresh profile, watched. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (!/^(http:\/\/127\.0\.0\.1:|data:|blob:)/.test(request.url())) complaints.push(request.url());
  });
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} for ${response.url()}`);
  });
  return { page, complaints };
}

/** Waits until every view shows the last wish. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => document.documentElement.dataset['settled'] === 'true', undefined, {
    timeout: 20_000,
  });
}
