/**
 * The lab in headless Chromium: `npm run site && node dist/test/bench/lab.js [RUNS]`. On a formula of 12 variables B's
 * slider is dragged back and forth, a step a time, and each update is timed from the input event until every view is
 * drawn; once at leisure, and once in fresh profiles from the moment the formula was chosen, when no readout is planned
 * yet. Then the page is loaded in fresh profiles, and timed until its slider answers and until every view is drawn.
 * In the first and the last the longest task of the main thread is told, and how many took over 50 ms. Times are wall times, which other
 * work on the machine stretches; `cpu` is what the main thread itself worked. Prints a JSON object a line.
 */
import type { CDPSession, Page } from 'playwright-core';
import { findBrowser, openBrowser, openPage, openSite, settled } from '../lab/site.ts';

const runs = Number(process.argv[2] ?? 40);
const program = findBrowser();
if (program === undefined) process.exit(1);
const site = await openSite();
const browser = await openBrowser(program, false);
const url = `${site.url}/lab/index.html`;

const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);
const share = (values: readonly number[], part: number): number =>
  Math.round(sorted(values)[Math.min(values.length - 1, Math.floor(part * values.length))]!);

interface Tasks {
  /** The longest task's wall time, and the most that a task itself worked, in ms. */
  readonly longestMs: number;
  readonly longestCpuMs: number;
  readonly over50: number;
  readonly over50Cpu: number;
}

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Wall time and the thread's own time, in µs. */
  readonly dur?: number;
  readonly tdur?: number;
}

/** Runs something and says what tasks the thread had meanwhile that set the page's marks. */
async function traceTasks(page: Page, run: () => Promise<void>): Promise<Tasks> {
  await browser.startTracing(page, { categories: ['toplevel', 'blink.user_timing'] });
  await run();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    readonly traceEvents: readonly TraceEvent[];
  };
  const mark = traceEvents.find(({ name }) => name.startsWith('seth:'));
  const tasks = traceEvents.filter(
    ({ name, pid, tid }) => pid === mark?.pid && tid === mark.tid && name.endsWith('RunTask'),
  );
  if (tasks.length === 0) throw new Error('no task was traced');
  const ms = (values: readonly (number | undefined)[]): number[] => values.map((us) => (us ?? 0) / 1000);
  const wall = ms(tasks.map(({ dur }) => dur));
  const own = ms(tasks.map(({ tdur }) => tdur));
  const over = (values: readonly number[]): number => values.filter((value) => value > 50).length;
  return {
    longestMs: Math.round(Math.max(...wall)),
    longestCpuMs: Math.round(Math.max(...own)),
    over50: over(wall),
    over50Cpu: over(own),
  };
}

/** Seconds that the main thread has worked. */
async function worked(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration')!.value;
}

/** Moves B's slider to a place; the milliseconds until every view shows it. */
const update = (page: Page, place: number): Promise<number> =>
  page.locator('#bound').evaluate(async (slider: HTMLInputElement, value) => {
    performance.clearMeasures();
    slider.value = String(value);
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    for (;;) {
      await new Promise(requestAnimationFrame);
      const [measure] = performance.getEntriesByName('seth:update');
      if (measure !== undefined) return measure.duration;
    }
  }, place);

/** A page of a fresh profile with the formula of 12 variables just drawn, and the place of its slider. */
async function twelve(): Promise<{ readonly page: Page; readonly start: number }> {
  const { page } = await openPage(browser, { viewport: { width: 1440, height: 900 } });
  await page.goto(url);
  await settled(page);
  await page.selectOption('#examples', { label: 'random 3-SAT (12 variables)' });
  await settled(page);
  return { page, start: Number(await page.inputValue('#bound')) };
}

async function coldDrags(): Promise<void> {
  const first: number[] = [];
  const rest: number[] = [];
  for (let run = 0; run < 5; run++) {
    const { page, start } = await twelve();
    for (let step = 1; step <= 20; step++) (step === 1 ? first : rest).push(await update(page, start - step));
    await page.context().close();
  }
  console.log(
    JSON.stringify({
      bench: 'drag B down as soon as 12 variables are drawn, fresh profile',
      runs: 5,
      steps: 20,
      firstMedianMs: share(first, 0.5),
      firstMostMs: share(first, 1),
      restMedianMs: share(rest, 0.5),
      restP90Ms: share(rest, 0.9),
      restMostMs: share(rest, 1),
    }),
  );
}

async function drags(): Promise<void> {
  const { page, start } = await twelve();
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.waitForTimeout(5000); // the worker plans its neighbours
  const before = await worked(session);
  const updates: number[] = [];
  const tasks = await traceTasks(page, async () => {
    for (let run = 0; run < runs; run++)
      updates.push(await update(page, start - 8 + Math.abs(((run + 8) % 32) - 16)));
  });
  const cpu = ((await worked(session)) - before) / runs;
  console.log(
    JSON.stringify({
      bench: 'drag B, 12 variables',
      runs,
      medianMs: share(updates, 0.5),
      p90Ms: share(updates, 0.9),
      cpuMs: Math.round(cpu * 1000),
      ...tasks,
    }),
  );
}

async function loads(): Promise<void> {
  const interactive: number[] = [];
  const drawn: number[] = [];
  const tasks: Tasks[] = [];
  for (let run = 0; run < 5; run++) {
    const { page } = await openPage(browser, { viewport: { width: 1440, height: 900 } });
    const session = await page.context().newCDPSession(page);
    /** Waits without putting a library of the test's own into the page, whose start would be one more long task. */
    const when = async (condition: string): Promise<number> => {
      for (;;) {
        const { result } = await session.send('Runtime.evaluate', {
          expression: `${condition} ? performance.now() : 0`,
        });
        if (result.value > 0) return result.value as number;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    tasks.push(
      await traceTasks(page, async () => {
        await page.goto(url, { waitUntil: 'commit' });
        interactive.push(await when("performance.getEntriesByName('seth:interactive').length > 0"));
        drawn.push(await when("document.documentElement.dataset.settled === 'true'"));
      }),
    );
    await page.context().close();
  }
  const most = (of: keyof Tasks): number => Math.max(...tasks.map((each) => each[of]));
  console.log(
    JSON.stringify({
      bench: 'load, fresh profile',
      runs: 5,
      interactiveMs: share(interactive, 0.5),
      drawnMs: share(drawn, 0.5),
      longestMs: most('longestMs'),
      longestCpuMs: most('longestCpuMs'),
      over50: most('over50'),
      over50Cpu: most('over50Cpu'),
    }),
  );
}

await drags();
await coldDrags();
await loads();
await browser.close();
await site.close();
