/**
 * Writes `instances/` again from the files and commands of its index: `node dist/test/support/make-instances.js`
 * in the repository. To add an instance, add its `file` and `command` to the index and run this.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { indexText, instance } from './instances.ts';
import type { IndexEntry } from './instances.ts';

const index = JSON.parse(readFileSync('instances/index.json', 'utf8')) as Pick<
  IndexEntry,
  'file' | 'command'
>[];
const made = index.map(({ file, command }) => instance(file, command));
for (const { text, entry } of made) writeFileSync(`instances/${entry.file}`, text);
writeFileSync('instances/index.json', indexText(made.map(({ entry }) => entry)));
