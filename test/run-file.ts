/**
 * Runs one test file, named on the command line, and prints `N passed, N failed` when the process ends, above it a line
 * for each reason why tests did not run. A file that declares no test needs such a reason. A file whose tests leave
 * something running (a server, a child) fails for it, a moment after its last test.
 */
import { pathToFileURL } from 'node:url';

declare global {
  var UVU_DEFER: number;
  var UVU_INDEX: number;
  var UVU_QUEUE: unknown[][];
}

globalThis.UVU_DEFER = 1; // uvu reads this when it is loaded: collect suites instead of running each at once
const { exec } = await import('uvu');
const { reasonsNotRun, runner, tally } = await import('./support/harness.ts');

const file = process.argv[2] ?? '';
let broken = 0;
process.on('exit', () => {
  const failed = tally.declared - tally.passed + broken;
  for (const reason of reasonsNotRun) console.log(`not run: ${reason}`);
  console.log(`${tally.passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 || (tally.passed === 0 && reasonsNotRun.size === 0) ? 1 : 0;
});

runner.active = true;
globalThis.UVU_QUEUE.push([file]);
globalThis.UVU_INDEX = globalThis.UVU_QUEUE.length - 1;
try {
  await import(new URL(file, pathToFileURL(`${import.meta.dirname}/`)).href);
} catch (thrown) {
  broken++;
  console.error(`${file} could not be loaded:`, thrown);
}
if (tally.declared > 0) await exec();

setTimeout(() => {
  broken++;
  console.error(`${file} left something running: ${process.getActiveResourcesInfo().join(', ')}`);
  process.exit();
}, 10_000).unref();
