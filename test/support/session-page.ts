/**
 * Pages whose `sh` blocks are one session in a shell: a `text` block under one is what it prints, on both streams. `npm run
 * docs` writes it there, a test compares. Every page starts in the repository, with `npm ci` done; pages other than the
 * tutorial find the command under its short name and themselves in an empty folder.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const tutorialPage = 'docs/tutorial.md';
export const sessionPages: readonly string[] = [
  tutorialPage,
  'docs/how-to/generate-a-suite.md',
  'docs/how-to/read-an-instance-in-python.md',
  'docs/how-to/test-a-kernel.md',
];

const block = /^```sh\n(?<commands>[\s\S]*?)^```\n(?:\n```text\n[\s\S]*?^```\n)?/gm;

/** `npm ci` was done by whoever runs this. */
const skipped = 'npm ci\n';

const prelude = 'main=$PWD/dist/src/cli/main.js\nseth() { node "$main" "$@"; }\ncd "$TMPDIR"\n';

/** The page as it would be if its commands ran now. */
export async function replayed(file: string): Promise<string> {
  const page = readFileSync(file, 'utf8');
  const commands = [...page.matchAll(block)].map((match) => match.groups!['commands']!);
  const outputs = await session(file === tutorialPage ? '' : prelude, commands);
  let at = 0;
  return page.replaceAll(block, (_, text: string) => {
    const output = outputs[at++]!;
    return `\`\`\`sh\n${text}\`\`\`\n${output === '' ? '' : `\n\`\`\`text\n${output}\`\`\`\n`}`;
  });
}

/**
 * Without what differs from run to run or from one numpy to another: seconds, sizes in bytes, the column of seconds of a
 * table, how far counts were from integers, and the entry that an output was refuted by.
 */
export const steady = (page: string): string =>
  page
    .replaceAll(/\d+(\.\d+)?(?= (s|[KM]iB)\b)/g, '#')
    .replaceAll(/(?<=[✓✗·]) +\d+\.\d+$/gm, ' #')
    .replaceAll(/(?<=noise )[\d.e-]+, farthest from an integer [\d.e-]+/g, '#')
    .replaceAll(/(?<=found )0\.\d+/g, '#');

/** What each block prints. */
function session(before: string, blocks: readonly string[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'seth-page-'));
  const mark = '=== block ===';
  const run = blocks.map((text) => `echo '${mark}'\n${text === skipped ? '' : text}`);
  const script = `${before}${run.join('')}`;
  return new Promise((resolve, reject) => {
    const env = { ...process.env, TMPDIR: folder, NO_COLOR: '1' };
    execFile('bash', ['-c', `exec 2>&1\n${script}`], { env }, (error, stdout) => {
      rmSync(folder, { recursive: true });
      const outputs = stdout.split(`${mark}\n`).slice(1);
      if (outputs.length === blocks.length) resolve(outputs);
      else reject(error ?? new Error(`a page ended early:\n${stdout}`));
    });
  });
}
