/** Whose fault it is when the chain throws. */
import { InputError } from '../problems/input-error.ts';
import { OracleFailure, RefusedOutput } from './faults.ts';
import { nameOf } from './read.ts';

/** A refused output is the oracle's fault and other bad input the formula's; anything else is a breakdown. */
export function chainFault(error: unknown, file: string, oracle: string): unknown {
  if (!(error instanceof InputError)) return new OracleFailure(oracle, error);
  const fault = { ...error.fault, file: nameOf(file) };
  return fault.code.startsWith('output-') ? new RefusedOutput(fault) : new InputError(fault);
}
