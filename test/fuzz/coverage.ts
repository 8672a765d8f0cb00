/** Which of our code has run, by V8's own precise coverage: what guides the fuzzer. */
import { Session, type Profiler } from 'node:inspector';

export interface Coverage {
  /** How many characters of code ran, since this or `absorb` was last called, that never ran before. */
  news(): number;
  /** The same, and from now on they have run before. */
  absorb(): number;
  /** Characters that have run. */
  readonly total: number;
}

/** Starts to watch the scripts whose URL contains one of `places`, in this thread, until the process ends. */
export function watchCoverage(places: readonly string[]): Coverage {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const known = new Map<string, Uint8Array>();
  let total = 0;

  const look = (absorb: boolean): number => {
    let news = 0;
    for (const { url, functions } of taken(session)) {
      if (!places.some((place) => url.includes(place))) continue;
      const before = known.get(url) ?? new Uint8Array();
      const now = painted(functions);
      const after = new Uint8Array(Math.max(before.length, now.length));
      after.set(before);
      now.forEach((ran, at) => {
        if (ran === 0 || after[at] === 1) return;
        after[at] = 1;
        news++;
      });
      if (absorb) known.set(url, after);
    }
    if (absorb) total += news;
    return news;
  };
  return {
    news: () => look(false),
    absorb: () => look(true),
    get total() {
      return total;
    },
  };
}

/** A 1 for each character that ran. A function stands before those within it, a block before those within it. */
function painted(functions: readonly Profiler.FunctionCoverage[]): Uint8Array {
  const end = Math.max(0, ...functions.flatMap(({ ranges }) => ranges.map(({ endOffset }) => endOffset)));
  const ran = new Uint8Array(end);
  for (const { ranges } of functions) {
    for (const { startOffset, endOffset, count } of ranges)
      ran.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  }
  return ran;
}

/** Within one thread the answer is there when `post` returns. */
function taken(session: Session): readonly Profiler.ScriptCoverage[] {
  let result: readonly Profiler.ScriptCoverage[] = [];
  session.post('Profiler.takePreciseCoverage', (error, answer) => {
    if (error !== null) throw error;
    result = answer.result;
  });
  return result;
}
