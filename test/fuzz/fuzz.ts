/**
 * `npm run fuzz -- --minutes N [--seed S] [--target NAME] [--keep]`: everything that reads what others wrote, under
 * hostile input. Exits with 1 and shows the shortest input it found when a reader throws anything but an InputError,
 * gives a value that does not survive being written and read, takes longer than a second, allocates more than its
 * input accounts for, or changes a prototype; and when all of it took more than 1 GiB. The table is that of docs/under-fire.md. `--keep` adds what reaches new code to `test/fuzz/corpus`.
 */
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { writeCorpus } from './corpus.ts';
import { targets } from './targets.ts';
import type { Report, Task } from './worker.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    target: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
});
const names = targets.map(({ name }) => name);
const seconds = Number(values.minutes) * 60;
const seed = Number(values.seed);
if (
  !(seconds > 0) ||
  !Number.isSafeInteger(seed) ||
  (values.target !== undefined && !names.includes(values.target))
) {
  console.error(`usage: npm run fuzz -- --minutes N [--seed S] [--target ${names.join('|')}] [--keep]`);
  process.exit(2);
}

/** An input that has not ended after so many seconds hangs. */
const hang = 10;

/** MiB that the process may take. */
const mostMemory = 1024;

console.log(`fuzzing ${values.target ?? names.join(', ')} for ${seconds} s, --seed ${seed}`);
const current = new SharedArrayBuffer(12 + 65536);
const report = await watched({ seconds, seed, only: values.target, current });
if (report !== undefined) show(report);

function watched(task: Task): Promise<Report | undefined> {
  const worker = new Worker(new URL('worker.js', import.meta.url), { workerData: task });
  const state = new Int32Array(task.current, 0, 3);
  let last = -1;
  let since = performance.now();
  return new Promise((resolve, reject) => {
    const watch = setInterval(() => {
      const count = Atomics.load(state, 2);
      if (count !== last || count === 0) {
        last = count;
        since = performance.now();
      } else if (performance.now() - since > hang * 1000) {
        const input = Buffer.from(task.current, 12, state[1]).toString('base64');
        console.error(`${names[state[0]!]}: no end after ${hang} s, for the input ${input} (base64)`);
        process.exitCode = 1;
        clearInterval(watch);
        void worker.terminate().then(() => resolve(undefined));
      }
    }, 500);
    worker.on('message', (report: Report) => {
      clearInterval(watch);
      resolve(report);
    });
    worker.on('error', (error) => {
      clearInterval(watch);
      reject(error);
    });
  });
}

function show({ targets: reports, findings, covered }: Report): void {
  const count = (of: number): string => of.toLocaleString('en');
  console.log(
    '\n| target | inputs | accepted | a second | slowest, ms | largest allocation, bytes |\n| --- | --- | --- | --- | --- | --- |',
  );
  for (const { target, inputs, accepted, seconds, slowest, largest, corpus } of reports) {
    const rate = count(Math.round(inputs / seconds));
    console.log(
      `| ${target} | ${count(inputs)} | ${count(accepted)} | ${rate} | ${(slowest * 1000).toFixed(0)} | ${count(largest)} |`,
    );
    if (values.keep)
      writeCorpus(
        target,
        corpus.map((text) => Buffer.from(text, 'base64')),
      );
  }
  const inputs = reports.reduce((sum, report) => sum + report.inputs, 0);
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(
    `\n${count(inputs)} inputs, ${findings.length} faults, ${peak} MiB of memory at most; ${count(covered)} characters of code reached`,
  );
  if (peak > mostMemory) console.error(`FAULT: more than ${mostMemory} MiB of memory`);
  for (const { target, reason, input } of findings) {
    console.error(
      `FAULT ${target}: ${reason}\n  input in base64: ${input}\n  as text: ${JSON.stringify(Buffer.from(input, 'base64').toString('latin1'))}`,
    );
  }
  if (findings.length > 0 || inputs === 0 || peak > mostMemory) process.exitCode = 1;
}
