/** The rooms of the house and the doors between them (docs/rooms.md). What is not allowed here fails. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from './support/harness.ts';

/** What each room may import beside itself. A room that isn't listed may not exist. */
const doors: Readonly<Record<string, readonly string[]>> = {
  'src/problems': [],
  'src/formats': ['src/problems'],
  'src/solvers': ['src/problems'],
  'src/oracles': ['src/problems', 'src/oracles/command'],
  // The one oracle that is a program: it needs files and processes where the others need threads or a device.
  'src/oracles/command': ['src/problems', 'src/formats', 'src/oracles'],
  'src/readout': ['src/problems'],
  'src/checker': [],
  reductions: ['src/problems', 'src/readout'],
  'src/verify': ['src/problems', 'src/formats', 'src/readout', 'reductions', 'src/oracles', 'src/solvers'],
  'src/experiments': [
    'src/problems',
    'src/formats',
    'src/readout',
    'reductions',
    'src/oracles',
    'src/solvers',
    'src/verify',
  ],
  'src/cli': [
    'src/problems',
    'src/formats',
    'src/readout',
    'reductions',
    'src/oracles',
    'src/oracles/command',
    'src/solvers',
    'src/verify',
    'src/experiments',
    'src/checker',
  ],
  'src/index.ts': ['src/problems', 'src/formats', 'src/readout', 'reductions', 'src/oracles', 'src/verify'],
};

/** Packages and Node's modules, and the rooms that may know them. */
const packages: Readonly<Record<string, readonly string[]>> = {
  'logic-solver': ['src/solvers'],
  valibot: ['src/formats'],
  'xz-decompress': ['src/formats'],
  webgpu: ['src/oracles'],
  yargs: ['src/cli'],
  'yargs/helpers': ['src/cli'],
  picocolors: ['src/cli'],
  'cli-progress': ['src/cli'],
  '@observablehq/plot': ['src/cli'],
  linkedom: ['src/cli'],
  '@resvg/resvg-wasm': ['src/cli'],
  'node:module': ['src/solvers'],
  'node:worker_threads': ['src/oracles'],
  'node:crypto': ['src/cli'],
  'node:child_process': ['src/oracles/command'],
  'node:util': ['src/oracles/command'],
  'node:os': ['src/oracles', 'src/oracles/command', 'src/cli'],
  'node:fs': ['src/oracles', 'src/oracles/command', 'src/cli'], // oracles: is there a Vulkan driver?
  'node:fs/promises': ['src/oracles/command', 'src/cli'],
  'node:path': ['src/oracles/command', 'src/cli'],
  'node:url': ['src/cli'],
  'node:process': ['src/cli'],
  'node:http': ['src/cli'],
  'node:net': ['src/cli'],
  sirv: ['src/cli'],
  open: ['src/cli'],
  'node:v8': ['src/cli'],
};

/** Packages that pages may import beside ours: they are bundled into the site. */
const pagePackages: ReadonlySet<string> = new Set([
  '@observablehq/plot',
  'd3-scale',
  'vite',
  'vitepress',
  'vitepress/theme',
  '@mdit/plugin-katex',
  'katex/dist/katex.min.css',
  'github-slugger',
]);

/** Globals of the outside world, and the rooms that may touch them. */
const globals: Readonly<Record<string, { pattern: RegExp; rooms: readonly string[] }>> = {
  process: { pattern: /\bprocess\.(?!env\b)\w/, rooms: ['src/cli', 'src/oracles/command'] },
  console: { pattern: /\bconsole\./, rooms: ['src/cli'] },
  clock: {
    pattern: /\b(Date\.now|new Date|performance\.now)\b/,
    rooms: ['src/cli', 'src/verify', 'src/oracles', 'src/oracles/command'],
  },
  chance: { pattern: /\bMath\.random\b/, rooms: [] },
};

const sources = ['src', 'reductions']
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  )
  .filter((file) => file.endsWith('.ts') && !file.startsWith(join('src', 'oracles', 'cpu', 'assembly')));

const roomOf = (file: string): string => {
  const [top, second, third] = file.split(sep);
  const inner = `src/${second}/${third}`;
  if (top !== 'src') return String(top);
  return inner in doors ? inner : `src/${second}`;
};

/** The text of a file without its comments. */
const codeOf = (file: string): string =>
  readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');

/** Every module that a file imports or re-exports, types included. */
function imports(file: string): string[] {
  const found = codeOf(file).matchAll(
    /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+|\brequire\s*\(\s*)['"]([^'"]+)['"]/g,
  );
  return [...found].map((match) => match[1]!);
}

suite('doors', (test) => {
  test('every source file stands in a room that is listed', () => {
    assert.ok(sources.length > 20, `found ${sources.length} source files`);
    for (const file of sources) assert.ok(roomOf(file) in doors, `${file} stands in no room`);
  });

  test('rooms import only what they may', () => {
    for (const file of sources) {
      const room = roomOf(file);
      for (const module of imports(file)) {
        if (module.startsWith('.')) {
          const target = roomOf(normalize(join(dirname(file), module)));
          assert.ok(target === room || doors[room]!.includes(target), `${file} imports ${module}`);
        } else {
          assert.ok(packages[module]?.includes(room), `${file} imports ${module}`);
        }
      }
    }
  });

  test('only the command line touches the process, the console or the clock, and nobody chance', () => {
    for (const file of sources) {
      const text = codeOf(file);
      for (const [name, { pattern, rooms }] of Object.entries(globals)) {
        if (!rooms.includes(roomOf(file))) assert.not.match(text, pattern, `${file} uses ${name}`);
      }
    }
  });

  test('a reduction is synchronous', () => {
    for (const file of sources.filter((source) => source.startsWith('reductions'))) {
      assert.not.match(readFileSync(file, 'utf8'), /\b(async|await|Promise)\b/, file);
    }
  });

  test('the documentation imports the package by its name', () => {
    const pages = readdirSync('docs', { recursive: true, encoding: 'utf8' }).filter((file) =>
      /\.m?[jt]s$/.test(file),
    );
    for (const page of pages) {
      for (const module of imports(join('docs', page))) {
        if (page === join('adapters', 'onnx_attention.mjs') && module === 'onnxruntime-node') continue;
        const own =
          module.startsWith('.') && !relative('docs', join('docs', dirname(page), module)).startsWith('..');
        const known = /^(seth-attention(\/.*)?|node:.*)$/.test(module) || pagePackages.has(module);
        assert.ok(own || known, `docs/${page} imports ${module}`);
      }
    }
  });

  test('every test mirrors a file or a folder of the house', () => {
    const tests = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.test.ts'),
    );
    const places = new Set([
      'support',
      'bench',
      'lab',
      'guide',
      'campaign',
      'fuzz',
      'reductions',
      ...Object.keys(doors).map((room) => relative('src', room)),
    ]);
    for (const file of tests.filter((name) => name.includes(sep))) {
      assert.ok(places.has(file.split(sep)[0]!), `test/${file} mirrors nothing`);
    }
  });

  test('nothing but what was agreed stands at the top', () => {
    const agreed = new Set([
      'package.json',
      'package-lock.json',
      'tsconfig.json',
      'src',
      'reductions',
      'instances',
      'test',
      'docs',
      'LICENSE',
      'README.md',
      'node_modules',
      'dist',
    ]);
    // Who has followed the README has its instance and output here.
    const isMade = (entry: string): boolean => /\.(safetensors|npy)$/.test(entry);
    for (const entry of readdirSync('.'))
      assert.ok(entry.startsWith('.') || isMade(entry) || agreed.has(entry), `${entry} is new`);
  });
});
