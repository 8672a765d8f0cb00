/** Writes what is generated in docs/: `npm run docs`. Tests compare. */
import { readFileSync, writeFileSync } from 'node:fs';
import { examplesPage, outputsOf, withOutputs } from './examples-page.ts';

const page = readFileSync(examplesPage, 'utf8');
writeFileSync(examplesPage, withOutputs(page, await outputsOf(page)));
