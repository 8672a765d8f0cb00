/** The families of formulas that `seth random` makes, by name. */
import { colouring } from './colouring.ts';
import type { Family } from './family.ts';
import { ladder, sequential } from './ladder.ts';
import { parity } from './parity.ts';
import { pigeonhole } from './pigeonhole.ts';
import { planted } from './planted.ts';
import { teaching } from './teaching.ts';
import { uniform } from './uniform.ts';

export const families: Readonly<Record<string, Family>> = {
  uniform,
  planted,
  pigeonhole,
  parity,
  colouring,
  ladder,
  sequential,
  teaching,
};
