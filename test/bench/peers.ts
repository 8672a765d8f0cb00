/**
 * `npm run bench:peers`: our CPU oracle beside numpy, PyTorch, ONNX Runtime, jax-js and the naive loop, in turn, in
 * one run, on the same matrices. README.md here says how to read the table.
 *
 *   --quick        a few shapes, within two minutes
 *   --shapes TEXT  shapes whose name or format contains one of these, split at commas ("d=64,f64")
 *   --peers NAMES  these contenders only ("cpu,numpy")
 *   --runs 5       rounds that count
 *   --cap 1        seconds that a call of a peer may take; where all queries would take longer, it gets some of them
 *   --threads 2    threads for each peer; without it as many as there are cores
 *   --json FILE    every time of every round
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { contenders, rooflineCommand, type Contender } from './contenders.ts';
import { expected, tolerated, type Expected } from './expected.ts';
import { rowsOf, table, type Measured, type Missing, type ShapeOutcome } from './outcome.ts';
import { startPeer, type PeerProcess } from './peer-process.ts';
import type { Roofline } from './roofline.ts';
import { allShapes, quickShapes, writeTask, type BenchShape } from './shapes.ts';
import { median } from './statistics.ts';
import type { Loaded, Ran, Task } from './task.ts';

/** Calls of a turn that do not count go on for as long: threads wake up, clocks rise, caches fill. */
const settleSeconds = 0.05;
/** Rows of an output that are compared with the reference. */
const sampledRows = 6;

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    shapes: { type: 'string', default: '' },
    peers: { type: 'string', default: '' },
    runs: { type: 'string', default: '5' },
    cap: { type: 'string' },
    threads: { type: 'string', default: String(availableParallelism()) },
    json: { type: 'string' },
  },
});
const runs = positive('--runs', flags.runs);
const cap = positive('--cap', flags.cap ?? (flags.quick ? '0.1' : '1'));
const threads = positive('--threads', flags.threads);

const words = flags.shapes.split(',').filter((word) => word !== '');
const shapes = (flags.quick ? quickShapes : allShapes).filter(
  ({ name, dtype }) => words.length === 0 || words.some((word) => `${name} ${dtype}`.includes(word)),
);
const chosen = contenders(threads).filter(
  ({ name }) => flags.peers === '' || flags.peers.split(',').includes(name),
);
if (shapes.length === 0 || chosen.length === 0)
  throw new Error('nothing to measure: see --shapes and --peers');

interface Present extends Contender {
  readonly process: PeerProcess;
}

const folder = mkdtempSync(join(tmpdir(), 'seth-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const present: Present[] = [];
const absent: Missing[] = [];
const roofline = await startPeer(rooflineCommand(threads));
try {
  for (const contender of chosen) {
    try {
      const process = await startPeer(contender.command);
      present.push({ ...contender, process });
      console.log(`${contender.name}: ${process.ready.version}, threads: ${process.ready.threads}`);
    } catch (error) {
      const hint = contender.install === undefined ? '' : `; to install it: ${contender.install}`;
      absent.push({ name: contender.name, why: `${reason(error)}${hint}` });
      console.log(`${contender.name}: absent, ${reason(error)}${hint}`);
    }
  }
  const outcomes: ShapeOutcome[] = [];
  for (const shape of shapes) {
    const started = performance.now();
    outcomes.push(await measure(shape));
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    console.error(`${outcomes.length} of ${shapes.length}: ${shape.name} ${shape.dtype}, ${seconds} s`);
    if (flags.json !== undefined)
      writeFileSync(flags.json, `${JSON.stringify(everything(outcomes), null, 2)}\n`);
  }
  report(outcomes);
} finally {
  for (const { process } of [...present, { process: roofline }]) process.close();
}

/** One contender while a shape is measured. */
interface Entry {
  readonly contender: Present;
  readonly rows: number;
  readonly how: string;
  /** Of the last call. */
  seconds: number;
  readonly rounds: number[];
  readonly error: number;
}

async function measure(shape: BenchShape): Promise<ShapeOutcome> {
  const { attention, nodes } = shape.make();
  const task = writeTask(attention, join(folder, 'task'));
  const reference = expected(attention);
  const missing: Missing[] = [...absent];
  let entries: Entry[] = [];
  for (const contender of present) {
    try {
      entries.push(await enter(contender, task, reference));
    } catch (error) {
      missing.push({ name: contender.name, why: reason(error) });
    }
  }

  const rooflines: Roofline[] = [];
  for (let round = 0; round < runs; round++) {
    rooflines.push(await roofline.ask<Roofline>({}));
    // Each round starts with another one, so that nobody always follows the same.
    const turn = round % Math.max(1, entries.length);
    for (const entry of [...entries.slice(turn), ...entries.slice(0, turn)]) {
      try {
        entry.rounds.push((await oneTurn(entry)) * (task.queries / entry.rows));
      } catch (error) {
        missing.push({ name: entry.contender.name, why: reason(error) });
        entries = entries.filter((other) => other !== entry);
      }
    }
  }
  const measured = entries.map(({ contender: { name, ours }, rows, how, rounds, error }): Measured => {
    return { name, ours, how, rows, seconds: rounds, error, right: error <= tolerated[task.dtype] };
  });
  const { folder: _, ...plainTask } = task;
  return { shape: shape.name, task: plainTask, nodes, rooflines, measured, missing };
}

/** Loads, takes as many queries as the cap allows, warms up, and compares the output with the reference. */
async function enter(contender: Present, task: Task, reference: Expected): Promise<Entry> {
  const { process } = contender;
  const { how, secondsPerRow } = await process.ask<Loaded>({ do: 'load', task });
  const stride = Math.max(1, Math.ceil((secondsPerRow * task.queries) / cap));
  const rows = Math.ceil(task.queries / stride);
  await process.ask({ do: 'use', stride });
  const { seconds, path } = await process.ask<Ran>({ do: 'run' });
  const computed = Array.from({ length: Math.min(sampledRows, rows) }, (_, i) =>
    Math.floor((i * (rows - 1)) / Math.max(1, sampledRows - 1)),
  );
  const { values } = await process.ask<{ values: number[][] }>({ do: 'rows', rows: computed });
  const error = await reference.errorOf(
    computed.map((row) => row * stride),
    values,
  );
  return { contender, rows, how: path ?? how, seconds, rounds: [], error };
}

/** Seconds of a call: the median of those that follow the calls that do not count. A long call is its own warm-up. */
async function oneTurn(entry: Entry): Promise<number> {
  const call = async (): Promise<number> => {
    entry.seconds = (await entry.contender.process.ask<Ran>({ do: 'run' })).seconds;
    return entry.seconds;
  };
  if (entry.seconds < settleSeconds) {
    for (let spent = 0; spent < settleSeconds;) spent += await call();
  }
  const counted: number[] = [];
  for (let spent = 0; spent < settleSeconds;) {
    counted.push(await call());
    spent += counted.at(-1)!;
  }
  return median(counted);
}

function report(outcomes: readonly ShapeOutcome[]): void {
  const rooflines = outcomes.flatMap((outcome) => outcome.rooflines);
  const giga = (pick: (roofline: Roofline) => number): string =>
    (median(rooflines.map(pick)) / 1e9).toFixed(1);
  const relaxed = rooflines[0]?.relaxed === true ? ' with relaxed SIMD' : '';
  console.log(`\n${machine()}`);
  console.log(
    `Roofline of WebAssembly on ${threads} threads, medians: ${giga((r) => r.f64MultiplyAdds)} f64 and ` +
      `${giga((r) => r.f32MultiplyAdds)} f32 giga-multiply-adds/s${relaxed}, ` +
      `${giga((r) => r.popcounts)} giga-words counted/s, ${giga((r) => r.bytes)} GB/s read`,
  );
  console.log(`Medians of ${runs} rounds; ~ computed for a part of the queries and scaled up by pairs\n`);
  console.log(table(outcomes));
}

/** What `--json` writes, after every shape so that a run that is stopped leaves what it has. */
function everything(outcomes: readonly ShapeOutcome[]): object {
  const peers = Object.fromEntries(present.map(({ name, process }) => [name, process.ready]));
  const node = process.versions.node;
  return { machine: machine(), node, threads, runs, peers, rows: outcomes.flatMap(rowsOf), outcomes };
}

function machine(): string {
  const load = loadavg().map((x) => x.toFixed(1));
  return `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, load ${load.join(' ')}`;
}

function positive(flag: string, text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`${flag} wants a positive number, found ${text}`);
  return number;
}

function reason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}
