/**
 * The fuzzer's own loop, in a thread that is watched by `fuzz.ts`: inputs from generators of nearly right ones and from
 * mutations of a corpus, which grows by what reaches code that did not run before.
 */
import { parentPort, workerData } from 'node:worker_threads';
import * as fc from 'fast-check';
import { readCorpus } from './corpus.ts';
import { watchCoverage } from './coverage.ts';
import { judge, type Verdict } from './judge.ts';
import { chanceOf, mutate, pick, shrunk, type Chance } from './mutate.ts';
import type { Target } from './target.ts';
import { targets } from './targets.ts';

export interface Task {
  readonly seconds: number;
  readonly seed: number;
  readonly only: string | undefined;
  /** The number of the target, the length of the input and the input, for whoever watches. */
  readonly current: SharedArrayBuffer;
}

export interface TargetReport {
  readonly target: string;
  readonly inputs: number;
  readonly accepted: number;
  readonly seconds: number;
  readonly slowest: number;
  /** Bytes. */
  readonly largest: number;
  /** Inputs that between them reach all that was reached, in base64. */
  readonly corpus: readonly string[];
}

export interface Finding {
  readonly target: string;
  readonly reason: string;
  /** In base64. */
  readonly input: string;
}

export interface Report {
  readonly targets: readonly TargetReport[];
  readonly findings: readonly Finding[];
  /** Characters of our code that ran. */
  readonly covered: number;
}

/** Inputs between two looks at the coverage, which cost a millisecond. */
const batch = 64;

const task = workerData as Task;
const current = new Int32Array(task.current, 0, 3);
const currentBytes = new Uint8Array(task.current, 12);
const findings: Finding[] = [];

const coverage = watchCoverage([
  '/dist/src/formats/',
  '/dist/src/cli/',
  '/dist/src/problems/',
  '/dist/src/checker/',
  'xz-decompress',
]);
const chosen = targets.filter(({ name }) => task.only === undefined || name === task.only);
const states = chosen.map((target) => stateOf(target));
for (const state of states) await warmUp(state);
const end = performance.now() + task.seconds * 1000;
for (let round = 0; performance.now() < end && findings.length < 20; round++) {
  // The same time for each, whatever an input costs.
  const next = states.reduce((least, state) => (state.seconds < least.seconds ? state : least));
  const begun = performance.now();
  await runBatch(next, round);
  next.seconds += (performance.now() - begun) / 1000;
}
const reports = states.map(({ target, corpus, ...figures }) => ({
  target: target.name,
  inputs: figures.inputs,
  accepted: figures.accepted,
  seconds: figures.seconds,
  slowest: figures.slowest,
  largest: figures.largest,
  corpus: corpus.map((bytes) => Buffer.from(bytes).toString('base64')),
}));
parentPort!.postMessage({ targets: reports, findings, covered: coverage.total } satisfies Report, []);

interface State {
  readonly target: Target;
  readonly chance: Chance;
  readonly corpus: Uint8Array[];
  inputs: number;
  accepted: number;
  seconds: number;
  slowest: number;
  largest: number;
}

function stateOf(target: Target): State {
  const corpus = [...target.seeds, ...readCorpus(target.name)];
  const chance = chanceOf(task.seed * 1000 + targets.indexOf(target));
  return { target, chance, corpus, inputs: 0, accepted: 0, seconds: 0, slowest: 0, largest: 0 };
}

/** The corpus itself, twice: code that is used for the first time is compiled, and allocates. */
async function warmUp(state: State): Promise<void> {
  for (const bytes of state.corpus) await state.target.check(bytes).catch(() => undefined);
  for (const bytes of state.corpus) await runOne(state, bytes);
  coverage.absorb();
}

async function runBatch(state: State, round: number): Promise<void> {
  const { target, chance, corpus } = state;
  const structured = fc.sample(target.structured, {
    numRuns: batch / 4,
    seed: task.seed * 100_003 + round,
  });
  const mutants = Array.from({ length: batch - structured.length }, () =>
    mutate(
      chance() < 0.2 ? pick(chance, structured) : pick(chance, corpus),
      pick(chance, corpus),
      target.words,
      chance,
    ),
  );
  const inputs = [...structured, ...mutants];
  for (const bytes of inputs) await runOne(state, bytes);
  if (coverage.news() === 0) return;
  // Which of them was it? Each is run again by itself.
  for (const bytes of inputs) {
    await target.check(bytes).catch(() => undefined);
    if (coverage.absorb() > 0) corpus.push(Uint8Array.from(bytes));
  }
}

/** Runs an input and notes what is wrong with it, made as short as it gets. */
async function runOne(state: State, bytes: Uint8Array): Promise<void> {
  const { accepted, fault, seconds, allocated } = await judged(state.target, bytes);
  state.inputs++;
  state.slowest = Math.max(state.slowest, seconds);
  state.largest = Math.max(state.largest, allocated);
  if (accepted) state.accepted++;
  const target = state.target.name;
  if (fault === undefined || findings.some((known) => known.target === target && known.reason === fault))
    return;
  const shortest = await shrunk(bytes, async (less) => (await judged(state.target, less)).fault === fault);
  findings.push({ target, reason: fault, input: Buffer.from(shortest).toString('base64') });
}

/** Says first what is being run, for whoever watches. */
function judged(target: Target, bytes: Uint8Array): Promise<Verdict> {
  current[0] = targets.indexOf(target);
  current[1] = bytes.length;
  currentBytes.set(bytes.subarray(0, currentBytes.length));
  Atomics.add(current, 2, 1);
  return judge(target, bytes);
}
