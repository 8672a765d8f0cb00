/** The commands on the tutorial's page and those of the how-to pages print what stands under them. */
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { suite } from './support/harness.ts';
import { replayed, sessionPages, steady } from './support/session-page.ts';

suite('commands in the guide', (test) => {
  for (const file of sessionPages) {
    test(`${file} shows what its commands print`, async () => {
      const page = readFileSync(file, 'utf8');
      assert.match(page, /^```sh\n/m);
      assert.match(page, /^```text\n/m);
      assert.fixture(steady(page), steady(await replayed(file)));
    });
  }

  test('times, sizes and last digits are all that may differ from run to run', () => {
    assert.is(steady('in 0.25 s, 3 MiB'), 'in # s, # MiB');
    assert.is(steady('12 models, bias 0.125'), '12 models, bias 0.125');
    assert.is(steady('SAT  1  0.13 + 0.03  ✓✓✓     0.81\n'), 'SAT  1  0.13 + 0.03  ✓✓✓ #\n');
  });
});
