/**
 * The reference pages: commands from yargs' own help, the library from its built declarations, which api-extractor reads (it
 * brings a TypeScript that has an API). `npm run docs` writes them, a test compares.
 */
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { seth } from '../cli/seth.ts';

/** What `--help` prints on a terminal of 80 columns, where help wraps. */
const help = async (...command: string[]): Promise<string> =>
  (await seth([...command, '--help'], { env: { NO_COLOR: '1' }, columns: 80 })).stdout;

/** The commands, in the order of `seth --help`. */
export const commandNames = (overview: string): string[] =>
  [...overview.matchAll(/^ {2}seth ([a-z]+)/gm)]
    .map((match) => match[1]!)
    .filter((name, at, all) => all.indexOf(name) === at);

/** docs/reference/cli.md. */
export async function commandsPage(): Promise<string> {
  const overview = await help();
  const parts = [
    '# Commands\n\nThis page is what `--help` prints on a terminal of 80 columns, written by `npm run docs`.\n',
    `\`\`\`text\n${overview}\`\`\`\n`,
  ];
  for (const name of commandNames(overview)) {
    parts.push(`## seth ${name}\n\n\`\`\`text\n${await help(name)}\`\`\`\n`);
  }
  return parts.join('\n');
}

/** What is used of an entry in api-extractor's model. */
interface Item {
  readonly kind: string;
  readonly name: string;
  readonly docComment?: string;
  readonly excerptTokens?: readonly { readonly text: string }[];
  readonly fileUrlPath?: string;
  readonly members?: readonly Item[];
}

/** docs/reference/api.md. Throws where the declarations cannot be read. */
export function libraryPage(): string {
  const files = new Map<string, Item[]>();
  for (const item of exported()) {
    const file = sourceOf(item.fileUrlPath!);
    files.set(file, [...(files.get(file) ?? []), item]);
  }
  const order = ['src/problems', 'src/formats', 'reductions', 'src/readout', 'src/oracles', 'src/verify'];
  const room = (file: string): number => order.findIndex((name) => file.startsWith(name));
  const sections = [...files]
    .toSorted(([a], [b]) => room(a) - room(b) || (a < b ? -1 : 1))
    .map(([file, items]) => `## ${file}\n\n[The file](../../${file})\n\n${items.map(section).join('\n')}`);
  const about =
    "# Library\n\nWhat `import { … } from 'seth-attention'` has, file by file, with the comments of the code. Written by `npm run docs`.\n";
  return `${about}\n${sections.join('\n')}`;
}

function exported(): readonly Item[] {
  const folder = mkdtempSync(join(tmpdir(), 'seth-api-'));
  const model = join(folder, 'model.json');
  const entry = resolve('dist/src/index.d.ts');
  const config = ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: resolve('package.json'),
    configObject: {
      projectFolder: resolve('.'),
      mainEntryPointFilePath: entry,
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'es2022',
            lib: ['es2023', 'dom'],
            module: 'nodenext',
            types: ['node'],
            skipLibCheck: true,
          },
          files: [entry],
        },
      },
      apiReport: { enabled: false, reportFileName: 'none' },
      docModel: { enabled: true, apiJsonFilePath: model },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
    },
  });
  let faults = '';
  const { succeeded } = Extractor.invoke(config, {
    localBuild: true,
    messageCallback(message) {
      message.handled = true;
      if (message.logLevel === ExtractorLogLevel.Error) faults += `${message.text}\n`;
    },
  });
  if (!succeeded) throw new Error(`api-extractor cannot read ${entry}: ${faults}`);
  const { members } = JSON.parse(readFileSync(model, 'utf8')) as Item;
  rmSync(folder, { recursive: true });
  // A name that the language has too, such as Parameters, gets a number there.
  return members![0]!.members!.map((item) => ({ ...item, name: item.name.replace(/_\d+$/, '') }));
}

const sourceOf = (declaration: string): string =>
  declaration.replace(/^dist\//, '').replace(/\.d\.ts$/, '.ts');

function section(item: Item): string {
  const text = prose(item.docComment);
  return `### ${item.name}\n\n\`\`\`ts\n${declaration(item)}\n\`\`\`\n${text === '' ? '' : `\n${text}\n`}`;
}

function declaration(item: Item): string {
  const own = textOf(item);
  if (item.kind !== 'Interface' && item.kind !== 'Class') return own.replace(/;$/, '');
  const lines = item.members!.flatMap((member) => {
    const comment = commentOf(member.docComment).replaceAll('\n', ' ').trim();
    return [...(comment === '' ? [] : [`  /** ${comment} */`]), `  ${textOf(member)}`];
  });
  return `${own} {\n${lines.join('\n')}\n}`;
}

const textOf = ({ excerptTokens }: Item): string =>
  excerptTokens!
    .map(({ text }) => text)
    .join('')
    .replace(/^export (declare )?/, '')
    .trim();

/** The text of a comment without its stars. */
const commentOf = (comment = ''): string =>
  comment
    .replace(/^\/\*\*\s*/, '')
    .replace(/\s*\*\/\s*$/, '')
    .replaceAll(/^ *\* ?/gm, '');

/** A comment as Markdown: an example as code, and what Markdown would take for its own escaped, except in code. */
function prose(comment: string | undefined): string {
  const [text = '', ...examples] = commentOf(comment).split(/^@example\s*/m);
  const escaped = text
    .trim()
    .split(/(`[^`]*`)/)
    .map((part, at) => (at % 2 === 1 ? part : part.replaceAll('<', '&lt;').replaceAll(/[*$[\]]/g, '\\$&')))
    .join('');
  const code = examples.map((example) => `\`\`\`ts\n${example.trim()}\n\`\`\``);
  return [escaped, ...code].filter((part) => part !== '').join('\n\n');
}
