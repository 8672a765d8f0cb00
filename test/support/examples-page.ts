/**
 * The page of examples: under each line that is nothing but a link to a program stand the program and what it prints.
 * `npm run docs` writes them there, a test compares.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const examplesFolder = 'docs/examples';
export const examplesPage: string = join(examplesFolder, 'README.md');

/** A link line, and the two blocks under it where they have been written. */
const links =
  /^\[(?<name>[\w-]+\.mjs)\]\(\k<name>\)\n(?:\n```js\n[\s\S]*?^```\n\nprints\n\n```text\n[\s\S]*?^```\n)?/gm;

export const linkedPrograms = (page: string): string[] =>
  [...page.matchAll(links)].map((match) => match.groups!['name']!);

/** The page with the programs' texts and `outputs[name]` under their links. */
export const withOutputs = (page: string, outputs: Readonly<Record<string, string>>): string =>
  page.replaceAll(links, (_, name: string) => {
    const code = readFileSync(join(examplesFolder, name), 'utf8');
    return `[${name}](${name})\n\n\`\`\`js\n${code}\`\`\`\n\nprints\n\n\`\`\`text\n${outputs[name]}\`\`\`\n`;
  });

/** What a program prints on standard output, in a process of its own. Rejects where it fails or writes to standard error. */
export async function outputOf(name: string): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(examplesFolder, name)]);
  if (stderr !== '') throw new Error(`${name} wrote to standard error: ${stderr}`);
  return stdout;
}

/** The outputs of all programs that a page links to, by name. */
export async function outputsOf(page: string): Promise<Record<string, string>> {
  const outputs: Record<string, string> = {};
  for (const name of linkedPrograms(page)) outputs[name] = await outputOf(name);
  return outputs;
}
