/**
 * Links from the guide into the repository. A page of the guide links to a source file where it stands, so that the link works
 * in a checkout; on the site such a file has a page of its own under /code/, with its text.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** The repository: the site is built from there. */
export const root: string = process.cwd();

/** A link of the page `docs/<page>` as the site needs it. */
export function siteLink(href: string, page: string): string {
  const [path = '', anchor] = href.split('#', 2);
  if (path === '' || /^([a-z]+:|\/)/i.test(path)) return href;
  const target = normalize(join('docs', dirname(page), path))
    .replaceAll('\\', '/')
    .replace(/\/$/, '');
  const at = anchor === undefined ? '' : `#${anchor}`;
  if (target === 'reductions') return '/reductions/';
  if (target.startsWith('docs/lab/')) return href;
  if (/^docs\/.*\.md$/.test(target)) return href.replace(/README\.md/, 'index.md');
  if (/\.\w+$/.test(target) && !/\.(svg|png)$/.test(target)) return `/code/${target}.md${at}`;
  return href;
}

/** Every file that a page links to and that is no page itself, by its path in the repository. */
export function linkedFiles(): string[] {
  const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.md') && !file.startsWith('code'),
  );
  const files = new Set<string>();
  for (const page of pages) {
    for (const [, href] of readFileSync(join(root, 'docs', page), 'utf8').matchAll(/\]\(([^)\s]+)\)/g)) {
      const link = siteLink(href!, page.replaceAll('\\', '/'));
      if (link.startsWith('/code/')) files.add(link.replace(/^\/code\//, '').replace(/\.md(#.*)?$/, ''));
    }
  }
  return [...files].toSorted();
}

/** A file as a page: a Markdown file is its own text, another one a block of code. */
export function filePage(file: string): string {
  const text = readFileSync(join(root, file), 'utf8');
  return `# ${file}\n\n\`\`\`\`${languageOf(file)}\n${text}\`\`\`\`\n`;
}

/** The language that a file's name says it is in. */
export const languageOf = (file: string): string =>
  file
    .split('.')
    .at(-1)!
    .replace(/^m(?=[jt]s$)/, '');
