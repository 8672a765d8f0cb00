/** The programs of docs/examples print what their page says, byte for byte. */
import { readFileSync, readdirSync } from 'node:fs';
import * as assert from 'uvu/assert';
import {
  examplesFolder,
  examplesPage,
  linkedPrograms,
  outputOf,
  withOutputs,
} from './support/examples-page.ts';
import { suite } from './support/harness.ts';

const page = readFileSync(examplesPage, 'utf8');
const names = linkedPrograms(page);

suite('examples', (test) => {
  test('the page links to every program of the folder, once', () => {
    const programs = readdirSync(examplesFolder).filter((file) => file !== 'README.md');
    assert.ok(programs.length >= 12, `found ${programs.length} programs`);
    assert.equal(names.toSorted(), programs.toSorted());
  });

  for (const name of names) {
    test(`${name} is on the page with what it prints`, async () => {
      const output = await outputOf(name);
      assert.ok(output.length > 0, 'it prints something');
      const section = page.slice(page.indexOf(`[${name}](${name})\n`)).split('\n## ')[0]!;
      assert.fixture(section, withOutputs(section, { [name]: output }));
    });
  }
});
