/**
 * Runs every `*.test.js` beside it whose path contains one of the patterns on the command line (all without
 * one). Ends with `N passed, N failed` alone on a line, and exits 1 unless every declared test passed and there
 * was at least one.
 */
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

declare global {
  var UVU_DEFER: number;
  var UVU_INDEX: number;
  var UVU_QUEUE: unknown[][];
}

globalThis.UVU_DEFER = 1; // uvu reads this when it is loaded: collect suites instead of running each at once
const { exec } = await import('uvu');
const { runner, tally } = await import('./support/harness.ts');

const root = fileURLToPath(new URL('.', import.meta.url));
const patterns = process.argv.slice(2);
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.js'))
  .filter((file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern)))
  .toSorted();

let broken = files.length === 0 ? 1 : 0;
process.on('exit', () => {
  const failed = tally.declared - tally.passed + broken;
  console.log(`${tally.passed} passed, ${failed} failed`);
  if (failed > 0 || tally.passed === 0) process.exitCode = 1;
});

runner.active = true;
for (const file of files) {
  globalThis.UVU_QUEUE.push([relative(root, join(root, file))]);
  globalThis.UVU_INDEX = globalThis.UVU_QUEUE.length - 1;
  try {
    await import(pathToFileURL(join(root, file)).href);
  } catch (thrown) {
    broken++;
    console.error(`${file} could not be loaded:`, thrown);
  }
}
if (files.length === 0) console.error(`no test file matches ${patterns.join(', ')}`);
await exec();
