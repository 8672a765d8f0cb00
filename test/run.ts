/**
 * Runs every `*.test.js` beside it whose path contains one of the patterns on the command line (all without
 * one). Ends with `N passed, N failed` alone on a line, and exits 1 unless every declared test passed and there
 * was at least one.
 */
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { exec } from 'uvu';
import { runner, tally } from './support/harness.ts';

declare global {
  var UVU_DEFER: number;
  var UVU_INDEX: number;
  var UVU_QUEUE: unknown[][];
}

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
globalThis.UVU_DEFER = 1; // collect suites instead of running each at once
globalThis.UVU_QUEUE = [];
for (const [index, file] of files.entries()) {
  globalThis.UVU_QUEUE.push([relative(root, join(root, file))]);
  globalThis.UVU_INDEX = index;
  try {
    await import(pathToFileURL(join(root, file)).href);
  } catch (thrown) {
    broken++;
    console.error(`${file} could not be loaded:`, thrown);
  }
}
if (files.length === 0) console.error(`no test file matches ${patterns.join(', ')}`);
await exec();
