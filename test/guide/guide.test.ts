/** Every page of the built guide as a reader sees it, at two widths, in light and in dark. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import { findBrowser, openBrowser, openPage, openSite, siteFolder } from '../lab/site.ts';
import { suite } from '../support/harness.ts';

interface Axe {
  run(
    context: { readonly exclude: readonly string[] },
    options: { readonly runOnly?: readonly string[] },
  ): Promise<{
    readonly violations: readonly {
      readonly id: string;
      readonly impact: string;
      readonly nodes: readonly { readonly html: string }[];
    }[];
  }>;
}

const axeFile = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** What axe finds that keeps somebody from reading the page, and headings of a wrong rank, by these of its rules or by all. */
const faults = (page: Page, ...rules: readonly string[]): Promise<string[]> =>
  page.evaluate(async (runOnly) => {
    const { axe } = window as unknown as { axe: Axe };
    // The first lines of a block of code have the colours of all, a formula has those of its paragraph, and there are
    // thousands of both.
    const context = { exclude: ['.line:nth-child(n + 12)', '.katex-html'] };
    const { violations } = await axe.run(context, runOnly.length === 0 ? {} : { runOnly });
    return violations
      .filter(({ id, impact }) => impact === 'serious' || impact === 'critical' || id === 'heading-order')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' ')}`);
  }, rules);

const withoutEntities = (text: string): string =>
  text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&amp;', '&');

const program = findBrowser();

if (program !== undefined) {
  const pages = readdirSync(siteFolder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.html') && file !== '404.html')
    .map((file) => file.replaceAll('\\', '/'));
  const guide = pages.filter((file) => !/^(lab|code)\//.test(file));
  const longName = pages
    .filter((file) => file.startsWith('code/'))
    .reduce((a, b) => (a.length < b.length ? b : a), '');

  suite('guide in a browser', (test) => {
    test('every link of the guide and of the files it shows leads to a page, and to a heading where it names one', () => {
      assert.ok(guide.length > 25, 'the guide is not there: npm run site');
      const texts = new Map(pages.map((file) => [`/${file}`, readFileSync(join(siteFolder, file), 'utf8')]));
      const wrong: string[] = [];
      let checked = 0;
      for (const [page, text] of texts) {
        for (const [, href] of text.matchAll(/<a\b[^>]*? href="([^"]*)"/g)) {
          const to = new URL(withoutEntities(href!), `http://site${page}`);
          if (to.host !== 'site') continue;
          checked++;
          const path = to.pathname.replace(/\/$/, '/index.html');
          const anchor = decodeURIComponent(to.hash.slice(1));
          if (!existsSync(join(siteFolder, path))) wrong.push(`${page} links to ${path}, which is not there`);
          else if (anchor !== '' && !withoutEntities(texts.get(path)!).includes(` id="${anchor}"`))
            wrong.push(`${page}: ${path} has no heading #${anchor}`);
        }
      }
      assert.equal(wrong, []);
      assert.ok(checked > 2000, `${checked} links`);
    });

    test('no page is too wide for a desktop or a phone, complains, asks another machine, has a heading of a wrong rank or a serious fault of accessibility, in the light and in the dark', async () => {
      const axe = readFileSync(axeFile, 'utf8');
      const site = await openSite();
      const browser = await openBrowser(program, false);
      const wrong: string[] = [];
      try {
        const { page, complaints } = await openPage(browser, { reducedMotion: 'reduce' });
        for (const file of [...guide, longName]) {
          const say = (...all: readonly string[]): void =>
            void wrong.push(...all.map((fault) => `${file}: ${fault}`));
          const lookAt = async (width: number, colorScheme: 'light' | 'dark'): Promise<void> => {
            await page.setViewportSize({ width, height: 900 });
            await page.emulateMedia({ colorScheme });
            // The page learns of it a moment later: before that it is as it was.
            await page.waitForFunction(
              (dark) => document.documentElement.classList.contains('dark') === dark,
              colorScheme === 'dark',
            );
          };
          await lookAt(1280, 'light');
          await page.goto(`${site.url}/${file}`);
          await page.waitForFunction(() => '__vue_app__' in document.querySelector('#app')!);
          await page.evaluate(axe);
          for (const width of [1280, 390]) {
            await lookAt(width, 'light');
            const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
            if (wide > 0) say(`${wide} pixels too wide for ${width}`);
          }
          const titles = await page.locator('h1').count();
          if (titles !== 1) say(`${titles} titles`);
          say(...(await faults(page)));
          await lookAt(1280, 'dark');
          say(...(await faults(page, 'color-contrast', 'scrollable-region-focusable')));
          say(...complaints.splice(0));
        }
      } finally {
        await browser.close();
        await site.close();
      }
      assert.equal(wrong, []);
    });
  });
}
