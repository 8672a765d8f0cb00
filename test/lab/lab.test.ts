import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import { number, superscript } from '../../docs/lab/numbers.ts';
import { suite } from '../support/harness.ts';
import { findBrowser, openBrowser, openPage, openSite, settled } from './site.ts';

const program = findBrowser();

/** Moves a slider as a drag does: an input event at the place. */
async function drag(page: Page, id: string, place: number): Promise<void> {
  await page.locator(`#${id}`).evaluate((slider: HTMLInputElement, value) => {
    slider.value = String(value);
    slider.dispatchEvent(new Event('input', { bubbles: true }));
  }, place);
  await settled(page);
}

async function type(page: Page, text: string): Promise<void> {
  await page.fill('#text', text);
  await settled(page);
}

const verdictOf = async (page: Page): Promise<string> => (await page.textContent('#verdict'))!.trim();

/** How many pixels of a canvas have something on them. */
const inked = (page: Page, selector: string): Promise<number> =>
  page.locator(selector).evaluate((canvas: HTMLCanvasElement) => {
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', {
      willReadFrequently: true,
    })!;
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let at = 3; at < data.length; at += 4) if (data[at]! > 0) count++;
    return count;
  });

/** Waits until the line about what is pointed at says so. */
async function said(page: Page, words: RegExp): Promise<void> {
  await page.waitForFunction(
    ({ source }) => new RegExp(source).test(document.querySelector('#focus')!.textContent),
    { source: words.source },
  );
}

const clausesLit = (page: Page): Promise<number[]> =>
  page
    .locator('#clauses li')
    .evaluateAll((all) => all.flatMap((li, at) => (li.matches('.lit') ? [at + 1] : [])));

/** Lines of the editor, counted from 0, with a band behind them. */
const linesLit = (page: Page): Promise<number[]> =>
  page.locator('#text').evaluate((text) => {
    const { backgroundImage, backgroundPositionY, lineHeight, paddingTop } = getComputedStyle(text);
    if (backgroundImage === 'none') return [];
    return backgroundPositionY
      .split(', ')
      .map((y) =>
        Math.round((Number.parseFloat(y) - Number.parseFloat(paddingTop)) / Number.parseFloat(lineHeight)),
      );
  });

/** Runs of inked pixels along the bottom of a canvas: how many columns are lit. */
const inkedAcross = (page: Page, selector: string): Promise<number> =>
  page.locator(selector).evaluate((canvas: HTMLCanvasElement) => {
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', {
      willReadFrequently: true,
    })!;
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, canvas.height - 8, canvas.width, 1);
    // Bands have an alpha of 0.28, and edges of outlines that are not on a pixel's are no band.
    const inside = Array.from(
      { length: canvas.width },
      (_, x) => data[4 * x + 3]! > 60 && data[4 * x + 3]! < 85,
    );
    let runs = 0;
    inside.forEach((_, x) => {
      if (inside.slice(x, x + 4).every(Boolean) && inside[x - 1] !== true) runs++;
    });
    return runs;
  });

/** Pixels of a canvas in one of the style sheet's colours, or near it. */
const inkedNear = (page: Page, selector: string, name: string): Promise<number> =>
  page.locator(selector).evaluate((canvas: HTMLCanvasElement, name) => {
    const probe = document.body.appendChild(document.createElement('span'));
    probe.style.color = `var(${name})`;
    const [r, g, b] = getComputedStyle(probe)
      .color.match(/[\d.]+/g)!
      .map(Number) as [number, number, number];
    probe.remove();
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', {
      willReadFrequently: true,
    })!;
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4) {
      const away = Math.hypot(data[at]! - r, data[at + 1]! - g, data[at + 2]! - b);
      if (data[at + 3] === 255 && away < 40) count++;
    }
    return count;
  }, name);

if (program !== undefined) {
  /** Runs on pages of one browser; none of them may have complained. */
  const withPages = async (
    run: (visit: (path: string, width: number) => Promise<Page>, url: string) => Promise<void>,
    gpu = false,
  ): Promise<void> => {
    const site = await openSite();
    const browser = await openBrowser(program, gpu);
    const visit = async (path: string, width: number): Promise<Page> => {
      const { page, complaints: own } = await openPage(browser, { viewport: { width, height: 900 } });
      await page.goto(site.url + path);
      await settled(page);
      complaints.push(own);
      return page;
    };
    const complaints: string[][] = [];
    try {
      await run(visit, site.url);
    } finally {
      await browser.close();
      await site.close();
    }
    assert.equal(complaints.flat(), []);
  };
  const withPage = (run: (page: Page) => Promise<void>, gpu = false): Promise<void> =>
    withPages(async (visit) => run(await visit('/lab/index.html', 1440)), gpu);

  suite('lab', (test) => {
    test('a formula typed in either notation gets its count; below the smallest B it is inconclusive, and noise does the same', () =>
      withPage(async (page) => {
        assert.is(await verdictOf(page), 'satisfiable, 8 models');
        await type(page, '(p or q or r) and (not p or not q) and (not p or not r) and (not q or not r)');
        assert.is(await verdictOf(page), 'satisfiable, 3 models');
        await type(page, 'p\nnot p or q\nnot q');
        assert.is(await verdictOf(page), 'unsatisfiable');
        await page.check('input[value=dimacs]');
        assert.match(await page.inputValue('#text'), /^c 1 = p, 2 = q\np cnf 2 3\n1 0\n-1 2 0\n-2 0\n$/);
        await type(page, 'p cnf 6 2\n1 2 0\n-3 4 5 0\n');
        assert.is(await verdictOf(page), 'satisfiable, 42 models'); // 3 · 7 · 2
        const certified = Number(await page.inputValue('#bound'));
        await drag(page, 'bound', certified - 1);
        assert.is(await verdictOf(page), 'inconclusive');
        assert.match((await page.textContent('#gauge-text'))!, /≥ ½/);
        await drag(page, 'bound', certified);
        assert.is(await verdictOf(page), 'satisfiable, 42 models');
        await drag(page, 'noise', 60);
        assert.is(await verdictOf(page), 'inconclusive');
        await page.uncheck('#admitted');
        await settled(page);
        assert.is(await verdictOf(page), 'output refused');
      }));

    test('what is wrong with a formula is said with its line, the page stays as it was, and a formula too large is refused', () =>
      withPage(async (page) => {
        await page.check('input[value=dimacs]');
        await page.fill('#text', 'p cnf 2 2\n1 2 0\n1 x 0\n');
        assert.match(
          (await page.textContent('#fault'))!,
          /^line 3: expected a literal, a 0 that ends a clause, or a comment, found "x"/,
        );
        assert.is(await page.textContent('#gutter .wrong'), '3');
        assert.is(await page.getAttribute('#text', 'aria-invalid'), 'true');
        assert.is(await verdictOf(page), 'satisfiable, 8 models');
        await page.fill('#text', 'p cnf 40 1\n1 0\n');
        assert.match(
          (await page.textContent('#fault'))!,
          /at most 16 variables on this page, found 40 variables; .*seth verify/,
        );
        await page.check('input[value=plain]');
        await page.fill('#text', 'a or b\nb and');
        assert.match((await page.textContent('#fault'))!, /^line 2: expected a clause after "and"/);
        await type(page, 'a or b');
        assert.is(await verdictOf(page), 'satisfiable, 3 models');
        assert.is(await page.getAttribute('#text', 'aria-invalid'), 'false');
      }));

    test('what is pointed at lights up in every other view, by pointer and by keyboard, and a click keeps it', () =>
      withPage(async (page) => {
        const dark = async (): Promise<number[]> =>
          Promise.all(
            ['#left', '#right', '#products', '#q', '#k', '#v', '#a', '#y'].map((id) =>
              inked(page, `${id} .over`),
            ),
          );
        assert.equal(await dark(), [0, 0, 0, 0, 0, 0, 0, 0]);
        await page.hover('#products .over', { position: { x: 60, y: 10 } });
        await page.waitForFunction(() => document.querySelector('#focus')!.textContent.startsWith('⟨a'));
        assert.ok((await dark()).every((count) => count > 0));
        assert.is(await page.locator('#counts .lit').count(), 1);
        assert.is(await page.locator('#response .lit').count(), 1);
        await page.mouse.move(2, 2);
        await page.waitForFunction(() => document.querySelector('#focus')!.textContent.startsWith('Point'));
        await page.focus('#a');
        await page.keyboard.press('ArrowRight');
        await page.waitForFunction(() => document.querySelector('#focus')!.textContent.includes('node 1'));
        assert.ok((await dark()).every((count) => count > 0));
        assert.is(await page.locator('#nodes .lit').count(), 1);
        await page.keyboard.press('Enter');
        await page.hover('#left .over', { position: { x: 40, y: 40 } });
        assert.match((await page.textContent('#focus'))!, /node 1.*pinned/);
        await page.keyboard.press('Escape');
        await page.hover('#clauses li:nth-child(3)');
        await page.waitForFunction(() =>
          document.querySelector('#focus')!.textContent.startsWith('clause 3'),
        );
        assert.ok((await dark()).every((count) => count > 0));
        assert.equal(await linesLit(page), [2]);
        // The text's first line is a clause too, whether the mouse or the caret is there.
        await page.hover('#text', { position: { x: 30, y: 15 } });
        await page.waitForFunction(() =>
          document.querySelector('#focus')!.textContent.startsWith('clause 1:'),
        );
        assert.ok((await inked(page, '#left .over')) > 0);
        assert.equal(await clausesLit(page), [1]);
        await page.focus('#text');
        await page.keyboard.press('Control+Home');
        await page.keyboard.press('ArrowDown');
        await page.waitForFunction(() =>
          document.querySelector('#focus')!.textContent.startsWith('clause 2:'),
        );
        assert.equal(await linesLit(page), [1]);
      }));

    test('a pair lights the clauses that it falsifies, in the text, the list and the columns, and a variable those that it is in', () =>
      withPage(async (page) => {
        await type(page, 'a or b or c\nnot b or e\na or d\nnot c or f\nb or f');
        // The variables are a, b, c and e, d, f; all are 0.
        await page.hover('#products .over', { position: { x: 40, y: 20 } });
        await said(page, /^⟨a₀, b₀⟩ = 3: .* clauses 1, 3, 5 falsified$/);
        assert.equal(await clausesLit(page), [1, 3, 5]);
        assert.equal(await linesLit(page), [0, 2, 4]);
        // The bottom row of each is no row of the pair's, so what is inked there is columns.
        for (const id of ['#left', '#right', '#q']) {
          const columns = await inkedAcross(page, `${id} .over`);
          assert.is(columns, 3, id);
        }
        await page.mouse.move(2, 2);
        await page.hover('#variables [role=option]:nth-child(2)');
        await said(page, /^b: the vectors where it is 1, and clauses 1, 2, 5$/);
        assert.equal(await clausesLit(page), [1, 2, 5]);
        assert.equal(await linesLit(page), [0, 1, 4]);
        assert.is(await page.locator('#counts .lit').count(), 4);
        for (const id of ['#left', '#products', '#q', '#k', '#a', '#y'])
          assert.ok((await inked(page, `${id} .over`)) > 0, id);
      }));

    test('plots, clauses and variables are walked with the arrow keys, and Enter keeps what they point at', () =>
      withPage(async (page) => {
        for (const [id, first, second] of [
          ['#response', /^inner product 0/, /^inner product 1/],
          ['#nodes', /^node 1:/, /^node 2:/],
          ['#counts', /^a₀:/, /^a₁:/],
          ['#variables', /^a: the vectors/, /^b: the vectors/],
          ['#clauses', /^clause 1:/, /^clause 2:/],
        ] as const) {
          await page.focus(id);
          await page.keyboard.press('ArrowDown');
          await said(page, first);
          await page.keyboard.press('ArrowRight');
          await said(page, second);
          assert.ok((await page.locator(`${id} .lit`).count()) > 0, id);
          await page.keyboard.press('Enter');
          await page.keyboard.press('ArrowLeft');
          await said(page, /pinned/);
          await page.keyboard.press('Escape');
          assert.ok((await page.getAttribute(id, 'aria-label')) !== null, id);
        }
      }));

    test('V is 1 on keys and 0 on pads beside K, and y has a row for each row of A', () =>
      withPage(async (page) => {
        const heights = await page.evaluate(() =>
          ['k', 'v', 'a', 'y'].map((id) => {
            const { top, bottom } = document.querySelector(`#${id} canvas`)!.getBoundingClientRect();
            return [top, bottom];
          }),
        );
        assert.equal(heights[0], heights[1]);
        assert.equal(heights[2], heights[3]);
        assert.match((await page.getAttribute('#v', 'aria-label'))!, /^V: 1 on 8 keys, 0 on \d+ pads?;/);
        await page.focus('#v');
        await page.keyboard.press('ArrowDown');
        await said(page, /^b₁:/);
        for (const id of ['#right', '#products', '#k', '#v', '#a'])
          assert.ok((await inked(page, `${id} .over`)) > 0, id);
        await page.focus('#y');
        await page.keyboard.press('ArrowDown');
        await said(page, /node 2.* · output y = 0\.\d+$/);
        for (const id of ['#left', '#products', '#q', '#a', '#y'])
          assert.ok((await inked(page, `${id} .over`)) > 0, id);
      }));

    test('dragged to the largest B, the attention matrix has a dark spot for each model and little else', () =>
      withPage(async (page) => {
        await page.selectOption('#examples', { label: 'planted 3-SAT (16 variables)' });
        await settled(page);
        await drag(page, 'bound', 96);
        assert.is(await verdictOf(page), 'satisfiable, 4 models');
        // Four by four pixels and more for each of 4 models; the pads' column is another colour.
        const dark = await inkedNear(page, '#a canvas:first-child', '--high');
        assert.ok(dark >= 4 * 16 && dark < 4 * 40, `${dark} dark pixels`);
        const lit = await inkedNear(page, '#products canvas:first-child', '--lit');
        assert.ok(lit >= 4 * 16 && lit < 4 * 40, `${lit} lit pixels`);
      }));

    test('an answer of another formula is faint and said to be, on the lab and on the paper’s route', () =>
      withPages(async (visit) => {
        const lab = await visit('/lab/index.html', 1280);
        const stale = (page: Page): Promise<string> =>
          page.locator('#stale').evaluate((note) => (note.checkVisibility() ? note.textContent : ''));
        const faint = (page: Page, selector: string): Promise<boolean> =>
          page
            .locator(selector)
            .first()
            .evaluate((seen) => getComputedStyle(seen).filter.includes('opacity'));
        assert.is(await stale(lab), '');
        assert.not.ok(await faint(lab, '#products canvas'));
        await lab.fill('#text', 'a and (b => c)');
        assert.is(await stale(lab), 'Shown: the last formula that was understood.');
        for (const id of ['#products canvas', '#counts svg', '#clauses', '.certificate'])
          assert.ok(await faint(lab, id), id);
        await type(lab, 'a');
        assert.is(await stale(lab), '');
        assert.not.ok(await faint(lab, '#products canvas'));
        // A formula that takes its time; the page's patience is cut short.
        await lab.evaluate(() => {
          const wait = window.setTimeout.bind(window);
          Object.assign(window, { setTimeout: (run: () => void) => wait(run, 0) });
        });
        await lab.selectOption('#examples', { label: 'planted 3-SAT (16 variables)' });
        await lab.waitForFunction(() =>
          document.querySelector('#stale')!.textContent.startsWith('Shown: the formula before'),
        );
        await settled(lab);
        assert.is(await stale(lab), '');
        const paper = await visit('/lab/paper-route.html', 1280);
        await paper.selectOption('#form', 'published');
        await settled(paper);
        assert.match((await paper.getAttribute('#fault', 'class'))!, /wrong/);
        assert.match(await stale(paper), /^Shown: the last/);
        assert.ok(await faint(paper, '#steps pre'));
        assert.ok(await faint(paper, '#ledger'));
      }));

    test('why it is inconclusive can be read in full, in the words of the page, on a phone too, and open counts look open', () =>
      withPages(async (visit) => {
        for (const width of [1280, 390]) {
          const page = await visit('/lab/index.html', width);
          await drag(page, 'bound', 0);
          assert.is(await verdictOf(page), 'inconclusive');
          assert.is(await page.getAttribute('#gauge', 'data-holds'), 'false');
          assert.ok((await page.locator('#counts circle.open').count()) > 0);
          const detail = page.locator('#detail');
          assert.match((await detail.textContent())!, /it takes .*a larger B/);
          assert.not.match((await page.textContent('main'))!, /--[a-z]/);
          assert.ok(
            await detail.evaluate(
              (text) =>
                text.checkVisibility() && text.scrollHeight <= text.clientHeight && text.clientHeight > 0,
            ),
          );
        }
      }));

    test('the mark on the slider and the button are at the smallest B that certifies, and another format goes to its own', () =>
      withPage(async (page) => {
        const place = async (): Promise<number> => Number(await page.inputValue('#bound'));
        const found = (): Promise<unknown> =>
          page.waitForFunction(() =>
            document.querySelector('#smallest')!.textContent.startsWith('Smallest certified: '),
          );
        const mark = (): Promise<number> =>
          page.locator('#tick').evaluate((tick) => Number(tick.style.getPropertyValue('--at')));
        await found();
        const first = await place();
        assert.ok(Math.abs((await mark()) - first / 96) < 1e-12);
        assert.ok(await page.locator('#smallest').isDisabled());
        await drag(page, 'bound', first + 9);
        assert.not.ok(await page.locator('#smallest').isDisabled());
        await page.click('#smallest');
        await settled(page);
        assert.is(await place(), first);
        await page.selectOption('#dtype', 'bf16');
        await settled(page);
        await found();
        const other = await place();
        assert.ok(other > first, `${other} after ${first}`);
        assert.ok(Math.abs((await mark()) - other / 96) < 1e-12);
        assert.is(await verdictOf(page), 'satisfiable, 8 models');
        await drag(page, 'bound', other - 1);
        assert.is(await verdictOf(page), 'inconclusive');
        // The noise slider's places: none, and then from 10^-16 in quarters of a power of ten.
        for (const [at, text] of [
          [1, '1.0·10⁻¹⁶'],
          [9, '1.0·10⁻¹⁴'],
          [0, 'none'],
        ] as const) {
          await drag(page, 'noise', at);
          assert.is(await page.textContent('#noise-value'), text);
        }
      }));

    test('the model is written on the clauses, a pair pointed at is instead, and a pad is lit wherever it is', () =>
      withPage(async (page) => {
        await type(page, 'p\nnot p or q');
        const texts = (selector: string): Promise<(string | null)[]> =>
          page.locator(selector).evaluateAll((all) => all.map(({ textContent }) => textContent));
        const shown = async (): Promise<(string | null)[][]> =>
          Promise.all(['#variables span', '#clauses .mark', '#assignment p'].map(texts));
        assert.equal(await shown(), [['p = 1', 'q = 1'], ['✓', '✓'], ['The model decoded']]);
        assert.equal(
          [await page.textContent('#left-names'), await page.textContent('#right-names')],
          [': p', ': q'],
        );
        assert.is(await page.getAttribute('#gauge', 'data-holds'), 'true');
        assert.is(await page.locator('#counts circle.open').count(), 0);
        await page.focus('#products');
        await page.keyboard.press('ArrowRight');
        await said(page, /^⟨a₀, b₁⟩/);
        assert.equal(await shown(), [['p = 0', 'q = 1'], ['✗', '✓'], ['The assignment pointed at']]);
        // One half alone leaves the other open.
        await page.focus('#counts');
        await page.keyboard.press('ArrowDown');
        await said(page, /^a₀:/);
        assert.equal((await shown()).slice(0, 2), [
          ['p = 0', 'q = ?'],
          ['✗', '✓'],
        ]);
        await page.focus('#nodes');
        await page.keyboard.press('Escape');
        // A pad is a row of K and V and a column of A.
        await page.focus('#v');
        for (let row = 0; row < 2; row++) await page.keyboard.press('ArrowDown');
        await said(page, /^\d+ pad keys? of total mass/);
        for (const id of ['#k', '#v', '#a']) assert.ok((await inked(page, `${id} .over`)) > 0, id);
        await page.focus('#clauses');
        await page.keyboard.press('End');
        await said(page, /^clause 2:/);
        await page.keyboard.press('Home');
        await said(page, /^clause 1:/);
      }));

    test('the transition page has the rows of the run, a line for each γ that is chosen, and each figure its own exponent', async () => {
      const run = JSON.parse(await readFile('docs/lab/transition.json', 'utf8')) as LabTransition;
      await withPages(async (visit) => {
        const page = await visit('/lab/transition.html', 1280);
        const rows = (id: string): Promise<string[][]> =>
          page
            .locator(`${id} tbody tr`)
            .evaluateAll((all) => all.map((tr) => [...tr.children].map((td) => td.textContent)));
        const seconds = (time: number | null): string => (time === null ? '–' : time.toPrecision(2));
        assert.equal(
          (await rows('#measured')).map((cells) => cells.toSpliced(8)),
          run.measured.map((row) => [
            `2${superscript(row.log2n)}`,
            String(row.d),
            String(row.gamma),
            number(row.bound),
            String(row.degree),
            number(row.rank),
            seconds(row.seconds),
            seconds(row.exactSeconds),
          ]),
        );
        const said: Readonly<Record<string, string>> = { yes: 'satisfiable', refuted: 'output refused' };
        assert.equal(
          (await rows('#hard')).map((cells) => [cells[0], ...cells.slice(5)]),
          run.hard.map((row) => [
            String(row.variables),
            ...[row.polynomial, row.forced, row.exact].map((verdict) => said[verdict] ?? verdict),
          ]),
        );
        for (const [id, of] of [
          ['#rank', 'rankExponent'],
          ['#amplification', 'amplificationExponent'],
        ] as const) {
          const label = await page.locator(`${id} svg`).getAttribute('aria-label');
          for (const row of run.paper.filter(({ log2n }) => log2n === 64))
            assert.ok(label!.includes(`γ = ${row.gamma}: ${number(row[of])} at n = 2^64`), `${id}: ${label}`);
          const named = (): Promise<number> => page.locator(`${id} svg text`, { hasText: /^γ = / }).count();
          assert.is(await named(), 5);
          await page.locator('#gammas input').nth(1).uncheck();
          assert.is(await named(), 4);
          assert.is(await page.locator(`${id} svg text`, { hasText: /^γ = 0.25$/ }).count(), 0);
          await page.locator('#gammas input').nth(1).check();
          assert.is(await named(), 5);
        }
      });
    });

    test('the paper’s route: an answer that is no longer wanted changes nothing, the ledger has promises before facts, and pads are named', () =>
      withPages(async (visit) => {
        const page = await visit('/lab/paper-route.html', 1280);
        const cells = await page
          .locator('#ledger tr', { hasText: 'inner products' })
          .first()
          .evaluate((tr) => [...tr.children].map((cell) => cell.textContent));
        assert.is(cells[1], '≥ q or ≤ 2(ℓ−1)');
        assert.match(cells[2]!, /^≥ \d+ or ≤ \d+$/);
        const { width, height } = (await page.locator('#k .over').boundingBox())!;
        await page.hover('#k .over', { position: { x: width / 2, y: height - 4 } });
        assert.match((await page.textContent('#pointed'))!, /^pad key \d+/);
        // Answers are counted before the page gets them.
        await page.addInitScript(() => {
          const Base = Worker;
          const counting = class extends Base {
            constructor(...given: ConstructorParameters<typeof Base>) {
              super(...given);
              this.addEventListener('message', () => {
                const { dataset } = document.documentElement;
                dataset['answers'] = String(Number(dataset['answers'] ?? 0) + 1);
              });
            }
          };
          Object.assign(window, { Worker: counting });
        });
        await page.reload();
        await settled(page);
        const answers = (): Promise<string> =>
          page.evaluate(() => document.documentElement.dataset['answers'] ?? '0');
        const before = Number(await answers());
        assert.ok(before > 0);
        await page.locator('#text').evaluate((text: HTMLTextAreaElement) => {
          for (const written of ['a or b', 'a and and b']) {
            text.value = written;
            text.dispatchEvent(new Event('input'));
          }
        });
        await page.waitForFunction(
          (count) => Number(document.documentElement.dataset['answers']) > count,
          before,
        );
        assert.match((await page.getAttribute('#fault', 'class'))!, /wrong/);
        assert.match((await page.textContent('#stale'))!, /^Shown: the last/);
      }));

    test('without WebGPU the page says so and works, and with it the same count comes from it', async () => {
      await withPage(async (page) => {
        await page.waitForFunction(() =>
          document.querySelector('#oracle-note')!.textContent.startsWith('No WebGPU'),
        );
        assert.ok(await page.locator('#oracle option[value=gpu]').isDisabled());
        await page.selectOption('#oracle', 'reference');
        await settled(page);
        assert.is(await verdictOf(page), 'satisfiable, 8 models');
        assert.match((await page.textContent('#facts'))!, /reference/);
      });
      await withPage(async (page) => {
        await page.waitForFunction(() =>
          document.querySelector('#oracle-note')!.textContent.startsWith('WebGPU: '),
        );
        assert.not.match((await page.textContent('#oracle-note'))!, /not looked/);
        await page.selectOption('#oracle', 'gpu');
        await settled(page);
        assert.is(await verdictOf(page), 'satisfiable, 8 models');
        assert.match((await page.textContent('#facts'))!, /gpu, (exact|f32)/);
      }, true);
    });

    test('the other pages show their figures and steps, every link leads somewhere, and axe finds no serious fault, at the width of a phone too', async () => {
      const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
      await withPages(async (visit, url) => {
        for (const [path, width] of [
          ['/lab/index.html', 1440],
          ['/lab/index.html', 390],
          ['/lab/transition.html', 390],
          ['/lab/paper-route.html', 390],
        ] as const) {
          const page = await visit(path, width);
          for (const theme of path.includes('index') && width === 390
            ? (['dark'] as const)
            : (['light', 'dark'] as const)) {
            await page.emulateMedia({ colorScheme: theme });
            await page.evaluate(axe);
            const faults = await page.evaluate(async () => {
              const { violations } = await (window as unknown as { axe: Axe }).axe.run();
              return violations
                .filter(({ impact }) => impact === 'serious' || impact === 'critical')
                .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
            });
            assert.equal(faults, [], `${path} ${width} ${theme}`);
          }
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(wide <= 0, `${path} is ${wide} pixels too wide for ${width}`);
          const links = await page
            .locator('a[href]')
            .evaluateAll((all) => all.map((a) => (a as HTMLAnchorElement).href));
          for (const link of links) {
            assert.ok(link.startsWith(url), link);
            assert.is((await page.request.get(link)).status(), 200, link);
            const { hash } = new URL(link);
            if (hash !== '') assert.is(await page.locator(hash).count(), 1, link);
          }
          if (path.includes('transition')) {
            assert.ok((await page.locator('#rank svg path').count()) >= 5);
            assert.ok((await page.locator('#hard tbody tr').count()) >= 6);
          }
          if (path.includes('paper')) {
            assert.match((await page.textContent('#steps li:last-child'))!, /satisfiable/);
            assert.ok((await page.locator('#ledger tbody tr').count()) > 15);
            await page.hover('#a .over', { position: { x: 15, y: 60 } });
            assert.match(
              (await page.textContent('#pointed'))!,
              /query a_\d under message \d.*key b_0.*weight/,
            );
            for (const id of ['#q', '#k', '#a']) assert.ok((await inked(page, `${id} .over`)) > 0, id);
            await page.fill('#text', 'a\nnot a or b\nnot b');
            await settled(page);
            assert.match((await page.textContent('#steps li:last-child'))!, /unsatisfiable/);
          }
        }
      });
    });
  });
}

/** What the page takes from the run. */
interface LabTransition {
  readonly paper: readonly Record<'gamma' | 'log2n' | 'rankExponent' | 'amplificationExponent', number>[];
  readonly measured: readonly (Record<'log2n' | 'd' | 'gamma' | 'bound' | 'degree' | 'rank', number> &
    Record<'seconds' | 'exactSeconds', number | null>)[];
  readonly hard: readonly ({ readonly variables: number } & Record<
    'polynomial' | 'forced' | 'exact',
    string
  >)[];
}

interface Axe {
  run(): Promise<{
    violations: { id: string; impact: string | null; nodes: { html: string }[] }[];
  }>;
}
