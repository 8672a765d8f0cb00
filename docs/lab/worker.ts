/**
 * The chain in a worker. It answers the last wish first; while none waits it looks for the smallest B that certifies.
 * Readouts for the slider's other places come from a second worker, so that dragging finds them ready.
 */
import { denseMatrix, openOracle, type Cnf, type Oracle } from 'seth-attention';
import {
  allCertain,
  keepReadout,
  openChain,
  smallestPosition,
  takeSnapshot,
  type Chain,
  type Snapshot,
} from './chain.ts';
import type { OracleName, Reply, Wish } from './messages.ts';
import { openPlanner, plannerName, runPlanner, type Planner } from './planner.ts';
import { nextTask } from './ticks.ts';

let wish: Wish | undefined;
let busy = false;
let chain: { readonly cnf: Cnf; readonly text: string; readonly made: Chain } | undefined;
/** The smallest certified place of the chain's formula, by settings. */
const smallestOf = new Map<string, number | null>();
const oracles = new Map<OracleName, Promise<Oracle>>();

const reply = (message: Reply, transfer: Transferable[] = []): void => postMessage(message, { transfer });

let planner: Planner | undefined;

if (self.name === plannerName) runPlanner(nextTask);
else {
  planner = openPlanner(({ text, settings, position, readout }) => {
    if (chain?.text === text) keepReadout(chain.made, settings, position, readout);
  });
  onmessage = ({ data }: MessageEvent<Wish>) => {
    wish = data;
    if (!busy) void work();
  };
}

async function work(): Promise<void> {
  busy = true;
  while (wish !== undefined) {
    const taken: Wish = wish;
    wish = undefined;
    if (taken.settings.position !== null) planAround(taken, taken.settings.position);
    const snapshot = await answer(taken);
    await nextTask();
    if (snapshot !== undefined && taken.settings.position === null) planAround(taken, snapshot.position);
    if (snapshot !== undefined && wish === undefined) await prepareFor(taken, snapshot);
  }
  busy = false;
}

const planAround = ({ cnf, settings }: Wish, position: number): void =>
  planner?.around({ cnf, text: JSON.stringify(cnf), settings, position });

async function answer({ id, cnf, settings, oracle }: Wish): Promise<Snapshot | undefined> {
  try {
    const snapshot = await takeSnapshot(chainOf(cnf), settings, await oracleOf(oracle));
    reply({ type: 'snapshot', id, snapshot }, buffersOf(snapshot));
    return snapshot;
  } catch (error) {
    reply({ type: 'failure', id, message: error instanceof Error ? error.message : String(error) });
    return undefined;
  }
}

/** Large arrays change hands instead of being copied; what the chain keeps is copied. */
function buffersOf({ q, k, levels, output, estimates, margins }: Snapshot): Transferable[] {
  return [q, k, levels, output, estimates, margins].map(({ buffer }) => buffer as ArrayBuffer);
}

function chainOf(cnf: Cnf): Chain {
  const text = JSON.stringify(cnf);
  if (chain?.text !== text) {
    chain = { cnf, text, made: openChain(cnf) };
    smallestOf.clear();
  }
  return chain.made;
}

/** The oracle; WebAssembly that cannot start, as where its memory is refused, gives way to plain JavaScript. */
function oracleOf(name: OracleName): Promise<Oracle> {
  const known = oracles.get(name);
  if (known !== undefined) return known;
  const opened = name === 'cpu' ? openTried('cpu').catch(() => openOracle('reference')) : openOracle(name);
  oracles.set(name, opened);
  return opened;
}

async function openTried(name: string): Promise<Oracle> {
  const oracle = await openOracle(name);
  const one = denseMatrix(1, 1, new Float64Array([1]));
  await oracle.attend({ q: one, k: one, v: one, scale: 1, dtype: 'f64' });
  return oracle;
}

async function prepareFor(
  { id, cnf, settings, oracle }: Wish,
  { position, verdict }: Snapshot,
): Promise<void> {
  const idle = async (): Promise<boolean> => {
    await nextTask();
    return wish === undefined;
  };
  await tellGpu();
  if (!(await idle())) return;
  const made = chainOf(cnf);
  const key = JSON.stringify([oracle, { ...settings, position: null }]);
  if (settings.position === null) smallestOf.set(key, allCertain(verdict) ? position : null);
  const known = smallestOf.get(key);
  const smallest =
    known === undefined ? await smallestPosition(made, settings, await oracleOf(oracle), idle) : known;
  if (wish !== undefined) return;
  smallestOf.set(key, smallest);
  reply({ type: 'smallest', id, position: smallest });
}

let told = false;

/** Tries WebGPU once, on one number. */
async function tellGpu(): Promise<void> {
  if (told) return;
  told = true;
  try {
    if (navigator.gpu === undefined) throw new Error('this browser has no WebGPU');
    const adapter = await navigator.gpu.requestAdapter();
    if (adapter === null) throw new Error('no WebGPU adapter was found');
    const { description, vendor, architecture } = adapter.info;
    reply({ type: 'gpu', available: true, reason: description || `${vendor} ${architecture}`.trim() });
  } catch (error) {
    reply({ type: 'gpu', available: false, reason: error instanceof Error ? error.message : String(error) });
  }
}
