/**
 * A second worker that plans readouts before they are asked for, nearest to the slider first, so that a drag finds them
 * ready and never waits for one that nobody asked for. It runs the chain's own script, under another name.
 */
import { InputError, type Cnf, type Readout } from 'seth-attention';
import { openChain, readoutAt, type Chain, type Settings } from './chain.ts';

export const plannerName = 'planner';

export interface Job {
  readonly cnf: Cnf;
  /** Stands for the formula in the answers. */
  readonly text: string;
  readonly settings: Settings;
  readonly position: number;
}

export interface Planned {
  readonly text: string;
  readonly settings: Settings;
  readonly position: number;
  readonly readout: Readout;
}

export interface Planner {
  /** Plans around this place from now on, and nothing else. */
  around(job: Job): void;
}

/** In the chain's worker: opens the other one; `take` gets each readout as it is planned. None where workers have no workers. */
export function openPlanner(take: (planned: Planned) => void): Planner {
  if (typeof Worker === 'undefined') return { around: () => {} };
  const worker = new Worker(location.href, { type: 'module', name: plannerName });
  worker.addEventListener('message', ({ data }: MessageEvent<Planned>) => take(data));
  return { around: (job) => worker.postMessage(job, []) };
}

/** In the other worker: takes jobs and answers them. */
export function runPlanner(breathe: () => Promise<void>): void {
  const planner = planning((planned) => postMessage(planned, { transfer: [] }), breathe);
  addEventListener('message', ({ data }: MessageEvent<Job>) => planner.around(data));
}

/** The planner itself: `tell` gets each readout once, and `breathe`, awaited after each place, lets a newer job in. */
export function planning(tell: (planned: Planned) => void, breathe: () => Promise<void>): Planner {
  let job: Job | undefined;
  let busy = false;
  let chain: { readonly text: string; readonly made: Chain } | undefined;
  return {
    around(next) {
      job = next;
      if (!busy) void work();
    },
  };

  async function work(): Promise<void> {
    busy = true;
    while (job !== undefined) {
      const taken: Job = job;
      const { cnf, text, settings, position } = taken;
      if (chain?.text !== text) chain = { text, made: openChain(cnf) };
      const { readouts, bounds } = chain.made;
      for (const place of nearestFirst(position, bounds.length)) {
        const before = readouts.size;
        try {
          const readout = readoutAt(chain.made, settings, place);
          if (readouts.size > before) tell({ text, settings, position: place, readout });
        } catch (error) {
          if (!(error instanceof InputError)) throw error; // no readout there: said when the slider comes there
        }
        await breathe();
        if (job !== taken) break;
      }
      if (job === taken) job = undefined;
    }
    busy = false;
  }
}

/** The places of a slider but the one where it is. */
const nearestFirst = (position: number, places: number): number[] =>
  Array.from({ length: places }, (_, place) => place)
    .filter((place) => place !== position)
    .toSorted((a, b) => Math.abs(a - position) - Math.abs(b - position));
