/** `seth lab`: the site that `npm run site` built, on localhost, until it is interrupted. */
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import open from 'open';
import sirv from 'sirv';
import { InputError } from '../../problems/input-error.ts';
import type { LabArguments } from '../commands/lab.ts';
import { exits, note } from '../faults.ts';
import { numberOf } from '../options.ts';
import { print } from '../write.ts';

/** What is tried first where no port was asked for. */
const usualPort = 8017;

const site = fileURLToPath(new URL('../../../site', import.meta.url));

export async function lab(args: LabArguments): Promise<number> {
  const asked = numberOf('port', args.port, { min: 0, max: 65535, whole: true });
  requireBuilt();
  const server = serverOf(site);
  const port = await listen(server, asked);
  const url = `http://localhost:${port}/lab/`;
  await print(args.json ? `${JSON.stringify({ url })}\n` : `${url}\n`);
  note('the lab is served until Ctrl-C');
  if (!args['no-open']) await open(url).catch(() => note(`no browser could be opened: go to ${url}`));
  await new Promise<void>((resolve) => {
    // Before main's listener, which would end it as a command that was cut off.
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.prependListener(signal, () => process.exit(exits.ok));
    server.on('close', resolve);
  });
  return exits.ok;
}

/** The site's files, to this machine alone; pages are isolated, so that they may share memory between threads. */
function serverOf(folder: string): Server {
  const files = sirv(folder, {
    dev: true, // read anew, so that a site that is built again is served
    setHeaders: (response) => {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    },
  });
  return createServer((request, response) =>
    files(request, response, () => void response.writeHead(404).end('not found\n')),
  );
}

/** Listens on the port that was asked for, or the usual one, or a free one where that is taken. */
async function listen(server: Server, asked: number | undefined): Promise<number> {
  const attempt = (port: number): Promise<number> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, 'localhost', () => {
        server.off('error', reject);
        resolve((server.address() as AddressInfo).port);
      });
    });
  try {
    return await attempt(asked ?? usualPort);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (asked === undefined) return attempt(0);
    throw new InputError({
      code: 'port-unavailable',
      field: '--port',
      expected: 'a port that can be listened on',
      found: `${asked} (${code === 'EADDRINUSE' ? 'in use' : (code ?? String(error))})`,
      hint: 'give another --port, or none',
    });
  }
}

function requireBuilt(): void {
  if (existsSync(`${site}/lab/index.html`)) return;
  throw new InputError({
    code: 'site-missing',
    expected: `the site in ${site}`,
    found: 'nothing there',
    hint: 'build it once with "npm run site"',
  });
}
