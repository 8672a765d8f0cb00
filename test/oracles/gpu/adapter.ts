/**
 * Is there an adapter to test on? Without one the tests of the gpu oracle do not run and one line says so; under CI that
 * is a failure.
 */
import { notRun } from '../../support/harness.ts';
import { whyNoAdapter } from './look.ts';

const why = await whyNoAdapter();

/** True where tests of the gpu oracle can run. */
export const hasAdapter: boolean = why === undefined;

if (!hasAdapter) notRun(`the tests of the gpu oracle: ${why}`);
