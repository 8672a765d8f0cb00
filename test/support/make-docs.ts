/** Writes what is generated in docs/: `npm run docs`. Tests compare. */
import { readFileSync, writeFileSync } from 'node:fs';
import { examplesPage, outputsOf, withOutputs } from './examples-page.ts';
import { replayed, sessionPages } from './session-page.ts';

const page = readFileSync(examplesPage, 'utf8');
writeFileSync(examplesPage, withOutputs(page, await outputsOf(page)));
for (const file of sessionPages) writeFileSync(file, await replayed(file));
