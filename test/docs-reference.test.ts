/** The reference pages are what the code says of itself. */
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { suite } from './support/harness.ts';
import { commandsPage, libraryPage } from './support/reference.ts';

suite('reference', (test) => {
  test('the page of commands is what --help prints', async () => {
    const page = await commandsPage();
    for (const name of ['verify', 'solve', 'generate', 'attend', 'decode']) {
      assert.match(page, new RegExp(`^## seth ${name}$`, 'm'));
    }
    assert.fixture(readFileSync('docs/reference/cli.md', 'utf8'), page);
  });

  test('the page of the library has every export with its comment', () => {
    const page = libraryPage();
    const code = readFileSync('src/index.ts', 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');
    const names = [...code.matchAll(/export (?:type )?\{([^}]*)\}/g)]
      .flatMap((match) => match[1]!.split(','))
      .map((name) => name.trim().replace(/^type /, ''))
      .filter((name) => name !== '');
    for (const name of names) {
      assert.ok(page.includes(`\n### ${name}\n`), `${name} is not on the page`);
    }
    assert.ok(names.length > 100, `${names.length} exports`);
    assert.fixture(readFileSync('docs/reference/api.md', 'utf8'), page);
  });
});
