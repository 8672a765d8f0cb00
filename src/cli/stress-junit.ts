/** The outcome as JUnit XML: a suite a dtype, a case a rung. */
import { isExercised } from '../experiments/stress/run.ts';
import { escapeMarkup } from './escape-markup.ts';
import { again, howRun, whyOf, type StressOutcome } from './stress-outcome.ts';

/**
 * The whole file. A rung that is not required, or was not exercised, is no failure: it is skipped, with the reason as its
 * message. Where no rung failed and the required level was not exercised, a case of its own fails.
 */
export function stressJunit(outcome: StressOutcome): string {
  const { oracle, suite, version, scores, rungs } = outcome;
  const suites = scores.map(({ dtype, required, passed: isReached }) => {
    const cases = rungs.filter((result) => result.dtype === dtype);
    const isFailure = (result: (typeof cases)[number]): boolean =>
      !result.passed && isExercised(result) && result.level <= required;
    const failed = cases.filter(isFailure).length;
    const skipped = cases.filter(({ passed }) => !passed).length - failed;
    const className = escapeMarkup(`seth.stress.${suite}.${dtype}`);
    const lines = cases.map((result) => {
      const { rung, passed, seconds } = result;
      const open = `    <testcase classname="${className}" name="${escapeMarkup(rung)}" time="${(seconds ?? 0).toFixed(6)}"`;
      if (passed) return `${open}/>\n`;
      const tag = isFailure(result) ? 'failure' : 'skipped';
      const why = whyOf(result) ?? '';
      const message = escapeMarkup(isExercised(result) ? why : `not exercised: ${result.keys} keys`);
      const how = escapeMarkup(`${again(outcome, result)} --export DIR`);
      return `${open}>\n      <${tag} message="${message}">${how}</${tag}>\n    </testcase>\n`;
    });
    if (!isReached && failed === 0) {
      const message = cases.some(isExercised)
        ? `level ${required} was not exercised`
        : 'no rung was exercised';
      lines.push(
        `    <testcase classname="${className}" name="level ${required}" time="0">\n      <failure message="${message}"/>\n    </testcase>\n`,
      );
    }
    const failures = Math.max(failed, isReached ? 0 : 1);
    const name = escapeMarkup(`seth stress ${suite} v${version} ${dtype}: ${oracle}${howRun(outcome)}`);
    return `  <testsuite name="${name}" tests="${lines.length}" failures="${failures}" errors="0" skipped="${skipped}">\n${lines.join('')}  </testsuite>\n`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join('')}</testsuites>\n`;
}
