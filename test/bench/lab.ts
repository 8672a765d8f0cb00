/**
 * The lab in headless Chromium: `npm run site && node dist/test/bench/lab.js [RUNS]`. On a formula of 12 variables B's
 * slider is dragged back and forth, a step a time, and each update is timed from the input event until every view is
 * drawn; then the page is loaded in fresh profiles, and timed until its slider answers and until every view is drawn.
 * Tasks of the main thread over 50 ms are counted in both. Times are wall times, which other work on the machine
 * stretches; `cpu` is what the main thread itself worked. Prints a JSON object a line.
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

/** Tasks over 50 ms from here on, in ms. */
async function watchTasks(page: Page): Promise<() => Promise<number[]>> {
  await page.addInitScript(() => {
    const tasks: number[] = [];
    (window as unknown as { tasks: number[] }).tasks = tasks;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) tasks.push(Math.round(duration));
    }).observe({ type: 'longtask', buffered: true });
  });
  return () => page.evaluate(() => (window as unknown as { tasks: number[] }).tasks.splice(0));
}

/** Seconds that the main thread has worked. */
async function worked(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration')!.value;
}

async function drags(): Promise<void> {
  const { page } = await openPage(browser, { viewport: { width: 1440, height: 900 } });
  const tasks = await watchTasks(page);
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.goto(url);
  await settled(page);
  await page.selectOption('#examples', { label: 'random 3-SAT (12 variables)' });
  await settled(page);
  const start = Number(await page.inputValue('#bound'));
  await page.waitForTimeout(5000); // the worker plans its neighbours
  await tasks();
  const before = await worked(session);
  const updates: number[] = [];
  for (let run = 0; run < runs; run++) {
    const place = start - 8 + Math.abs(((run + 8) % 32) - 16);
    updates.push(
      await page.locator('#bound').evaluate(async (slider: HTMLInputElement, value) => {
        performance.clearMeasures();
        slider.value = String(value);
        slider.dispatchEvent(new Event('input', { bubbles: true }));
        for (;;) {
          await new Promise(requestAnimationFrame);
          const [measure] = performance.getEntriesByName('seth:update');
          if (measure !== undefined) return measure.duration;
        }
      }, place),
    );
  }
  const cpu = ((await worked(session)) - before) / runs;
  console.log(
    JSON.stringify({
      bench: 'drag B, 12 variables',
      runs,
      medianMs: share(updates, 0.5),
      p90Ms: share(updates, 0.9),
      cpuMs: Math.round(cpu * 1000),
      tasksOver50: await tasks(),
    }),
  );
}

async function loads(): Promise<void> {
  const interactive: number[] = [];
  const drawn: number[] = [];
  const long: number[] = [];
  for (let run = 0; run < 5; run++) {
    const { page } = await openPage(browser, { viewport: { width: 1440, height: 900 } });
    const tasks = await watchTasks(page);
    await page.goto(url, { waitUntil: 'commit' });
    await page.waitForFunction(() => document.documentElement.dataset['settled'] !== undefined);
    interactive.push(await page.evaluate(() => performance.now()));
    await settled(page);
    drawn.push(await page.evaluate(() => performance.now()));
    long.push(...(await tasks()));
    await page.context().close();
  }
  console.log(
    JSON.stringify({
      bench: 'load, fresh profile',
      runs: 5,
      interactiveMs: share(interactive, 0.5),
      drawnMs: share(drawn, 0.5),
      tasksOver50: long,
    }),
  );
}

await drags();
await loads();
await browser.close();
await site.close();
