/**
 * uvu, wrapped once so that it cannot pass by accident. Bare uvu exits 0 when a hook throws, when a test throws
 * something that is not an Error, when a suite forgets `.run()` and when no file matches. Here a suite runs
 * because it was declared, there are no hooks, whatever is thrown becomes an Error, and `test/run.ts` compares
 * what was declared with what passed.
 */
import { suite as uvuSuite } from 'uvu';

type Body = () => void | Promise<void>;

/** Declares one test: a fact, and the code that fails when it is false. */
export type Test = (fact: string, body: Body) => void;

/** Tests declared so far and tests that passed, in this process. */
export const tally = { declared: 0, passed: 0 };

/** Why tests that this machine has no means for did not run, each reason once. */
export const reasonsNotRun: Set<string> = new Set();

/** Says that tests did not run and why; under CI, where all means are there, that is an error. */
export function notRun(reason: string): void {
  if (process.env['CI'] === 'true') throw new Error(reason);
  if (!reasonsNotRun.has(reason) && !runner.active) console.log(reason);
  reasonsNotRun.add(reason);
}

/** Set by `test/run.ts`; a file that is run by itself would be reported by nobody, so it refuses. */
export const runner = { active: false };

/** Declares a suite. Every test that `declare` declares will run, in order. */
export function suite(name: string, declare: (test: Test) => void): void {
  if (!runner.active) throw new Error(`${name}: run tests with "npm test -- PATTERN", not by themselves`);
  const inner = uvuSuite(name);
  declare((fact, body) => {
    tally.declared++;
    inner(fact, async () => {
      try {
        await body();
      } catch (thrown) {
        throw thrown instanceof Error ? thrown : new Error(`threw ${typeof thrown}: ${String(thrown)}`);
      }
      tally.passed++;
    });
  });
  inner.run();
}
