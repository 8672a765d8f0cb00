/** What must not outlive this process: running programs and temporary folders. */

const leftovers = new Set<() => void>();
let watching = false;

/**
 * Calls `remove` when the process ends, the latest first; the function that comes back takes that back. A process that
 * a signal ends without anybody handling it calls nothing.
 */
export function beforeExit(remove: () => void): () => void {
  if (!watching) {
    watching = true;
    process.on('exit', () => [...leftovers].toReversed().forEach((left) => left()));
  }
  leftovers.add(remove);
  return () => leftovers.delete(remove);
}
