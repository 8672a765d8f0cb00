/**
 * Runs every `*.test.js` beside it whose path contains one of the patterns on the command line (all without one),
 * each file in a process of its own, as many at once as there are processors. Ends with `N passed, N failed` alone
 * on a line, above it why tests did not run, each reason once, and exits 1 unless every declared test passed and every
 * file had one or such a reason. A file that takes longer than `patience` is ended and has failed. Files that take longest are begun first, lest one of them runs alone at the end.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

/** Seconds that one file may take: some five times what the slowest takes. */
const patience = 600;

/** Those that take longest, longest first. Where the list is out of date the run takes longer, and nothing else. */
const longest: readonly string[] = [
  'oracles/gpu/gpu',
  'docs-sessions',
  'lab/lab',
  'guide/guide',
  'cli/main',
  'oracles/command/command',
  'cli/commands/stress',
  'verify/verify',
  'oracles/gpu/browser',
];

/** What `run-file.ts` says of tests that did not run. */
const notRunLine = /^not run: .*\n/gm;

const root = fileURLToPath(new URL('.', import.meta.url));
const oneFile = fileURLToPath(new URL('run-file.js', import.meta.url));
const patterns = process.argv.slice(2);
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.js'))
  .filter((file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern)))
  .toSorted((a, b) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1));

function placeOf(file: string): number {
  const at = longest.findIndex((name) => file === `${name}.test.js`);
  return at < 0 ? longest.length : at;
}

let passed = 0;
let failed = files.length === 0 ? 1 : 0;
const reasonsNotRun = new Set<string>();
if (files.length === 0) console.error(`no test file matches ${patterns.join(', ')}`);

const waiting = files.values();
await Promise.all(Array.from({ length: availableParallelism() }, runThoseWaiting));
for (const line of reasonsNotRun) console.log(line);
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;

async function runThoseWaiting(): Promise<void> {
  for (const file of waiting) {
    const { text, code } = await run(file);
    const tally = /^(\d+) passed, (\d+) failed\n?$/m.exec(text);
    for (const [line] of text.matchAll(notRunLine)) reasonsNotRun.add(line.trimEnd());
    process.stdout.write(text.replace(notRunLine, '').replace(tally?.[0] ?? '', ''));
    passed += Number(tally?.[1] ?? 0);
    failed += Number(tally?.[2] ?? 0);
    // A file that ended before its last test, by a signal or by process.exit, has no tally or the wrong exit code.
    const sound = tally !== null && (code === 0) === (tally[2] === '0');
    if (!sound) {
      failed++;
      console.error(`${file} ended with ${code} before all of its tests had run`);
    }
  }
}

/** What a file's tests printed on both streams, and the exit code or the signal that ended it. */
function run(file: string): Promise<{ text: string; code: number | string | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...process.execArgv, oneFile, file], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 1000 * patience,
      killSignal: 'SIGKILL',
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
    child.stderr.setEncoding('utf8').on('data', (part: string) => (text += part));
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ text, code: signal ?? code }));
    // What an ended file has started and left may hold the streams open.
    child.on('exit', () => setTimeout(() => (child.stdout.destroy(), child.stderr.destroy()), 1000).unref());
  });
}
