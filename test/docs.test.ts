/** The guide's pages as Markdown: links resolve, pages are complete, formulas are ones that KaTeX can set. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { slug } from 'github-slugger';
import { renderToString } from 'katex';
import markdownIt from 'markdown-it';
import * as assert from 'uvu/assert';
import { suite } from './support/harness.ts';

const parser = markdownIt({ html: true });

const pages = [
  'README.md',
  'instances/README.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .map((file) => join('docs', file))
    .filter((file) => file.endsWith('.md') && !file.startsWith(join('docs', 'code'))),
];

const textOf = (page: string): string => readFileSync(page, 'utf8');

/** Where a page links to, pictures included, in the order of the page. */
function links(page: string): string[] {
  const inline = parser.parse(textOf(page), {}).flatMap(({ children }) => children ?? []);
  return inline.flatMap((token) => token.attrGet('href') ?? token.attrGet('src') ?? []);
}

/** The anchors of a page's headings, as GitHub and the site make them. */
function anchors(page: string): Set<string> {
  const tokens = parser.parse(textOf(page), {});
  const seen = new Map<string, number>();
  const found = tokens.flatMap(({ type }, at) => {
    if (type !== 'heading_open') return [];
    const text = (tokens[at + 1]!.children ?? []).map(({ content }) => content).join('');
    const anchor = slug(text);
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    return [before === 0 ? anchor : `${anchor}-${before}`];
  });
  return new Set(found);
}

suite('guide', (test) => {
  test('links inside the repository lead to a file, and to a heading where they name one', () => {
    let checked = 0;
    for (const page of pages) {
      for (const link of links(page)) {
        if (/^[a-z]+:/.test(link)) continue;
        const [path = '', anchor] = decodeURIComponent(link).split('#', 2);
        const target = path === '' ? page : join(dirname(page), path);
        assert.ok(existsSync(target), `${page} links to ${link}, which is not there`);
        if (anchor !== undefined)
          assert.ok(anchors(target).has(anchor), `${page}: ${target} has no heading #${anchor}`);
        checked++;
      }
    }
    assert.ok(checked > 100, `${checked} links`);
  });

  test('files of the repository that a page names are there', () => {
    const named = /`((?:src|test|reductions|docs|instances)\/[\w./-]*\.(?:ts|md|sh|py|mjs|cnf|json|cpp))`/g;
    const found = pages.flatMap((page) =>
      Array.from(textOf(page).matchAll(named), ([, file]) => [page, file!]),
    );
    for (const [page, file] of found.filter(([, name]) => !name!.includes('source-to-target')))
      assert.ok(existsSync(file!), `${page} names ${file}, which is not there`);
    assert.ok(found.length > 10, `${found.length} files`);
  });

  test('links outside are https, to a host and a path', () => {
    for (const page of pages) {
      for (const link of links(page).filter((one) => /^[a-z]+:/.test(one)))
        assert.match(link, /^https:\/\/[\w.-]+\.\w+\/.+/);
    }
  });

  test('every page is reached from the index or the README', () => {
    const waiting = [join('docs', 'index.md'), 'README.md'];
    const reached = new Set(waiting);
    for (let page = waiting.pop(); page !== undefined; page = waiting.pop()) {
      for (const link of links(page)) {
        const target = join(dirname(page), link.split('#')[0]!);
        if (!target.endsWith('.md') || reached.has(target) || !existsSync(target)) continue;
        reached.add(target);
        waiting.push(target);
      }
    }
    for (const page of pages.filter((one) => one.startsWith('docs')))
      assert.ok(reached.has(page), `nothing leads to ${page}`);
  });

  test('every reduction is linked from a page about it', () => {
    const folder = join('docs', 'reductions');
    const linked = new Set(
      pages
        .filter((page) => dirname(page) === folder)
        .flatMap((page) => links(page).map((link) => join(folder, link)))
        .filter((target) => !target.endsWith('.md')),
    );
    for (const file of readdirSync('reductions'))
      assert.ok(linked.has(join('reductions', file)), `no page links to ${file}`);
  });

  test('pages about reductions have a statement, the code, a cost and a reference', () => {
    for (const file of readdirSync(join('docs', 'reductions'))) {
      if (file === 'README.md' || file === 'composition.md') continue;
      const text = textOf(join('docs', 'reductions', file));
      for (const part of ['Statement', 'Code', 'Construction', 'Cost'])
        assert.match(text, `**${part}.**`, `${file} has no ${part}`);
      assert.match(text, /\*\*References?\.\*\*/, file);
    }
  });

  test('KaTeX sets every formula', () => {
    let formulas = 0;
    for (const page of pages.filter((one) => one.startsWith('docs'))) {
      const text = textOf(page)
        .replaceAll(/^(`{3,})[\s\S]*?^\1$/gm, '')
        .replaceAll(/`[^`\n]*`/g, '')
        .replaceAll('\\$', '');
      for (const [, display, inline] of text.matchAll(/\$\$([\s\S]+?)\$\$|\$([^$]+?)\$/g)) {
        renderToString((display ?? inline)!, { throwOnError: true, strict: 'error' });
        formulas++;
      }
      assert.not.match(
        text.replaceAll(/\$\$[\s\S]+?\$\$|\$[^$]+?\$/g, ''),
        /\$/,
        `${page} has a dollar alone`,
      );
    }
    assert.ok(formulas > 150, `${formulas} formulas`);
  });

  test('the sidebar of the site has every page but those of single adapters', () => {
    const config = textOf(join('docs', '.vitepress', 'config.mts'));
    for (const page of pages.filter((one) => one.startsWith('docs') && !one.includes('adapters'))) {
      const link = `/${relative('docs', page)
        .replace(/\.md$/, '')
        .replace(/README$/, '')}`;
      if (link !== '/index') assert.ok(config.includes(`'${link}'`), `${link} is not in the sidebar`);
    }
  });
});
