/** How much memory a run may take. */
import { totalmem } from 'node:os';

/** Three quarters of what the machine, or the container, has. */
const share = 0.75;

/** Bytes of memory that this process could get at most. */
export function installedMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** Bytes that may be used: `gibibytes` of them if given. */
export const memoryLimit = (gibibytes: number | undefined): number =>
  gibibytes === undefined ? Math.floor(installedMemory() * share) : Math.floor(gibibytes * 2 ** 30);

/** The most memory that this process has taken so far, in bytes. */
export const peakMemory = (): number => process.resourceUsage().maxRSS * 1024;

/** `3.2 MiB`. */
export function inBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (bytes >= 1024 && unit < units.length - 1) {
    bytes /= 1024;
    unit++;
  }
  return unit === 0 ? `${bytes} bytes` : `${bytes.toFixed(bytes < 10 ? 1 : 0)} ${units[unit]}`;
}
