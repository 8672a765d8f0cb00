/**
 * Is there an adapter to test on? Without one the tests of the gpu oracle do not run and one line says so; under CI that
 * is a failure.
 */
import { whyNoAdapter } from './look.ts';

const why = await whyNoAdapter();

/** True where tests of the gpu oracle can run. */
export const hasAdapter: boolean = why === undefined;

if (!hasAdapter) {
  const line = `the tests of the gpu oracle did not run: ${why}`;
  if (process.env['CI'] === 'true') throw new Error(line);
  console.log(line);
}
