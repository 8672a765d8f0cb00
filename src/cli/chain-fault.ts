/** Whose fault it is when the chain throws. */
import { InputError } from '../problems/input-error.ts';
import { OracleFailure, RefusedOutput } from './faults.ts';
import { nameOf } from './read.ts';

/** Is a fault with this code that of whoever computed the output? */
export const isOfOutput = (code: string): boolean => /^(output|command)-/.test(code);

/** A refused output or a failed command is the oracle's fault, other bad input the formula's; the rest are breakdowns. */
export function chainFault(error: unknown, file: string, oracle: string): unknown {
  if (!(error instanceof InputError)) return new OracleFailure(oracle, error);
  const fault = { ...error.fault, file: nameOf(file) };
  return isOfOutput(fault.code) ? new RefusedOutput(fault) : new InputError(fault);
}
