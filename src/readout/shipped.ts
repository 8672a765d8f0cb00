/** Readouts that ship with the package; written by `npm run readouts`, read when first needed. */
import type { Readout } from './readout.ts';

export const shipped = (): Readonly<Record<string, Readout>> => ({});
