/**
 * The differential campaign: `npm run campaign -- --minutes 10 [--seed 1] [--jobs 2] [--out .campaign]`.
 *
 * Formula after formula of every family goes every way there is, and each answer is compared with brute force, and that
 * with SAT solvers of others where they are installed. What differs is shrunk. Each job keeps a journal in OUT, and a
 * campaign with the same seed goes on where it was ended; OUT/report.json and OUT/report.md have the figures of all of it.
 * Exits 1 when anything was wrong, crashed, hung, took more than ten seconds or more than 1 GiB.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Oracle } from '../../src/oracles/oracle.ts';
import { openOracle } from '../../src/oracles/oracles.ts';
import { whyNoAdapter } from '../oracles/gpu/look.ts';
import { headsProgram, inFloat64 } from '../support/kernels/heads-program.ts';
import { formula } from './formulas.ts';
import { append, readJournal, type Line } from './journal.ts';
import { markdownOf, onePerFormula, reportOf } from './report.ts';
import { runFormula } from './run.ts';
import { foreignSolvers } from './solvers.ts';
import { gpuWays, ways } from './ways.ts';

const { values: flags } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '2' },
    out: { type: 'string', default: '.campaign' },
    /** Of a job: which one it is; `gpu` is the one with the graphics card. */
    job: { type: 'string' },
  },
});
const [minutes, seed, jobs] = [Number(flags.minutes), Number(flags.seed), Number(flags.jobs)];
if (!(minutes > 0 && seed >= 0 && jobs >= 1))
  throw new RangeError('--minutes, --seed and --jobs are numbers');

/** A case that takes longer has hung: its job is ended. */
const patience = 60_000;
const mostMemory = 2 ** 30;
const mostSeconds = 10;

/** Starts the jobs, starts one anew that crashed or hung, and writes the report. */
async function lead(): Promise<void> {
  mkdirSync(flags.out, { recursive: true });
  const end = performance.now() + minutes * 60_000;
  await Promise.all([...Array.from({ length: jobs }, (_, job) => watch(String(job), end)), late(end)]);
  const lines = [...onePerFormula(linesOf(false)), ...onePerFormula(linesOf(true))].toSorted(
    (a, b) => a.number - b.number,
  );
  const report = reportOf(seed, lines);
  writeFileSync(join(flags.out, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(flags.out, 'report.md'), markdownOf(report));
  console.log(markdownOf(report));
  const { findings, memory, slowest, cases } = report;
  if (findings.length > 0 || memory > mostMemory || slowest > mostSeconds || cases === 0)
    process.exitCode = 1;
}

/** What all jobs did under this seed, or the graphics card's did, with whatever --jobs there were. */
function linesOf(card: boolean): Line[] {
  const journals = readdirSync(flags.out).filter((name) => name.startsWith(`seed-${seed}-job-`));
  return journals
    .filter((name) => name.endsWith('.jsonl') && name.includes('-gpu-') === card)
    .flatMap((name) => readJournal(join(flags.out, name)));
}

/**
 * The graphics card has a job of its own in the last tenth of the time: it is played by software in CI, and a process
 * with its 200 MiB takes twice as long to start each of the others' solvers.
 */
async function late(end: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 54_000 * minutes));
  await watch('gpu', end);
}

interface Told {
  readonly number: number;
  readonly way: string;
}

async function watch(job: string, end: number): Promise<void> {
  for (;;) {
    const left = (end - performance.now()) / 60_000;
    if (left <= 0) return;
    const args = ['--job', job, '--minutes', left, '--seed', seed, '--jobs', jobs, '--out', flags.out];
    const child = fork(fileURLToPath(import.meta.url), args.map(String));
    let told: Told = { number: -1, way: 'start' };
    let heard = performance.now();
    child.on('message', (message) => {
      told = message as Told;
      heard = performance.now();
    });
    const timer = setInterval(() => {
      if (performance.now() - heard > patience) child.kill('SIGKILL');
    }, 1000);
    const ended = await endOf(child);
    clearInterval(timer);
    if (ended === 0) return;
    if (told.number < 0) throw new Error(`job ${job} ended with ${ended} before its first case`);
    const said =
      ended === 'SIGKILL' ? `no end within ${patience / 1000} s` : `the process ended with ${ended}`;
    const { family, cnf } = formula(seed, told.number);
    const finding = { way: told.way, said, cnf };
    const none = { right: 0, inconclusive: 0, refused: {}, processor: 0, memory: 0 };
    const counts = { oracles: {}, absent: {}, cells: {}, solvers: {} };
    const line = {
      ...none,
      ...counts,
      number: told.number,
      seed,
      family,
      cases: 1,
      slowest: patience / 1000,
    };
    append(journalOf(job), { ...line, findings: [finding] });
  }
}

const endOf = (child: ChildProcess): Promise<number | string> =>
  new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal ?? 'nothing')));

const journalOf = (job: string): string => join(flags.out, `seed-${seed}-job-${job}-of-${jobs}.jsonl`);

/** The plainest kernel there is, as a program. */
const warmKernel = `command-warm:'${process.execPath}' '${headsProgram}' '${inFloat64}'`;

/** Formulas number job, job + jobs, job + 2·jobs, … but those that its journal has, until the time is over. */
async function work(job: string): Promise<void> {
  const end = performance.now() + minutes * 60_000;
  const done = new Set(linesOf(false).map(({ number }) => number));
  const names = [...new Set(ways.map(({ oracle }) => oracle))];
  const opened = await Promise.all(
    // Forced, the polynomial method computes what it would refuse as slower: its outputs are to be decoded too.
    names.map(async (name) => {
      return [name, await openOracle(name === 'command' ? warmKernel : name, { force: true })] as const;
    }),
  );
  const solvers = foreignSolvers();
  for (let number = Number(job); performance.now() < end; number += jobs) {
    if (done.has(number)) continue;
    const tools = { ways, oracles: new Map(opened), solvers, onCase: teller(number) };
    append(journalOf(job), await runFormula(seed, number, tools));
  }
  await Promise.all(opened.map(([, oracle]) => oracle.close()));
  process.disconnect();
}

const teller =
  (number: number) =>
  (way: string): void =>
    void process.send?.({ number, way } satisfies Told);

/** The graphics card's part: the first formulas, at least one, or a line that says why there is none. */
async function workOnCard(): Promise<void> {
  const file = journalOf('gpu');
  const done = new Set(linesOf(true).map(({ number }) => number));
  const names = [...new Set(gpuWays.map(({ oracle }) => oracle))];
  const why = await whyNoAdapter();
  const end = why === undefined ? performance.now() + minutes * 60_000 : 0;
  const oracles = new Map<string, Oracle>();
  for (const name of why === undefined ? names : []) oracles.set(name, await openOracle(name));
  const absent = why === undefined ? {} : Object.fromEntries(names.map((name) => [name, why]));
  const next = async (number: number): Promise<number> => {
    if (done.has(number)) return next(number + 1);
    const tools = { ways: gpuWays, oracles, absent, onCase: teller(number) };
    append(file, await runFormula(seed, number, tools));
    return number + 1;
  };
  let number = await next(0);
  while (performance.now() < end) number = await next(number);
  for (const oracle of oracles.values()) await oracle.close();
  process.disconnect();
}

if (flags.job === undefined) await lead();
else if (flags.job === 'gpu') await workOnCard();
else await work(flags.job);
