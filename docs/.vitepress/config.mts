/** The guide as static pages beside the lab's, in dist/site. Nothing is loaded from elsewhere. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { katex } from '@mdit/plugin-katex';
import { slug } from 'github-slugger';
import { defineConfig, type DefaultTheme } from 'vitepress';
import { filesOfReductions, wideThings } from './markdown.mts';
import { root, siteLink } from './repository.mts';

const guide: DefaultTheme.SidebarItem[] = [
  {
    text: 'Begin',
    items: [
      { text: 'Ten minutes', link: '/tutorial' },
      { text: 'The theorem, told once', link: '/story' },
      { text: 'Runnable examples', link: '/examples/' },
    ],
  },
  {
    text: 'How to',
    items: [
      { text: 'Test a kernel', link: '/how-to/test-a-kernel' },
      { text: 'Generate a suite', link: '/how-to/generate-a-suite' },
      { text: 'Read an instance in Python', link: '/how-to/read-an-instance-in-python' },
      { text: 'Run on many machines', link: '/how-to/scale-out' },
      { text: 'Add a reduction', link: '/how-to/add-a-reduction' },
      { text: 'The stress suite', link: '/stress' },
      { text: 'Under fire', link: '/under-fire' },
    ],
  },
  {
    text: 'Understand',
    items: [
      { text: 'Readouts', link: '/readouts' },
      { text: "The paper's own route", link: '/paper-route' },
      { text: 'The transition', link: '/transition' },
      { text: 'Proved, measured, neither', link: '/honest' },
    ],
  },
  {
    text: 'Reductions',
    items: [
      { text: 'All of them', link: '/reductions/' },
      { text: 'How arrows compose', link: '/reductions/composition' },
      { text: 'CNF to smaller CNF', link: '/reductions/preprocess' },
      { text: 'Sparsification', link: '/reductions/sparsify' },
      { text: 'CNF to Orthogonal Vectors', link: '/reductions/split-and-list' },
      { text: 'Orthogonal Vectors to attention', link: '/reductions/ov-to-attention' },
      { text: 'Distributed PCP', link: '/reductions/distributed-pcp' },
      { text: 'Max-IP to closest pair', link: '/reductions/max-ip-to-closest-pair' },
      { text: 'Closest pair to attention', link: '/reductions/closest-pair-to-attention' },
      { text: 'The same, as published', link: '/reductions/closest-pair-to-tall-attention' },
      { text: 'Max-IP to attention', link: '/reductions/max-ip-to-attention' },
    ],
  },
  {
    text: 'Reference',
    items: [
      { text: 'Commands', link: '/reference/cli' },
      { text: 'Library', link: '/reference/api' },
      { text: 'The gpu oracle', link: '/gpu' },
      { text: 'Glossary', link: '/glossary' },
      { text: 'Rooms and doors', link: '/rooms' },
      { text: 'Dependencies', link: '/dependencies' },
    ],
  },
];

/** Does the page of an item exist? */
const isThere = ({ link = '' }: DefaultTheme.SidebarItem): boolean =>
  existsSync(join(root, 'docs', `${link.replace(/\/$/, '/README')}.md`));

export default defineConfig({
  title: 'seth-attention',
  description: 'CNF-SAT to Orthogonal Vectors to bounded-entry attention, and back to a certified answer.',
  outDir: '../dist/site',
  cacheDir: '../dist/.vitepress',
  base: process.env['SITE_BASE'] ?? '/',
  rewrites: {
    'examples/README.md': 'examples/index.md',
    'reductions/README.md': 'reductions/index.md',
    'adapters/README.md': 'adapters/index.md',
  },
  // The lab's build is there already.
  vite: { build: { emptyOutDir: false, chunkSizeWarningLimit: 2000 }, publicDir: false },
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  markdown: {
    anchor: { slugify: slug },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config(md) {
      // What KaTeX writes is not a template of Vue's. The plugin and VitePress know the parser by different types.
      const transformer = (html: string): string =>
        html
          .replaceAll('<span class="katex-display', '<span tabindex="0" class="katex-display')
          .replaceAll('<span class="katex', '<span v-pre class="katex');
      md.use(katex as unknown as Parameters<typeof md.use>[0], { transformer });
      const render = md.renderer.rules['link_open']!;
      md.renderer.rules['link_open'] = (tokens, at, options, env: { relativePath?: string }, self) => {
        const token = tokens[at]!;
        const href = token.attrGet('href');
        if (href !== null) token.attrSet('href', siteLink(href, env.relativePath ?? ''));
        // The lab's pages are none of VitePress's: the browser is to load them.
        if (href !== null && /(^|\/)lab\/[\w-]+\.html/.test(href)) token.attrSet('target', '_self');
        return render(tokens, at, options, env, self);
      };
      md.use(wideThings).use(filesOfReductions);
    },
  },
  themeConfig: {
    nav: [
      { text: 'Ten minutes', link: '/tutorial' },
      { text: 'Story', link: '/story' },
      { text: 'Examples', link: '/examples/' },
      { text: 'Reference', link: '/reference/cli' },
      { text: 'Lab', link: '/lab/', target: '_self' },
    ],
    sidebar: guide.map((part) => ({ ...part, items: part.items!.filter(isThere) })),
    outline: [2, 3],
    search: {
      provider: 'local',
      options: { translations: { button: { buttonAriaLabel: 'Search, Ctrl K' } } },
    },
  },
});
