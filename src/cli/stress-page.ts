/**
 * The outcome as an HTML page that needs nothing beside it: the scores, a figure of error against demand for each dtype,
 * and the table of rungs. The figures are Observable Plot's, drawn into a document of linkedom's; both
 * are optional packages, loaded here when a page is asked for.
 */
import { isExercised, type RungResult } from '../experiments/stress/run.ts';
import { InputError } from '../problems/input-error.ts';
import { escapeMarkup } from './escape-markup.ts';
import {
  figuresOf,
  hintOf,
  howRun,
  rate,
  shapeOf,
  skippedOf,
  small,
  whyOf,
  whysOf,
  wrongOf,
  type StressOutcome,
} from './stress-outcome.ts';

/** Loads what draws, and gives a function from an outcome to the page. Throws an `InputError` where it is not there. */
export async function stressPage(): Promise<(outcome: StressOutcome) => string> {
  const [Plot, { parseHTML }] = await Promise.all([import('@observablehq/plot'), import('linkedom')]).catch(
    (error: unknown) => {
      throw new InputError({
        code: 'package-missing',
        field: '--html',
        expected: 'the optional packages @observablehq/plot and linkedom',
        found: error instanceof Error ? error.message : String(error),
        hint: 'install them with "npm install @observablehq/plot linkedom", or leave --html out',
      });
    },
  );

  const figure = (ladder: readonly RungResult[]): string => {
    const { document } = parseHTML('<!doctype html><html><body></body></html>');
    const demands = ladder.map(({ level, demand }) => ({ level, error: demand }));
    const lowest = Math.min(...ladder.map(({ demand, error }) => Math.min(demand, error ?? 1)));
    const floor = Math.max(lowest, 1e-17) / 4;
    const found = ladder.filter(isExercised).map((result) => ({
      level: result.level,
      // What has no finite error, or one beyond all sense, stands at the top.
      error: Math.min(10, Math.max(floor, result.error ?? 10)),
      passed: result.passed ? 'passed' : 'failed',
      title: `${result.rung}: ${whyOf(result) ?? `error ${small(result.error)}, demand ${small(result.demand)}`}`,
    }));
    // Whole decades, eight at most: what a logarithmic scale takes by itself is nine a decade where there are few.
    const [bottom, top] = [Math.ceil(Math.log10(floor)), 1];
    const step = Math.ceil((top - bottom + 1) / 8);
    const decades = Array.from({ length: Math.floor((top - bottom) / step) + 1 }, (_, k) =>
      Number(`1e${top - k * step}`),
    );
    return Plot.plot({
      document,
      width: 720,
      height: 340,
      marginLeft: 60,
      insetLeft: 10, // markers on the first and last level are whole
      insetRight: 10,
      insetBottom: 6,
      x: { label: 'level →', ticks: [...new Set(ladder.map(({ level }) => level))], tickFormat: 'd' },
      y: {
        type: 'log',
        label: '↑ relative error of an output',
        domain: [floor, 20],
        grid: true,
        ticks: decades,
        tickFormat: '~e',
      },
      symbol: { domain: ['passed', 'failed'], range: ['circle', 'times'] },
      marks: [
        Plot.line(demands, Plot.groupX({ y: 'min' }, { x: 'level', y: 'error', strokeDasharray: '4 3' })),
        Plot.dot(demands, { x: 'level', y: 'error', r: 2, fill: 'currentColor' }),
        Plot.dot(found, {
          x: 'level',
          y: 'error',
          r: 5,
          symbol: 'passed',
          stroke: (result: (typeof found)[number]) =>
            result.passed === 'passed' ? 'var(--passed)' : 'var(--failed)',
          strokeWidth: 2,
          title: 'title',
        }),
      ],
    }).outerHTML;
  };

  return (outcome) => pageOf(outcome, figure);
}

const style = `
:root { color-scheme: light dark; --text: #1f2328; --page: #fff; --rule: #d1d9e0; --faint: #59636e; --passed: #1a7f37; --failed: #cf222e; }
@media (prefers-color-scheme: dark) {
  :root { --text: #f0f6fc; --page: #0d1117; --rule: #3d444d; --faint: #9198a1; --passed: #3fb950; --failed: #f85149; }
}
body { font: 15px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem; color: var(--text); background: var(--page); }
h1 { overflow-wrap: anywhere; }
div.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
th, td { text-align: right; padding: 0.15rem 0.5rem; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th:first-child, td:first-child, td.why { text-align: left; }
.passed { color: var(--passed); } .failed { color: var(--failed); }
td.why { white-space: normal; overflow-wrap: anywhere; color: var(--faint); font-size: 13px; }
figure { margin: 1rem 0; } figcaption { color: var(--faint); }
`;

function pageOf(outcome: StressOutcome, figure: (ladder: readonly RungResult[]) => string): string {
  const { tool, suite, version, oracle, passed, scores, rungs } = outcome;
  const part = howRun(outcome);
  const hint = hintOf(outcome);
  const sections = scores.map((score) => {
    const ladder = rungs.filter(({ dtype }) => dtype === score.dtype);
    const whyNow = whysOf();
    // A few rungs are no ladder.
    const isLadder = outcome.only === undefined;
    const level = isLadder ? `: level ${score.reached} of ${score.top}${skippedOf(score)}` : '';
    const required = isLadder ? ` · level ${score.required} is required` : '';
    return `<section>
<h2>${score.dtype}${level}</h2>
<p>${figuresOf(outcome, score)}${required}: ${mark(score.passed)}</p>
<figure>${figure(ladder)}<figcaption>Dashes: the demand, the largest error at which an instance still decodes. Circles passed, crosses failed; at the top what has no finite error.${score.notExercised === undefined ? '' : ' What was not exercised has a dash only.'}</figcaption></figure>
<div class="wide"><table>
<tr><th>rung</th><th>queries × keys × d</th><th>scale</th><th>B</th><th>amplification</th><th>demand</th><th>error</th><th>bits</th><th>wrong rows</th><th>pairs/s</th><th></th></tr>
${ladder.map((result) => rowOf(result, whyNow(result))).join('\n')}
</table></div>
</section>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeMarkup(`seth stress: ${oracle}${part}`)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escapeMarkup(oracle)} ${mark(passed)}</h1>
<p>The ${suite} suite, version ${version}${part}, by ${escapeMarkup(tool)}. Each rung is an attention instance whose answer, a count
for each row, is known; it passes when every output is within the certified demand and every count is right.</p>
${sections.join('\n')}${hint === undefined ? '' : `\n<p>${escapeMarkup(hint)}</p>`}
</body>
</html>
`;
}

const mark = (passed: boolean): string =>
  passed ? '<span class="passed">passed</span>' : '<span class="failed">failed</span>';

function rowOf(result: RungResult, why: string | undefined): string {
  const { rung, scale, bound, amplification, demand, error, bits, passed } = result;
  const cells = [
    rung,
    shapeOf(result),
    scale,
    String(Number(bound.toPrecision(4))),
    rate(amplification),
    small(demand),
    small(error),
    bits.toFixed(1),
    wrongOf(result, ' of '),
    rate(result.pairsPerSecond),
  ];
  const below = why === undefined ? '' : `\n<tr><td class="why" colspan="11">${escapeMarkup(why)}</td></tr>`;
  return `<tr>${cells.map((cell) => `<td>${escapeMarkup(cell)}</td>`).join('')}<td>${isExercised(result) ? mark(passed) : 'not exercised'}</td></tr>${below}`;
}
