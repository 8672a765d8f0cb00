/** Rows in blocks, as many under way at once as there is room for. */
import type { AttendOptions } from '../oracle.ts';

/** Runs `visit` over the rows in blocks, one for each slot at a time. All have ended when this returns or throws. */
export async function inBlocks<Slot>(
  rows: number,
  rowsAtOnce: number,
  slots: readonly Slot[],
  { signal, onProgress }: AttendOptions,
  visit: (slot: Slot, from: number, to: number) => Promise<void>,
): Promise<void> {
  const free = [...slots];
  const running = new Set<Promise<void>>();
  let done = 0;
  const start = (slot: Slot, from: number, to: number): void => {
    const job = visit(slot, from, to).then(() => {
      running.delete(job);
      free.push(slot);
      done += to - from;
      onProgress?.(done / rows);
    });
    running.add(job);
  };
  try {
    for (let from = 0; from < rows; from += rowsAtOnce) {
      while (free.length === 0) await Promise.race(running);
      signal?.throwIfAborted();
      start(free.pop()!, from, Math.min(rows, from + rowsAtOnce));
    }
    await Promise.all(running);
    signal?.throwIfAborted();
  } finally {
    await Promise.allSettled(running);
  }
}
