/** Writes what is generated in docs/: `npm run docs`, all of it or `npm run docs -- PATTERN` the files whose path has it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { examplesPage, outputsOf, withOutputs } from './examples-page.ts';
import { chainPicture, heatMap } from './pictures.ts';
import { commandsPage, libraryPage } from './reference.ts';
import { replayed, sessionPages } from './session-page.ts';

const [pattern = ''] = process.argv.slice(2);

/** What each generated file is to hold. */
const makers: Readonly<Record<string, () => string | Promise<string>>> = {
  [examplesPage]: async () => {
    const page = readFileSync(examplesPage, 'utf8');
    return withOutputs(page, await outputsOf(page));
  },
  ...Object.fromEntries(sessionPages.map((file) => [file, () => replayed(file)])),
  'docs/reference/cli.md': commandsPage,
  'docs/reference/api.md': libraryPage,
  'docs/pictures/chain.svg': chainPicture,
  'docs/pictures/heat-map.svg': heatMap,
};
for (const [file, make] of Object.entries(makers))
  if (file.includes(pattern)) writeFileSync(file, await make());
