/** What `npm pack` would publish. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from './support/harness.ts';

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly integrity?: string }>>;
}

const filesUnder = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** A module and its types for each source, but for the AssemblyScript, which is compiled into one of them. */
const compiled = ['src', 'reductions']
  .flatMap(filesUnder)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
  .filter((file) => !file.startsWith(join('src', 'oracles', 'cpu', 'assembly')))
  .flatMap((file) => ['.js', '.d.ts'].map((end) => join('dist', file.replace(/\.ts$/, end))));

suite('package', (test) => {
  test('it has a module and its types for each source, the documentation, the instances, and nothing else', () => {
    const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
    const output = execFileSync('npm', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const [{ files }] = JSON.parse(output) as [{ readonly files: readonly { readonly path: string }[] }];
    const packed = new Set(files.map(({ path }) => path));
    const expected = new Set([
      'package.json',
      'README.md',
      'LICENSE',
      ...compiled,
      ...filesUnder('docs'),
      ...filesUnder('instances'),
    ]);
    const missing = [...expected].filter((file) => !packed.has(file));
    // The site, where it was built: "npm run site".
    const more = [...packed].filter((file) => !expected.has(file) && !file.startsWith('dist/site/'));
    assert.equal({ missing, more }, { missing: [], more: [] });
  });

  test('every dependency is pinned to one version, which the lock file has with its hash', () => {
    const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
    const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock;
    const { dependencies, devDependencies, optionalDependencies } = manifest;
    for (const [name, version] of Object.entries({
      ...dependencies,
      ...devDependencies,
      ...optionalDependencies,
    })) {
      assert.match(version, /^\d+\.\d+\.\d+(-[\w.]+)?$/, name);
      assert.is(packages[`node_modules/${name}`]?.version, version);
    }
    for (const [path, { integrity }] of Object.entries(packages)) {
      if (path !== '') assert.match(integrity ?? '', /^sha512-/, path);
    }
  });
});
