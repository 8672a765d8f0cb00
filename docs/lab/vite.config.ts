/** The site: static pages that any web server can hand out. `npm run site` builds it into dist/site. */
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin, type UserConfig } from 'vite';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What the library loads only in Node, and names in imports that a browser never runs. */
const isAbsent = (id: string): boolean => id.startsWith('node:') || id === 'webgpu';

/** Stands in for those, whatever is imported from them, and throws when it is used after all. */
function notInBrowsers(): Plugin {
  const mark = '\0absent:';
  return {
    name: 'not-in-browsers',
    enforce: 'pre',
    resolveId: (id) => (isAbsent(id) ? mark + id : null),
    load: (id) =>
      id.startsWith(mark)
        ? `const absent = () => { throw new Error('${id.slice(mark.length)} is not in a browser'); };
           module.exports = new Proxy({}, { get: (_, name) => (name === '__esModule' ? undefined : absent) });`
        : null,
  };
}

/** Until the guide is built beside the lab, the site's root leads to the lab, and the glossary to the lab's words. */
function leadingToLab(): Plugin {
  const leading = (to: string): string =>
    `<!doctype html><meta charset="utf-8"><title>seth-attention</title><meta http-equiv="refresh" content="0; url=${to}"><a href="${to}">The lab</a>`;
  return {
    name: 'leading-to-lab',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'index.html', source: leading('lab/') });
      this.emitFile({
        type: 'asset',
        fileName: 'glossary.html',
        source: leading('lab/index.html#words'),
      });
    },
  };
}

/** The library's modules only declare things: what a page does not use stays out of it. */
const treeshake = { moduleSideEffects: (id: string): boolean => !/\/dist\/(src|reductions)\//.test(id) };

const config: UserConfig = defineConfig({
  root: at('..'),
  base: './', // the site works in any folder of any host
  publicDir: false,
  plugins: [notInBrowsers(), leadingToLab()],
  worker: { format: 'es', plugins: () => [notInBrowsers()], rolldownOptions: { treeshake } },
  resolve: { alias: [{ find: /^seth-attention$/, replacement: at('../../dist/src/index.js') }] },
  build: {
    outDir: at('../../dist/site'),
    emptyOutDir: true,
    target: 'es2022',
    reportCompressedSize: false,
    rolldownOptions: {
      treeshake,
      checks: { pluginTimings: false },
      input: {
        lab: at('index.html'),
        transition: at('transition.html'),
        paper: at('paper-route.html'),
      },
    },
  },
});

export default config;
