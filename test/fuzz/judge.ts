/** One input through one target, and what is wrong with how it went. */
import { countAllocations, largestAllocation } from './allocations.ts';
import type { Target } from './target.ts';

export interface Verdict {
  readonly accepted: boolean;
  /** Undefined where nothing is wrong. */
  readonly fault: string | undefined;
  readonly seconds: number;
  /** Bytes of the largest allocation. */
  readonly allocated: number;
}

/** Seconds that an input may take. */
const patience = 1;

countAllocations();
const prototypes = [Object.prototype, Array.prototype, Function.prototype, Map.prototype, String.prototype];
const names = (): readonly number[] => prototypes.map((prototype) => Reflect.ownKeys(prototype).length);
const namesBefore = names();

type Judged = Pick<Target, 'check' | 'mostBytes'>;

export async function judge(target: Judged, bytes: Uint8Array): Promise<Verdict> {
  const first = await run(target, bytes);
  if (first.fault !== undefined || first.seconds <= patience) return first;
  // Slow three times out of three: the machine may have been busy once.
  const again = [await run(target, bytes), await run(target, bytes)];
  const seconds = Math.min(first.seconds, ...again.map((verdict) => verdict.seconds));
  const fault = seconds > patience ? `more than ${patience} s` : undefined;
  return { ...first, seconds, fault };
}

async function run(target: Judged, bytes: Uint8Array): Promise<Verdict> {
  const input = Uint8Array.from(bytes); // at the beginning of a buffer of its own
  largestAllocation();
  const begun = performance.now();
  let accepted = false;
  let fault: string | undefined;
  try {
    accepted = (await target.check(input)) === 'accepted';
  } catch (thrown) {
    fault = String(thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : thrown).split('\n')[0];
  }
  const seconds = (performance.now() - begun) / 1000;
  const allocated = largestAllocation();
  const now = names();
  if (now.some((count, k) => count !== namesBefore[k])) fault = 'a prototype was changed';
  if (allocated > target.mostBytes(bytes.length))
    fault = 'more is allocated at once than the input accounts for';
  return { accepted, fault, seconds, allocated };
}
