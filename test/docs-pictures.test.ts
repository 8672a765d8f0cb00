/** The README's pictures are what the library makes of their formulas today. */
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { suite } from './support/harness.ts';
import { chainPicture, heatMap } from './support/pictures.ts';

suite('pictures', (test) => {
  test('the chain is drawn from its formula, byte for byte', async () => {
    const picture = await chainPicture();
    assert.match(picture, />12 models</);
    assert.ok(
      readFileSync('docs/pictures/chain.svg', 'utf8') === picture,
      'docs/pictures/chain.svg is stale: npm run docs',
    );
  });

  test('the heat map is drawn from its instance, byte for byte', () => {
    const picture = heatMap();
    assert.ok(
      readFileSync('docs/pictures/heat-map.svg', 'utf8') === picture,
      'docs/pictures/heat-map.svg is stale: npm run docs',
    );
  });
});
