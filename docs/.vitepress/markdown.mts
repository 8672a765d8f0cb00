/** What the site makes of the same Markdown that GitHub shows, beyond VitePress's own. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MarkdownRenderer } from 'vitepress';
import { languageOf, root, siteLink } from './repository.mts';

/** Figures of two panels come apart where the column is narrow; code that is wider than it scrolls from the keyboard too. */
export function wideThings(md: MarkdownRenderer): void {
  const { image, code_block: block } = md.renderer.rules;
  md.renderer.rules['image'] = (tokens, at, options, env, self) => {
    const html = image!(tokens, at, options, env, self);
    if (tokens[at]!.attrGet('src')?.endsWith('transition.svg') !== true) return html;
    return `<span class="panels">${html}${html.replace(/ alt="[^"]*"/, ' alt=""')}</span>`;
  };
  md.renderer.rules['code_block'] = (...args) => block!(...args).replace('<pre', '<pre tabindex="0"');
}

/** Under the paragraph **Code.** of a reduction's page, each file in reductions/ that it links to, folded. */
export function filesOfReductions(md: MarkdownRenderer): void {
  md.core.ruler.push('files-of-reductions', ({ tokens, env, Token }) => {
    const page = (env as { relativePath?: string }).relativePath ?? '';
    if (!page.startsWith('reductions/')) return;
    for (let at = tokens.length - 1; at >= 0; at--) {
      const { type, content, children } = tokens[at]!;
      if (type !== 'inline' || !content.startsWith('**Code.**')) continue;
      const files = children!
        .filter((child) => child.type === 'link_open')
        .map((link) => siteLink(link.attrGet('href')!, page).replace(/^\/code\/|\.md$/g, ''))
        .filter((file) => /^reductions\/.*\.ts$/.test(file));
      // After the inline token comes the end of its paragraph.
      tokens.splice(at + 2, 0, ...files.flatMap((file) => folded(file, Token)));
    }
  });
}

type Tokens = ReturnType<MarkdownRenderer['parse']>;

function folded(
  file: string,
  Token: new (type: string, tag: string, nesting: 1 | 0 | -1) => Tokens[number],
): Tokens {
  const opening = new Token('html_block', '', 0);
  opening.content = `<details class="file"><summary><code>${file}</code>, the whole of it</summary>`;
  const code = new Token('fence', 'code', 0);
  code.info = languageOf(file);
  code.content = readFileSync(join(root, file), 'utf8');
  const closing = new Token('html_block', '', 0);
  closing.content = '</details>';
  return [opening, code, closing];
}
